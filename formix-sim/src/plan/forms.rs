//! From a stream to what a question computes, and to answers.

use super::form::{Form, Grouping, Reply};
use super::quantity::{Quantity, Scale};
use crate::random::Stream;

/// The widest domain of which tenths of a step are numbers of 64 bits.
const MOST: u64 = 800_000_000_000_000_000;

/// What a question computes over at most `participants` answers, in groups of `least` or more.
pub(super) fn form(draw: &mut Stream, participants: u32, least: u32) -> Form {
    let kind = Quantity::kind(draw);
    let scale = scale(draw, participants, Quantity::squares(kind));
    let quantity = Quantity::draw(kind, draw, scale);
    let mut form = Form { quantity, hides_opt_outs: draw.chance(25), ..Form::sum(scale) };
    if draw.chance(35) {
        let least = if draw.chance(80) { least.max(form.bounds().min_answers) } else { least };
        let (count, min_size) = (1 + draw.small(3), least + draw.small(2));
        form.grouping = Some(Grouping { count, min_size });
    }
    form.missing = draw.chance(30).then(|| quantity.value(draw, scale));
    let outside = draw.chance(30) && quantity.replaces();
    form.outside = outside.then(|| quantity.value(draw, scale));
    form
}

/// A domain. At times the widest with which this number of answers is still added up in a smaller ring, or
/// one step more.
fn scale(draw: &mut Stream, participants: u32, squares: bool) -> Scale {
    let span = match draw.below(10) {
        0..3 => draw.within(1..=300),
        3..6 => draw.within(1..=100_000),
        6..9 => {
            let bits = draw.pick(&[32, 64]);
            let largest = ((1u128 << bits) - 1) / u128::from(participants.max(1));
            let largest = if squares { largest.isqrt() } else { largest };
            u64::try_from(largest).unwrap_or(MOST).saturating_add(draw.below(2)).clamp(1, MOST)
        }
        _ => draw.within(1..=MOST),
    };
    let low = i64::try_from(draw.below(4_000)).unwrap_or(0) - 2_000;
    let min = if span > MOST / 4 { low.saturating_sub_unsigned(span / 2) } else { low };
    let decimals = [0, 0, 1, 2, 3][draw.index(5)];
    Scale { min, max: min.saturating_add_unsigned(span), decimals }
}

/// An answer; one of its values may be missing, or not as declared.
pub(super) fn reply(draw: &mut Stream, form: &Form) -> Reply {
    let groups = form.grouping.map_or(0, |grouping| grouping.count);
    let group = if draw.chance(3) { groups } else { draw.small(groups.into()) };
    Reply { group, cells: form.quantity.reply(draw, form.scale) }
}

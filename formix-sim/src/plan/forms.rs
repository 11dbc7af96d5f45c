//! From a stream to what a question computes, and to answers.

use super::form::{Form, Grouping, Quantity, Reply, Scale};
use crate::random::Stream;

/// The widest domain of which tenths of a step are numbers of 64 bits.
const MOST: u64 = 800_000_000_000_000_000;

/// What a question computes over at most so many answers, in groups of at least so many.
pub(super) fn form(draw: &mut Stream, participants: u32, least: u32) -> Form {
    let kind = draw.below(20);
    let squares = matches!(kind, 6..=10);
    let scale = scale(draw, participants, squares);
    let quantity = match kind {
        0..6 => Quantity::Sum,
        6..9 => Quantity::Moments,
        9..11 => Quantity::Regression(1 + draw.small(2)),
        11..14 => Quantity::Histogram(scale.max.abs_diff(scale.min).div_ceil(1 + draw.below(6))),
        14..16 => Quantity::Choice(1 + draw.small(4)),
        16 => Quantity::Choices(1 + draw.small(4)),
        17..19 => Quantity::Vector(1 + draw.small(4)),
        _ => Quantity::Count,
    };
    let mut form = Form { quantity, hides_declining: draw.chance(25), ..Form::sum(scale) };
    if draw.chance(35) {
        let least = if draw.chance(80) { least.max(quantity.least()) } else { least };
        let (count, least) = (1 + draw.small(3), least + draw.small(2));
        form.grouping = Some(Grouping { count, least });
    }
    form.missing = draw.chance(30).then(|| value(draw, &form));
    // Neither yes nor no is refused whatever the question says.
    let outside = draw.chance(30) && quantity != Quantity::Count;
    form.outside = outside.then(|| value(draw, &form));
    form
}

/// A domain. At times the widest with which so many answers are still added up in a smaller ring, or
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
    let count = match form.quantity {
        Quantity::Vector(length) => length,
        Quantity::Regression(columns) => columns + 1,
        Quantity::Choices(options) => return Reply { group, cells: choices(draw, options) },
        _ => 1,
    };
    Reply { group, cells: (0..count).map(|_| cell(draw, form)).collect() }
}

/// Some of the options; seldom one of them twice, or none of them.
fn choices(draw: &mut Stream, options: u32) -> Vec<Option<i64>> {
    let mut chosen: Vec<_> = (0..options).filter(|_| draw.chance(50)).collect();
    if draw.chance(5) && chosen.len() < options as usize {
        chosen.push(draw.small(u64::from(options) + 1));
    }
    chosen.into_iter().map(|option| Some(option.into())).collect()
}

fn cell(draw: &mut Stream, form: &Form) -> Option<i64> {
    match draw.below(20) {
        0 => None,
        1 => Some(beyond(draw, form)),
        _ => Some(value(draw, form)),
    }
}

/// A value as declared. Numbers that need rounding are some of them.
fn value(draw: &mut Stream, form: &Form) -> i64 {
    match form.quantity {
        Quantity::Count => draw.small(2).into(),
        Quantity::Choice(options) | Quantity::Choices(options) => draw.small(options.into()).into(),
        _ => {
            let Scale { min, max, .. } = form.scale;
            let steps = draw.within(0..=max.abs_diff(min));
            let rounding = if draw.chance(20) { draw.small(10).into() } else { 0 };
            (10 * min.saturating_add_unsigned(steps) + rounding).min(10 * max)
        }
    }
}

/// A value that is not as declared.
fn beyond(draw: &mut Stream, form: &Form) -> i64 {
    match form.quantity {
        Quantity::Count => 2,
        Quantity::Choice(options) | Quantity::Choices(options) => options.into(),
        _ => 10 * form.scale.max + 1 + i64::from(draw.small(50)),
    }
}

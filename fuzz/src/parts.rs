//! The fuzzer's own account of sums, and of which of them are told.

use formix_proto::share::Lanes;
use formix_proto::spec::Spec;

/// Adds up lane by lane, mod the size of the question's ring.
pub fn sum<'a>(spec: &Spec, shares: impl IntoIterator<Item = &'a Lanes>) -> Lanes {
    let mut total: Vec<u128> = Vec::new();
    for share in shares {
        let values = values(spec, share);
        total.resize(values.len().max(total.len()), 0);
        for (lane, value) in total.iter_mut().zip(values) {
            *lane = lane.wrapping_add(value);
        }
    }
    lanes(spec, &total)
}

/// What leaves of a sum of which these are the counts: zero of a part with too few answers.
pub fn told(spec: &Spec, partial: &Lanes, counts: &Lanes) -> Lanes {
    let least = spec.statistic.groups.as_ref().map_or(spec.min_participants, |it| it.least);
    let (parts, each) = (spec.statistic.counted_parts(), spec.statistic.measure.dimension());
    let mut told = values(spec, partial);
    for (part, count) in values(spec, counts).into_iter().enumerate().take(parts) {
        if count < least.into() {
            told[part] = 0;
            told[parts + part * each..][..each].fill(0);
        }
    }
    lanes(spec, &told)
}

/// The first lanes, which count the answers of parts.
pub fn counts(spec: &Spec, partial: &Lanes) -> Lanes {
    lanes(spec, &values(spec, partial)[..spec.statistic.counted_parts()])
}

fn values(spec: &Spec, lanes: &Lanes) -> Vec<u128> {
    let value = |lane: &[u8]| lane.iter().rev().fold(0, |sum, byte| sum << 8 | u128::from(*byte));
    lanes.expose().chunks(spec.shape().ring.width()).map(value).collect()
}

fn lanes(spec: &Spec, values: &[u128]) -> Lanes {
    let words = spec.shape().ring.width() / 4;
    let word = |value: u128| (0..words).map(move |word| (value >> (32 * word)) as u32);
    Lanes::new(&values.iter().copied().flat_map(word).collect::<Vec<_>>())
}

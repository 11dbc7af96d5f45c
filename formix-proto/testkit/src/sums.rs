//! Sums worked out anew, without the code that is tested: over plain numbers, element by element.

use formix_proto::spec::Spec;

/// The numbers of a vector's bytes: little-endian, each as wide as the ring of the question.
pub fn values(spec: &Spec, bytes: &[u8]) -> Vec<u128> {
    let value =
        |element: &[u8]| element.iter().rev().fold(0, |sum, byte| sum << 8 | u128::from(*byte));
    bytes.chunks(spec.shape().ring.width()).map(value).collect()
}

/// Adds up element by element, mod the size of the question's ring.
pub fn sum(spec: &Spec, all: impl IntoIterator<Item = Vec<u128>>) -> Vec<u128> {
    let unused = u128::BITS - 8 * spec.shape().ring.width() as u32;
    let mut total: Vec<u128> = Vec::new();
    for values in all {
        total.resize(values.len().max(total.len()), 0);
        for (sum, value) in total.iter_mut().zip(values) {
            *sum = sum.wrapping_add(value) << unused >> unused;
        }
    }
    total
}

/// What leaves of a partial when these are the counts of its groups: zeros of a group that is too small.
pub fn released(spec: &Spec, partial: &[u128], counts: &[u128]) -> Vec<u128> {
    let minimum = spec.statistic.groups.as_ref().map_or(spec.min_participants, |it| it.min_size);
    let (groups, each) = (spec.statistic.counted_groups(), spec.statistic.measure.dimension());
    let mut released = partial.to_vec();
    for (group, count) in counts.iter().enumerate().take(groups) {
        if *count < minimum.into() {
            released[group] = 0;
            released[groups + group * each..][..each].fill(0);
        }
    }
    released
}

/// The first elements of a partial, which count the answers of groups.
pub fn counts<'a>(spec: &Spec, partial: &'a [u128]) -> &'a [u128] {
    &partial[..spec.statistic.counted_groups()]
}

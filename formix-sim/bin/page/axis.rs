//! Time, with the idle time left out.

use std::collections::BTreeMap;

/// Nothing for longer than this, in milliseconds, and the time between is cut out.
const IDLE: u64 = 40;

/// From a time to a height.
#[derive(Debug)]
pub(super) struct Axis {
    /// Every time at which something happens, with its height.
    pub(super) stops: Vec<(u64, i32)>,
    /// Where time is cut out: from which height to which, and how much.
    pub(super) cuts: Vec<(i32, i32, u64)>,
}

impl Axis {
    /// An axis on which the given times are at least `step` apart, and more the heavier they are:
    /// where much begins at once, it needs room to be told apart.
    pub(super) fn new(weights: &BTreeMap<u64, i32>, step: i32) -> Self {
        let mut axis = Self { stops: Vec::new(), cuts: Vec::new() };
        let mut last: Option<(u64, i32, i32)> = None;
        for (time, weight) in weights {
            let height = last.map_or(step, |(before, height, weight)| {
                let idle = time - before;
                if idle > IDLE {
                    let end = height + 3 * step;
                    axis.cuts.push((height + step, end - step, idle));
                    return end;
                }
                height + step + (weight * step / 6).min(4 * step) + longer(idle)
            });
            axis.stops.push((*time, height));
            last = Some((*time, height, *weight));
        }
        axis
    }

    /// The height of a time; between two stops it is in proportion.
    pub(super) fn height(&self, time: u64) -> i32 {
        let after = self.stops.partition_point(|(stop, _)| *stop < time);
        let Some((next, below)) = self.stops.get(after).copied() else { return self.end() };
        let Some((previous, above)) = after.checked_sub(1).map(|before| self.stops[before]) else {
            return below;
        };
        let part = i64::from(below - above) * signed(time - previous) / signed(next - previous);
        above + i32::try_from(part).unwrap_or(0)
    }

    /// The height of the last stop.
    pub(super) fn end(&self) -> i32 {
        self.stops.last().map_or(0, |(_, height)| *height)
    }
}

/// What a span of more than a millisecond adds: less and less the longer it is.
fn longer(idle: u64) -> i32 {
    4 * i32::try_from(idle.max(1).ilog2()).unwrap_or(0)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_time_is_cut_out_and_the_order_stays() {
        let times = [0, 1, 3, 70_000, 70_001];
        let axis = Axis::new(&times.map(|time| (time, 1)).into(), 10);
        let heights = times.map(|time| axis.height(time));
        assert!(heights.is_sorted_by(|a, b| a < b), "{heights:?}");
        assert!(axis.end() < 100);
        assert_eq!(axis.cuts.len(), 1);
        assert_eq!(axis.cuts[0].2, 69_997);
    }

    #[test]
    fn a_time_between_two_stops_is_between_their_heights() {
        let axis = Axis::new(&[(0, 0), (10, 0)].into(), 10);
        assert!((axis.height(0)..axis.height(10)).contains(&axis.height(5)));
        assert_eq!(axis.height(99), axis.end());
    }
}

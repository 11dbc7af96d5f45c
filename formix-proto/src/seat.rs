//! Committees: which heavy nodes hold the shares of a computation, and in which order.

use core::fmt;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::id::NodeId;

/// The smallest committee. Of two seats, each would be one leaked share away from every answer.
pub const MIN_SEATS: usize = 3;
/// The largest committee.
pub const MAX_SEATS: usize = 7;
// A set of seats is a byte.
const _: () = assert!(MAX_SEATS <= 8);

/// A place in a committee, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seat(u8);

impl Seat {
    /// The coordinator of its computation.
    pub const PRIMARY: Seat = Seat(0);

    /// The position in the committee.
    pub fn index(self) -> usize {
        self.0.into()
    }

    /// The seats of a committee of this size, in order.
    pub fn all(seats: usize) -> impl DoubleEndedIterator<Item = Seat> + Clone {
        (0..seats.min(MAX_SEATS) as u8).map(Seat)
    }
}

/// One value for each seat of a committee, in order of the seats.
///
/// It has [`MIN_SEATS`] to [`MAX_SEATS`] values. The size is the sender's claim where it comes from a peer:
/// compare [`PerSeat::seats`] before relying on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Values<T>")]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct PerSeat<T>(Values<T>);

/// Committees of the usual size need no allocation.
type Values<T> = SmallVec<[T; MIN_SEATS]>;

/// A committee that is too small or too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a committee has {MIN_SEATS} to {MAX_SEATS} heavy nodes, not {0}")]
pub struct SizeError(pub usize);

impl<T> TryFrom<SmallVec<[T; MIN_SEATS]>> for PerSeat<T> {
    type Error = SizeError;

    fn try_from(values: Values<T>) -> Result<Self, SizeError> {
        match values.len() {
            MIN_SEATS..=MAX_SEATS => Ok(Self(values)),
            size => Err(SizeError(size)),
        }
    }
}

impl<T> From<[T; MIN_SEATS]> for PerSeat<T> {
    fn from(values: [T; MIN_SEATS]) -> Self {
        Self(values.into())
    }
}

impl<T> PerSeat<T> {
    /// Collects one value for each seat, in order.
    ///
    /// # Errors
    ///
    /// When there are fewer values than [`MIN_SEATS`] or more than [`MAX_SEATS`].
    pub fn try_collect(values: impl IntoIterator<Item = T>) -> Result<Self, SizeError> {
        // One more than fits tells that there are too many.
        values.into_iter().take(MAX_SEATS + 1).collect::<Values<T>>().try_into()
    }

    /// As many values as the committee has seats.
    ///
    /// # Errors
    ///
    /// When no committee has that many.
    #[inline]
    pub(crate) fn repeat_with(
        seats: usize,
        mut make: impl FnMut() -> T,
    ) -> Result<Self, SizeError> {
        if !(MIN_SEATS..=MAX_SEATS).contains(&seats) {
            return Err(SizeError(seats));
        }
        Ok(match seats {
            // The usual committee is made in place.
            MIN_SEATS => Self::from(core::array::from_fn(|_| make())),
            _ => Self(core::iter::repeat_with(make).take(seats).collect()),
        })
    }

    /// How many seats there are.
    pub fn seats(&self) -> usize {
        self.0.len()
    }

    /// The value of a seat, if the committee has that seat.
    pub fn get(&self, seat: Seat) -> Option<&T> {
        self.0.get(seat.index())
    }

    /// The value of a seat, to change.
    pub fn get_mut(&mut self, seat: Seat) -> Option<&mut T> {
        self.0.get_mut(seat.index())
    }

    /// The values, in order of the seats.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &T> + Clone {
        self.0.iter()
    }

    /// The values, to change.
    pub(crate) fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut T> {
        self.0.iter_mut()
    }

    /// The values with their seats, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Seat, &T)> + Clone {
        Seat::all(self.seats()).zip(&self.0)
    }

    /// One value for each seat, made from these; none if one of them cannot be made.
    pub fn try_map_ref<U>(&self, make: impl FnMut((Seat, &T)) -> Option<U>) -> Option<PerSeat<U>> {
        self.iter().map(make).collect::<Option<Values<U>>>().map(PerSeat)
    }

    /// Replaces every value.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> PerSeat<U> {
        PerSeat(self.0.into_iter().map(change).collect())
    }
}

/// Seats that have done something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SeatSet(u8);

impl SeatSet {
    /// Adds a seat.
    pub fn insert(&mut self, seat: Seat) {
        self.0 |= 1 << seat.0;
    }

    /// Whether a seat is in it.
    pub fn contains(self, seat: Seat) -> bool {
        self.0 & 1 << seat.0 != 0
    }

    /// Whether it has no seat.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The heavy nodes of a computation, in order of their seats.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committee(PerSeat<NodeId>);

impl From<[NodeId; MIN_SEATS]> for Committee {
    fn from(nodes: [NodeId; MIN_SEATS]) -> Self {
        Self(nodes.into())
    }
}

/// A node and its seat in a committee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Its seat.
    pub seat: Seat,
    /// The node.
    pub node: NodeId,
}

impl Committee {
    /// A committee of these nodes, the primary first.
    ///
    /// # Errors
    ///
    /// When there are fewer than [`MIN_SEATS`] or more than [`MAX_SEATS`]. That they differ is checked
    /// with the rest of a question's terms.
    pub fn new(nodes: impl IntoIterator<Item = NodeId>) -> Result<Self, SizeError> {
        PerSeat::try_collect(nodes).map(Self)
    }

    /// How many seats there are.
    pub fn seats(&self) -> usize {
        self.0.seats()
    }

    /// The nodes, in order of their seats.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = NodeId> + Clone + '_ {
        self.0.values().copied()
    }

    /// Every seat with its node, in order.
    pub fn members(&self) -> impl Iterator<Item = Member> + Clone + '_ {
        self.0.iter().map(|(seat, node)| Member { seat, node: *node })
    }

    /// The members that are not the primary.
    pub fn others(&self) -> impl Iterator<Item = Member> + Clone + '_ {
        self.members().skip(1)
    }

    /// One value for each seat.
    pub fn per_seat<T>(&self, make: impl FnMut(Member) -> T) -> PerSeat<T> {
        PerSeat(self.members().map(make).collect())
    }

    /// The node in seat 0, which coordinates.
    pub fn primary(&self) -> NodeId {
        self.0.0[0]
    }

    /// The seat of a node, if it has one.
    pub fn seat_of(&self, node: &NodeId) -> Option<Seat> {
        self.members().find(|member| member.node == *node).map(|member| member.seat)
    }

    /// A node that has more than one seat, if there is one.
    pub(crate) fn repeated(&self) -> Option<NodeId> {
        let mut earlier = self.nodes().enumerate();
        let is_repeated =
            |(place, node): &(usize, NodeId)| self.nodes().take(*place).any(|n| n == *node);
        earlier.find(is_repeated).map(|(_, node)| node)
    }
}

impl fmt::Debug for Committee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.nodes()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn nodes(count: u8) -> Vec<NodeId> {
        (1..=count).map(|node| NodeId([node; 32])).collect()
    }

    #[test]
    fn a_committee_has_three_to_seven_seats() {
        for size in 0..=9 {
            let made = Committee::new(nodes(size)).map(|committee| committee.seats());
            let expected = if (3..=7).contains(&size) {
                Ok(size.into())
            } else {
                Err(SizeError(size.min(8).into()))
            };
            assert_eq!(made, expected, "{size}");
        }
    }

    #[test]
    fn a_committee_is_written_as_the_list_of_its_nodes() {
        let text =
            alloc::format!("{:?}", Committee::from([1, 2, 3].map(|node| NodeId([node; 32]))));
        assert_eq!(text, alloc::format!("{:?}", nodes(3)));
    }

    #[test]
    fn the_seats_of_a_committee() {
        let nodes = nodes(5);
        let committee = Committee::new(nodes.clone()).unwrap();
        assert_eq!(committee.primary(), nodes[0]);
        assert_eq!(committee.nodes().collect::<Vec<_>>(), nodes);
        let seats: Vec<_> =
            nodes.iter().map(|node| committee.seat_of(node).unwrap().index()).collect();
        assert_eq!(seats, [0, 1, 2, 3, 4]);
        assert_eq!(committee.seat_of(&NodeId([9; 32])), None);
        assert_eq!(
            committee.others().map(|member| member.seat.index()).collect::<Vec<_>>(),
            [1, 2, 3, 4]
        );
    }

    #[test]
    fn a_node_with_two_seats_is_found() {
        assert_eq!(Committee::new(nodes(7)).unwrap().repeated(), None);
        for (first, second) in [(0, 1), (0, 2), (1, 2)] {
            let mut repeated = nodes(3);
            repeated[second] = repeated[first];
            assert_eq!(Committee::new(repeated.clone()).unwrap().repeated(), Some(repeated[first]));
        }
    }

    #[test]
    fn a_set_of_seats_holds_what_was_put_in() {
        let mut set = SeatSet::default();
        assert!(set.is_empty());
        set.insert(Seat(6));
        assert!(set.contains(Seat(6)) && !set.contains(Seat(5)) && !set.is_empty());
    }

    #[test]
    fn values_are_made_for_every_seat_or_for_none() {
        let mut values = PerSeat::try_collect([Some(1), None, Some(3)]).unwrap();
        let complete = |values: &PerSeat<Option<u8>>| values.try_map_ref(|(_, value)| *value);
        assert_eq!(complete(&values), None);
        *values.get_mut(Seat(1)).unwrap() = Some(2);
        assert_eq!(complete(&values), PerSeat::try_collect([1, 2, 3]).ok());
        assert_eq!(values.get(Seat(3)), None);
    }

    #[test]
    fn what_a_peer_sends_for_a_committee_of_another_size_does_not_decode() {
        for size in 0..=9_u8 {
            let bytes: Vec<u8> = core::iter::once(size).chain(0..size).collect();
            let decoded = postcard::from_bytes::<PerSeat<u8>>(&bytes);
            assert_eq!(decoded.is_ok(), (3..=7).contains(&size), "{size}");
        }
    }
}

//! The door: which handshakes begin, so that no source of packets keeps the others out.
//!
//! Whoever knocks needs no key yet, so there is only its address to tell it by. Two rules hold for the handshakes
//! under way and for those that wait: a source gets another place while it holds fewer than are left free, and
//! sources that are not known have half of the places at most. An address is easily forged until it is proved (Retry;
//! RFC 9000, 8.1.2), so all who have not proved theirs are one source, and take no places of anybody else's.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv6Addr};

/// Sources that are remembered because an enrolled node has come from there.
const MAX_REMEMBERED: usize = 1 << 10;

/// Where packets come from: an IPv4 address, or the /64 that an IPv6 host chooses its addresses from (RFC 7934, 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Source(Option<IpAddr>);

impl Source {
    /// Whoever has not proved its address.
    pub(super) const UNPROVED: Self = Self(None);
}

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        let network = |host: Ipv6Addr| Ipv6Addr::from_bits(host.to_bits() & !u128::from(u64::MAX));
        Self(Some(match address.to_canonical() {
            IpAddr::V6(host) => network(host).into(),
            v4 => v4,
        }))
    }
}

/// A place among the handshakes under way, which [`Door::leave`] gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    source: Source,
    is_known: bool,
}

/// What becomes of whoever knocks.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Knock<T> {
    /// Its handshake begins.
    Enter(T, Place),
    /// It waits, and may be [`Door::next`].
    Wait,
    /// Its source has all the places that it gets: it may come again.
    Full(T),
}

/// Who is at the door. `T` is what waits there.
pub(super) struct Door<T> {
    handshakes: Places,
    waiting: Places,
    queue: VecDeque<(T, Place)>,
    enrolled: BTreeSet<Source>,
    remembered: VecDeque<Source>,
}

impl<T> Door<T> {
    pub(super) fn new(handshakes: usize, waiting: usize) -> Self {
        Self {
            handshakes: Places::new(handshakes.max(1)),
            waiting: Places::new(waiting.max(1)),
            queue: VecDeque::new(),
            enrolled: BTreeSet::new(),
            remembered: VecDeque::new(),
        }
    }

    /// The addresses of enrolled nodes, which are known from the start.
    pub(super) fn enroll(&mut self, addresses: impl Iterator<Item = IpAddr>) {
        self.enrolled = addresses.map(Source::from).collect();
    }

    /// How many handshakes are under way.
    pub(super) fn busy(&self) -> usize {
        self.handshakes.taken
    }

    /// Whether a handshake from there could begin now.
    pub(super) fn has_a_place_for(&self, source: Source) -> bool {
        self.handshakes.admits(&Place { source, is_known: self.is_known(source) })
    }

    pub(super) fn knock(&mut self, source: Source, knocking: T) -> Knock<T> {
        let place = Place { source, is_known: self.is_known(source) };
        if self.handshakes.take(&place) {
            return Knock::Enter(knocking, place);
        }
        if self.waiting.take(&place) {
            self.queue.push_back((knocking, place));
            return Knock::Wait;
        }
        Knock::Full(knocking)
    }

    /// The first of those that wait whose source may have another place now.
    pub(super) fn next(&mut self) -> Option<(T, Place)> {
        let first = self.queue.iter().position(|(_, place)| self.handshakes.admits(place))?;
        let (knocking, place) = self.queue.remove(first)?;
        self.waiting.give_back(&place);
        self.handshakes.take(&place);
        Some((knocking, place))
    }

    /// A handshake has ended; that of an enrolled node has proved where it comes from.
    pub(super) fn leave(&mut self, place: &Place, enrolled: Option<Source>) {
        self.handshakes.give_back(place);
        if let Some(source) = enrolled
            && !self.is_known(source)
        {
            self.remembered.truncate(MAX_REMEMBERED - 1);
            self.remembered.push_front(source);
        }
    }

    fn is_known(&self, source: Source) -> bool {
        self.enrolled.contains(&source) || self.remembered.contains(&source)
    }
}

struct Places {
    size: usize,
    taken: usize,
    by_strangers: usize,
    held: BTreeMap<Source, usize>,
}

impl Places {
    fn new(size: usize) -> Self {
        Self { size, taken: 0, by_strangers: 0, held: BTreeMap::new() }
    }

    fn admits(&self, place: &Place) -> bool {
        let held = self.held.get(&place.source).copied().unwrap_or_default();
        let left = self.size - self.taken;
        let for_strangers = self.size.div_ceil(2) - self.by_strangers;
        held < if place.is_known { left } else { left.min(for_strangers) }
    }

    fn take(&mut self, place: &Place) -> bool {
        let admits = self.admits(place);
        if admits {
            self.taken += 1;
            self.by_strangers += usize::from(!place.is_known);
            *self.held.entry(place.source).or_default() += 1;
        }
        admits
    }

    fn give_back(&mut self, place: &Place) {
        self.taken -= 1;
        self.by_strangers -= usize::from(!place.is_known);
        if let Some(held) = self.held.get_mut(&place.source) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&place.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(n: u8) -> Source {
        Source::from(IpAddr::from([10, 0, 0, n]))
    }

    /// How many of a thousand handshakes from each of these sources, in turn, begin.
    fn entered(door: &mut Door<()>, sources: impl Iterator<Item = u8> + Clone) -> usize {
        let knocks = (0..1000).flat_map(|_| sources.clone());
        knocks.filter(|n| matches!(door.knock(source(*n), ()), Knock::Enter(..))).count()
    }

    #[test]
    fn one_source_leaves_places_to_others_and_many_to_whoever_is_known() {
        let mut door = Door::new(64, 64);
        door.enroll([IpAddr::from([10, 0, 0, 1])].into_iter());
        assert_eq!(entered(&mut door, 2..3), 16, "half of the strangers' half");
        assert_eq!(entered(&mut door, 3..4), 8, "half of what is left of it");
        assert_eq!(entered(&mut door, 4..=255), 8, "the rest");
        assert_eq!(entered(&mut door, 1..2), 16, "half of what is left");
        assert_eq!(door.busy(), 48);
    }

    #[test]
    fn a_source_of_enrolled_nodes_is_known_from_then_on() {
        let mut door = Door::new(64, 64);
        let Knock::Enter((), place) = door.knock(source(1), ()) else { panic!("it is free") };
        door.leave(&place, Some(source(1)));
        assert_eq!(entered(&mut door, 1..2), 32);
        let Knock::Enter((), place) = door.knock(source(2), ()) else { panic!("places are left") };
        door.leave(&place, None);
        assert_eq!(entered(&mut door, 2..3), 16);
    }

    #[test]
    fn only_so_many_sources_are_remembered() {
        let mut door = Door::new(64, 64);
        for n in 0..=MAX_REMEMBERED as u32 {
            let source = Source::from(IpAddr::from(n.to_be_bytes()));
            let Knock::Enter((), place) = door.knock(source, ()) else { panic!("it is free") };
            door.leave(&place, Some(source));
        }
        let is_known = |n: u32| door.is_known(Source::from(IpAddr::from(n.to_be_bytes())));
        assert_eq!(door.remembered.len(), MAX_REMEMBERED);
        assert!(!is_known(0) && is_known(1) && is_known(MAX_REMEMBERED as u32));
    }

    #[test]
    fn whoever_waits_comes_in_by_turns_but_past_a_source_that_has_its_places() {
        let mut door = Door::new(4, 8);
        let mut knock = |n, name| match door.knock(source(n), name) {
            Knock::Enter(_, place) => Some(place),
            Knock::Wait => None,
            Knock::Full(name) => panic!("{name} is sent away"),
        };
        let first = knock(1, "a").expect("it is free");
        assert_eq!(knock(1, "b"), None);
        assert_eq!(knock(1, "c"), None);
        let other = knock(2, "d").expect("one is left for another");
        assert_eq!(knock(2, "e"), None);
        assert_eq!(door.next(), None);
        door.leave(&other, None);
        assert_eq!(door.next().map(|(name, _)| name), Some("e"), "1 holds as many as are left");
        door.leave(&first, None);
        assert_eq!(door.next().map(|(name, _)| name), Some("b"));
    }

    #[test]
    fn what_a_source_may_have_waiting_is_bounded() {
        let mut door = Door::new(1, 8);
        let outcomes: Vec<_> = (0..5).map(|n| door.knock(source(1), n)).collect();
        let waits = outcomes.iter().filter(|outcome| **outcome == Knock::Wait).count();
        assert!(matches!(outcomes[0], Knock::Enter(0, _)));
        assert_eq!((waits, &outcomes[4]), (2, &Knock::Full(4)));
        assert_eq!(door.knock(source(2), 5), Knock::Wait);
    }

    #[test]
    fn a_source_is_a_host() {
        let source = |text: &str| Source::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(source("::ffff:10.0.0.1"), source("10.0.0.1"));
        assert_ne!(source("10.0.0.1"), source("10.0.0.2"));
        assert_eq!(source("2001:db8::1"), source("2001:db8:0:0:ffff::2"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
    }
}

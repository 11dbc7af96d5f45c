//! Rosters: what all three seats hold, and nothing else, against the sets of a naive model.

use std::collections::{BTreeMap, BTreeSet};

use formix_proto::id::{NodeId, Tag};
use formix_proto::roster::{Entry, Roster, disputed};
use proptest::collection::btree_map;
use proptest::prelude::*;

/// A light node, and the tag under which a seat holds its contribution. Few of both, so that sets meet.
type Held = BTreeMap<u8, u8>;

fn held() -> impl Strategy<Value = Held> {
    btree_map(0u8..12, 0u8..3, 0..12)
}

/// Three seats that have mostly heard the same, as they do.
fn three_seats() -> impl Strategy<Value = [Held; 3]> {
    let changes = || prop::collection::vec((0u8..12, 0u8..3, any::<bool>()), 0..3);
    (held(), [changes(), changes(), changes()]).prop_map(|(common, changes)| {
        changes.map(|changes| {
            let mut seat = common.clone();
            for (light, tag, lost) in changes {
                match lost {
                    true => seat.remove(&light),
                    false => seat.insert(light, tag),
                };
            }
            seat
        })
    })
}

fn entry((light, tag): (&u8, &u8)) -> Entry {
    Entry { light: NodeId([*light; 32]), tag: Tag([*tag; 16]) }
}

fn roster(held: &Held) -> Roster {
    Roster::try_from(held.iter().map(entry).collect::<Vec<_>>()).expect("in order")
}

fn entries(held: &Held) -> BTreeSet<Entry> {
    held.iter().map(entry).collect()
}

proptest! {
    #[test]
    fn what_remains_is_exactly_what_all_three_hold(seats in three_seats()) {
        let rosters = seats.each_ref().map(roster);
        let excluded = disputed(&[&rosters[0], &rosters[1], &rosters[2]]);
        let [a, b, c] = seats.each_ref().map(entries);
        let intersection: BTreeSet<Entry> =
            a.iter().filter(|entry| b.contains(entry) && c.contains(entry)).copied().collect();
        for roster in &rosters {
            let remaining = roster.without(&excluded);
            let kept: BTreeSet<_> = remaining.entries().iter().copied().collect();
            prop_assert_eq!(&kept, &intersection);
            prop_assert_eq!(remaining.digest(), rosters[0].without(&excluded).digest());
        }
        let everyone: BTreeSet<_> = [a, b, c].iter().flatten().map(|entry| entry.light).collect();
        let named: BTreeSet<_> = excluded.iter().copied().collect();
        prop_assert_eq!(named.len(), excluded.len(), "each is named once");
        let remaining: BTreeSet<_> = intersection.iter().map(|entry| entry.light).collect();
        prop_assert_eq!(named, &everyone - &remaining, "and only who is disputed");
    }

    #[test]
    fn digests_are_equal_exactly_if_the_sets_are([one, other, _] in three_seats()) {
        prop_assert_eq!(roster(&one).digest() == roster(&other).digest(), one == other);
    }

    #[test]
    fn a_roster_is_in_order_with_each_light_node_once(
        entries in prop::collection::vec((0u8..6, 0u8..2), 0..6),
    ) {
        let lights: Vec<_> = entries.iter().map(|(light, _)| light).collect();
        let strictly = lights.windows(2).all(|pair| pair[0] < pair[1]);
        let list: Vec<_> = entries.iter().map(|(light, tag)| entry((light, tag))).collect();
        prop_assert_eq!(Roster::try_from(list).is_ok(), strictly);
    }

    #[test]
    fn a_light_node_is_found_exactly_if_it_is_listed(held in held(), light in 0u8..12) {
        let found = roster(&held).of(&NodeId([light; 32])).copied();
        prop_assert_eq!(found, held.get(&light).map(|tag| entry((&light, tag))));
    }

    #[test]
    fn excluding_removes_who_is_named_and_nobody_else(held in held(), named in held()) {
        let excluded: Vec<_> = named.keys().map(|light| NodeId([*light; 32])).collect();
        let expected: Held = held
            .iter()
            .filter(|(light, _)| !named.contains_key(light))
            .map(|(light, tag)| (*light, *tag))
            .collect();
        prop_assert_eq!(roster(&held).without(&excluded), roster(&expected));
    }
}

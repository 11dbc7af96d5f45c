//! Who is summed: sorted sets of (light, tag), their digests and their intersection.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize, Serializer};

use crate::id::{NodeId, RosterDigest, Tag, digest};

/// One splitting of one light node's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    /// Who contributed.
    pub light: NodeId,
    /// Which splitting.
    pub tag: Tag,
}

/// Entries in order of their light nodes, each light node at most once, and the digest that names them.
///
/// A frozen set and a roster are both one of these; decoding refuses anything else.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Entry>")]
pub struct Roster {
    entries: Vec<Entry>,
    digest: RosterDigest,
}

/// Entries out of order, or a light node twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a roster lists each light node once, in order")]
pub struct RosterError;

impl TryFrom<Vec<Entry>> for Roster {
    type Error = RosterError;

    fn try_from(entries: Vec<Entry>) -> Result<Self, RosterError> {
        let sorted = entries.is_sorted_by(|a, b| a.light < b.light);
        sorted.then(|| Self::named(entries)).ok_or(RosterError)
    }
}

impl From<Roster> for Vec<Entry> {
    fn from(roster: Roster) -> Self {
        roster.entries
    }
}

impl Serialize for Roster {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.entries.serialize(serializer)
    }
}

impl Default for Roster {
    fn default() -> Self {
        Self::named(Vec::new())
    }
}

impl Roster {
    /// How many light nodes it has.
    pub fn len(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of a light node.
    pub fn of(&self, light: &NodeId) -> Option<&Entry> {
        let at = self.entries.binary_search_by_key(light, |entry| entry.light).ok()?;
        self.entries.get(at)
    }

    /// What names this set, and no other.
    pub fn digest(&self) -> RosterDigest {
        self.digest
    }

    /// The entries whose light node is not excluded.
    pub fn without(&self, excluded: &[NodeId]) -> Roster {
        if excluded.is_empty() {
            return self.clone();
        }
        let excluded: BTreeSet<_> = excluded.iter().collect();
        let kept = |entry: &&Entry| !excluded.contains(&entry.light);
        Self::named(self.entries.iter().filter(kept).copied().collect())
    }

    /// Computes the digest, once: every phase from the freeze on compares it.
    fn named(entries: Vec<Entry>) -> Self {
        let mut bytes = Vec::with_capacity(48 * entries.len());
        for entry in &entries {
            bytes.extend_from_slice(&entry.light.0);
            bytes.extend_from_slice(&entry.tag.0);
        }
        let digest = RosterDigest(digest("formix/1 roster", &[&bytes]));
        Self { entries, digest }
    }
}

/// The light nodes that must be left out of these frozen sets so that the same (light, tag) pairs remain
/// in each: those that some set lacks, or holds under another tag.
pub fn disputed(sets: &[&Roster]) -> Vec<NodeId> {
    let everyone: BTreeSet<_> =
        sets.iter().flat_map(|set| &set.entries).map(|entry| entry.light).collect();
    let is_agreed = |light: &NodeId| {
        let mut entries = sets.iter().map(|set| set.of(light));
        let first = entries.next().flatten();
        first.is_some() && entries.all(|entry| entry == first)
    };
    everyone.into_iter().filter(|light| !is_agreed(light)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;

    fn entry(light: u8, tag: u8) -> Entry {
        Entry { light: NodeId([light; 32]), tag: Tag([tag; 16]) }
    }

    fn roster(entries: &[(u8, u8)]) -> Roster {
        let entries: Vec<_> = entries.iter().map(|(light, tag)| entry(*light, *tag)).collect();
        Roster::try_from(entries).unwrap()
    }

    #[test]
    fn only_sorted_lists_of_different_light_nodes_are_rosters() {
        for bad in [[entry(2, 0), entry(1, 0)], [entry(1, 0), entry(1, 1)]] {
            assert_eq!(Roster::try_from(Vec::from(bad)), Err(RosterError));
        }
        let good = vec![entry(1, 1), entry(2, 0)];
        assert_eq!(Vec::from(Roster::try_from(good.clone()).unwrap()), good);
    }

    #[test]
    fn an_empty_roster_has_nobody() {
        let nobody = Roster::default();
        assert!(nobody.is_empty() && nobody.of(&NodeId([1; 32])).is_none());
        assert!(!roster(&[(1, 1)]).is_empty());
    }

    /// SHA-256 over the length-prefixed purpose and the length-prefixed entries, computed elsewhere:
    /// nodes of different builds must agree on it.
    #[test]
    fn the_digest_is_what_it_always_was() {
        let digests = [
            (roster(&[]), "af8ba3879d33595191b325b62754d1c38ea3e3ba80df39e0f2f0fd1530ede2fe"),
            (
                roster(&[(0x11, 0x77), (0x12, 0x77)]),
                "9fd8d7184ce0f4de3a6ee905f60fed5f43cbabae67bec789ea6a3e2e853215ad",
            ),
        ];
        for (roster, digest) in digests {
            assert_eq!(roster.digest().to_string(), digest);
        }
    }

    #[test]
    fn who_is_missing_somewhere_or_tagged_otherwise_is_disputed() {
        let (one, other) = (roster(&[(1, 1), (2, 1), (3, 1)]), roster(&[(1, 1), (2, 2), (4, 1)]));
        assert_eq!(disputed(&[&one, &one, &one]), []);
        let expected = [NodeId([2; 32]), NodeId([3; 32]), NodeId([4; 32])];
        for sets in [[&one, &one, &other], [&one, &other, &one], [&other, &one, &one]] {
            assert_eq!(disputed(&sets), expected);
        }
        assert_eq!(one.without(&expected), roster(&[(1, 1)]));
    }
}

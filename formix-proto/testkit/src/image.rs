//! What a log holds: records in order, without what later ones have made obsolete.

use formix_proto::frame::Frame;
use formix_proto::id::ComputationId;
use formix_proto::record::{Erases, Record};
use formix_proto::wire::{self, DecodeError};

/// The records of one node, as their bytes.
#[derive(Debug, Default, Clone)]
pub struct Image {
    stored: Vec<Stored>,
}

#[derive(Debug, Clone)]
struct Stored {
    id: ComputationId,
    holds_shares: bool,
    bytes: Frame,
}

impl Image {
    /// An image of exactly these records: nothing is erased.
    pub fn holding(records: &[Record]) -> Self {
        Self { stored: records.iter().map(Stored::new).collect() }
    }

    /// Appends a record, and erases what it makes obsolete, as the real log does in one transaction.
    pub fn append(&mut self, record: &Record) {
        let id = record.id;
        match record.fact.erases() {
            Erases::Nothing => {}
            Erases::Shares => self.stored.retain(|held| held.id != id || !held.holds_shares),
            // Nothing is left to be forgotten: the fact itself is not kept either.
            Erases::Everything => return self.stored.retain(|held| held.id != id),
        }
        self.stored.push(Stored::new(record));
    }

    /// The records, as a node that starts reads them.
    pub fn records(&self) -> Result<Vec<Record>, DecodeError> {
        self.stored.iter().map(|stored| wire::decode_record(stored.bytes.as_ref())).collect()
    }

    /// Whether a share of a single answer to this question is held.
    pub fn holds_shares(&self, id: &ComputationId) -> bool {
        self.stored.iter().any(|held| held.id == *id && held.holds_shares)
    }
}

impl Stored {
    fn new(record: &Record) -> Self {
        let (id, holds_shares) = (record.id, record.fact.holds_shares());
        Self { id, holds_shares, bytes: wire::encode_record(record) }
    }
}

#[cfg(test)]
mod tests {
    use formix_proto::record::Fact;

    use super::*;
    use crate::cast::LIGHTS;
    use formix_proto::sharing::{Ring, Share};

    fn image(facts: impl IntoIterator<Item = Fact>) -> Image {
        let mut image = Image::default();
        for fact in facts {
            image.append(&Record { id: ComputationId([7; 32]), fact });
        }
        image
    }

    #[test]
    fn what_is_forgotten_leaves_nothing_not_even_that() {
        let other = Record { id: ComputationId([8; 32]), fact: Fact::Opened };
        let mut image = image([Fact::Opened, Fact::Frozen]);
        image.append(&other);
        image.append(&Record { id: ComputationId([7; 32]), fact: Fact::Forgotten });
        assert_eq!(image.records().unwrap(), [other]);
    }

    #[test]
    fn what_ends_a_computation_erases_its_shares_and_nothing_else() {
        let (light, tag) = (LIGHTS[0], formix_proto::id::Tag([1; 16]));
        let share = Share::parse(Ring::Z32, &[5, 0, 0, 0]).expect("one element");
        let mut image = image([Fact::Opened, Fact::Contributed { light, tag, share }]);
        let id = ComputationId([7; 32]);
        assert!(image.holds_shares(&id));
        image.append(&Record { id, fact: Fact::Learned(None) });
        assert!(!image.holds_shares(&id));
        assert_eq!(image.records().unwrap().len(), 2);
    }
}

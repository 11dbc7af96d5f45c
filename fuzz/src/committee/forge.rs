//! Somebody says what it should not, under its own key.

use formix_proto::id::NodeId;
use formix_proto::wire::encode;

use super::super::reader::Reader;
use super::super::scene;
use super::Committee;
use super::network::Letter;

impl Committee {
    /// A made-up message, any bytes, or something once sent: altered, to another, or by another.
    pub(super) fn forge(&mut self, reader: &mut Reader<'_>) {
        let letter = match reader.below(6) {
            0 | 1 => {
                let (from, to) = (scene::node(reader), scene::node(reader));
                let frame = encode(&scene::message(reader)).as_ref().into();
                Some(Letter { from, to, frame })
            }
            2 => {
                let (from, to) = (scene::node(reader), scene::node(reader));
                Some(Letter { from, to, frame: reader.bytes().into() })
            }
            3 => self.recall(reader, alter),
            4 => self.recall(reader, |letter, reader| letter.to = scene::node(reader)),
            _ => self.recall(reader, |letter, reader| letter.from = scene::node(reader)),
        };
        if let Some(letter) = letter.filter(|letter| letter.from != letter.to) {
            self.forgers.insert(letter.from);
            self.deliver(&letter);
        }
    }

    fn recall(
        &self,
        reader: &mut Reader<'_>,
        change: impl FnOnce(&mut Letter, &mut Reader<'_>),
    ) -> Option<Letter> {
        let mut letter = self.network.recall(reader)?;
        change(&mut letter, reader);
        Some(letter)
    }

    /// Whether none of them was lied for.
    pub(super) fn are_honest(&self, nodes: &[NodeId]) -> bool {
        nodes.iter().all(|node| !self.forgers.contains(node))
    }
}

fn alter(letter: &mut Letter, reader: &mut Reader<'_>) {
    if let Some(at) = reader.place(letter.frame.len()) {
        letter.frame[at] ^= reader.byte();
    }
}

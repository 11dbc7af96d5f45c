//! P7: how long a message is does not depend on the secrets in it.

use std::collections::BTreeMap;

use formix_proto::message::Message;

use super::Check;
use crate::model::Model;
use crate::observation::Observation;
use crate::violation::{Breach, Invariant};

/// The length of the first message of each kind about each question. Answering and declining are one kind.
#[derive(Default)]
pub(super) struct Length(BTreeMap<(usize, &'static str), usize>);

impl Check for Length {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        let Observation::Sent { from, frame, message, .. } = observation else { return Ok(()) };
        if !matches!(
            message,
            Message::Contribution { .. }
                | Message::Decline { .. }
                | Message::Counts { .. }
                | Message::Counted { .. }
                | Message::Partial { .. }
                | Message::Revealed { .. }
        ) {
            return Ok(());
        }
        let Some(question) = model.index.of(message) else {
            return Ok(());
        };
        let kind = match message {
            Message::Decline { .. } => "contribution",
            _ => message.name(),
        };
        let first = *self.0.entry((question, kind)).or_insert(frame.len());
        if first == frame.len() {
            return Ok(());
        }
        let what = "two messages of one kind have different lengths";
        Err(Breach::new(Invariant::P7, question, what).at(*from))
    }
}

//! L5: of a computation that has ended at a node, nothing leaves that node unasked.

use std::collections::BTreeMap;

use formix_proto::directory::Role;
use formix_proto::message::Message;

use super::Check;
use crate::model::Model;
use crate::observation::{InputKind, Observation};
use crate::plan::Peer;
use crate::violation::{Breach, Invariant};

/// What each node was given last.
#[derive(Default)]
pub(super) struct Quiet(BTreeMap<Peer, InputKind>);

impl Check for Quiet {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        match observation {
            Observation::Input { peer, input } => {
                self.0.insert(*peer, **input);
                Ok(())
            }
            Observation::Sent { from, message, .. } => {
                let unasked =
                    matches!(self.0.get(from), Some(InputKind::Start | InputKind::Timeout));
                if unasked && is_over(model, *from, message) {
                    let question = model.index.of(message);
                    let what = "a message about an ended computation leaves unasked";
                    return Err(Breach::new(Invariant::L5, question, what).at(*from));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Whether the node has ended the computation in the role in which it says this. A node may have proposed
/// what it also answers, or sits on the committee of.
fn is_over(model: &Model<'_>, from: Peer, message: &Message) -> bool {
    let node = model.index.of(message).map(|question| model.node(question, from));
    node.is_some_and(|node| match model.plan.cluster.member(from).role {
        Role::Heavy => node.revealed || node.failed,
        Role::Light => node.settled.is_some(),
        Role::Proposer => node.concluded,
    })
}

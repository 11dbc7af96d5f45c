//! Measures a run of one question from outside of the nodes.

use formix_proto::directory::Role;
use formix_proto::record::Fact;

use formix_sim::observation::{Observation, Observer};
use formix_sim::plan::{Peer, Plan};

/// What was measured, up to the time by which the question must be over everywhere.
#[derive(Debug)]
pub(super) struct Meter<'p> {
    plan: &'p Plan,
    over: bool,
    /// How many light nodes have split an answer.
    pub(super) given: u32,
    /// When the primary stopped accepting.
    pub(super) closed: Option<u64>,
    /// When the proposer knew the outcome.
    pub(super) known: Option<u64>,
    /// What light nodes sent, and what was sent to them.
    pub(super) lights: Traffic,
    /// What heavy nodes sent, and what was sent to them: a frame between two counts at each.
    pub(super) heavies: Traffic,
}

/// Frames, lost ones too, and their bytes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Traffic {
    pub(super) messages: u64,
    pub(super) bytes: u64,
}

impl<'p> Meter<'p> {
    pub(super) fn new(plan: &'p Plan) -> Self {
        let (lights, heavies) = (Traffic::default(), Traffic::default());
        Self { plan, over: false, given: 0, closed: None, known: None, lights, heavies }
    }

    fn count(&mut self, peer: Peer, frame: &[u8]) {
        let traffic = match self.plan.cluster.member(peer).role {
            Role::Light => &mut self.lights,
            Role::Heavy => &mut self.heavies,
            Role::Proposer => return,
        };
        traffic.messages += 1;
        traffic.bytes += frame.len() as u64;
    }

    fn record(&mut self, at: u64, peer: Peer, fact: &Fact) {
        let primary = self.plan.workload[0].proposal.spec.committee.primary();
        match fact {
            Fact::Split { .. } => self.given += 1,
            Fact::Frozen if self.plan.cluster.member(peer).id == primary => self.closed = Some(at),
            _ => {}
        }
    }
}

impl Observer for Meter<'_> {
    fn observe(&mut self, at: u64, observation: &Observation<'_>) {
        match observation {
            _ if self.over => {}
            Observation::Sent { from, to, frame, .. } => {
                self.count(*from, frame);
                self.count(*to, frame);
            }
            Observation::Issued { peer, records, .. } => {
                records.iter().for_each(|record| self.record(at, *peer, &record.fact));
            }
            Observation::Concluded { .. } => self.known = Some(at),
            // The world stops and starts all nodes after that, to see that nothing comes of it.
            Observation::TimeUp { .. } => self.over = true,
            _ => {}
        }
    }
}

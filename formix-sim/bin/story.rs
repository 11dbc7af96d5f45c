//! One run as people read it, line by line.

use std::fmt::Write;

use formix_proto::id::ComputationId;
use formix_proto::machine::Event;
use formix_proto::record::Record;

use formix_sim::observation::{InputKind, Observation, Observer};
use formix_sim::plan::{Peer, Plan};
use formix_sim::violation::Violation;

/// Tells a run line by line.
pub(crate) struct Story<'p, T> {
    plan: &'p Plan,
    tell: T,
}

impl<'p, T: FnMut(&str)> Story<'p, T> {
    /// Tells the run of a plan to `tell`.
    pub(crate) fn new(plan: &'p Plan, tell: T) -> Self {
        Self { plan, tell }
    }

    fn name(&self, peer: Peer) -> String {
        self.plan.cluster.name(peer)
    }

    fn names(&self, peers: &[Peer]) -> String {
        peers.iter().map(|peer| self.name(*peer)).collect::<Vec<_>>().join(" ")
    }

    fn question(&self, id: &ComputationId) -> String {
        let same = |question: &formix_sim::plan::Question| question.proposal.id() == *id;
        let at = self.plan.workload.iter().position(same);
        at.map_or_else(|| id.short(), |at| format!("c{at}"))
    }

    /// What happened, in a line, if that is worth one.
    pub(crate) fn line(&self, observation: &Observation<'_>) -> Option<String> {
        Some(match observation {
            Observation::Issued { peer, records, .. } => {
                format!("{} records {}", self.name(*peer), self.facts(records))
            }
            Observation::Durable { peer, records } => {
                format!("{} has durable {}", self.name(*peer), self.facts(records))
            }
            Observation::Sent { from, to, message, .. } => {
                format!("{} -> {}  {}", self.name(*from), self.name(*to), message.name())
            }
            Observation::Input { peer, input: InputKind::Frame { from, .. } } => {
                format!("{} hears from {}", self.name(*peer), self.name(*from))
            }
            Observation::Input { .. }
            | Observation::Idle { .. }
            | Observation::Echoed { .. }
            | Observation::Flushed { .. } => return None,
            Observation::Recovered { .. } => return None,
            Observation::Illegible { from, to, length } => {
                format!("{} -> {}  {length} bytes of garbage", self.name(*from), self.name(*to))
            }
            Observation::Told { peer, event } => {
                format!("{} {}", self.name(*peer), self.event(event))
            }
            Observation::Fault { kind, peer, to } => {
                let to = to.map_or_else(String::new, |to| format!(" -> {}", self.name(to)));
                format!("fault: {kind} at {}{to}", self.name(*peer))
            }
            Observation::Stopped { peer, kept, lost, amnesia, .. } => {
                let disk = if *amnesia { ", and all that its disk held" } else { "" };
                let name = self.name(*peer);
                format!("{name} STOPS: {kept} pending batches survive, {lost} are lost{disk}")
            }
            Observation::RolledBack { peer, .. } => format!("{} has an OLD disk", self.name(*peer)),
            Observation::Started { peer, life: 1 } => format!("{} starts", self.name(*peer)),
            Observation::Started { peer, life } => {
                format!("{} STARTS again, life {life}", self.name(*peer))
            }
            Observation::Enrolled { peer, strangers } => {
                let strangers: Vec<_> = strangers.iter().copied().collect();
                let (name, others) = (self.name(*peer), self.names(&strangers));
                format!("{name} is told who is enrolled: all but {others}")
            }
            Observation::Unrecoverable { peer } => format!("{} does not start", self.name(*peer)),
            Observation::Healed => "HEALED: nothing goes wrong from here on".to_owned(),
            Observation::TimeUp { question, standing, .. } => {
                let waits = |(_, named): &&(Peer, Vec<Peer>)| !named.is_empty();
                let mut line = format!("c{question} has had its time");
                for (peer, named) in standing.iter().filter(waits) {
                    let _ = write!(line, "; {} waits for {}", self.name(*peer), self.names(named));
                }
                line
            }
            Observation::Concluded { question, outcome: Some(outcome) } => {
                format!("c{question} ENDED for its proposer: {outcome:?}")
            }
            Observation::Concluded { question, outcome: None } => {
                format!("c{question} is REJECTED")
            }
        })
    }

    fn facts(&self, records: &[Record]) -> String {
        let fact =
            |record: &Record| format!("{} of {}", record.fact.name(), self.question(&record.id));
        records.iter().map(fact).collect::<Vec<_>>().join(", ")
    }

    fn event(&self, event: &Event) -> String {
        match event {
            Event::Proposed(id) => format!("has taken {} up", self.question(id)),
            Event::Rejected { id, error } => format!("does not ask {}: {error}", self.question(id)),
            Event::Progress { id, stage } => format!("sees {} {stage:?}", self.question(id)),
            Event::Answers { id, answered, declined, enrolled } => {
                let id = self.question(id);
                format!("has {answered} answers and {declined} declined of {enrolled} for {id}")
            }
            Event::Ended { id, .. } => format!("sees {} ended", self.question(id)),
            Event::Asked { proposal, .. } => format!("is asked {}", self.question(&proposal.id())),
            Event::AnswerRefused { id, .. } => {
                format!("refuses its owner's answer to {}", self.question(id))
            }
            Event::Learned { id, counted } => {
                format!("is done with {}, counted: {counted:?}", self.question(id))
            }
            Event::Fault { peer, fault } => {
                let peer = self.plan.cluster.peer(peer);
                format!("complains: {} {fault}", self.names(peer.as_slice()))
            }
        }
    }
}

impl<T: FnMut(&str)> Observer for Story<'_, T> {
    fn observe(&mut self, at: u64, observation: &Observation<'_>) {
        if let Some(line) = self.line(observation) {
            (self.tell)(&format!("{at:>7} ms  {line}"));
        }
    }

    fn violated(&mut self, violation: &Violation) {
        (self.tell)(&format!("VIOLATION  {violation}"));
    }
}

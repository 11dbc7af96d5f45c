//! The people behind the nodes: analysts and owners.

use formix_proto::machine::{Command, Event};
use formix_proto::outcome::Outcome;

use super::queue::{Act, Happening};
use super::{End, World};
use crate::observation::{InputKind, Observation};
use crate::plan::{Behaviour, Peer};

/// How long an analyst whose own node is down waits before asking again.
const PATIENCE: u64 = 100;

impl World<'_> {
    pub(super) fn ask(&mut self, question: usize) {
        let asked = &self.plan.workload[question];
        if self.host(asked.proposer).driver.is_none() {
            let again = self.now + PATIENCE;
            if !self.host(asked.proposer).dead {
                self.queue.push(again, Happening::Ask(question));
            }
            return;
        }
        let command = Command::Propose(Box::new(asked.proposal.clone()));
        self.feed(asked.proposer, &InputKind::Command, |driver, now, recorder| {
            driver.command(now, command, recorder);
        });
    }

    /// Asks a node once more that stopped before it said that it had taken a question up.
    pub(super) fn ask_again(&mut self, peer: Peer) {
        for (at, question) in self.plan.workload.iter().enumerate() {
            if question.proposer == peer && question.at < self.now && !self.asked[at] {
                self.queue.push(self.now + PATIENCE, Happening::Ask(at));
            }
        }
    }

    /// An owner hears what the node has to say.
    pub(super) fn hear(&mut self, peer: Peer, event: Event) {
        match event {
            Event::Asked { proposal, .. } => {
                if let Some(question) = self.checkers.model.question(&proposal.id()) {
                    self.consider(peer, question);
                }
            }
            Event::AnswerRefused { id, .. } => {
                if let Some(question) = self.checkers.model.question(&id) {
                    self.decide(peer, 20, Act::Decline { question });
                }
            }
            Event::Proposed(id) => {
                if let Some(question) = self.checkers.model.question(&id) {
                    self.asked[question] = true;
                }
            }
            Event::Rejected { id, error } => {
                if let Some(question) = self.checkers.model.question(&id) {
                    self.conclude(peer, question, End::Rejected(error));
                }
            }
            Event::Ended { id, outcome } => {
                if let Some(question) = self.checkers.model.question(&id) {
                    self.conclude(peer, question, End::Ended(outcome));
                }
            }
            Event::Progress { .. }
            | Event::Answers { .. }
            | Event::Learned { .. }
            | Event::Fault { .. } => {}
        }
    }

    fn conclude(&mut self, peer: Peer, question: usize, end: End) {
        if self.plan.workload[question].proposer != peer || self.ends[question].is_some() {
            return;
        }
        self.asked[question] = true;
        let outcome: Option<&Outcome> = match &end {
            End::Ended(outcome) => Some(outcome),
            End::Rejected(_) => None,
        };
        self.emit(&Observation::Concluded { question, outcome });
        self.ends[question] = Some((self.now, end));
    }

    fn consider(&mut self, peer: Peer, question: usize) {
        let Some(owner) = self.plan.workload[question].owner(&self.plan.cluster, peer) else {
            return;
        };
        let act = match owner.behaviour {
            Behaviour::Answer(_) => Act::Answer { question },
            Behaviour::Decline => Act::Decline { question },
            Behaviour::Ignore => return,
        };
        self.decide(peer, owner.after, act);
    }

    fn decide(&mut self, peer: Peer, after: u64, act: Act) {
        let life = self.host(peer).life;
        let at = self.now + after;
        self.queue.push(at, Happening::Owner { peer, life, act });
    }

    pub(super) fn act(&mut self, peer: Peer, life: u32, act: Act) {
        if self.host(peer).life != life {
            return;
        }
        let id = |question: usize| self.checkers.model.index.ids[question];
        let (input, command) = match act {
            Act::Decline { question } => (InputKind::Command, Command::Decline(id(question))),
            Act::Answer { question } => {
                let asked = &self.plan.workload[question];
                let owner = asked.owner(&self.plan.cluster, peer);
                let Some(Behaviour::Answer(reply)) = owner.map(|owner| &owner.behaviour) else {
                    return;
                };
                let answer = asked.form.answer(reply);
                (InputKind::Answer { question }, Command::Answer { id: id(question), answer })
            }
        };
        self.feed(peer, &input, |driver, now, recorder| driver.command(now, command, recorder));
    }
}

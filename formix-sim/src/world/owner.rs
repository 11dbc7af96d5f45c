//! The people behind the nodes: who asks, and who answers.

use formix_proto::machine::{Command, Event};
use formix_proto::outcome::Outcome;

use super::queue::{Act, Happening};
use super::{End, World};
use crate::plan::{Deed, Peer};
use crate::sight::{Fed, Sight};

/// How long somebody whose own node is down waits before asking again.
const PATIENCE: u64 = 100;

impl World<'_> {
    pub(super) fn ask(&mut self, question: usize) {
        let asked = &self.plan.workload[question];
        if self.host(asked.asker).driver.is_none() {
            let again = self.now + PATIENCE;
            if !self.host(asked.asker).dead {
                self.queue.push(again, Happening::Ask(question));
            }
            return;
        }
        let command = Command::Propose(Box::new(asked.proposal.clone()));
        self.feed(asked.asker, &Fed::Command, |driver, now, hands| {
            driver.command(now, command, hands);
        });
    }

    /// A node that stopped before it said that it had taken a question up is asked once more.
    pub(super) fn ask_again(&mut self, peer: Peer) {
        for (at, question) in self.plan.workload.iter().enumerate() {
            if question.asker == peer && question.at < self.now && !self.asked[at] {
                self.queue.push(self.now + PATIENCE, Happening::Ask(at));
            }
        }
    }

    /// An owner hears what the node has to say.
    pub(super) fn hear(&mut self, peer: Peer, event: Event) {
        match event {
            Event::Asked(proposal) => {
                if let Some(question) = self.court.books.question(&proposal.id()) {
                    self.consider(peer, question);
                }
            }
            Event::AnswerRefused { id, .. } => {
                if let Some(question) = self.court.books.question(&id) {
                    self.decide(peer, 20, Act::Decline { question });
                }
            }
            Event::Proposed(id) => {
                if let Some(question) = self.court.books.question(&id) {
                    self.asked[question] = true;
                }
            }
            Event::Rejected { id, error } => {
                if let Some(question) = self.court.books.question(&id) {
                    self.conclude(peer, question, End::Rejected(error));
                }
            }
            Event::Ended { id, outcome } => {
                if let Some(question) = self.court.books.question(&id) {
                    self.conclude(peer, question, End::Ended(outcome));
                }
            }
            Event::Progress { .. }
            | Event::Answers { .. }
            | Event::Settled { .. }
            | Event::Fault { .. } => {}
        }
    }

    fn conclude(&mut self, peer: Peer, question: usize, end: End) {
        if self.plan.workload[question].asker != peer || self.ends[question].is_some() {
            return;
        }
        self.asked[question] = true;
        let outcome: Option<&Outcome> = match &end {
            End::Ended(outcome) => Some(outcome),
            End::Rejected(_) => None,
        };
        self.see(&Sight::Concluded { question, outcome });
        self.ends[question] = Some((self.now, end));
    }

    fn consider(&mut self, peer: Peer, question: usize) {
        let Some(owner) = self.plan.workload[question].owner(&self.plan.cluster, peer) else {
            return;
        };
        let act = match owner.deed {
            Deed::Answer(_) => Act::Answer { question },
            Deed::Decline => Act::Decline { question },
            Deed::Ignore => return,
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
        let id = |question: usize| self.court.books.index.ids[question];
        let command = match act {
            Act::Decline { question } => Command::Decline(id(question)),
            Act::Answer { question } => {
                let asked = &self.plan.workload[question];
                let owner = asked.owner(&self.plan.cluster, peer);
                let Some(Deed::Answer(reply)) = owner.map(|owner| &owner.deed) else { return };
                Command::Answer { id: id(question), answer: asked.form.answer(reply) }
            }
        };
        self.feed(peer, &Fed::Command, |driver, now, hands| driver.command(now, command, hands));
    }
}

//! Counts situations in one run, by what can be observed of it.

mod recorded;
mod sent;
mod situation;

use std::collections::{BTreeMap, BTreeSet};

use formix_proto::directory::Role;
use formix_proto::fault::Fault;
use formix_proto::id::{ComputationId, LightsDigest, RosterDigest, Tag};
use formix_proto::machine::Event;
use formix_proto::outcome::{Failure, Outcome};

use crate::index::Index;

use crate::observation::{InputKind, Observation, Observer};
use crate::plan::{Peer, Plan, Question};

pub use situation::Situation;

/// Counts them in one run.
#[derive(Debug)]
pub struct Coverage<'p> {
    plan: &'p Plan,
    index: Index<'p>,
    /// How often each was hit.
    pub hits: BTreeMap<Situation, u64>,
    phases: BTreeMap<(Peer, ComputationId), Phase>,
    lives: BTreeMap<Peer, u32>,
    tags: BTreeMap<(Peer, ComputationId), Tag>,
    shared: BTreeSet<Peer>,
    down: BTreeSet<Peer>,
    partials: BTreeMap<(Peer, ComputationId), u32>,
    /// How often a message of each kind about each computation took each way.
    sent: BTreeMap<(&'static str, usize, Peer, Peer), u32>,
    seals: BTreeMap<(Peer, ComputationId), RosterDigest>,
    heard_all: BTreeMap<(Peer, ComputationId), LightsDigest>,
    aborters: BTreeMap<ComputationId, Peer>,
    heard: BTreeMap<Peer, Peer>,
    open_questions: BTreeSet<(Peer, ComputationId)>,
}

/// How far a heavy node is, by what it handed to its disk and to the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Preparing,
    Collecting,
    Frozen,
    Sealed,
    Counted,
    Told,
    Over,
}

impl<'p> Coverage<'p> {
    /// None yet.
    pub fn new(plan: &'p Plan) -> Self {
        Self {
            plan,
            index: Index::new(plan),
            hits: BTreeMap::new(),
            phases: BTreeMap::new(),
            lives: BTreeMap::new(),
            tags: BTreeMap::new(),
            shared: BTreeSet::new(),
            down: BTreeSet::new(),
            partials: BTreeMap::new(),
            sent: BTreeMap::new(),
            seals: BTreeMap::new(),
            heard_all: BTreeMap::new(),
            aborters: BTreeMap::new(),
            heard: BTreeMap::new(),
            open_questions: BTreeSet::new(),
        }
    }

    fn hit(&mut self, situation: Situation) {
        *self.hits.entry(situation).or_default() += 1;
    }

    fn hit_if(&mut self, holds: bool, situation: Situation) {
        if holds {
            self.hit(situation);
        }
    }

    fn asked(&self, id: &ComputationId) -> Option<&'p Question> {
        self.index.question(id).map(|at| &self.plan.workload[at])
    }

    fn told(&mut self, peer: Peer, event: &Event) {
        let role = self.plan.cluster.member(peer).role;
        match event {
            Event::AnswerRefused { .. } => self.hit(Situation::OutOfDomain),
            Event::Learned { counted: None, .. } => self.hit(Situation::LearnedNothing),
            Event::Learned { counted: Some(false), .. } => self.hit(Situation::LeftOut),
            Event::Proposed(_) if role == Role::Heavy => self.hit(Situation::AskedByHeavy),
            Event::Proposed(_) if role == Role::Light => self.hit(Situation::AskedByLight),
            Event::Ended { id, outcome } => self.ended(peer, id, outcome),
            Event::Fault { fault, .. } => match fault {
                Fault::NoStanding(_) => self.hit(Situation::NoStanding),
                Fault::Malformed(_) => self.hit(Situation::Malformed),
                Fault::Contradiction(_) => self.hit(Situation::Contradiction),
                _ => {}
            },
            _ => {}
        }
    }

    fn ended(&mut self, peer: Peer, id: &ComputationId, outcome: &Outcome) {
        let Some(question) = self.asked(id).filter(|question| question.proposer == peer) else {
            return;
        };
        let spec = &question.proposal.spec;
        let primary = self.plan.cluster.peer(&spec.committee.primary());
        let of_seat = self.heard.get(&peer).is_some_and(|from| Some(*from) != primary);
        self.hit_if(of_seat && primary != Some(peer), Situation::OutcomeOfSeat);
        match outcome {
            Outcome::Completed(reveal) => {
                let lights = self.plan.cluster.directory.lights();
                self.hit_if(reveal.participants == lights, Situation::Everybody);
                self.hit_if(reveal.participants == spec.min_participants, Situation::JustEnough);
            }
            Outcome::Failed(failure) => self.hit(match failure {
                Failure::TooFew { .. } => Situation::FailedTooFew,
                Failure::NotReady { .. } => Situation::FailedNotReady,
                Failure::NeverOpened => Situation::FailedNeverOpened,
                Failure::Unreachable { .. } => Situation::FailedUnreachable,
                Failure::Refused { .. } => Situation::FailedRefused,
                Failure::RosterMismatch { .. } => Situation::FailedMismatch,
                // A situation that must never occur: the checkers of agreement and of liveness find it.
                Failure::Defect { .. } => return,
            }),
        }
    }

    fn stopped(&mut self, peer: Peer, kept: usize, lost: usize, recovering: bool) {
        self.down.insert(peer);
        self.hit_if(lost > 0, Situation::LostBatch);
        self.hit_if(kept > 0, Situation::KeptBatch);
        self.hit_if(kept > 0 && lost > 0, Situation::SplitTail);
        self.hit_if(recovering, Situation::CrashInRecovery);
        let asking = self.open_questions.iter().any(|(of, _)| *of == peer);
        self.hit_if(asking, Situation::CrashAsking);
        let of_peer = self.phases.iter().filter(|((of, _), _)| *of == peer);
        for phase in of_peer.map(|(_, phase)| *phase).collect::<Vec<_>>() {
            match phase {
                Phase::Preparing => self.hit(Situation::CrashPreparing),
                Phase::Collecting => self.hit(Situation::CrashCollecting),
                Phase::Frozen => self.hit(Situation::CrashFrozen),
                Phase::Sealed => self.hit(Situation::CrashSealed),
                Phase::Counted => self.hit(Situation::CrashCounted),
                Phase::Told => self.hit(Situation::CrashAfterPartial),
                Phase::Over => {}
            }
        }
    }
}

impl Observer for Coverage<'_> {
    fn observe(&mut self, _: u64, observation: &Observation<'_>) {
        match observation {
            Observation::Issued { peer, clock, records } => {
                records.iter().for_each(|record| self.issued(*peer, *clock, record));
            }
            Observation::Flushed { batches, .. } => {
                self.hit_if(*batches > 1, Situation::GroupCommit)
            }
            Observation::Input { peer, input: InputKind::Frame { from, .. } } => {
                self.heard.insert(*peer, *from);
            }
            Observation::Sent { from, to, message, .. } => self.sent(*from, *to, message),
            Observation::Told { peer, event } => self.told(*peer, event),
            Observation::Stopped { peer, kept, lost, recovering, .. } => {
                self.stopped(*peer, *kept, *lost, *recovering);
            }
            Observation::Started { peer, life } => {
                self.lives.insert(*peer, *life);
                self.hit_if(*life == 5, Situation::FifthLife);
                let back = self.down.remove(peer) && self.shared.contains(peer);
                self.hit_if(back, Situation::LightBack);
            }
            Observation::Healed => {
                let open = self.phases.values().any(|phase| *phase < Phase::Over);
                self.hit_if(open, Situation::OpenAtHeal);
            }
            Observation::TimeUp { standing, dead, .. } => {
                let waits = |(_, named): &(Peer, Vec<Peer>)| named.iter().any(|n| dead.contains(n));
                self.hit_if(standing.iter().any(waits), Situation::WaitsForDead);
            }
            _ => {}
        }
    }
}

//! Counts situations in one run, by what can be observed of it.

mod recorded;
mod sent;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use formix_proto::directory::Role;
use formix_proto::fault::Fault;
use formix_proto::id::{ComputationId, RosterDigest, Tag};
use formix_proto::machine::Event;
use formix_proto::outcome::{Failure, Outcome};

use crate::index::Index;
use crate::mark::Mark;
use crate::plan::{Peer, Plan, Question};
use crate::sight::{Fed, Sight, Witness};

/// Counts them in one run.
#[derive(Debug)]
pub struct Marks<'p> {
    plan: &'p Plan,
    index: Index<'p>,
    /// How often each was hit.
    pub hits: BTreeMap<Mark, u64>,
    phases: BTreeMap<(Peer, ComputationId), Phase>,
    lives: BTreeMap<Peer, u32>,
    tags: BTreeMap<(Peer, ComputationId), Tag>,
    shared: BTreeSet<Peer>,
    down: BTreeSet<Peer>,
    partials: BTreeMap<(Peer, ComputationId), u32>,
    /// How often a message of each kind about each computation took each way.
    sent: HashMap<(&'static str, usize, Peer, Peer), u32>,
    seals: BTreeMap<(Peer, ComputationId), RosterDigest>,
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

impl<'p> Marks<'p> {
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
            sent: HashMap::new(),
            seals: BTreeMap::new(),
            aborters: BTreeMap::new(),
            heard: BTreeMap::new(),
            open_questions: BTreeSet::new(),
        }
    }

    fn hit(&mut self, mark: Mark) {
        *self.hits.entry(mark).or_default() += 1;
    }

    fn hit_if(&mut self, holds: bool, mark: Mark) {
        if holds {
            self.hit(mark);
        }
    }

    fn asked(&self, id: &ComputationId) -> Option<&'p Question> {
        self.index.question(id).map(|at| &self.plan.workload[at])
    }

    fn told(&mut self, peer: Peer, event: &Event) {
        let role = self.plan.cluster.member(peer).role;
        match event {
            Event::AnswerRefused { .. } => self.hit(Mark::OutOfDomain),
            Event::Settled { counted: None, .. } => self.hit(Mark::SettledUnknown),
            Event::Settled { counted: Some(false), .. } => self.hit(Mark::SettledOut),
            Event::Proposed(_) if role == Role::Heavy => self.hit(Mark::AskedByHeavy),
            Event::Proposed(_) if role == Role::Light => self.hit(Mark::AskedByLight),
            Event::Ended { id, outcome } => self.ended(peer, id, outcome),
            Event::Fault { fault, .. } => match fault {
                Fault::NoStanding(_) => self.hit(Mark::NoStanding),
                Fault::Malformed(_) => self.hit(Mark::Malformed),
                Fault::Contradiction(_) => self.hit(Mark::Contradiction),
                _ => {}
            },
            _ => {}
        }
    }

    fn ended(&mut self, peer: Peer, id: &ComputationId, outcome: &Outcome) {
        let Some(question) = self.asked(id).filter(|question| question.asker == peer) else {
            return;
        };
        let spec = &question.proposal.spec;
        let primary = self.plan.cluster.peer(&spec.committee.primary());
        let of_seat = self.heard.get(&peer).is_some_and(|from| Some(*from) != primary);
        self.hit_if(of_seat && primary != Some(peer), Mark::OutcomeOfSeat);
        match outcome {
            Outcome::Completed(reveal) => {
                let lights = self.plan.cluster.directory.lights();
                self.hit_if(reveal.participants == lights, Mark::Everybody);
                self.hit_if(reveal.participants == spec.min_participants, Mark::JustEnough);
            }
            Outcome::Failed(failure) => self.hit(match failure {
                Failure::TooFew { .. } => Mark::FailedTooFew,
                Failure::NotReady { .. } => Mark::FailedNotReady,
                Failure::NeverOpened => Mark::FailedNeverOpened,
                Failure::Unreachable { .. } => Mark::FailedUnreachable,
                Failure::Refused { .. } => Mark::FailedRefused,
                Failure::RosterMismatch { .. } => Mark::FailedMismatch,
            }),
        }
    }

    fn stopped(&mut self, peer: Peer, kept: usize, lost: usize, recovering: bool) {
        self.down.insert(peer);
        self.hit_if(lost > 0, Mark::LostBatch);
        self.hit_if(kept > 0, Mark::KeptBatch);
        self.hit_if(kept > 0 && lost > 0, Mark::SplitTail);
        self.hit_if(recovering, Mark::CrashInRecovery);
        let asking = self.open_questions.iter().any(|(of, _)| *of == peer);
        self.hit_if(asking, Mark::CrashAsking);
        let of_peer = self.phases.iter().filter(|((of, _), _)| *of == peer);
        for phase in of_peer.map(|(_, phase)| *phase).collect::<Vec<_>>() {
            match phase {
                Phase::Preparing => self.hit(Mark::CrashPreparing),
                Phase::Collecting => self.hit(Mark::CrashCollecting),
                Phase::Frozen => self.hit(Mark::CrashFrozen),
                Phase::Sealed => self.hit(Mark::CrashSealed),
                Phase::Counted => self.hit(Mark::CrashCounted),
                Phase::Told => self.hit(Mark::CrashAfterPartial),
                Phase::Over => {}
            }
        }
    }
}

impl Witness for Marks<'_> {
    fn see(&mut self, _: u64, sight: &Sight<'_>) {
        match sight {
            Sight::Issued { peer, clock, records } => {
                records.iter().for_each(|record| self.issued(*peer, *clock, record));
            }
            Sight::Flushed { batches, .. } => self.hit_if(*batches > 1, Mark::GroupCommit),
            Sight::Fed { peer, input: Fed::Frame { from, .. } } => {
                self.heard.insert(*peer, *from);
            }
            Sight::Sent { from, to, message, .. } => self.sent(*from, *to, message),
            Sight::Told { peer, event } => self.told(*peer, event),
            Sight::Stopped { peer, kept, lost, recovering, .. } => {
                self.stopped(*peer, *kept, *lost, *recovering);
            }
            Sight::Started { peer, life } => {
                self.lives.insert(*peer, *life);
                self.hit_if(*life == 5, Mark::FifthLife);
                let back = self.down.remove(peer) && self.shared.contains(peer);
                self.hit_if(back, Mark::LightBack);
            }
            Sight::Healed => {
                let open = self.phases.values().any(|phase| *phase < Phase::Over);
                self.hit_if(open, Mark::OpenAtHeal);
            }
            Sight::Judged { standing, dead, .. } => {
                let waits = |(_, named): &(Peer, Vec<Peer>)| named.iter().any(|n| dead.contains(n));
                self.hit_if(standing.iter().any(waits), Mark::WaitsForDead);
            }
            _ => {}
        }
    }
}

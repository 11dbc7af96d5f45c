//! Counts situations in one run, by what can be observed of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use formix_proto::directory::Role;
use formix_proto::fault::Fault;
use formix_proto::id::{ComputationId, RosterDigest, Tag};
use formix_proto::machine::Event;
use formix_proto::message::Message;
use formix_proto::outcome::{Failure, Outcome, Refusal};
use formix_proto::record::{Fact, Record};
use formix_proto::time::Time;

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
    Told,
    Over,
}

/// What is sent again until it is answered, and the mark of its second time.
const RESENT: [(&str, Mark); 12] = [
    ("prepare", Mark::PrepareAgain),
    ("ready", Mark::ReadyAgain),
    ("open", Mark::OpenAgain),
    ("invite", Mark::InviteAgain),
    ("contribution", Mark::ContributionAgain),
    ("receipt", Mark::ReceiptAgain),
    ("all-in", Mark::AllInAgain),
    ("close", Mark::CloseAgain),
    ("frozen", Mark::FrozenAgain),
    ("list", Mark::ListAgain),
    ("seal", Mark::SealAgain),
    ("revealed", Mark::RevealedAgain),
];

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

    fn issued(&mut self, peer: Peer, clock: Time, Record { id, fact }: &Record) {
        let phase = match fact {
            Fact::Prepared(_) => Phase::Preparing,
            Fact::Opened => Phase::Collecting,
            Fact::Frozen => Phase::Frozen,
            Fact::Sealed(_) => Phase::Sealed,
            Fact::Revealed(_) | Fact::Failed(_) => Phase::Over,
            Fact::Forgotten => return self.hit(Mark::Forgotten),
            Fact::Withheld => return self.hit(Mark::Declined),
            Fact::Proposed(_) => {
                self.open_questions.insert((peer, *id));
                return;
            }
            Fact::Concluded(_) => {
                self.open_questions.remove(&(peer, *id));
                return;
            }
            Fact::Contributed { light, .. } => {
                let lying = self.plan.cluster.peer(light);
                let lying = lying.is_some_and(|light| self.plan.adversary.has(light));
                return self.hit_if(lying, Mark::LyingLight);
            }
            _ => return,
        };
        self.phases.insert((peer, *id), phase);
        if let Fact::Sealed(seal) = fact {
            self.hit_if(!seal.excluded.is_empty(), Mark::Excluded);
        }
        let of_peer =
            |((of, _), phase): &(&(Peer, _), &Phase)| *of == peer && **phase == Phase::Collecting;
        if phase == Phase::Collecting {
            let open = self.phases.iter().filter(of_peer).count();
            self.hit_if(open > 1, Mark::TwoOpen);
        }
        if phase == Phase::Frozen
            && let Some(question) = self.asked(id)
        {
            self.frozen(peer, clock, *id, question);
        }
    }

    fn frozen(&mut self, peer: Peer, clock: Time, id: ComputationId, question: &Question) {
        let spec = &question.proposal.spec;
        self.hit_if(clock < spec.deadline, Mark::EarlyClose);
        let seats = spec.committee.0.map(|id| self.plan.cluster.peer(&id));
        let lying = |seat: &Option<Peer>| seat.is_some_and(|seat| self.plan.adversary.has(seat));
        let lying = seats.iter().any(lying);
        self.hit_if(lying, Mark::LyingHeavy);
        let primary = seats[0].and_then(|primary| self.phases.get(&(primary, id)).copied());
        let first = seats[0] != Some(peer) && primary < Some(Phase::Frozen);
        self.hit_if(first, Mark::SeatFirst);
    }

    fn sent(&mut self, from: Peer, to: Peer, message: &Message) {
        if let Some((kind, again)) = RESENT.iter().find(|(kind, _)| *kind == message.name())
            && let Some(question) = self.index.of(message)
        {
            let times = self.sent.entry((kind, question, from, to)).or_default();
            *times += 1;
            let second = *times == 2;
            self.hit_if(second, *again);
        }
        match message {
            Message::List(_) => self.hit(Mark::FrozenDiffered),
            Message::Knock(_) => self.hit(Mark::Knocked),
            Message::Announce(_) => self.hit(Mark::Announced),
            Message::Inquire(_) => self.hit(Mark::Inquired),
            Message::Abort { id, .. } => {
                self.hit(Mark::Aborted);
                let first = *self.aborters.entry(*id).or_insert(from);
                self.hit_if(first != from, Mark::AbortedByTwo);
            }
            Message::Refuse { refusal, .. } => match refusal {
                Refusal::Late => self.hit(Mark::RefusedLate),
                Refusal::Conflict => self.hit(Mark::RefusedConflict),
                Refusal::Full => self.hit(Mark::RefusedFull),
                Refusal::Dimension => self.hit(Mark::RefusedDimension),
                _ => {}
            },
            Message::Propose { spec, .. } => {
                let primary = self.plan.cluster.member(to).id == spec.committee.primary();
                self.hit_if(!primary, Mark::AskedSeats);
            }
            Message::Contribution { id, tag, .. } => {
                self.shared.insert(from);
                let first = *self.tags.entry((from, *id)).or_insert(*tag);
                self.hit_if(first != *tag, Mark::SplitTwice);
            }
            Message::Seal { id, digest, .. } => {
                let first = *self.seals.entry((to, *id)).or_insert(*digest);
                self.hit_if(first != *digest, Mark::SecondRoster);
            }
            Message::Partial { id, .. } => {
                self.phases.insert((from, *id), Phase::Told);
                let life = self.lives.get(&from).copied().unwrap_or(0);
                let first = *self.partials.entry((from, *id)).or_insert(life);
                self.hit_if(first != life, Mark::PartialAgain);
            }
            _ => {}
        }
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

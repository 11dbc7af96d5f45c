//! Situations that a swarm must come across: what never happened has not been tested.

use std::collections::{BTreeMap, BTreeSet};

use formix_proto::directory::Role;
use formix_proto::id::{ComputationId, Tag};
use formix_proto::machine::Event;
use formix_proto::message::Message;
use formix_proto::outcome::Refusal;
use formix_proto::record::{Fact, Record};
use formix_proto::time::Time;

use crate::plan::{Peer, Plan};
use crate::sight::{Sight, Witness};

macro_rules! marks {
    ($($name:ident $text:literal,)*) => {
        /// One situation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Mark {
            $(#[doc = $text] $name,)*
        }

        impl Mark {
            /// All of them.
            pub const ALL: &[Mark] = &[$(Self::$name,)*];

            /// What it is, for people.
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

marks! {
    FrozenDiffered "two frozen sets differed",
    Excluded "somebody was left out of a roster",
    EarlyClose "collecting ended before the deadline",
    Knocked "a light node knocked",
    Announced "a committee was announced",
    RefusedLate "a contribution was refused as late",
    RefusedConflict "a contribution was refused as a conflict",
    RefusedFull "a contribution was refused as one too many",
    SplitTwice "a light node that lost its disk split again",
    OutOfDomain "an answer out of the domain was refused",
    Aborted "a committee member aborted",
    AskedSeats "a proposer asked the other seats",
    AskedByHeavy "a heavy node asked a question",
    AskedByLight "a light node asked a question",
    SettledUnknown "a light node never learned if it was counted",
    SettledOut "a light node learned that it was not counted",
    Forgotten "an ended computation was forgotten",
    LostBatch "a crash lost a batch",
    KeptBatch "a crash kept a batch that was not acknowledged",
    SplitTail "a crash kept one batch and lost the next",
    CrashInRecovery "a node stopped while it recovered",
    CrashCollecting "a heavy node stopped while collecting",
    CrashFrozen "a heavy node stopped between freeze and seal",
    CrashSealed "a heavy node stopped between seal and partial",
    CrashAfterPartial "a heavy node stopped after its partial, before the end",
    PartialAgain "a later life sent a partial again",
    LightBack "a light node was back after its first share",
    WaitsForDead "a node named the dead one that it waits for",
}

/// Counts them in one run.
#[derive(Debug)]
pub struct Marks<'p> {
    plan: &'p Plan,
    /// How often each was hit.
    pub hits: BTreeMap<Mark, u64>,
    phases: BTreeMap<(Peer, ComputationId), Phase>,
    lives: BTreeMap<Peer, u32>,
    tags: BTreeMap<(Peer, ComputationId), Tag>,
    shared: BTreeSet<Peer>,
    down: BTreeSet<Peer>,
    partials: BTreeMap<(Peer, ComputationId), u32>,
}

/// How far a heavy node is, by what it handed to its disk and to the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Collecting,
    Frozen,
    Sealed,
    Told,
    Over,
}

impl<'p> Marks<'p> {
    /// None yet.
    pub fn new(plan: &'p Plan) -> Self {
        Self {
            plan,
            hits: BTreeMap::new(),
            phases: BTreeMap::new(),
            lives: BTreeMap::new(),
            tags: BTreeMap::new(),
            shared: BTreeSet::new(),
            down: BTreeSet::new(),
            partials: BTreeMap::new(),
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

    fn issued(&mut self, peer: Peer, clock: Time, Record { id, fact }: &Record) {
        let phase = match fact {
            Fact::Opened => Phase::Collecting,
            Fact::Frozen => Phase::Frozen,
            Fact::Sealed(_) => Phase::Sealed,
            Fact::Revealed(_) | Fact::Failed(_) => Phase::Over,
            Fact::Forgotten => return self.hit(Mark::Forgotten),
            _ => return,
        };
        self.phases.insert((peer, *id), phase);
        if let Fact::Sealed(seal) = fact {
            self.hit_if(!seal.excluded.is_empty(), Mark::Excluded);
        }
        let asked = |question: &&crate::plan::Question| question.proposal.id() == *id;
        if phase == Phase::Frozen
            && let Some(question) = self.plan.workload.iter().find(asked)
        {
            self.hit_if(clock < question.proposal.spec.deadline, Mark::EarlyClose);
        }
    }

    fn sent(&mut self, from: Peer, to: Peer, message: &Message) {
        match message {
            Message::List(_) => self.hit(Mark::FrozenDiffered),
            Message::Knock(_) => self.hit(Mark::Knocked),
            Message::Announce(_) => self.hit(Mark::Announced),
            Message::Abort { .. } => self.hit(Mark::Aborted),
            Message::Refuse { refusal: Refusal::Late, .. } => self.hit(Mark::RefusedLate),
            Message::Refuse { refusal: Refusal::Conflict, .. } => self.hit(Mark::RefusedConflict),
            Message::Refuse { refusal: Refusal::Full, .. } => self.hit(Mark::RefusedFull),
            Message::Propose { spec, .. } => {
                let primary = self.plan.cluster.member(to).id == spec.committee.primary();
                self.hit_if(!primary, Mark::AskedSeats);
            }
            Message::Contribution { id, tag, .. } => {
                self.shared.insert(from);
                let first = *self.tags.entry((from, *id)).or_insert(*tag);
                self.hit_if(first != *tag, Mark::SplitTwice);
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
            _ => {}
        }
    }

    fn stopped(&mut self, peer: Peer, kept: usize, lost: usize, recovering: bool) {
        self.down.insert(peer);
        self.hit_if(lost > 0, Mark::LostBatch);
        self.hit_if(kept > 0, Mark::KeptBatch);
        self.hit_if(kept > 0 && lost > 0, Mark::SplitTail);
        self.hit_if(recovering, Mark::CrashInRecovery);
        let of_peer = self.phases.iter().filter(|((of, _), _)| *of == peer);
        for phase in of_peer.map(|(_, phase)| *phase).collect::<Vec<_>>() {
            match phase {
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
            Sight::Sent { from, to, message, .. } => self.sent(*from, *to, message),
            Sight::Told { peer, event } => self.told(*peer, event),
            Sight::Stopped { peer, kept, lost, recovering, .. } => {
                self.stopped(*peer, *kept, *lost, *recovering);
            }
            Sight::Started { peer, life } => {
                self.lives.insert(*peer, *life);
                let back = self.down.remove(peer) && self.shared.contains(peer);
                self.hit_if(back, Mark::LightBack);
            }
            Sight::Judged { standing, dead, .. } => {
                let waits = |(_, named): &(Peer, Vec<Peer>)| named.iter().any(|n| dead.contains(n));
                self.hit_if(standing.iter().any(waits), Mark::WaitsForDead);
            }
            _ => {}
        }
    }
}

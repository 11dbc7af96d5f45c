//! A node: its role, its questions, and the gate through which everything leaves.

use alloc::sync::Arc;
use alloc::vec::Vec;

use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, SeedableRng};

use crate::context::Context;
use crate::directory::{Directory, Role};
use crate::fault::Fault;
use crate::heavy::Heavy;
use crate::id::{ComputationId, NodeId};
use crate::light::Light;
use crate::machine::{Command, Input, Machine, Output, RecoverError};
use crate::message::Message;
use crate::outbox::Outbox;
use crate::policy::Policy;
use crate::proposer::Proposer;
use crate::record::{Fact, InvalidTransition, Record};
use crate::status::Status;
use crate::time::Time;
use crate::timers::{Reason, Timers};

/// Who a node is and what it allows.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its id.
    pub id: NodeId,
    /// What it is enrolled as.
    pub role: Role,
    /// Its rules.
    pub policy: Policy,
    /// Who is enrolled, itself included.
    pub directory: Arc<Directory>,
}

/// One Formix node. Every node may propose; what else it does follows from its role.
///
/// `R` is where its coins come from. A copy draws the same coins as the original: copies are for
/// exploring what could happen next, never for running.
#[derive(Debug, Clone)]
pub struct Node<R = ChaCha20Rng> {
    id: NodeId,
    policy: Policy,
    directory: Arc<Directory>,
    parts: Parts,
    coins: R,
    outbox: Outbox,
    timers: Timers,
    now: Time,
}

/// How much a node holds in memory; each has its limit (R12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occupancy {
    /// Computations and questions that it remembers: as many of each as fit in [`MAX_MEMORY`].
    ///
    /// [`MAX_MEMORY`]: crate::limits::MAX_MEMORY
    pub computations: usize,
    /// Timers: at most one for each of those and [`Reason`].
    pub timers: usize,
    /// Outputs that wait for the disk: at most [`MAX_HELD`] messages and complaints, and what is told
    /// of records.
    ///
    /// [`MAX_HELD`]: crate::limits::MAX_HELD
    pub held: usize,
    /// The bytes of vectors and rosters in those: about [`MAX_HELD_BYTES`] at most.
    ///
    /// [`MAX_HELD_BYTES`]: crate::limits::MAX_HELD_BYTES
    pub held_bytes: usize,
}

#[derive(Debug, Clone)]
struct Parts {
    proposer: Proposer,
    role: Part,
}

#[derive(Debug, Clone)]
enum Part {
    Heavy(Heavy),
    Light(Light),
    Proposer,
}

impl Node {
    /// A node as its log says, or a new one if the log is empty.
    ///
    /// `seed` is drawn afresh at every start: nothing that was drawn before a restart is drawn again.
    pub fn recover(
        config: Config,
        seed: [u8; 32],
        now: Time,
        records: impl IntoIterator<Item = Record>,
    ) -> Result<Self, RecoverError> {
        Self::recover_with(config, ChaCha20Rng::from_seed(seed), now, records)
    }
}

impl<R: CryptoRng> Node<R> {
    /// The same, with coins of the caller's.
    pub fn recover_with(
        config: Config,
        coins: R,
        now: Time,
        records: impl IntoIterator<Item = Record>,
    ) -> Result<Self, RecoverError> {
        let mut parts = Parts::new(config.role);
        for (position, record) in records.into_iter().enumerate() {
            parts
                .restore(config.id, record)
                .map_err(|InvalidTransition| RecoverError { position })?;
        }
        let mut node = Self {
            id: config.id,
            policy: config.policy,
            directory: config.directory,
            parts,
            coins,
            outbox: Outbox::default(),
            timers: Timers::default(),
            now,
        };
        node.run(now, Parts::start);
        Ok(node)
    }

    /// What this node knows of a computation: as its asker, if it has asked it. It may know the end, and
    /// still wait as a seat of the committee.
    pub fn status(&self, id: &ComputationId) -> Option<Status> {
        let mut statuses = self.parts.statuses(id).into_iter();
        let mut status = statuses.next()?;
        for node in statuses.flat_map(|other| other.waiting_for) {
            if !status.waiting_for.contains(&node) {
                status.waiting_for.push(node);
            }
        }
        Some(status)
    }

    /// The computations that this node knows of, in order of their ids.
    pub fn computations(&self) -> Vec<ComputationId> {
        let mut ids: Vec<_> = self.parts.proposer.ids().collect();
        match &self.parts.role {
            Part::Heavy(heavy) => ids.extend(heavy.ids()),
            Part::Light(light) => ids.extend(light.ids()),
            Part::Proposer => {}
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// How much it holds in memory.
    pub fn occupancy(&self) -> Occupancy {
        let role = match &self.parts.role {
            Part::Heavy(heavy) => heavy.ids().count(),
            Part::Light(light) => light.ids().count(),
            Part::Proposer => 0,
        };
        Occupancy {
            computations: role + self.parts.proposer.ids().count(),
            timers: self.timers.len(),
            held: self.outbox.held(),
            held_bytes: self.outbox.held_bytes(),
        }
    }

    /// Lends the node to its parts for one input; the records they make are one batch.
    fn run(&mut self, now: Time, act: impl FnOnce(&mut Parts, &mut Context<'_>)) {
        self.now = now;
        let mut cx = Context {
            now,
            me: self.id,
            policy: &self.policy,
            directory: &self.directory,
            coins: &mut self.coins,
            outbox: &mut self.outbox,
            timers: &mut self.timers,
        };
        act(&mut self.parts, &mut cx);
        self.outbox.close_batch();
    }

    fn command(&mut self, now: Time, command: Command) {
        match command {
            Command::Enroll(directory) => self.directory = directory,
            Command::Propose(proposal) => {
                self.run(now, |parts, cx| parts.proposer.propose(cx, *proposal));
            }
            Command::Answer { id, answer } => self.run(now, |parts, cx| {
                if let Part::Light(light) = &mut parts.role {
                    light.answer(cx, id, &answer);
                }
            }),
            Command::Decline(id) => self.run(now, |parts, cx| {
                if let Part::Light(light) = &mut parts.role {
                    light.decline(cx, id);
                }
            }),
            Command::Defer(id) => self.run(now, |parts, cx| {
                if let Part::Light(light) = &mut parts.role {
                    light.defer(cx, id);
                }
            }),
        }
    }

    /// One timer only: [`Machine::next_timeout`] says whether another is due.
    fn expire_timer(&mut self, now: Time) {
        if let Some((id, reason)) = self.timers.pop_due(now) {
            self.run(now, |parts, cx| parts.timeout(cx, id, reason));
        }
    }
}

impl<R: CryptoRng> Machine for Node<R> {
    fn handle_input(&mut self, now: Time, input: Input) {
        match input {
            Input::Receive { from, message } => {
                self.run(now, |parts, cx| parts.receive(cx, from, message));
            }
            Input::Malformed { from, error } => {
                self.run(now, |_, cx| cx.fault(from, Fault::Malformed(error)));
            }
            Input::Command(command) => self.command(now, command),
            Input::Persisted(seq) => self.outbox.persisted(seq),
            Input::Timeout => self.expire_timer(now),
            Input::SetBack => {
                self.timers = Timers::default();
                self.run(now, Parts::resume);
            }
        }
    }

    /// A message to itself (a heavy node may propose to a committee that it sits on) comes back in
    /// here, after the same gate as any other.
    fn poll_output(&mut self) -> Option<Output> {
        loop {
            match self.outbox.poll()? {
                Output::Send { to, message } if to == self.id => {
                    self.handle_input(self.now, Input::Receive { from: to, message });
                }
                output => return Some(output),
            }
        }
    }

    fn next_timeout(&self) -> Option<Time> {
        self.timers.next()
    }
}

impl Parts {
    fn new(role: Role) -> Self {
        let role = match role {
            Role::Heavy => Part::Heavy(Heavy::default()),
            Role::Light => Part::Light(Light::default()),
            Role::Proposer => Part::Proposer,
        };
        Self { proposer: Proposer::default(), role }
    }

    /// R1: what is not enrolled is not heard; what a node may receive follows from its own role.
    fn receive(&mut self, cx: &mut Context<'_>, from: NodeId, message: Message) {
        if cx.directory.role(&from).is_none() {
            return cx.fault(from, Fault::Stranger);
        }
        match message {
            Message::Progress { id, stage } => self.proposer.progress(cx, from, id, stage),
            Message::Outcome { id, outcome } => self.proposer.outcome(cx, from, id, outcome),
            message => match &mut self.role {
                Part::Heavy(heavy) => heavy.receive(cx, from, message),
                Part::Light(light) => light.receive(cx, from, message),
                Part::Proposer => cx.fault(from, Fault::NoStanding(message.name())),
            },
        }
    }

    fn timeout(&mut self, cx: &mut Context<'_>, id: ComputationId, reason: Reason) {
        if reason == Reason::Forget {
            return self.forget_if_over(cx, id);
        }
        self.proposer.timeout(cx, id, reason);
        match &mut self.role {
            Part::Heavy(heavy) => heavy.timeout(cx, id, reason),
            Part::Light(light) => light.timeout(cx, id, reason),
            Part::Proposer => {}
        }
    }

    /// A heavy node may have ended a computation that it proposed itself, and not know it there yet.
    fn forget_if_over(&mut self, cx: &mut Context<'_>, id: ComputationId) {
        if self.statuses(&id).iter().any(Status::is_open) {
            let pause = cx.policy.retention.max(Policy::SHORTEST_PAUSE);
            return cx.wake(id, Reason::Forget, cx.now + pause);
        }
        let forgotten = cx.commit(id, Fact::Forgotten, |_| self.forget(id));
        debug_assert!(forgotten.is_ok(), "what is open is not over");
    }

    /// Alone, the fact is all that is left of a computation: the log erases the rest.
    fn forget(&mut self, id: ComputationId) -> Result<(), InvalidTransition> {
        if self.statuses(&id).iter().any(Status::is_open) {
            return Err(InvalidTransition);
        }
        self.proposer.forget(&id);
        match &mut self.role {
            Part::Heavy(heavy) => heavy.forget(&id),
            Part::Light(light) => light.forget(&id),
            Part::Proposer => {}
        }
        Ok(())
    }

    /// What each part knows, the proposing part's first.
    fn statuses(&self, id: &ComputationId) -> Vec<Status> {
        let role = match &self.role {
            Part::Heavy(heavy) => heavy.status(id),
            Part::Light(light) => light.status(id),
            Part::Proposer => None,
        };
        self.proposer.status(id).into_iter().chain(role).collect()
    }

    fn restore(&mut self, me: NodeId, record: Record) -> Result<(), InvalidTransition> {
        match (&record.fact, &mut self.role) {
            (Fact::Forgotten, _) => self.forget(record.id),
            (Fact::Proposed(_) | Fact::Accepted | Fact::Concluded(_), _) | (_, Part::Proposer) => {
                self.proposer.apply(record)
            }
            (_, Part::Heavy(heavy)) => heavy.restore(me, record),
            (_, Part::Light(light)) => light.restore(record),
        }
    }

    /// The first thing in a life.
    fn start(&mut self, cx: &mut Context<'_>) {
        if let Part::Light(light) = &mut self.role {
            light.ask_again(cx);
        }
        self.resume(cx);
    }

    /// Arms every timer, for pauses that begin now, and sends again whatever is unanswered.
    fn resume(&mut self, cx: &mut Context<'_>) {
        self.proposer.resume(cx);
        match &mut self.role {
            Part::Heavy(heavy) => heavy.resume(cx),
            Part::Light(light) => light.resume(cx),
            Part::Proposer => {}
        }
    }
}

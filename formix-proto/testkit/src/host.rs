//! One node with its disk: whatever it is fed, what must hold of any node is checked.

use std::collections::BTreeMap;

use formix_proto::driver::Driver;
use formix_proto::frame::Frame;
use formix_proto::id::{ComputationId, NodeId};
use formix_proto::machine::{Batch, Command, Event, RecoverError};
use formix_proto::message::Message;
use formix_proto::node::{Config, Node};
use formix_proto::outcome::Outcome;
use formix_proto::record::{Fact, Record};
use formix_proto::status::Status;
use formix_proto::time::Time;
use formix_proto::wire::{self, DecodeError};

use crate::disk::Disk;
use crate::ledger::Ledger;
use crate::recorder::{Effect, Recorder, Said};
use crate::rules::RuleBroken;

/// A node, its disk, and what it has said so far.
#[derive(Debug, Clone)]
pub struct Host {
    config: Config,
    seed: [u8; 32],
    life: u32,
    driver: Driver<Node>,
    disk: Disk,
    ledger: Ledger,
    partials: BTreeMap<ComputationId, Frame>,
    outcomes: BTreeMap<ComputationId, Outcome>,
}

/// A node could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its log is not one that a node like it writes.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// It started, and did what it may not.
    #[error(transparent)]
    Rule(#[from] RuleBroken),
}

impl Host {
    /// A node that starts from this log at `now`. Its coins in each life follow from `seed`: no two
    /// nodes may share one.
    pub fn start(
        config: Config,
        seed: [u8; 32],
        now: Time,
        log: &[Record],
    ) -> Result<(Self, Said), StartError> {
        let node = Node::recover(config.clone(), seed, now, log.to_vec())?;
        let mut recorder = Recorder::default();
        let mut host = Self {
            driver: Driver::start(node, now, &mut recorder),
            config,
            seed,
            life: 0,
            disk: Disk::holding(log),
            ledger: Ledger::of(log),
            partials: BTreeMap::new(),
            outcomes: BTreeMap::new(),
        };
        let said = host.heed(recorder)?;
        Ok((host, said))
    }

    /// Its id and role, and what it allows.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Its id.
    pub fn id(&self) -> NodeId {
        self.config.id
    }

    /// The node itself, and its clock.
    pub fn driver(&self) -> &Driver<Node> {
        &self.driver
    }

    /// The node itself.
    pub fn node(&self) -> &Node {
        self.driver.machine()
    }

    /// What was ever durable here.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What is durable now, without what later facts have erased.
    pub fn log(&self) -> Result<Vec<Record>, DecodeError> {
        self.disk.records()
    }

    /// When it wants to be woken.
    pub fn next_timeout(&self) -> Option<Time> {
        self.driver.next_timeout()
    }

    /// How many batches are not durable yet.
    pub fn waiting(&self) -> usize {
        self.disk.waiting()
    }

    /// What it knows of every computation.
    pub fn statuses(&self) -> Result<Vec<Status>, RuleBroken> {
        let node = self.node();
        let status = |id| node.status(id).ok_or(RuleBroken::NoStatus);
        node.computations().iter().map(status).collect()
    }

    /// A frame comes. B3: what is refused changes nothing.
    pub fn receive(&mut self, now: Time, from: NodeId, frame: &[u8]) -> Result<Said, RuleBroken> {
        if let Ok(Message::Decline { id, .. }) = wire::decode(frame) {
            self.ledger.hear_decline(&id, from);
        }
        let before = self.statuses()?;
        let said = self.feed(|driver, recorder| driver.receive(now, from, frame, recorder))?;
        if said.complains() && (!said.batches.is_empty() || self.statuses()? != before) {
            return Err(RuleBroken::RefusalLeavesTraces);
        }
        Ok(said)
    }

    /// The owner wants something.
    pub fn command(&mut self, now: Time, command: Command) -> Result<Said, RuleBroken> {
        self.feed(|driver, recorder| driver.command(now, command, recorder))
    }

    /// The clock has gone on to a time at which it wanted to be woken.
    pub fn timeout(&mut self, now: Time) -> Result<Said, RuleBroken> {
        let said = self.feed(|driver, recorder| driver.timeout(now, recorder))?;
        match self.next_timeout() {
            Some(next) if next <= now => Err(RuleBroken::WakesForever),
            _ => Ok(said),
        }
    }

    /// The disk makes the oldest batch that waits durable; `None` if none does.
    pub fn write(&mut self, now: Time) -> Result<Option<Said>, RuleBroken> {
        let Some(batch) = self.disk.write_one() else { return Ok(None) };
        self.note(&batch)?;
        self.feed(|driver, recorder| driver.persisted(now, batch.seq, recorder)).map(Some)
    }

    /// Kills the node, after the disk has kept the first `keep` batches that waited, and starts it
    /// again from what is durable.
    pub fn restart(&mut self, now: Time, keep: usize) -> Result<Said, RuleBroken> {
        for _ in 0..keep {
            let Some(batch) = self.disk.write_one() else { break };
            self.note(&batch)?;
        }
        self.disk.crash(0);
        self.life += 1;
        let mut seed = self.seed;
        seed.iter_mut().rev().zip(self.life.to_le_bytes()).for_each(|(byte, of)| *byte ^= of);
        let node = Node::recover(self.config.clone(), seed, now, self.log()?);
        let mut recorder = Recorder::default();
        let node = node.map_err(|_| RuleBroken::LogUnreadable)?;
        self.driver = Driver::start(node, now, &mut recorder);
        self.heed(recorder)
    }

    fn feed(
        &mut self,
        input: impl FnOnce(&mut Driver<Node>, &mut Recorder),
    ) -> Result<Said, RuleBroken> {
        let mut recorder = Recorder::default();
        input(&mut self.driver, &mut recorder);
        self.heed(recorder)
    }

    /// Takes what the node wants done, and checks it.
    fn heed(&mut self, Recorder(effects): Recorder) -> Result<Said, RuleBroken> {
        let mut said = Said::default();
        for effect in effects {
            match effect {
                Effect::Persist(batch) => {
                    self.disk.push(batch.clone());
                    said.batches.push(batch);
                }
                Effect::Send(to, frame) => {
                    let message = wire::decode(frame.as_ref())?;
                    if !self.ledger.stands(&to, &message) {
                        return Err(RuleBroken::Groundless(message.name()));
                    }
                    if let Message::Partial { id, .. } = &message
                        && *self.partials.entry(*id).or_insert_with(|| frame.clone()) != frame
                    {
                        return Err(RuleBroken::SecondPartial);
                    }
                    said.sent.push((to, message));
                }
                Effect::Tell(event) => {
                    self.hear(&event)?;
                    said.events.push(event);
                }
            }
        }
        Ok(said)
    }

    fn hear(&mut self, event: &Event) -> Result<(), RuleBroken> {
        match event {
            Event::Ended { id, outcome } => self.end(id, outcome),
            Event::Asked { proposal, .. }
                if !self.ledger.has(&proposal.id(), |fact| matches!(fact, Fact::Asked(_))) =>
            {
                Err(RuleBroken::Groundless("asked"))
            }
            Event::Learned { id, counted }
                if !self.ledger.has(id, |fact| *fact == Fact::Learned(*counted)) =>
            {
                Err(RuleBroken::Groundless("learned"))
            }
            _ => Ok(()),
        }
    }

    /// R9: an outcome never changes. Where a heavy node asks itself, other seats may lie to the asking
    /// part of it and not to the other.
    fn end(&mut self, id: &ComputationId, outcome: &Outcome) -> Result<(), RuleBroken> {
        let asked = self.ledger.proposal(id);
        let seat =
            |node: &NodeId| asked.is_some_and(|it| it.spec.committee.seat_of(node).is_some());
        if seat(&self.config.id) && asked.is_some_and(|it| it.proposer == self.config.id) {
            return Ok(());
        }
        let first = self.outcomes.entry(*id).or_insert_with(|| outcome.clone());
        first.agrees_with(outcome).then_some(()).ok_or(RuleBroken::SecondOutcome)
    }

    /// A batch is durable.
    fn note(&mut self, batch: &Batch) -> Result<(), RuleBroken> {
        for record in &batch.records {
            self.ledger.admits(record)?;
            if needs_no_shares(&record.fact) && self.disk.image().holds_shares(&record.id) {
                return Err(RuleBroken::SharesKept);
            }
            self.ledger.add(record);
        }
        Ok(())
    }
}

/// R9: whether no share is needed after this.
fn needs_no_shares(fact: &Fact) -> bool {
    matches!(fact, Fact::Sealed(_) | Fact::Failed(_) | Fact::Delivered | Fact::Learned(_))
}

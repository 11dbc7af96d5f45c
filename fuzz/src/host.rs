//! One node with its disk: whatever it does, what must hold of any node is checked.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::mem;

use formix_proto::driver::{Driver, Effects};
use formix_proto::frame::Frame;
use formix_proto::id::{ComputationId, NodeId};
use formix_proto::machine::{Batch, Command, Event, RecoverError};
use formix_proto::message::Message;
use formix_proto::node::{Config, Node};
use formix_proto::outcome::Outcome;
use formix_proto::record::{Erases, Fact, Record};
use formix_proto::status::Status;
use formix_proto::time::Time;
use formix_proto::wire::decode;

use super::ledger::Ledger;
use super::scene;

/// A node, its log, and what it has said so far.
pub struct Host {
    config: Config,
    driver: Driver<Node>,
    life: u32,
    log: Vec<Record>,
    desk: Desk,
}

/// Carries out what the node wants done.
#[derive(Default)]
struct Desk {
    waiting: VecDeque<Batch>,
    ledger: Ledger,
    sent: Vec<(NodeId, Frame)>,
    faults: Vec<NodeId>,
    partials: BTreeMap<ComputationId, Frame>,
    outcomes: BTreeMap<ComputationId, Outcome>,
    /// Who has ever said here that it declines: such a one gets a receipt after the freeze, too.
    decliners: BTreeSet<(ComputationId, NodeId)>,
}

impl Effects for Desk {
    fn persist(&mut self, batch: Batch) {
        self.waiting.push_back(batch);
    }

    fn send(&mut self, to: NodeId, frame: Frame) {
        let message = decode(frame.as_ref()).expect("a node sends what nodes can read");
        assert!(self.may_send(to, &message), "`{}` stands on nothing durable", message.name());
        if let Message::Partial { id, .. } = message {
            let first = self.partials.entry(id).or_insert_with(|| frame.clone());
            assert!(*first == frame, "a second partial of one computation");
        }
        self.sent.push((to, frame));
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Ended { id, outcome } => self.ended(id, outcome),
            Event::Fault { peer, .. } => self.faults.push(peer),
            Event::Asked(proposal) => {
                assert!(self.ledger.has(&proposal.id(), |fact| matches!(fact, Fact::Asked(_))));
            }
            Event::Settled { id, counted } => {
                assert!(self.ledger.has(&id, |fact| *fact == Fact::Settled(counted)));
            }
            _ => {}
        }
    }
}

impl Desk {
    /// R7: what it says is durable; declining after the freeze changes nothing, and needs no record.
    fn may_send(&self, to: NodeId, message: &Message) -> bool {
        let declined = match message {
            Message::Receipt(id) => {
                self.decliners.contains(&(*id, to))
                    && self.ledger.has(id, |fact| *fact == Fact::Frozen)
            }
            _ => false,
        };
        declined || self.ledger.stands(to, message)
    }

    /// R9: an outcome never changes. (Where a heavy node asks itself, other members may lie to the
    /// asking part of it and not to the other.)
    fn ended(&mut self, id: ComputationId, outcome: Outcome) {
        if id != scene::own_question() {
            let first = self.outcomes.entry(id).or_insert_with(|| outcome.clone());
            assert!(first.agrees_with(&outcome), "{first:?}, and then {outcome:?}");
        }
    }

    /// The records that the current input has made: those after so many that waited before it.
    fn made(&self, before: usize) -> usize {
        self.waiting.len() - before
    }
}

impl Host {
    /// A node with this log.
    pub fn new(config: Config, now: Time, log: Vec<Record>) -> Result<Self, RecoverError> {
        let mut desk = Desk { ledger: Ledger::of(&log), ..Desk::default() };
        let driver = start(&config, now, 0, &log, &mut desk)?;
        Ok(Self { config, driver, life: 0, log, desk })
    }

    /// Its id.
    pub fn id(&self) -> NodeId {
        self.config.id
    }

    /// What was ever durable here.
    pub fn ledger(&self) -> &Ledger {
        &self.desk.ledger
    }

    /// When it wants to be woken.
    pub fn next_timeout(&self) -> Option<Time> {
        self.driver.next_timeout()
    }

    /// How many batches are not durable yet.
    pub fn waiting(&self) -> usize {
        self.desk.waiting.len()
    }

    /// What it has sent since this was called last.
    pub fn take_sent(&mut self) -> Vec<(NodeId, Frame)> {
        mem::take(&mut self.desk.sent)
    }

    /// Whom it has accused since this was called last.
    pub fn take_faults(&mut self) -> Vec<NodeId> {
        mem::take(&mut self.desk.faults)
    }

    /// What it knows of every computation.
    pub fn statuses(&self) -> Vec<Status> {
        let node = self.driver.machine();
        let status = |id| node.status(&id).expect("what it knows has a status");
        node.computations().into_iter().map(status).collect()
    }

    /// A frame comes. B3: what is refused changes nothing.
    pub fn receive(&mut self, now: Time, from: NodeId, frame: &[u8]) {
        if let Ok(Message::Decline(id)) = decode(frame) {
            self.desk.decliners.insert((id, from));
        }
        let (statuses, waiting) = (self.statuses(), self.waiting());
        let faults = self.desk.faults.len();
        self.driver.receive(now, from, frame, &mut self.desk);
        if self.desk.faults.len() > faults {
            assert_eq!(self.desk.made(waiting), 0, "refused input left a record");
            assert!(self.statuses() == statuses, "refused input changed a computation");
        }
    }

    /// The owner wants something.
    pub fn command(&mut self, now: Time, command: Command) {
        self.driver.command(now, command, &mut self.desk);
    }

    /// The disk makes up to so many batches durable.
    pub fn write(&mut self, now: Time, most: usize) {
        for _ in 0..most {
            let Some(Batch { seq, records }) = self.desk.waiting.pop_front() else { return };
            self.store(records);
            self.driver.persisted(now, seq, &mut self.desk);
        }
    }

    /// The clock has gone on.
    pub fn wake(&mut self, now: Time) {
        self.driver.timeout(now, &mut self.desk);
        assert!(self.driver.next_timeout().is_none_or(|next| next > now), "it wakes for ever");
    }

    /// Kills the node, after the disk has kept so many of the batches that waited; its successor
    /// reads the log that it has written.
    pub fn restart(&mut self, now: Time, keep: usize) {
        let mut lost = mem::take(&mut self.desk.waiting);
        for batch in lost.drain(..keep.min(lost.len())) {
            self.store(batch.records);
        }
        self.life += 1;
        self.driver = start(&self.config, now, self.life, &self.log, &mut self.desk)
            .expect("a node reads its own log");
    }

    fn holds_shares(&self, id: &ComputationId) -> bool {
        let share = |fact: &Fact| matches!(fact, Fact::Contributed { .. } | Fact::Split { .. });
        self.log.iter().any(|record| record.id == *id && share(&record.fact))
    }

    /// Appends as a store must: what a record makes obsolete goes with its own transaction.
    fn store(&mut self, records: Vec<Record>) {
        for record in records {
            match record.fact.erases() {
                Erases::Nothing => {}
                Erases::Shares => {
                    self.log.retain(|old| old.id != record.id || !old.fact.holds_shares());
                }
                Erases::Everything => self.log.retain(|old| old.id != record.id),
            }
            assert!(!is_over(&record.fact) || !self.holds_shares(&record.id), "shares are kept");
            self.desk.ledger.note(record.clone());
            self.log.push(record);
        }
    }
}

/// R9: whether no share is needed after this.
fn is_over(fact: &Fact) -> bool {
    matches!(fact, Fact::Sealed(_) | Fact::Failed(_) | Fact::Delivered | Fact::Settled(_))
}

/// No two nodes, and no two lives of one, draw the same coins.
fn start(
    config: &Config,
    now: Time,
    life: u32,
    log: &[Record],
    desk: &mut Desk,
) -> Result<Driver<Node>, RecoverError> {
    let mut seed = config.id.0;
    seed[..4].copy_from_slice(&life.to_le_bytes());
    let node = Node::recover(config.clone(), seed, now, log.iter().cloned())?;
    Ok(Driver::start(node, now, desk))
}

//! The tokio shell of one node: waits for whatever comes first, and tells the driver.
//!
//! No protocol decision is made here. Outputs go to the log, the transport and the owner; only the
//! acknowledgement of the log lets the machine's gate open.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use formix_proto::driver::{Driver, Effects};
use formix_proto::fault::{Consequence, Fault};
use formix_proto::frame::Frame;
use formix_proto::id::{ComputationId, NodeId};
use formix_proto::machine::{Batch, BatchSeq, Command, Event};
use formix_proto::node::Node;
use formix_proto::spec::Proposal;
use formix_transport::Transport;
use tokio::sync::{broadcast, mpsc};
use tracing::{debug, error, info, trace, warn};

use crate::clock::{Watch, reach};
use crate::coins::Coins;
use crate::database::DatabaseError;
use crate::history::Words;
use crate::log::{Acknowledgement, Log};
use crate::owner::Owner;
use crate::request::Request;
use crate::text::one_line;
use formix_proto::statistic::Schema;

/// Batches that may wait for the disk before no more frames are taken in: what bounds the queue to
/// the log.
const MOST_UNACKNOWLEDGED: u64 = 1_024;

/// So many faults of one peer, and its connection is closed.
const MOST_FAULTS: u64 = 1_024;

/// One running node.
pub(crate) struct Shell<T, L> {
    driver: Driver<Node<Coins>>,
    clock: Watch,
    ports: Ports<T, L>,
    requests: mpsc::Receiver<Request>,
    acknowledgements: mpsc::UnboundedReceiver<Acknowledgement>,
}

/// Where a node's outputs go.
pub(crate) struct Ports<T, L> {
    pub(crate) log: L,
    /// Where the analyst's words wait until their proposal is recorded.
    pub(crate) words: Words,
    pub(crate) transport: Arc<T>,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) owner: Owner,
    pub(crate) issued: BatchSeq,
    pub(crate) durable: BatchSeq,
    /// By peer; there are no more than are enrolled.
    pub(crate) faults: BTreeMap<NodeId, u64>,
}

impl<T: Transport, L: Log> Shell<T, L> {
    pub(crate) fn start(
        node: Node<Coins>,
        mut ports: Ports<T, L>,
        requests: mpsc::Receiver<Request>,
        acknowledgements: mpsc::UnboundedReceiver<Acknowledgement>,
    ) -> Self {
        let mut clock = Watch::start();
        let driver = Driver::start(node, clock.now(), &mut ports);
        Self { driver, clock, ports, requests, acknowledgements }
    }

    /// Runs until a request stops it, or its disk fails.
    pub(crate) async fn run(mut self) -> Result<(), DatabaseError> {
        let outcome = self.serve().await;
        match &outcome {
            Ok(()) => self.drain().await?,
            Err(error) => error!(%error, "stopping: nothing can be made durable"),
        }
        self.ports.owner.stop();
        self.ports.transport.close().await;
        outcome.and(self.ports.log.close().await)
    }

    async fn serve(&mut self) -> Result<(), DatabaseError> {
        let transport = Arc::clone(&self.ports.transport);
        loop {
            let room = self.ports.unacknowledged() < MOST_UNACKNOWLEDGED;
            tokio::select! {
                biased;
                Some(acknowledged) = self.acknowledgements.recv() => self.persisted(acknowledged?),
                request = self.requests.recv() => match request {
                    Some(Request::Command(command)) => {
                        self.driver.command(self.clock.now(), command, &mut self.ports);
                    }
                    Some(Request::Propose(proposal, words)) => self.propose(proposal, *words),
                    Some(Request::Status(id, reply)) => {
                        let _ = reply.send(self.driver.machine().status(&id));
                    }
                    Some(Request::Connected(reply)) => {
                        let _ = reply.send(transport.connected());
                    }
                    Some(Request::Enroll(directory, peers)) => {
                        transport.set_peers(peers);
                        let command = Command::Enroll(directory);
                        self.driver.command(self.clock.now(), command, &mut self.ports);
                    }
                    Some(Request::Stop) | None => return Ok(()),
                },
                () = reach(self.driver.next_timeout()) => {
                    self.driver.timeout(self.clock.now(), &mut self.ports);
                }
                Some(received) = transport.receive(), if room => {
                    let (from, frame) = (received.from, received.frame);
                    self.driver.receive(self.clock.now(), from, frame.as_ref(), &mut self.ports);
                }
            }
        }
    }

    /// Has the words recorded in the transaction of the proposal. The machine hands the proposal to the
    /// log before this returns, unless it refuses it: then the words are dropped.
    fn propose(&mut self, proposal: Box<Proposal>, words: Schema) {
        let id = proposal.id();
        let is_known = |driver: &Driver<Node<Coins>>| driver.machine().status(&id).is_some();
        if !is_known(&self.driver) {
            self.ports.words.expect(id, words);
        }
        self.driver.command(self.clock.now(), Command::Propose(proposal), &mut self.ports);
        if !is_known(&self.driver) {
            self.ports.words.take(&id);
        }
    }

    fn persisted(&mut self, seq: BatchSeq) {
        self.ports.durable = seq;
        self.driver.persisted(self.clock.now(), seq, &mut self.ports);
    }

    /// What is recorded is acknowledged to whoever waits for it, before the doors close.
    async fn drain(&mut self) -> Result<(), DatabaseError> {
        while self.ports.unacknowledged() > 0 {
            match self.acknowledgements.recv().await {
                Some(acknowledged) => self.persisted(acknowledged?),
                None => break,
            }
        }
        Ok(())
    }
}

impl<T: Transport, L: Log> Ports<T, L> {
    fn unacknowledged(&self) -> u64 {
        self.issued.0 - self.durable.0
    }
}

impl<T: Transport, L: Log> Effects for Ports<T, L> {
    fn persist(&mut self, batch: Batch) {
        self.issued = batch.seq;
        self.log.append(batch);
    }

    fn send(&mut self, to: NodeId, frame: Frame) {
        if let Err(reason) = self.transport.send(to, frame) {
            trace!(to = to.short(), %reason, "dropped a frame");
        }
    }

    fn event(&mut self, event: Event) {
        log(&event);
        match &event {
            Event::Asked { proposal, slots } => self.owner.ask(proposal, *slots),
            Event::AnswerRefused { id, .. } => self.owner.decline(*id),
            Event::Fault { peer, fault } => self.blame(*peer, fault),
            _ => {}
        }
        // Nobody has to listen.
        let _ = self.events.send(event);
    }
}

impl<T: Transport, L: Log> Ports<T, L> {
    /// Counts a peer's faults. Only every doubling is logged, so that a peer cannot fill the disk; one
    /// that goes on is cut off, and comes back at the pace of the transport's backoff.
    fn blame(&mut self, peer: NodeId, fault: &Fault) {
        let count = self.faults.entry(peer).or_default();
        *count += 1;
        if count.is_power_of_two() {
            warn!(peer = peer.short(), fault = %one_line(fault), count, "peer at fault");
        }
        if fault.consequence() == Consequence::Disconnect || count.is_multiple_of(MOST_FAULTS) {
            self.transport.disconnect(peer);
        }
    }
}

fn log(event: &Event) {
    match event {
        Event::Proposed(id) => info!(id = id.short(), "proposed"),
        Event::Rejected { id, error } => {
            warn!(id = id.short(), error = %one_line(error), "rejected");
        }
        Event::Progress { id, stage } => info!(id = id.short(), ?stage, "progress"),
        Event::Answers { id, answered, declined, enrolled } => {
            debug!(id = id.short(), answered, declined, enrolled, "answers");
        }
        Event::Ended { id, outcome } => log_end(id, outcome),
        Event::Asked { proposal, .. } => info!(id = proposal.id().short(), "asked"),
        Event::AnswerRefused { id, error } => warn!(id = id.short(), %error, "answer refused"),
        Event::Learned { id, counted } => info!(id = id.short(), ?counted, "settled"),
        // Logged where it is counted.
        Event::Fault { .. } => {}
    }
}

/// The totals stay out: over few participants they tell about each.
fn log_end(id: &ComputationId, outcome: &formix_proto::outcome::Outcome) {
    use formix_proto::outcome::Outcome;
    match outcome {
        Outcome::Completed(reveal) => {
            info!(id = id.short(), participants = reveal.participants, "completed");
        }
        Outcome::Failed(failure) => {
            info!(id = id.short(), failure = %one_line(failure), "failed");
        }
    }
}

//! The tokio shell of one node: waits for whatever comes first, and tells the driver.
//!
//! No protocol decision is made here. Outputs go to the store, the transport and the owner; only the
//! acknowledgement of the store lets the machine's gate open.

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

use crate::clock::{now, reach};
use crate::owner::Owner;
use crate::question::Schema;
use crate::request::Request;
use crate::store::{Store, StoreError};

/// Batches that may wait for the disk before no more frames are taken in: what bounds the queue to
/// the store.
const MOST_UNACKNOWLEDGED: u64 = 1_024;

/// So many faults of one peer, and its connection is closed.
const MOST_FAULTS: u64 = 1_024;

/// One running node.
pub(crate) struct Shell<T> {
    driver: Driver<Node>,
    outside: Outside<T>,
    requests: mpsc::Receiver<Request>,
    acknowledgements: mpsc::UnboundedReceiver<Result<BatchSeq, StoreError>>,
}

/// Where a node's outputs go.
pub(crate) struct Outside<T> {
    pub(crate) store: Store,
    pub(crate) transport: Arc<T>,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) owner: Owner,
    pub(crate) issued: BatchSeq,
    pub(crate) durable: BatchSeq,
    /// By peer; there are no more than are enrolled.
    pub(crate) faults: BTreeMap<NodeId, u64>,
}

impl<T: Transport> Shell<T> {
    pub(crate) fn start(
        node: Node,
        mut outside: Outside<T>,
        requests: mpsc::Receiver<Request>,
        acknowledgements: mpsc::UnboundedReceiver<Result<BatchSeq, StoreError>>,
    ) -> Self {
        let driver = Driver::start(node, now(), &mut outside);
        Self { driver, outside, requests, acknowledgements }
    }

    /// Runs until it is told to stop, or its disk fails.
    pub(crate) async fn run(mut self) -> Result<(), StoreError> {
        let outcome = self.serve().await;
        match &outcome {
            Ok(()) => self.drain().await?,
            Err(error) => error!(%error, "stopping: nothing can be made durable"),
        }
        self.outside.owner.stop();
        self.outside.transport.close().await;
        outcome.and(self.outside.store.close().await)
    }

    async fn serve(&mut self) -> Result<(), StoreError> {
        let transport = Arc::clone(&self.outside.transport);
        loop {
            let room = self.outside.unacknowledged() < MOST_UNACKNOWLEDGED;
            tokio::select! {
                biased;
                Some(acknowledged) = self.acknowledgements.recv() => self.persisted(acknowledged?),
                request = self.requests.recv() => match request {
                    Some(Request::Command(command)) => {
                        self.driver.command(now(), command, &mut self.outside);
                    }
                    Some(Request::Propose(proposal, schema)) => self.propose(proposal, *schema),
                    Some(Request::Status(id, reply)) => {
                        let _ = reply.send(self.driver.machine().status(&id));
                    }
                    Some(Request::Enroll(directory, peers)) => {
                        transport.set_peers(peers);
                        let command = Command::Enroll(directory);
                        self.driver.command(now(), command, &mut self.outside);
                    }
                    Some(Request::Stop) | None => return Ok(()),
                },
                () = reach(self.driver.next_timeout()) => {
                    self.driver.timeout(now(), &mut self.outside);
                }
                Some(received) = transport.receive(), if room => {
                    let (from, frame) = (received.from, received.frame);
                    self.driver.receive(now(), from, frame.as_ref(), &mut self.outside);
                }
            }
        }
    }

    /// The words go to the log behind the record that they are about; if they are lost on the way, the
    /// statistic's own stand for them.
    fn propose(&mut self, proposal: Box<Proposal>, schema: Schema) {
        let (id, plain) = (proposal.id(), Schema::from(&proposal.spec.statistic));
        self.driver.command(now(), Command::Propose(proposal), &mut self.outside);
        if schema != plain {
            self.outside.store.describe(id, schema);
        }
    }

    fn persisted(&mut self, seq: BatchSeq) {
        self.outside.durable = seq;
        self.driver.persisted(now(), seq, &mut self.outside);
    }

    /// What is recorded is acknowledged to whoever waits for it, before the doors close.
    async fn drain(&mut self) -> Result<(), StoreError> {
        while self.outside.unacknowledged() > 0 {
            match self.acknowledgements.recv().await {
                Some(acknowledged) => self.persisted(acknowledged?),
                None => break,
            }
        }
        Ok(())
    }
}

impl<T: Transport> Outside<T> {
    fn unacknowledged(&self) -> u64 {
        self.issued.0 - self.durable.0
    }
}

impl<T: Transport> Effects for Outside<T> {
    fn persist(&mut self, batch: Batch) {
        self.issued = batch.seq;
        self.store.append(batch);
    }

    fn send(&mut self, to: NodeId, frame: Frame) {
        if let Err(reason) = self.transport.send(to, frame) {
            trace!(to = to.short(), %reason, "dropped a frame");
        }
    }

    fn event(&mut self, event: Event) {
        log(&event);
        match &event {
            Event::Asked(proposal) => self.owner.ask(proposal),
            Event::AnswerRefused { id, .. } => self.owner.decline(*id),
            Event::Fault { peer, fault } => self.blame(*peer, fault),
            _ => {}
        }
        // Nobody has to listen.
        let _ = self.events.send(event);
    }
}

impl<T: Transport> Outside<T> {
    /// Counts a peer's faults. Only every doubling is logged, so that a peer cannot fill the disk; one
    /// that goes on is cut off, and comes back at the pace of the transport's backoff.
    fn blame(&mut self, peer: NodeId, fault: &Fault) {
        let count = self.faults.entry(peer).or_default();
        *count += 1;
        if count.is_power_of_two() {
            warn!(peer = peer.short(), %fault, count, "peer at fault");
        }
        if fault.consequence() == Consequence::Disconnect || count.is_multiple_of(MOST_FAULTS) {
            self.transport.disconnect(peer);
        }
    }
}

fn log(event: &Event) {
    match event {
        Event::Proposed(id) => info!(id = id.short(), "proposed"),
        Event::Rejected { id, error } => warn!(id = id.short(), %error, "rejected"),
        Event::Progress { id, stage } => info!(id = id.short(), ?stage, "progress"),
        Event::Answers { id, answered, declined, enrolled } => {
            debug!(id = id.short(), answered, declined, enrolled, "answers");
        }
        Event::Ended { id, outcome } => log_end(id, outcome),
        Event::Asked(proposal) => info!(id = proposal.id().short(), "asked"),
        Event::AnswerRefused { id, error } => warn!(id = id.short(), %error, "answer refused"),
        Event::Settled { id, counted } => info!(id = id.short(), ?counted, "settled"),
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
        Outcome::Failed(failure) => info!(id = id.short(), %failure, "failed"),
    }
}

//! The owner's side of a light node: questions go to its queue, answers to the machine.

use std::sync::Arc;

use formix_proto::id::ComputationId;
use formix_proto::machine::Command;
use formix_proto::policy::Slots;
use formix_proto::spec::Proposal;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::{Instrument, Span, debug};

use crate::consent::Queue;
use crate::request::Request;

/// Decides and answers a node's questions, if its owner has set it up to.
pub(crate) struct Owner {
    queue: Option<Arc<Queue>>,
    requests: mpsc::Sender<Request>,
    tasks: JoinSet<()>,
}

impl Owner {
    pub(crate) fn new(queue: Option<Arc<Queue>>, requests: mpsc::Sender<Request>) -> Self {
        Self { queue, requests, tasks: JoinSet::new() }
    }

    /// Queues a question, which is decided in the background. A node without a queue answers nothing.
    pub(crate) fn ask(&mut self, proposal: &Proposal, slots: Option<Slots>) {
        let Some(queue) = self.queue.clone() else { return };
        let proposal = Arc::new(proposal.clone());
        self.spawn(async move { queue.submit(proposal, slots).await });
    }

    /// Declines a question whose answer the machine has refused to send.
    pub(crate) fn decline(&mut self, id: ComputationId) {
        debug!(id = id.short(), "declining");
        let requests = self.requests.clone();
        self.spawn(async move {
            let _ = requests.send(Request::Command(Command::Decline(id))).await;
        });
    }

    pub(crate) fn stop(&mut self) {
        self.tasks.abort_all();
    }

    fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        while self.tasks.try_join_next().is_some() {}
        self.tasks.spawn(task.instrument(Span::current()));
    }
}

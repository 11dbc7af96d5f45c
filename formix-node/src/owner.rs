//! The owner's side of a light node: questions go to its desk, answers to the machine.

use std::sync::Arc;

use formix_proto::id::ComputationId;
use formix_proto::machine::Command;
use formix_proto::spec::Proposal;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::{Instrument, Span, debug};

use crate::consent::Desk;
use crate::request::Request;

/// What a node's owner has set up to answer questions, if anything.
pub(crate) struct Owner {
    desk: Option<Arc<Desk>>,
    requests: mpsc::Sender<Request>,
    tasks: JoinSet<()>,
}

impl Owner {
    pub(crate) fn new(desk: Option<Arc<Desk>>, requests: mpsc::Sender<Request>) -> Self {
        Self { desk, requests, tasks: JoinSet::new() }
    }

    /// Puts a question on the desk, to be decided in the background. Without a desk nobody answers.
    pub(crate) fn ask(&mut self, proposal: &Proposal) {
        let Some(desk) = self.desk.clone() else { return };
        let proposal = Arc::new(proposal.clone());
        self.spawn(async move { desk.consider(proposal).await });
    }

    /// An answer that the question does not take is not sent; the node declines instead.
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

//! The owner's side of a light node: questions go to its responder, answers to the machine.

use std::sync::Arc;

use formix_proto::id::ComputationId;
use formix_proto::machine::Command;
use formix_proto::spec::Proposal;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tracing::{Instrument, Span, debug, warn};

use crate::request::Request;
use crate::responder::{Question, Reply, Responder};

/// Questions that are answered at once; the others wait their turn.
const MOST_AT_ONCE: usize = 4;

/// What a node's owner has set up to answer questions, if anything.
pub(crate) struct Owner {
    responder: Option<Arc<dyn Responder>>,
    requests: mpsc::Sender<Request>,
    turns: Arc<Semaphore>,
    tasks: JoinSet<()>,
}

impl Owner {
    pub(crate) fn new(
        responder: Option<Box<dyn Responder>>,
        requests: mpsc::Sender<Request>,
    ) -> Self {
        let turns = Arc::new(Semaphore::new(MOST_AT_ONCE));
        Self { responder: responder.map(Arc::from), requests, turns, tasks: JoinSet::new() }
    }

    /// Puts a question to the responder, in the background. Without a responder nobody answers.
    pub(crate) fn ask(&mut self, proposal: &Proposal) {
        let Some(responder) = self.responder.clone() else { return };
        let (requests, turns) = (self.requests.clone(), Arc::clone(&self.turns));
        let (id, question) = (proposal.id(), Question::from(proposal));
        let answering = async move {
            let _turn = turns.acquire().await;
            let command = match responder.respond(&question).await {
                Ok(Reply::Answer(answer)) => Command::Answer { id, answer },
                Ok(Reply::Decline) => Command::Decline(id),
                Err(error) => {
                    warn!(id = id.short(), %error, "declining: no answer could be had");
                    Command::Decline(id)
                }
            };
            let _ = requests.send(Request::Command(command)).await;
        };
        while self.tasks.try_join_next().is_some() {}
        self.tasks.spawn(answering.instrument(Span::current()));
    }

    /// An answer that the question does not take is not sent; the node declines instead.
    pub(crate) fn decline(&mut self, id: ComputationId) {
        debug!(id = id.short(), "declining");
        let requests = self.requests.clone();
        self.tasks.spawn(async move {
            let _ = requests.send(Request::Command(Command::Decline(id))).await;
        });
    }

    pub(crate) fn stop(&mut self) {
        self.tasks.abort_all();
    }
}

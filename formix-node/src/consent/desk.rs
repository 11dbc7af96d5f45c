//! The owner's desk: questions that were asked lie here until a rule, the owner or their end decides.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use formix_proto::answer::Answer;
use formix_proto::id::ComputationId;
use formix_proto::machine::Command;
use formix_proto::spec::Proposal;
use tokio::sync::{Semaphore, mpsc};
use tracing::{error, warn};

use super::book::{Book, Opinion};
use super::error::{ConsentError, NoAnswer};
use super::ledger::{By, Decision};
use super::rule::Choice;
use crate::clock::{now, reach};
use crate::request::Request;
use crate::responder::{Question, Reply, Responder};

/// Questions that are answered at once; the others wait their turn.
const MOST_AT_ONCE: usize = 4;

/// Where a light node's questions wait for a decision, and are answered after it.
pub(crate) struct Desk {
    responder: Box<dyn Responder>,
    /// `None` where everything is answered.
    pub(super) book: Option<Arc<Book>>,
    asked: Mutex<BTreeMap<ComputationId, Asked>>,
    requests: mpsc::Sender<Request>,
    turns: Semaphore,
}

/// A question that waits for the owner.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) proposal: Arc<Proposal>,
    /// Why it is the owner's to decide.
    pub(super) why: String,
}

impl Desk {
    pub(crate) fn new(
        responder: Box<dyn Responder>,
        book: Option<Book>,
        requests: mpsc::Sender<Request>,
    ) -> Self {
        Self {
            responder,
            book: book.map(Arc::new),
            asked: Mutex::default(),
            requests,
            turns: Semaphore::new(MOST_AT_ONCE),
        }
    }

    /// Looks at the rules, and does what they say; what they leave to the owner waits until its end.
    pub(crate) async fn consider(&self, proposal: Arc<Proposal>) {
        let (id, judged) = (proposal.id(), Arc::clone(&proposal));
        let choice = match self.with_book(move |book| book.judge(&judged)).await {
            // The node is stopping: the question comes again when it starts.
            Err(_) => return,
            Ok(None) => Choice::Approve,
            Ok(Some(Opinion::Decided(choice))) => choice,
            Ok(Some(Opinion::Ask(why))) => {
                self.asked().insert(id, Asked { proposal: Arc::clone(&proposal), why });
                return self.expire(&proposal).await;
            }
        };
        if let Err(reason) = self.carry_out(choice, &proposal).await {
            warn!(id = id.short(), %reason, "no answer could be had");
        }
    }

    /// Waits with the owner until it is too late.
    async fn expire(&self, proposal: &Arc<Proposal>) {
        let (id, deadline) = (proposal.id(), proposal.spec.deadline);
        while now() < deadline {
            reach(Some(deadline)).await;
        }
        if self.asked().remove(&id).is_none() {
            return;
        }
        if let Err(error) = self.record(proposal, Decision::Expired, By::Nobody).await {
            error!(id = id.short(), %error, "that a question has expired cannot be recorded");
        }
    }

    /// Answers or declines, after that was decided and recorded.
    pub(super) async fn carry_out(
        &self,
        choice: Choice,
        proposal: &Proposal,
    ) -> Result<(), NoAnswer> {
        let id = proposal.id();
        let answer = match choice {
            Choice::Approve => self.reply(proposal).await.and_then(|answer| fit(proposal, answer)),
            Choice::Deny => {
                self.tell(Command::Decline(id)).await;
                return Ok(());
            }
        };
        match answer {
            Ok(answer) => {
                self.tell(Command::Answer { id, answer }).await;
                Ok(())
            }
            Err(reason) => {
                self.tell(Command::Decline(id)).await;
                Err(reason)
            }
        }
    }

    /// What the owner's responder says. Nothing leaves the node by that.
    pub(super) async fn reply(&self, proposal: &Proposal) -> Result<Answer, NoAnswer> {
        let _turn = self.turns.acquire().await;
        match self.responder.respond(&Question::from(proposal)).await? {
            Reply::Answer(answer) => Ok(answer),
            Reply::Decline => Err(NoAnswer::Declined),
        }
    }

    pub(super) async fn record(
        &self,
        proposal: &Arc<Proposal>,
        decision: Decision,
        by: By,
    ) -> Result<(), ConsentError> {
        let proposal = Arc::clone(proposal);
        let recorded = self.with_book(move |book| book.record(&proposal, decision, by)).await?;
        Ok(recorded.transpose().map(|_| ())?)
    }

    /// Does what takes the disk where nobody waits for it.
    pub(super) async fn with_book<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Book) -> T + Send + 'static,
    ) -> Result<Option<T>, ConsentError> {
        let Some(book) = self.book.clone() else { return Ok(None) };
        let done = tokio::task::spawn_blocking(move || work(&book)).await;
        done.map(Some).map_err(|_| ConsentError::Stopping)
    }

    pub(super) fn asked(&self) -> MutexGuard<'_, BTreeMap<ComputationId, Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn tell(&self, command: Command) {
        let _ = self.requests.send(Request::Command(command)).await;
    }
}

/// The answer, if it is one to this question: the machine would refuse another.
pub(super) fn fit(proposal: &Proposal, answer: Answer) -> Result<Answer, NoAnswer> {
    let spec = &proposal.spec;
    spec.statistic.encode(&answer, spec.shape())?;
    Ok(answer)
}

//! The queue of pending questions: each waits here until a rule, its owner or its deadline decides.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use formix_proto::answer::Answer;
use formix_proto::id::ComputationId;
use formix_proto::machine::Command;
use formix_proto::policy::Slots;
use formix_proto::spec::Proposal;
use formix_proto::time::Time;
use tokio::sync::mpsc;
use tracing::warn;

use super::decisions::{Decisions, Pending, Ruling};
use super::error::{ConsentError, NoAnswer};
use super::log::{By, Decision, PastDecision};
use super::rule::{Choice, Span};
use super::seen::Seen;
use super::turns::Turns;
use super::view::{Disclosed, Inbox, Preview};
use crate::clock::{now, passed};
use crate::request::Request;
use crate::responder::{Question, Reply, Responder};
use crate::text::one_line;

/// How many questions a node answers at the same time; the others wait their turn.
const MAX_AT_ONCE: usize = 4;

/// The pause before a decision of a rule that could not be recorded is tried again.
const RECORD_AGAIN: Duration = Duration::from_secs(1);

/// What the responder found.
type Found = Result<Answer, NoAnswer>;

/// Where a light node's questions wait for a decision, and are answered after it.
pub(crate) struct Queue {
    pub(super) responder: Box<dyn Responder>,
    /// `None` where every question is answered.
    pub(super) decisions: Option<Arc<Decisions>>,
    pending: Mutex<BTreeMap<ComputationId, Pending>>,
    requests: mpsc::Sender<Request>,
    /// To be decided; one at a time, because a decision may depend on the one before it.
    rulings: Turns,
    /// To be answered.
    answers: Turns,
}

impl Queue {
    pub(crate) fn new(
        responder: Box<dyn Responder>,
        decisions: Option<Decisions>,
        requests: mpsc::Sender<Request>,
    ) -> Self {
        Self {
            responder,
            decisions: decisions.map(Arc::new),
            pending: Mutex::default(),
            requests,
            rulings: Turns::new(1),
            answers: Turns::new(MAX_AT_ONCE),
        }
    }

    /// Applies the rules to a new question; what they leave to the owner waits for as long as there is time.
    /// When the reply leaves is fixed already (R13): here it is worked out, within that time.
    pub(crate) async fn submit(&self, proposal: Arc<Proposal>, slots: Option<Slots>) {
        let deadline = proposal.spec.deadline;
        let (soon, late) = slots.map_or((deadline, deadline), |slots| (slots.soon, slots.late));
        let id = proposal.id();
        // The node is stopping: the question comes again when it restarts.
        let Ok(ruling) = self.rule(&proposal).await else { return };
        let (choice, until) = match ruling {
            None => (Choice::Approve, soon),
            Some(Ruling::Decided { choice, by: By::Owner }) => {
                self.send(Command::Defer(id)).await;
                (choice, late)
            }
            Some(Ruling::Decided { choice, .. }) => (choice, soon),
            Some(Ruling::Ask(why)) => {
                let until = self.put_to_owner(&proposal, why, [soon, late]).await;
                return self.expire(&proposal, until).await;
            }
            Some(Ruling::Unrecorded(why)) => {
                let until = self.put_to_owner(&proposal, why, [soon, late]).await;
                match self.recorded_after_all(&proposal, until).await {
                    Some(choice) => (choice, until),
                    None => return self.expire(&proposal, until).await,
                }
            }
        };
        // Logged where it is found; there is no owner here to report it to.
        let _ = self.execute(choice, &proposal, until, None).await;
    }

    async fn rule(&self, proposal: &Arc<Proposal>) -> Result<Option<Ruling>, ConsentError> {
        let _turn = self.rulings.take(proposal.proposer).await;
        let proposal = Arc::clone(proposal);
        self.with_decisions(move |decisions| decisions.rule(&proposal)).await
    }

    /// Has a question wait for the owner, and returns until when.
    async fn put_to_owner(
        &self,
        proposal: &Arc<Proposal>,
        why: String,
        [soon, late]: [Time; 2],
    ) -> Time {
        let (id, proposal) = (proposal.id(), Arc::clone(proposal));
        self.send(Command::Defer(id)).await;
        // If that took too long, the machine has declined already.
        let until = if now() < soon { late } else { soon };
        self.pending().insert(id, Pending { proposal, why, until, seen: None });
        until
    }

    /// Applies the rules to a pending question again, until what they decide can be recorded; `None` if the owner has
    /// decided first, or has to, or if there is no more time.
    async fn recorded_after_all(&self, proposal: &Arc<Proposal>, until: Time) -> Option<Choice> {
        let id = proposal.id();
        while now() < until {
            passed(until.min(now() + RECORD_AGAIN)).await;
            // As where the owner decides: of two decisions, the one that removes the question counts.
            let mut pending = self.pending().remove(&id)?;
            let ruling = self.rule(proposal).await.ok()??;
            let is_settled = !matches!(ruling, Ruling::Unrecorded(_));
            match ruling {
                Ruling::Decided { choice, .. } => return Some(choice),
                Ruling::Ask(why) | Ruling::Unrecorded(why) => pending.why = why,
            }
            self.pending().insert(id, pending);
            if is_settled {
                break;
            }
        }
        None
    }

    /// Why the node could not record its last decision, if it could not.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.decisions.as_ref().and_then(|decisions| decisions.trouble().clone())
    }

    /// A question that is still pending then expires.
    async fn expire(&self, proposal: &Arc<Proposal>, until: Time) {
        let id = proposal.id();
        passed(until).await;
        if self.pending().remove(&id).is_none() {
            return;
        }
        // Nothing follows from it, and a failure is logged where it is found.
        let _ = self.record(proposal, Decision::Expired, By::Nobody).await;
    }

    /// The questions that wait for the owner.
    pub(crate) async fn inbox(&self) -> Result<Inbox, ConsentError> {
        let mut pending = self.list();
        pending.sort_by_key(|pending| pending.proposal.spec.deadline);
        let inbox = self.with_decisions(move |decisions| Inbox {
            warning: decisions.policy().err().map(|error| error.to_string()),
            questions: pending.iter().map(|pending| decisions.view(pending)).collect(),
        });
        Ok(inbox.await?.unwrap_or_default())
    }

    /// What the node would answer. Only its owner sees it.
    pub(crate) async fn preview(&self, prefix: &str) -> Result<Preview, ConsentError> {
        let pending = self.find(prefix).await?;
        let found = self.respond(&pending.proposal, pending.until).await;
        self.shows(pending.proposal.id(), &found)?;
        let (answer, declines) = match found {
            Ok(answer) => {
                let cells = answer.disclose().into_iter().map(|cell| cell.map(Disclosed));
                (Some(cells.collect()), accepted(&pending.proposal, answer).err())
            }
            Err(reason) => (None, Some(reason)),
        };
        let view = self.with_decisions(move |decisions| decisions.view(&pending)).await?;
        let pending = view.ok_or_else(|| ConsentError::Unknown(prefix.to_owned()))?;
        Ok(Preview { pending, answer, declines: declines.map(|reason| reason.to_string()) })
    }

    /// Records the owner's decision about a question, then executes it.
    pub(crate) async fn decide(&self, prefix: &str, choice: Choice) -> Result<(), ConsentError> {
        let found = self.find(prefix).await?;
        let answer = self.as_shown(&found, choice).await?;
        self.settle(found.proposal.id(), choice, answer).await
    }

    /// Records a decision of the owner's, then executes it.
    async fn settle(
        &self,
        id: ComputationId,
        choice: Choice,
        answer: Option<Found>,
    ) -> Result<(), ConsentError> {
        // Of two decisions at once, the one that removes the question counts.
        let removed = self.pending().remove(&id);
        let pending = removed.ok_or_else(|| ConsentError::Unknown(id.to_string()))?;
        if let Err(error) = self.record(&pending.proposal, choice.into(), By::Owner).await {
            self.pending().insert(id, pending);
            return Err(error);
        }
        Ok(self.execute(choice, &pending.proposal, pending.until, answer).await?)
    }

    /// The same, and writes a rule that decides the same from now on.
    pub(crate) async fn always(
        &self,
        prefix: &str,
        choice: Choice,
        cooldown: Option<Span>,
    ) -> Result<(), ConsentError> {
        let found = self.find(prefix).await?;
        let answer = self.as_shown(&found, choice).await?;
        let (proposal, id) = (Arc::clone(&found.proposal), found.proposal.id());
        let added = self
            .with_decisions(move |decisions| decisions.add_rule(&proposal, choice, cooldown))
            .await?;
        added.transpose()?;
        self.settle(id, choice, answer).await
    }

    /// Remembers what the owner is shown, unless it is made up, and so another each time.
    fn shows(&self, id: ComputationId, found: &Found) -> Result<(), ConsentError> {
        if self.decisions.as_ref().is_some_and(|decisions| decisions.made_up) {
            return Ok(());
        }
        let seen = Some(Arc::new(Seen::of(found.as_ref().ok())?));
        self.pending().entry(id).and_modify(|pending| pending.seen = seen);
        Ok(())
    }

    /// The answer to be sent, worked out before it is approved, if the owner was shown one: it must be the same.
    async fn as_shown(
        &self,
        Pending { proposal, seen, until, .. }: &Pending,
        choice: Choice,
    ) -> Result<Option<Found>, ConsentError> {
        let (Some(seen), Choice::Approve) = (seen, choice) else { return Ok(None) };
        let found = self.respond(proposal, *until).await;
        match seen.is(found.as_ref().ok()) {
            true => Ok(Some(found)),
            false => Err(ConsentError::Changed(proposal.id())),
        }
    }

    /// Answers or declines, as was decided and recorded; with that answer, if it is worked out already.
    async fn execute(
        &self,
        choice: Choice,
        proposal: &Proposal,
        until: Time,
        answer: Option<Found>,
    ) -> Result<(), NoAnswer> {
        let id = proposal.id();
        let answer = match (choice, answer) {
            (Choice::Approve, Some(found)) if now() < until => found,
            (Choice::Approve, Some(_)) => Err(NoAnswer::TooLate),
            (Choice::Approve, None) => self.respond(proposal, until).await,
            (Choice::Deny, _) => {
                self.send(Command::Decline(id)).await;
                return Ok(());
            }
        };
        match answer.and_then(|answer| accepted(proposal, answer)) {
            Ok(answer) => {
                self.send(Command::Answer { id, answer }).await;
                Ok(())
            }
            Err(reason) => {
                warn!(id = id.short(), reason = %one_line(&reason), "allowed, but declined");
                self.send(Command::Decline(id)).await;
                Err(reason)
            }
        }
    }

    /// What the owner's responder answers by then. Nothing leaves the node here.
    async fn respond(&self, proposal: &Proposal, until: Time) -> Found {
        let question = Question::from(proposal);
        let responding = async {
            let _turn = self.answers.take(proposal.proposer).await;
            self.responder.respond(&question).await
        };
        tokio::select! {
            biased;
            reply = responding => match reply? {
                Reply::Answer(answer) => Ok(answer),
                Reply::Decline => Err(NoAnswer::Declined),
            },
            () = passed(until) => Err(NoAnswer::TooLate),
        }
    }

    /// The one pending question whose id starts like this.
    async fn find(&self, prefix: &str) -> Result<Pending, ConsentError> {
        let prefix = prefix.to_ascii_lowercase();
        if prefix.is_empty() {
            return Err(ConsentError::NoId);
        }
        let mut found = self.list();
        found.retain(|pending| pending.proposal.id().to_string().starts_with(&prefix));
        match (found.pop(), found.is_empty()) {
            (Some(pending), true) => Ok(pending),
            (Some(_), false) => Err(ConsentError::Ambiguous(prefix)),
            (None, _) => Err(self.not_pending(prefix).await?),
        }
    }

    /// Why no question of this id is pending.
    async fn not_pending(&self, prefix: String) -> Result<ConsentError, ConsentError> {
        let of = prefix.clone();
        let decided = self.with_decisions(move |decisions| decisions.find(&of)).await?.flatten();
        Ok(match decided {
            Some(PastDecision { verdict: Decision::Expired, comp_id, .. }) => {
                ConsentError::Expired(comp_id)
            }
            Some(past) => ConsentError::Decided(Box::new(past)),
            None => ConsentError::Unknown(prefix),
        })
    }

    async fn record(
        &self,
        proposal: &Arc<Proposal>,
        decision: Decision,
        by: By,
    ) -> Result<(), ConsentError> {
        let proposal = Arc::clone(proposal);
        let recorded =
            self.with_decisions(move |decisions| decisions.record(&proposal, decision, by)).await?;
        Ok(recorded.transpose().map(|_| ())?)
    }

    /// Does disk work on a thread where it blocks no other task.
    async fn with_decisions<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Decisions) -> T + Send + 'static,
    ) -> Result<Option<T>, ConsentError> {
        let Some(decisions) = self.decisions.clone() else { return Ok(None) };
        let done = tokio::task::spawn_blocking(move || work(&decisions)).await;
        done.map(Some).map_err(|_| ConsentError::Stopping)
    }

    fn list(&self) -> Vec<Pending> {
        self.pending().values().cloned().collect()
    }

    fn pending(&self) -> MutexGuard<'_, BTreeMap<ComputationId, Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self, command: Command) {
        let _ = self.requests.send(Request::Command(command)).await;
    }
}

/// The answer, if the question accepts it: the machine would refuse any other.
fn accepted(proposal: &Proposal, answer: Answer) -> Result<Answer, NoAnswer> {
    let spec = &proposal.spec;
    spec.statistic.encode(&answer, spec.shape())?;
    Ok(answer)
}

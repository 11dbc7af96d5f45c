//! What the owner does at the desk: looks, tries, and decides.

use super::desk::{Asked, Desk, fit};
use super::error::ConsentError;
use super::ledger::{By, Decision, Past};
use super::rule::{Choice, Span};
use super::view::{Disclosed, Inbox, Preview};

impl Desk {
    /// What waits for the owner.
    pub(crate) async fn inbox(&self) -> Result<Inbox, ConsentError> {
        let mut open = self.laid_out();
        open.sort_by_key(|asked| asked.proposal.spec.deadline);
        let inbox = self.with_book(move |book| Inbox {
            warning: book.policy().err().map(|error| error.to_string()),
            questions: open.iter().map(|asked| book.waiting(asked)).collect(),
        });
        Ok(inbox.await?.unwrap_or_default())
    }

    /// What the node would answer. It is told nobody but the owner.
    pub(crate) async fn preview(&self, beginning: &str) -> Result<Preview, ConsentError> {
        let asked = self.find(beginning).await?;
        let (answer, declines) = match self.reply(&asked.proposal).await {
            Ok(answer) => {
                let cells = answer.disclose().into_iter().map(|cell| cell.map(Disclosed));
                (Some(cells.collect()), fit(&asked.proposal, answer).err())
            }
            Err(reason) => (None, Some(reason)),
        };
        let waiting = self.with_book(move |book| book.waiting(&asked)).await?;
        let waiting = waiting.ok_or_else(|| ConsentError::Unknown(beginning.to_owned()))?;
        Ok(Preview { waiting, answer, declines: declines.map(|reason| reason.to_string()) })
    }

    /// Carries out what the owner has decided about a question, once that is recorded.
    pub(crate) async fn decide(&self, beginning: &str, choice: Choice) -> Result<(), ConsentError> {
        let id = self.find(beginning).await?.proposal.id();
        // Whoever takes it off the desk decides it: nobody does so twice.
        let taken = self.asked().remove(&id);
        let asked = taken.ok_or_else(|| ConsentError::Unknown(beginning.to_owned()))?;
        if let Err(error) = self.record(&asked.proposal, choice.into(), By::Owner).await {
            self.asked().insert(id, asked);
            return Err(error);
        }
        Ok(self.carry_out(choice, &asked.proposal).await?)
    }

    /// The same, and a rule that says so from now on.
    pub(crate) async fn always(
        &self,
        beginning: &str,
        choice: Choice,
        cooldown: Option<Span>,
    ) -> Result<(), ConsentError> {
        let Asked { proposal, .. } = self.find(beginning).await?;
        let id = proposal.id().to_string();
        let written = self.with_book(move |book| book.always(&proposal, choice, cooldown));
        written.await?.transpose()?;
        self.decide(&id, choice).await
    }

    /// The one question that waits whose id begins like this.
    async fn find(&self, beginning: &str) -> Result<Asked, ConsentError> {
        let beginning = beginning.to_ascii_lowercase();
        if beginning.is_empty() {
            return Err(ConsentError::Nameless);
        }
        let mut found = self.laid_out();
        found.retain(|asked| asked.proposal.id().to_string().starts_with(&beginning));
        match (found.pop(), found.is_empty()) {
            (Some(asked), true) => Ok(asked),
            (Some(_), false) => Err(ConsentError::Ambiguous(beginning)),
            (None, _) => Err(self.gone(beginning).await?),
        }
    }

    /// Why a question that does not wait does not.
    async fn gone(&self, beginning: String) -> Result<ConsentError, ConsentError> {
        let of = beginning.clone();
        let decided = self.with_book(move |book| book.decided(&of)).await?.flatten();
        Ok(match decided {
            Some(Past { verdict: Decision::Expired, comp_id, .. }) => {
                ConsentError::Expired(comp_id)
            }
            Some(past) => ConsentError::Decided(Box::new(past)),
            None => ConsentError::Unknown(beginning),
        })
    }

    /// All that is the owner's to decide.
    fn laid_out(&self) -> Vec<Asked> {
        self.asked().values().cloned().collect()
    }
}

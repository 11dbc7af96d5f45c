//! A question on its way to a network in this process.

use std::time::Duration;

use formix_proto::Decimal;
use formix_proto::id::ComputationId;
use formix_proto::query::Query;
use formix_proto::statistic::{FieldError, Fields, Groups, Labels, Schema};

use super::{FormixNetwork, NetworkError};
use crate::handle::ProposeError;
use crate::home::ANALYST;
use crate::question::{Fault, Question, QuestionError};

/// A question that is being put together.
pub struct Proposing<'a> {
    network: &'a FormixNetwork,
    question: Question,
    from: Option<String>,
    /// What was said that cannot be asked.
    fault: Option<Fault>,
}

impl<'a> Proposing<'a> {
    pub(super) fn new(network: &'a FormixNetwork, question: Question) -> Self {
        Self { network, question, from: None, fault: None }
    }

    /// How long answers are accepted; a minute if not said.
    pub fn deadline(mut self, span: Duration) -> Self {
        self.question.deadline = span;
        self
    }

    /// The minimum number of answers that may be revealed; three if not said.
    pub fn min_participants(mut self, min: u32) -> Self {
        self.question.min_participants = min;
        self
    }

    /// The maximum number of answers; the number of light nodes if not said.
    pub fn max_participants(mut self, max: u32) -> Self {
        self.question.max_participants = Some(max);
        self
    }

    /// Computes the sum of numbers from `min` to `max`; from 0 to 1000 with two decimals if not said.
    pub fn number(mut self, min: Decimal, max: Decimal, decimals: u8) -> Self {
        let fields = Fields::of_kind("sum").with("min", min).with("max", max);
        match Schema::read(&fields.with("decimals", u64::from(decimals))) {
            Ok(schema) => return self.statistic(schema),
            Err(error) => self.fault = Some(error.within("statistic").into()),
        }
        self
    }

    /// Computes this: a statistic, as [`Moments`](formix_proto::statistic::Moments); one with what to show of it
    /// first; or one with all its rules, as [`Statistic`](formix_proto::statistic::Statistic).
    pub fn statistic(mut self, statistic: impl Into<Schema>) -> Self {
        self.question.schema = statistic.into();
        self
    }

    /// Releases each of these groups separately, if it has at least `min_size` answers.
    pub fn groups<'g>(mut self, labels: impl IntoIterator<Item = &'g str>, min_size: u32) -> Self {
        match Labels::try_from(labels.into_iter().map(str::to_owned).collect::<Vec<_>>()) {
            Ok(labels) => self.question.schema.set_groups(Groups { labels, min_size }),
            Err(error) => self.fault = Some(FieldError::new("groups.labels", error).into()),
        }
        self
    }

    /// One SQL `SELECT` over tables that each owner has mapped to data.
    pub fn query(mut self, query: Query) -> Self {
        self.question.query = Some(query);
        self
    }

    /// The committee, by the heavy nodes' names, the primary first: three to seven. Three at random if not
    /// said.
    pub fn committee<const SEATS: usize>(mut self, names: [&str; SEATS]) -> Self {
        self.question.committee = Some(names.map(str::to_owned).into());
        self
    }

    /// Who asks, by name; the network's analyst if not said. Any node may.
    pub fn from(mut self, name: impl Into<String>) -> Self {
        self.from = Some(name.into());
        self
    }

    /// Asks, and returns once the committee collects answers.
    pub async fn send(self) -> Result<ComputationId, NetworkError> {
        if let Some(fault) = self.fault {
            return Err(QuestionError::from(fault).into());
        }
        let network = self.network.network.lock().await.clone();
        let name = self.from.as_deref().unwrap_or(ANALYST);
        let proposer = network.member(name)?.id;
        let schema = self.question.schema.clone();
        let proposal = self.question.propose(&network, proposer)?;
        let node = self.network.node(name).ok_or(ProposeError::Stopped)?;
        Ok(node.propose(proposal, schema).await?)
    }
}

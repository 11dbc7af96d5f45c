//! A question on its way to a network in this process.

use std::time::Duration;

use formix_proto::Decimal;
use formix_proto::id::ComputationId;
use formix_proto::query::Query;

use super::{FormixNetwork, NetworkError};
use crate::handle::ProposeError;
use crate::home::ANALYST;
use crate::question::{GroupBy, Kind, Question, Schema, Wanted};

/// A question that is being put together.
pub struct Proposing<'a> {
    network: &'a FormixNetwork,
    question: Question,
    from: Option<String>,
}

impl<'a> Proposing<'a> {
    pub(super) fn new(network: &'a FormixNetwork, question: Question) -> Self {
        Self { network, question, from: None }
    }

    /// How long answers are accepted; a minute if not said.
    pub fn deadline(mut self, span: Duration) -> Self {
        self.question.deadline = span;
        self
    }

    /// The least number of answers that may be revealed; three if not said.
    pub fn min_participants(mut self, least: u32) -> Self {
        self.question.min_participants = least;
        self
    }

    /// The greatest number of answers; the number of light nodes if not said.
    pub fn max_participants(mut self, most: u32) -> Self {
        self.question.max_participants = Some(most);
        self
    }

    /// Wants the sum of numbers from `min` to `max`; from 0 to 1000 with two decimals if not said.
    pub fn number(self, min: Decimal, max: Decimal, decimals: u8) -> Self {
        self.wanted(Wanted::of_number(Kind::Sum, min, max, decimals))
    }

    /// Wants this of the answers, instead of their sum.
    pub fn wanted(mut self, wanted: Wanted) -> Self {
        self.question.statistic = wanted;
        self
    }

    /// Computes this, with all its rules: a [`Statistic`](formix_proto::statistic::Statistic), or a
    /// [`Measure`](formix_proto::statistic::Measure).
    pub fn statistic(mut self, statistic: impl Into<Schema>) -> Self {
        self.question.set_schema(statistic.into());
        self
    }

    /// Tells of each of these groups separately, if it has at least so many answers.
    pub fn groups<'g>(mut self, labels: impl IntoIterator<Item = &'g str>, least: u32) -> Self {
        let labels = labels.into_iter().map(str::to_owned).collect();
        self.question.groups = Some(GroupBy { labels, least });
        self
    }

    /// One SQL `SELECT` over tables that each owner has mapped to data.
    pub fn query(mut self, query: Query) -> Self {
        self.question.query = Some(query);
        self
    }

    /// The committee, by the heavy nodes' names; three at random if not said.
    pub fn committee(mut self, names: [&str; 3]) -> Self {
        self.question.committee = Some(names.map(str::to_owned));
        self
    }

    /// Who asks, by name; the network's analyst if not said. Any node may.
    pub fn from(mut self, name: impl Into<String>) -> Self {
        self.from = Some(name.into());
        self
    }

    /// Asks, and returns once the committee collects answers.
    pub async fn send(self) -> Result<ComputationId, NetworkError> {
        let network = self.network.network.lock().await.clone();
        let name = self.from.as_deref().unwrap_or(ANALYST);
        let proposer = network.member(name)?.id;
        let schema = self.question.schema();
        let proposal = self.question.propose(&network, proposer)?;
        let node = self.network.node(name).ok_or(ProposeError::Stopped)?;
        Ok(node.propose(proposal, schema).await?)
    }
}

//! A question as an analyst puts it, with safe defaults for whatever is not said.

use std::time::Duration;

use formix_proto::Decimal;
use formix_proto::directory::Role;
use formix_proto::id::{NodeId, Nonce};
use formix_proto::limits::MAX_PARTICIPANTS;
use formix_proto::query::Query;
use formix_proto::share::SEATS;
use formix_proto::spec::{Committee, Proposal, Spec};
use formix_proto::statistic::{Domain, DomainError, Measure, Statistic};
use serde::{Deserialize, Serialize};

use crate::clock::now;
use crate::config::{ConfigError, Member, Network};

/// A question and what its asker says about its terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The question, for people.
    pub prompt: String,
    /// The question, for programs.
    pub query: Option<Query>,
    /// The least answer.
    #[serde(with = "decimal")]
    pub min: Decimal,
    /// The greatest answer.
    #[serde(with = "decimal")]
    pub max: Decimal,
    /// The decimal places that are kept of an answer.
    pub decimals: u8,
    /// How long answers are accepted.
    #[serde(with = "crate::duration")]
    pub deadline: Duration,
    /// The least number of answers that may be revealed.
    pub min_participants: u32,
    /// The greatest number of answers, which bounds the sum; the number of light nodes if not said.
    /// It does not select: every enrolled light node is asked.
    pub max_participants: Option<u32>,
    /// The heavy nodes, by name; three of them at random if not said.
    pub committee: Option<[String; SEATS]>,
}

/// Why a question cannot be put.
#[derive(Debug, thiserror::Error)]
pub enum QuestionError {
    /// The domain of its answers makes no sense.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// A heavy node that there is not.
    #[error(transparent)]
    Node(#[from] ConfigError),
    /// A committee member that is not a heavy node.
    #[error("`{0}` is not a heavy node")]
    NotHeavy(String),
    /// Fewer answers than there are light nodes: each heavy node would take others.
    #[error(
        "max_participants is {most}, but {enrolled} light nodes are enrolled: all of them are asked"
    )]
    TooFewPlaces {
        /// `max_participants`.
        most: u32,
        /// Enrolled light nodes.
        enrolled: u32,
    },
    /// Too few heavy nodes for a committee.
    #[error("a computation needs {SEATS} heavy nodes, this network has {0}")]
    TooFewHeavies(usize),
    /// The operating system gives no randomness.
    #[error("no randomness from the operating system: {0}")]
    Randomness(getrandom::Error),
}

impl Question {
    /// A question about a number from 0 to 1000 with two decimals, open for a minute, for at least
    /// three participants.
    pub fn new(prompt: impl Into<String>) -> Self {
        Self {
            prompt: prompt.into(),
            query: None,
            min: Decimal::ZERO,
            max: Decimal::ONE_THOUSAND,
            decimals: 2,
            deadline: Duration::from_secs(60),
            min_participants: 3,
            max_participants: None,
            committee: None,
        }
    }

    /// The proposal, asked by `proposer` of `network`.
    pub fn propose(self, network: &Network, proposer: NodeId) -> Result<Proposal, QuestionError> {
        let max_participants = self.places(network)?;
        let committee = match &self.committee {
            Some(names) => named(network, names)?,
            None => any(network)?,
        };
        let spec = Spec {
            prompt: self.prompt,
            query: self.query,
            statistic: Statistic::from(Measure::Sum(Domain::new(
                self.min,
                self.max,
                self.decimals,
            )?)),
            committee,
            deadline: now() + self.deadline,
            min_participants: self.min_participants,
            max_participants,
        };
        Ok(Proposal { proposer, nonce: Nonce(random()?), spec })
    }
}

impl Question {
    /// Room for every enrolled light node.
    fn places(&self, network: &Network) -> Result<u32, QuestionError> {
        let enrolled = network.with_role(Role::Light).count();
        let enrolled = u32::try_from(enrolled).unwrap_or(u32::MAX);
        match self.max_participants {
            Some(most) if self.min_participants <= most && most < enrolled => {
                Err(QuestionError::TooFewPlaces { most, enrolled })
            }
            Some(most) => Ok(most),
            None => Ok(enrolled.max(self.min_participants.min(MAX_PARTICIPANTS))),
        }
    }
}

fn named(network: &Network, names: &[String; SEATS]) -> Result<Committee, QuestionError> {
    let heavy = |name: &String| match network.member(name)? {
        Member { role: Role::Heavy, id, .. } => Ok(*id),
        _ => Err(QuestionError::NotHeavy(name.clone())),
    };
    let [a, b, c] = names.each_ref().map(heavy);
    Ok(Committee([a?, b?, c?]))
}

/// Three heavy nodes at random, so that the load spreads.
fn any(network: &Network) -> Result<Committee, QuestionError> {
    let mut heavies: Vec<_> = network.with_role(Role::Heavy).map(|member| member.id).collect();
    if heavies.len() < SEATS {
        return Err(QuestionError::TooFewHeavies(heavies.len()));
    }
    let mut seat = || -> Result<NodeId, QuestionError> {
        let draw = u64::from_le_bytes(random()?);
        let index = usize::try_from(draw % heavies.len() as u64).unwrap_or(0);
        Ok(heavies.swap_remove(index))
    };
    Ok(Committee([seat()?, seat()?, seat()?]))
}

fn random<const N: usize>() -> Result<[u8; N], QuestionError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(QuestionError::Randomness)?;
    Ok(bytes)
}

/// Decimal numbers as text: JSON's numbers are not exact.
mod decimal {
    use formix_proto::Decimal;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(number: &Decimal, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
        Decimal::from_str_exact(&String::deserialize(from)?).map_err(de::Error::custom)
    }
}

//! From a question to the proposal that a network is sent.

use formix_proto::directory::Role;
use formix_proto::id::{NodeId, Nonce};
use formix_proto::limits::MAX_PARTICIPANTS;
use formix_proto::seat::{Committee, MIN_SEATS, SizeError};
use formix_proto::sharing::Scheme;
use formix_proto::spec::{Proposal, Spec};
use formix_proto::time::Time;

use super::{Fault, Question};
use crate::clock::now;
use crate::config::{ConfigError, Member, Network};

/// Why a question cannot be put.
#[derive(Debug, thiserror::Error)]
pub enum QuestionError {
    /// It cannot be asked, or not in this network.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// There is no such heavy node.
    #[error(transparent)]
    Node(#[from] ConfigError),
    /// A committee member that is not a heavy node.
    #[error("`{0}` is not a heavy node")]
    NotHeavy(String),
    /// Fewer answers than light nodes: the heavy nodes would accept different ones.
    #[error(
        "max_participants is {max}, but {enrolled} light nodes are enrolled, and all of them are asked: raise it to {enrolled}"
    )]
    TooFewPlaces {
        /// `max_participants`.
        max: u32,
        /// Enrolled light nodes.
        enrolled: u32,
    },
    /// A committee that is too small or too large.
    #[error(transparent)]
    Committee(#[from] SizeError),
    /// Too few heavy nodes for a committee.
    #[error("a computation needs {MIN_SEATS} heavy nodes, this network has {0}")]
    TooFewHeavies(usize),
    /// The operating system gives no randomness.
    #[error("no randomness from the operating system: {0}")]
    Randomness(getrandom::Error),
}

impl Question {
    /// The proposal, asked by `proposer` of `network`.
    pub fn propose(self, network: &Network, proposer: NodeId) -> Result<Proposal, QuestionError> {
        let max_participants = self.places(network)?;
        let committee = match &self.committee {
            Some(names) => named(network, names)?,
            None => any(network)?,
        };
        self.check(&network.policy.policy(), max_participants)?;
        let spec = self.spec(committee, now() + self.deadline, max_participants);
        Ok(Proposal { proposer, nonce: Nonce(random()?), spec: spec.into() })
    }

    /// The terms that nodes are sent.
    pub(super) fn spec(&self, committee: Committee, deadline: Time, max_participants: u32) -> Spec {
        Spec {
            prompt: self.prompt.clone(),
            query: self.query.clone(),
            statistic: self.schema.statistic().clone(),
            committee,
            scheme: Scheme::Additive,
            deadline,
            min_participants: self.min_participants,
            max_participants,
        }
    }

    /// The maximum number of answers in this network: room for every enrolled light node.
    pub fn places(&self, network: &Network) -> Result<u32, QuestionError> {
        let enrolled = network.with_role(Role::Light).count();
        let enrolled = u32::try_from(enrolled).unwrap_or(u32::MAX);
        match self.max_participants {
            Some(max) if self.min_participants <= max && max < enrolled => {
                Err(QuestionError::TooFewPlaces { max, enrolled })
            }
            Some(max) => Ok(max),
            None => Ok(enrolled.max(self.min_participants.min(MAX_PARTICIPANTS))),
        }
    }
}

fn named(network: &Network, names: &[String]) -> Result<Committee, QuestionError> {
    let heavy = |name: &String| match network.member(name)? {
        Member { role: Role::Heavy, id, .. } => Ok(*id),
        _ => Err(QuestionError::NotHeavy(name.clone())),
    };
    let nodes: Vec<_> = names.iter().map(heavy).collect::<Result<_, _>>()?;
    Ok(Committee::new(nodes)?)
}

/// The smallest committee, of heavy nodes at random, so that the load spreads.
fn any(network: &Network) -> Result<Committee, QuestionError> {
    let mut heavies: Vec<_> = network.with_role(Role::Heavy).map(|member| member.id).collect();
    if heavies.len() < MIN_SEATS {
        return Err(QuestionError::TooFewHeavies(heavies.len()));
    }
    let mut seat = || -> Result<NodeId, QuestionError> {
        let draw = u64::from_le_bytes(random()?);
        let index = usize::try_from(draw % heavies.len() as u64).unwrap_or(0);
        Ok(heavies.swap_remove(index))
    };
    let nodes: Vec<_> = (0..MIN_SEATS).map(|_| seat()).collect::<Result<_, _>>()?;
    Ok(Committee::new(nodes)?)
}

fn random<const N: usize>() -> Result<[u8; N], QuestionError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(QuestionError::Randomness)?;
    Ok(bytes)
}

//! What the owner's rules know of a question.

use std::fmt;
use std::str::FromStr;

use formix_proto::id::{ComputationId, NodeId, Nonce, ParseIdError};
use formix_proto::query::{Query, Table};
use formix_proto::seat::MIN_SEATS;
use formix_proto::sharing::Scheme;
use formix_proto::spec::{Proposal, Spec};
use formix_proto::statistic::Capacity;
use formix_proto::time::Time;
use serde::{Deserialize, Serialize};

use crate::config::Enrolled;

/// A question itself: its prompt, query and statistic, regardless of its proposer, committee, deadline
/// and bounds on participants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family(ComputationId);

/// A node, as rules and people know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The digest of its key.
    pub id: NodeId,
    /// Its name in the network, if it is enrolled.
    pub name: Option<String>,
}

/// What the owner's rules know of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The node that asks.
    pub proposer: Party,
    /// The question itself.
    pub question: Family,
    /// The data that the question declares to read; `None` if it has no query.
    pub tables: Option<Vec<Table>>,
    /// The name of its statistic.
    pub statistic: String,
    /// How many totals its result has.
    pub totals: u64,
    /// How many bits of one answer each of them holds at most.
    pub bits: u32,
    /// Whether a constant counts as an answer where a value is missing or out of range.
    pub stand_ins: bool,
    /// Whether a light node that opts out sends an empty answer.
    pub hides_opt_outs: bool,
    /// The heavy nodes that add the answers up.
    pub committee: Vec<Party>,
    /// The minimum number of participants for its result to be revealed.
    pub min_participants: u32,
    /// The maximum number of answers that it takes.
    pub max_participants: u32,
    /// How many light nodes were enrolled when it came: all of them are asked.
    pub light_nodes: u32,
    /// The minimum group size, if there are groups.
    pub min_group: Option<u32>,
    /// When it stops taking answers, in Unix milliseconds.
    pub deadline: Time,
    /// Whether this node makes its answers up, so that they are no one's data.
    pub made_up: bool,
}

impl Party {
    pub(super) fn of(id: NodeId, enrolled: &Enrolled) -> Self {
        Self { id, name: enrolled.names.get(&id).cloned() }
    }

    /// Whether it is one of these, which are names or ids.
    pub(super) fn is_any(&self, named: &[String]) -> bool {
        named.iter().any(|node| Some(node) == self.name.as_ref() || node.parse() == Ok(self.id))
    }
}

/// The name, or the first digits of the id.
impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_ref().unwrap_or(&self.id.short()))
    }
}

impl Subject {
    /// What the rules know of a proposal.
    pub fn of(proposal: &Proposal, enrolled: &Enrolled, made_up: bool) -> Self {
        let Spec { query, statistic, committee, .. } = &*proposal.spec;
        let Capacity { totals, bits } = statistic.capacity();
        Self {
            proposer: Party::of(proposal.proposer, enrolled),
            question: Family::of(&proposal.spec),
            tables: query.as_ref().map(|Query { tables, .. }| tables.clone()),
            statistic: statistic.measure.name().to_owned(),
            totals,
            bits,
            stand_ins: statistic.has_stand_ins(),
            hides_opt_outs: statistic.hides_opt_outs,
            committee: committee.nodes().map(|node| Party::of(node, enrolled)).collect(),
            min_participants: proposal.spec.min_participants,
            max_participants: proposal.spec.max_participants,
            light_nodes: enrolled.light_nodes,
            min_group: statistic.groups.as_ref().map(|groups| groups.min_size),
            deadline: proposal.spec.deadline,
            made_up,
        }
    }

    /// Whether both read one column. Of SQL that declares no column nobody knows what it reads.
    pub(super) fn shares_a_column(&self, other: &Self) -> bool {
        let (Some(own), Some(others)) = (&self.tables, &other.tables) else { return false };
        let is_shared = |column: &String| {
            others.iter().flat_map(columns_of).any(|other| other.eq_ignore_ascii_case(column))
        };
        own.is_empty()
            || others.is_empty()
            || own.iter().flat_map(columns_of).any(|c| is_shared(&c))
    }
}

/// The columns that a question reads of a table, as rules name them.
pub(super) fn columns_of(table: &Table) -> impl Iterator<Item = String> {
    table.columns.iter().map(|column| format!("{}.{column}", table.name))
}

impl Family {
    /// The id that the question would have if the same node always asked it on the same terms.
    pub fn of(spec: &Spec) -> Self {
        let nobody = NodeId([0; 32]);
        let spec = Spec {
            prompt: spec.prompt.clone(),
            query: spec.query.clone(),
            statistic: spec.statistic.clone(),
            committee: [nobody; MIN_SEATS].into(),
            scheme: Scheme::Additive,
            deadline: Time(0),
            min_participants: 0,
            max_participants: 0,
        };
        Self(Proposal { proposer: nobody, nonce: Nonce([0; 16]), spec: spec.into() }.id())
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Family {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        text.parse().map(Self)
    }
}

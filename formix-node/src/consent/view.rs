//! What the owner sees.

use std::fmt;

use formix_proto::query::Query;
use formix_proto::statistic::Schema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::subject::Family;

/// The questions that wait for the owner's decision.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Inbox {
    /// What is wrong with the owner's rules, if they cannot be used.
    pub warning: Option<String>,
    /// The questions, in the order of their deadlines.
    pub questions: Vec<PendingView>,
}

/// A pending question. The analyst's text in it is untrusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingView {
    /// The computation.
    pub comp_id: String,
    /// The name of the node that asks.
    pub proposer: String,
    /// The digest of that node's key.
    pub proposer_uid: String,
    /// The question, for people.
    pub prompt: String,
    /// The question, for programs.
    pub query: Option<Query>,
    /// What the result reveals, if the computation completes.
    pub reveals: String,
    /// What happens to an answer that is missing or out of range.
    pub rules: String,
    /// The statistic, to the last option, edge and domain, as a question's file writes it.
    pub schema: Schema,
    /// What the totals have room for.
    pub room: String,
    /// What else its owner has to know. Holds none of the analyst's text.
    pub cautions: Vec<String>,
    /// The heavy nodes that add the answers up.
    pub committee: Vec<String>,
    /// The minimum number of participants for the result to be revealed.
    pub min_participants: u32,
    /// The maximum number of answers that it takes.
    pub max_participants: u32,
    /// How many light nodes are enrolled.
    pub light_nodes: u32,
    /// Its deadline, in Unix milliseconds.
    pub deadline: u64,
    /// The question itself, as rules name it.
    pub question: Family,
    /// Why the owner has to decide.
    pub why: String,
}

/// What the node would answer; only its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The question.
    #[serde(flatten)]
    pub pending: PendingView,
    /// The cells of the answer, if the node has one.
    pub answer: Option<Vec<Option<Disclosed>>>,
    /// Why the node would decline, with or without an answer.
    pub declines: Option<String>,
}

/// A cell of an answer, to be shown to its owner. Wiped when dropped, redacted in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Disclosed(pub Zeroizing<String>);

impl fmt::Debug for Disclosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

impl Serialize for Disclosed {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Disclosed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(Zeroizing::new(text)))
    }
}

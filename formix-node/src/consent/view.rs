//! What the owner is shown.

use std::fmt;

use formix_proto::query::Query;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::subject::Family;

/// What waits for the owner's decision.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Inbox {
    /// What is wrong with the owner's rules, if they cannot be used.
    pub warning: Option<String>,
    /// The questions, those that end first before the others.
    pub questions: Vec<Waiting>,
}

/// A question that waits. The asker's text in it is untrusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The computation.
    pub comp_id: String,
    /// What the asker is called.
    pub proposer: String,
    /// The digest of the asker's key.
    pub proposer_uid: String,
    /// The question, for people.
    pub prompt: String,
    /// The question, for programs.
    pub query: Option<Query>,
    /// What the asker is told, if the computation completes.
    pub reveals: String,
    /// What becomes of an answer that is not as the question declares.
    pub rules: String,
    /// Who adds the answers up.
    pub committee: Vec<String>,
    /// The fewest participants over which it is revealed.
    pub min_participants: u32,
    /// When it ends, in unix milliseconds.
    pub deadline: u64,
    /// The question itself, as rules name it.
    pub question: Family,
    /// Why the owner is asked.
    pub why: String,
}

/// What the node would answer: for its owner alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The question.
    #[serde(flatten)]
    pub waiting: Waiting,
    /// The answer's values; there is none if the node has nothing to say.
    pub answer: Option<Vec<Option<Disclosed>>>,
    /// Why it would decline, with or without an answer.
    pub declines: Option<String>,
}

/// A value of an answer, to be shown to its owner. Wiped when dropped, redacted when printed by mistake.
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

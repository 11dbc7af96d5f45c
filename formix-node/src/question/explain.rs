//! What a question computes, costs and tells, for whoever is about to ask it.

use formix_proto::id::{ComputationId, Tag};
use formix_proto::message::Message;
use formix_proto::share::{Lanes, SEATS};
use formix_proto::spec::Spec;
use formix_proto::statistic::{Cells, Measure, Statistic};
use formix_proto::wire;
use serde::Serialize;

use super::Kind;
use super::Question;
use crate::words;

/// A question, explained. Holds the question's own words: escape them before they are printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The question, for people.
    pub question: String,
    /// The analyst's word for what is wanted.
    pub statistic: Kind,
    /// What is computed.
    pub computes: String,
    /// The columns that are read, as `table.column`.
    pub reads: Vec<String>,
    /// What an answer is.
    pub answer: String,
    /// What becomes of answers that are not as declared.
    pub rules: String,
    /// How many numbers an encoded answer has.
    pub lanes: usize,
    /// How many values each of them can have.
    pub ring: &'static str,
    /// The most who may take part, for whom the ring is large enough.
    pub max_participants: u32,
    /// What a light node sends to the three heavy nodes together, in bytes.
    pub bytes: usize,
    /// To whom this is revealed.
    pub reveals: String,
    /// How exact it is.
    pub precision: String,
    /// What is not protected.
    pub unprotected: Vec<String>,
}

impl Explanation {
    /// Explains a question on terms that were checked.
    pub fn new(question: &Question, spec: &Spec) -> Self {
        let statistic = &spec.statistic;
        let shape = spec.shape();
        Self {
            question: spec.prompt.clone(),
            statistic: question.statistic.kind,
            computes: words::revealed(statistic),
            reads: reads(spec),
            answer: answer(statistic),
            rules: words::rules(statistic),
            lanes: shape.dimension,
            ring: shape.ring.name(),
            max_participants: spec.max_participants,
            bytes: bytes(spec),
            reveals: format!(
                "all this, and how many take part, to who asks and to the three heavy nodes, if at least {} take part",
                spec.min_participants
            ),
            precision: words::precision(&statistic.measure),
            unprotected: unprotected(statistic),
        }
    }
}

fn reads(spec: &Spec) -> Vec<String> {
    let tables = spec.query.iter().flat_map(|query| &query.tables);
    let columns = tables
        .flat_map(|table| table.columns.iter().map(|column| format!("{}.{column}", table.name)));
    columns.collect()
}

/// What a light node really sends, whatever its answer is: shares are all as long.
fn bytes(spec: &Spec) -> usize {
    let contribution = Message::Contribution {
        id: ComputationId([0; 32]),
        tag: Tag([0; 16]),
        share: Lanes::zero(spec.shape()),
    };
    SEATS * wire::encode(&contribution).as_ref().len()
}

fn answer(statistic: &Statistic) -> String {
    let values = match statistic.measure.cells() {
        Cells::Exactly(1) => "one value".to_owned(),
        Cells::Exactly(cells) => format!("{cells} values"),
        Cells::AtMost(cells) => format!("up to {cells} values"),
    };
    match statistic.groups {
        None => values,
        Some(_) => format!("the name of a group, then {values}"),
    }
}

fn unprotected(statistic: &Statistic) -> Vec<String> {
    let mut list = vec![
        "the heavy nodes see who takes part, and when".to_owned(),
        "two results over answers that differ by one person's tell about that person".to_owned(),
        "a light node can lie, and nobody can tell".to_owned(),
    ];
    if !statistic.hides_declining {
        list.push(
            "the heavy nodes see who declines, and so who has no value as declared".to_owned(),
        );
    }
    if statistic.groups.is_some() {
        list.push("the heavy nodes learn how many answers every group has, told or not".to_owned());
        list.push(
            "who asks learns how many answers the groups that are not told have together, and so the count of one that is alone".to_owned(),
        );
    }
    if let Measure::Histogram(_) | Measure::Choice(_) | Measure::Choices(_) = statistic.measure {
        list.push("a count of one is told like any other: somebody is alone there".to_owned());
    }
    if let Measure::Regression(_) = statistic.measure {
        list.push("all the sums and products are revealed, not only the coefficients".to_owned());
    }
    list
}

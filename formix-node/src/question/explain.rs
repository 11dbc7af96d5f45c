//! What a question computes, costs and reveals, for the analyst who is about to ask it.

use formix_proto::id::{ComputationId, Tag};
use formix_proto::message::Message;
use formix_proto::sharing::Share;
use formix_proto::spec::Spec;
use formix_proto::statistic::{Cells, Statistic};
use formix_proto::wire;
use serde::Serialize;

use super::Question;
use crate::words;

/// A question, explained. Holds the question's own words: escape them before they are printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The question, for people.
    pub question: String,
    /// The kind of statistic, in the analyst's word.
    pub statistic: String,
    /// What is computed.
    pub computes: String,
    /// The columns that are read, as `table.column`.
    pub reads: Vec<String>,
    /// What an answer is.
    pub answer: String,
    /// What becomes of answers that are not as declared.
    pub rules: String,
    /// How many elements an encoded answer has.
    pub elements: usize,
    /// How many values each of them can have.
    pub ring: &'static str,
    /// The maximum number of participants, for which the ring is large enough.
    pub max_participants: u32,
    /// What a light node sends to all heavy nodes of the committee together, in bytes.
    pub bytes: usize,
    /// In how many shares, one for each of them.
    pub shares: usize,
    /// What the totals have room for, however an answer is worked out.
    pub room: String,
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
            statistic: question.schema.kind(),
            computes: words::revealed(statistic),
            reads: reads(spec),
            answer: answer(statistic),
            rules: words::rules(statistic),
            elements: shape.dimension,
            ring: shape.ring.name(),
            max_participants: spec.max_participants,
            bytes: bytes(spec),
            shares: spec.committee.seats(),
            room: statistic.capacity().to_string(),
            reveals: format!(
                "all this and the number of participants, to the analyst and the {} heavy nodes, if at least {} take part",
                words::count(spec.committee.seats()),
                spec.min_participants
            ),
            precision: statistic.measure.precision(),
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

/// What a light node really sends, whatever its answer is: all shares have the same length.
fn bytes(spec: &Spec) -> usize {
    let shape = spec.shape();
    let Ok(share) = Share::parse(shape.ring, &vec![0; shape.bytes()]) else { return 0 };
    let contribution =
        Message::Contribution { id: ComputationId([0; 32]), tag: Tag([0; 16]), share };
    spec.committee.seats() * wire::encode(&contribution).as_ref().len()
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
        "the heavy nodes see who takes part, and when",
        "two results that differ by one participant reveal something about that participant",
        "a light node can send a false answer, and nobody can tell",
    ];
    if !statistic.hides_opt_outs {
        list.push(
            "the heavy nodes see which light nodes decline, and so whose value may be missing or out of range",
        );
    }
    if statistic.has_stand_ins() {
        list.push(words::STAND_INS);
    }
    if statistic.groups.is_some() {
        list.push("the heavy nodes learn the size of every group, suppressed or not");
        list.push(
            "the analyst learns how many answers the suppressed groups have together, and so the size of a single suppressed group",
        );
    }
    list.extend(statistic.measure.unprotected());
    list.into_iter().map(str::to_owned).collect()
}

//! What people are told of a computation.

use formix_proto::id::ComputationId;
use formix_proto::outcome::{Outcome, Reveal};
use formix_proto::spec::Proposal;
use formix_proto::statistic::{Finding, Part, Summary};
use serde::{Deserialize, Serialize};

use super::schema::checksum;
use crate::question::{Kind, Schema, Wanted};

/// A computation that this node proposed. The names of the fields are those of the original Formix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComputationRow {
    /// Its id, in hexadecimal.
    pub comp_id: String,
    /// The id of the node that asked, in hexadecimal.
    pub proposer_uid: String,
    /// The heavy node in seat 0, the primary.
    pub heavy_node_1: String,
    /// The heavy node in seat 1.
    pub heavy_node_2: String,
    /// The heavy node in seat 2.
    pub heavy_node_3: String,
    /// The question. Untrusted text: escape it before it is printed.
    pub computation_prompt: String,
    /// What is computed, in the words of who asked: a [`Schema`] in JSON.
    pub response_schema: String,
    /// When answers stop being accepted, in unix milliseconds.
    pub deadline: u64,
    /// The least number of answers that may be revealed.
    pub min_participants: u32,
    /// `pending`, `collecting`, `revealing` (only while its node runs), `completed` or `failed`.
    pub status: String,
    /// Why it failed.
    pub failure: Option<String>,
    /// What is wanted of the answers, their sum if nothing else is said, in decimal notation; none
    /// if it is more than one number.
    pub result: Option<String>,
    /// Their mean, in decimal notation, if the result tells it.
    pub mean: Option<String>,
    /// How many answers there are in the sum.
    pub participants_count: Option<u32>,
    /// When it was proposed, in unix milliseconds.
    pub created_at: u64,
    /// When its outcome was recorded, in unix milliseconds.
    pub completed_at: Option<u64>,
    /// The whole result.
    pub summary: Option<Summary>,
}

impl ComputationRow {
    pub(super) fn proposed(id: ComputationId, proposal: &Proposal, now: u64) -> Self {
        let spec = &proposal.spec;
        let [first, second, third] = spec.committee.0.map(|node| node.to_string());
        Self {
            comp_id: id.to_string(),
            proposer_uid: proposal.proposer.to_string(),
            heavy_node_1: first,
            heavy_node_2: second,
            heavy_node_3: third,
            computation_prompt: spec.prompt.clone(),
            response_schema: json(&Schema::from(&spec.statistic)),
            deadline: spec.deadline.0,
            min_participants: spec.min_participants,
            status: "pending".into(),
            failure: None,
            result: None,
            mean: None,
            participants_count: None,
            created_at: now,
            completed_at: None,
            summary: None,
        }
    }

    /// What is computed, in the words of who asked.
    pub fn schema(&self) -> Option<Schema> {
        serde_json::from_str(&self.response_schema).ok()
    }

    /// Takes other words for what is computed, not for anything else.
    pub(super) fn describe(&mut self, schema: &Schema) {
        let statistic = self.schema().and_then(|schema| schema.statistic().ok());
        if statistic.is_some() && schema.statistic().ok() == statistic {
            self.response_schema = json(schema);
        }
    }

    pub(super) fn conclude(&mut self, outcome: &Outcome, now: u64) {
        self.completed_at = Some(now);
        match outcome {
            Outcome::Failed(failure) => {
                self.status = "failed".into();
                self.failure = Some(failure.to_string());
            }
            Outcome::Completed(reveal) => {
                self.status = "completed".into();
                self.participants_count = Some(reveal.participants);
                // Totals that are not the question's the machine does not let through.
                if let Some(schema) = self.schema() {
                    self.summary = decode(&schema, reveal);
                    self.tell(&schema.statistic);
                }
            }
        }
    }

    /// Tells of all answers together what a single number can.
    fn tell(&mut self, wanted: &Wanted) {
        let parts = self.summary.as_ref().map(|summary| summary.parts.as_slice());
        let Some([Part { group: None, found: Some(found) }]) = parts else { return };
        self.result = headline(wanted.kind, &found.finding);
        if let Finding::Sum { mean, .. } | Finding::Moments { mean, .. } = found.finding {
            self.mean = mean.map(|mean| mean.to_string());
        }
    }

    /// The summary as it is recorded.
    pub(super) fn summary_text(&self) -> Option<String> {
        self.summary.as_ref().map(json)
    }

    /// Over all of it: a row that is not as it was written is not shown.
    pub(super) fn checksum(&self) -> i64 {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        checksum([b"computation", &bytes])
    }
}

fn decode(schema: &Schema, reveal: &Reveal) -> Option<Summary> {
    schema.statistic().ok()?.decode(&reveal.totals, reveal.participants)
}

/// What is wanted, if that is one number.
fn headline(kind: Kind, finding: &Finding) -> Option<String> {
    match (kind, finding) {
        (_, Finding::Count { yes }) => Some(yes.to_string()),
        (Kind::Mean, Finding::Sum { mean, .. })
        | (Kind::Moments, Finding::Moments { mean, .. }) => mean.map(|mean| mean.to_string()),
        (_, Finding::Sum { sum, .. }) => Some(sum.to_string()),
        (Kind::Variance, Finding::Moments { variance, .. }) => variance.map(|v| v.to_string()),
        (_, Finding::Moments { deviation, .. }) => deviation.map(|d| d.to_string()),
        (Kind::Top, _) => finding.top()?.first().map(|best| best.option.clone()),
        _ => {
            let bucket = finding.quantile(kind.quantile()?)?;
            Some(format!("{} to {}", bucket.from, bucket.to))
        }
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use formix_proto::Decimal;
    use formix_proto::statistic::{Domain, Found, Measure, Statistic};

    fn wanted(kind: Kind, max: i64) -> Wanted {
        Wanted::of_number(kind, Decimal::ZERO, max.into(), 0)
    }

    #[test]
    fn the_headline_is_what_was_wanted() {
        let sum = Finding::Sum { sum: 6.into(), mean: Some(3.into()) };
        let (variance, deviation) = (Some(4.5), Some(2.25));
        let moments = Finding::Moments { sum: 6.into(), mean: Some(3.into()), variance, deviation };
        let alone = Finding::Moments {
            sum: 6.into(),
            mean: Some(6.into()),
            variance: None,
            deviation: None,
        };
        for (kind, finding, headline) in [
            (Kind::YesNo, &Finding::Count { yes: 7 }, Some("7")),
            (Kind::Sum, &sum, Some("6")),
            (Kind::Mean, &sum, Some("3")),
            (Kind::Moments, &moments, Some("3")),
            (Kind::Variance, &moments, Some("4.5")),
            (Kind::Deviation, &moments, Some("2.25")),
            (Kind::Deviation, &alone, None),
            (Kind::Histogram, &Finding::Histogram(vec![]), None),
        ] {
            assert_eq!(super::headline(kind, finding).as_deref(), headline, "{kind}");
        }
    }

    #[test]
    fn groups_have_no_headline() {
        let found = Found { answers: 2, finding: Finding::Count { yes: 1 } };
        let part = Part { group: Some("f".into()), found: Some(found) };
        let mut row = row(&Measure::Count.into());
        row.summary = Some(Summary { participants: 2, parts: vec![part] });
        row.tell(&Wanted::new(Kind::Count));
        assert_eq!(row.result, None);
    }

    #[test]
    fn words_are_taken_for_what_is_computed_and_for_nothing_else() {
        let domain = Domain::new(Decimal::ZERO, 9.into(), 0).unwrap();
        let mut row = row(&Measure::Sum(domain).into());
        row.describe(&wanted(Kind::Mean, 9).into());
        assert_eq!(row.schema().unwrap().statistic.kind, Kind::Mean);
        row.describe(&wanted(Kind::Sum, 10).into());
        row.describe(&wanted(Kind::Moments, 9).into());
        assert_eq!(row.schema().unwrap().statistic, wanted(Kind::Mean, 9));
    }

    fn row(statistic: &Statistic) -> ComputationRow {
        let text = String::new;
        ComputationRow {
            comp_id: text(),
            proposer_uid: text(),
            heavy_node_1: text(),
            heavy_node_2: text(),
            heavy_node_3: text(),
            computation_prompt: text(),
            response_schema: json(&Schema::from(statistic)),
            deadline: 0,
            min_participants: 3,
            status: text(),
            failure: None,
            result: None,
            mean: None,
            participants_count: None,
            created_at: 0,
            completed_at: None,
            summary: None,
        }
    }
}

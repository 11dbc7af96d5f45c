//! A report as JSON for programs, with the field names of the original Formix.

use formix_proto::id::{ComputationId, NodeId};
use formix_proto::outcome::{Failure, Refusal};
use formix_proto::statistic::Summary;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Report, StatusName};

/// The number of seats that the original Formix has fields for.
const ORIGINAL_SEATS: usize = 3;

/// A report as JSON for programs.
#[derive(Debug, Serialize)]
pub struct ReportJson<'a> {
    comp_id: ComputationId,
    proposer_uid: NodeId,
    /// `heavy_node_1` to `heavy_node_3`, if the committee has three seats.
    #[serde(flatten)]
    seats: Map<String, Value>,
    committee: Vec<NodeId>,
    computation_prompt: &'a str,
    /// The question's schema in the analyst's words: JSON in a string, as in the original.
    response_schema: String,
    /// In unix milliseconds, like all times here.
    deadline: u64,
    min_participants: u32,
    status: StatusName,
    /// Why it failed, or why its end is unknown, for people.
    failure: Option<String>,
    /// Why it failed, for programs: a `kind` and its details.
    reason: Option<Value>,
    result: Option<&'a str>,
    mean: Option<&'a str>,
    participants_count: Option<u32>,
    created_at: u64,
    completed_at: Option<u64>,
    /// Absent in a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<Option<&'a Summary>>,
    waiting_for: &'a [String],
    unreachable: &'a [String],
}

impl Report {
    /// The whole report.
    pub fn json(&self) -> ReportJson<'_> {
        ReportJson { summary: Some(self.row.summary.as_ref()), ..self.list_json() }
    }

    /// The report as an element of a list, without `summary`.
    pub fn list_json(&self) -> ReportJson<'_> {
        let row = &self.row;
        let spec = &row.proposal.spec;
        let committee: Vec<_> = spec.committee.nodes().collect();
        ReportJson {
            comp_id: row.comp_id,
            proposer_uid: row.proposal.proposer,
            seats: seats(&committee),
            committee,
            computation_prompt: &spec.prompt,
            response_schema: serde_json::to_string(&row.schema).unwrap_or_default(),
            deadline: spec.deadline.0,
            min_participants: spec.min_participants,
            status: self.status(),
            failure: self.why(),
            reason: match self.status() {
                StatusName::Unknown => Some(json!({ "kind": "unknown" })),
                _ => row.failure().map(reason),
            },
            result: row.result.as_deref(),
            mean: row.mean.as_deref(),
            participants_count: row.participants_count(),
            created_at: row.created_at,
            completed_at: row.completed_at,
            summary: None,
            waiting_for: &self.waiting_for,
            unreachable: &self.unreachable,
        }
    }
}

fn seats(committee: &[NodeId]) -> Map<String, Value> {
    if committee.len() != ORIGINAL_SEATS {
        return Map::new();
    }
    let seat = |(place, node): (usize, &NodeId)| (format!("heavy_node_{}", place + 1), json!(node));
    committee.iter().enumerate().map(seat).collect()
}

fn reason(failure: &Failure) -> Value {
    match failure {
        Failure::Refused { by, refusal } => {
            json!({ "kind": "refused", "by": by, "refusal": refused(refusal) })
        }
        Failure::NotReady { missing } => json!({ "kind": "not-ready", "missing": missing }),
        Failure::NeverOpened => json!({ "kind": "never-opened" }),
        Failure::TooFew { participants, needed } => {
            json!({ "kind": "too-few", "participants": participants, "needed": needed })
        }
        Failure::Unreachable { missing } => json!({ "kind": "unreachable", "missing": missing }),
        Failure::RosterMismatch { by } => json!({ "kind": "roster-mismatch", "by": by }),
        Failure::Defect { by } => json!({ "kind": "defect", "by": by }),
    }
}

fn refused(refusal: &Refusal) -> Value {
    match refusal {
        Refusal::Terms(_) => json!({ "kind": "terms" }),
        Refusal::NotAHeavy(node) => json!({ "kind": "not-a-heavy", "node": node }),
        Refusal::TooFewLights { enrolled, needed } => {
            json!({ "kind": "too-few-lights", "enrolled": enrolled, "needed": needed })
        }
        Refusal::Busy(resource) => json!({ "kind": "busy", "resource": resource.name() }),
        Refusal::Quota { holder, resource, held } => {
            json!({ "kind": "quota", "holder": holder, "resource": resource.name(), "held": held })
        }
        Refusal::Late => json!({ "kind": "late" }),
        Refusal::Conflict => json!({ "kind": "conflict" }),
        Refusal::Full => json!({ "kind": "full" }),
        Refusal::Dimension => json!({ "kind": "dimension" }),
        Refusal::Stranger(node) => json!({ "kind": "stranger", "node": node }),
    }
}

#[cfg(test)]
mod tests {
    use formix_proto::outcome::Resource;
    use formix_proto::spec::SpecError;

    use super::*;

    /// Programs rely on these names: they never change.
    #[test]
    fn every_failure_has_a_kind_of_its_own() {
        let node = NodeId([7; 32]);
        let refused = |refusal| Failure::Refused { by: node, refusal };
        let id = node.to_string();
        for (failure, expected) in [
            (Failure::NeverOpened, json!({ "kind": "never-opened" })),
            (
                Failure::NotReady { missing: vec![node] },
                json!({ "kind": "not-ready", "missing": [id] }),
            ),
            (
                Failure::TooFew { participants: 1, needed: 3 },
                json!({ "kind": "too-few", "participants": 1, "needed": 3 }),
            ),
            (
                Failure::Unreachable { missing: vec![node] },
                json!({ "kind": "unreachable", "missing": [id] }),
            ),
            (Failure::RosterMismatch { by: node }, json!({ "kind": "roster-mismatch", "by": id })),
            (
                refused(Refusal::Busy(Resource::Open)),
                json!({
                    "kind": "refused", "by": id, "refusal": { "kind": "busy", "resource": "open" },
                }),
            ),
        ] {
            assert_eq!(reason(&failure), expected);
        }
        let (enrolled, needed) = (2, 3);
        let refusals = [
            (Refusal::Terms(SpecError::EmptyPrompt), json!({ "kind": "terms" })),
            (Refusal::NotAHeavy(node), json!({ "kind": "not-a-heavy", "node": id })),
            (
                Refusal::TooFewLights { enrolled, needed },
                json!({ "kind": "too-few-lights", "enrolled": enrolled, "needed": needed }),
            ),
            (
                Refusal::Quota { holder: node, resource: Resource::Memory, held: 7 },
                json!({ "kind": "quota", "holder": id, "resource": "memory", "held": 7 }),
            ),
            (Refusal::Late, json!({ "kind": "late" })),
            (Refusal::Conflict, json!({ "kind": "conflict" })),
            (Refusal::Full, json!({ "kind": "full" })),
            (Refusal::Dimension, json!({ "kind": "dimension" })),
            (Refusal::Stranger(node), json!({ "kind": "stranger", "node": id })),
        ];
        for (refusal, expected) in refusals {
            assert_eq!(super::refused(&refusal), expected);
        }
    }

    #[test]
    fn only_a_committee_of_three_has_the_seats_of_the_original() {
        let nodes: Vec<_> = (0..5).map(|n| NodeId([n; 32])).collect();
        assert!(seats(&nodes).is_empty());
        let three = seats(&nodes[..3]);
        let expected = ["heavy_node_1", "heavy_node_2", "heavy_node_3"].into_iter().zip(&nodes);
        let expected: Vec<_> =
            expected.map(|(name, node)| (name.to_owned(), json!(node))).collect();
        assert_eq!(three.into_iter().collect::<Vec<_>>(), expected);
    }
}

mod family;
mod limits;
mod log;
mod policy;
mod put_first;
mod queue;

use formix_proto::id::{ComputationId, NodeId, Nonce};
use formix_proto::query::{Query, Table};
use formix_proto::sharing::Scheme;
use formix_proto::spec::{Proposal, Spec};
use formix_proto::statistic::{Domain, Sum};
use formix_proto::time::Time;

use super::{By, Decision, PastDecision, Subject};
use crate::config::Enrolled;

const DAY: u64 = 24 * 3600 * 1000;

/// What a question reads: `day` and `ms` of `sleep`, for one.
type Reads<'a> = &'a [(&'a str, &'a [&'a str])];

fn query(sql: &str, reads: Reads<'_>) -> Query {
    let table = |(name, columns): &(&str, &[&str])| Table {
        name: (*name).to_owned(),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
    };
    Query { sql: sql.to_owned(), tables: reads.iter().map(table).collect() }
}

/// The sum of a number, asked of at least 20 by node 1, whose name is `analyst`.
fn proposal(query: Option<Query>) -> Proposal {
    let spec = Spec {
        prompt: "How long?".to_owned(),
        query,
        statistic: Sum(Domain::try_from((0, 9, 0)).unwrap()).into(),
        committee: [NodeId([7; 32]); 3].into(),
        scheme: Scheme::Additive,
        deadline: Time(90 * DAY),
        min_participants: 20,
        max_participants: 30,
    };
    Proposal { proposer: NodeId([1; 32]), nonce: Nonce([3; 16]), spec: spec.into() }
}

/// The analyst, three heavy nodes that are one, and twenty light nodes.
fn enrolled() -> Enrolled {
    let names = [(1, "analyst"), (7, "heavy-1")];
    let names = names.map(|(id, name)| (NodeId([id; 32]), name.to_owned())).into();
    Enrolled { names, light_nodes: 20 }
}

fn subject(proposal: &Proposal) -> Subject {
    Subject::of(proposal, &enrolled(), false)
}

fn asks(sql: &str, reads: Reads<'_>) -> Subject {
    subject(&proposal(Some(query(sql, reads))))
}

fn sleep() -> Subject {
    asks("SELECT ms FROM sleep", &[("sleep", &["day", "ms"])])
}

fn free_text() -> Subject {
    subject(&proposal(None))
}

fn past(verdict: Decision, at: u64, subject: Subject) -> PastDecision {
    let comp_id = ComputationId([9; 32]);
    PastDecision { time: Time(at), comp_id, verdict, by: By::Owner, subject }
}

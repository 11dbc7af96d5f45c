//! Responders made from a configuration, as a node does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod command;
mod databases;
mod escape;
mod limits;
mod query;
mod sources;
mod worker;

use std::fs;
use std::path::Path;
use std::time::Duration;

use formix_node::responder::{
    Command, Query, QueryLimits, Question, Reply, Responder, ResponderConfig, ResponderError,
    Source, SqlError, WorkerError,
};
use formix_proto::Decimal;
use formix_proto::answer::Answer;
use formix_proto::id::{ComputationId, NodeId};
use formix_proto::query::{Query as Asked, Table};
use formix_proto::statistic::{
    Choice, Choices, Count, Domain, Finding, Labels, Rule, Statistic, Sum, Vector, VectorFound,
};
use tempfile::TempDir;

fn labels(words: &[&str]) -> Labels {
    words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>().try_into().unwrap()
}

/// A question that takes numbers of this domain.
fn question(min: &str, max: &str, decimals: u8) -> Question {
    let domain = Domain::new(min.parse().unwrap(), max.parse().unwrap(), decimals).unwrap();
    Question {
        comp_id: ComputationId([1; 32]),
        prompt: "How many\nhours?".into(),
        query: None,
        statistic: Sum(domain).into(),
        deadline: 1_700_000_000_000,
        min_participants: 3,
        proposer: NodeId([2; 32]),
    }
}

/// An answer cannot be printed; what is found of it alone can.
fn found(answer: &Answer, statistic: &Statistic) -> Finding {
    let shape = statistic.shape(1).unwrap();
    let totals =
        formix_testkit::vectors::added_up(shape, &[statistic.encode(answer, shape).unwrap()]);
    let mut groups = statistic.decode(&totals, 1).unwrap().groups;
    groups.retain(|group| group.found.is_some());
    groups.remove(0).found.unwrap().finding
}

/// The sum of one answer.
fn shown(answer: &Answer, question: &Question) -> Decimal {
    match found(answer, &question.statistic) {
        Finding::Sum(it) => it.sum,
        _ => panic!("a sum"),
    }
}

fn wait<F: Future>(future: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(future)
}

fn respond(config: &str, home: &Path, question: &Question) -> Result<Reply, ResponderError> {
    let config: ResponderConfig = toml::from_str(config).unwrap();
    wait(config.build(home)?.respond(question))
}

/// The reply, with `None` for declining.
fn ask(config: &str, home: &Path, query: Option<Asked>) -> Result<Option<Decimal>, ResponderError> {
    let question = Question { query, ..question("-999", "999", 5) };
    match respond(config, home, &question)? {
        Reply::Answer(answer) => Ok(Some(shown(&answer, &question))),
        Reply::Decline => Ok(None),
    }
}

/// A query over tables that are declared like `sleep(day, reaction_ms)`.
fn asked(sql: &str, tables: &[&str]) -> Asked {
    let table = |declared: &&str| {
        let (name, columns) = declared.trim_end_matches(')').split_once('(').unwrap();
        let columns = columns.split(", ").map(str::to_owned).collect();
        Table { name: name.to_owned(), columns }
    };
    Asked { sql: sql.to_owned(), tables: tables.iter().map(table).collect() }
}

/// A question that takes so many numbers.
fn vector(length: u32, query: Asked) -> Question {
    let domain = Domain::new((-999).into(), 999.into(), 5).unwrap();
    let statistic = Vector(domain, length).into();
    Question { query: Some(query), statistic, ..question("0", "1", 0) }
}

fn fill(file: &Path, sql: &str) {
    wait(async {
        let database = libsql::Builder::new_local(file).build().await.unwrap();
        database.connect().unwrap().execute_batch(sql).await.unwrap();
    });
}

fn number(text: &str) -> Option<Decimal> {
    Some(text.parse().unwrap())
}

#[test]
fn a_fixed_answer() {
    let home = Path::new("/");
    assert_eq!(ask("kind = 'fixed'\nvalue = '72.5'", home, None).unwrap(), number("72.5"));
    let wrong = ask("kind = 'fixed'\nvalue = 'plenty'", home, None);
    assert!(matches!(wrong, Err(ResponderError::Answer(_))));
    assert!(ask("kind = 'random'", home, None).unwrap().is_some());
}

#[test]
fn what_is_configured_by_mistake_is_refused() {
    for config in [
        "kind = 'fixed'",
        "kind = 'fixed'\nvalue = '1'\nvalu = '1'",
        "kind = 'random'\nseed = 1",
        "kind = 'command'\nprogram = 'sh'\ntime_limit = 'soon'",
        "kind = 'oracle'",
        "value = '1'",
    ] {
        assert!(toml::from_str::<ResponderConfig>(config).is_err(), "{config}");
    }
    let zero = ask("kind = 'command'\nprogram = 'sh'\ntime_limit = '0s'", Path::new("/"), None);
    assert!(matches!(zero, Err(ResponderError::NoTime)));
}

//! Whole networks in one process, as a Rust program uses them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use formix_node::config::PolicyConfig;
use formix_node::handle::ProposeError;
use formix_node::network::{NetworkBuilder, NetworkError};
use formix_node::report::StatusName;
use formix_node::responder::ResponderConfig;
use formix_node::{FormixNetwork, quick_computation, quick_network};
use formix_proto::Decimal;
use formix_proto::directory::Role;
use formix_proto::id::ComputationId;
use formix_proto::limits::MAX_OPEN;
use formix_proto::machine::Event;
use formix_proto::outcome::{Failure, Refusal};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::timeout;

const COMMITTEE: [&str; 3] = ["heavy-1", "heavy-2", "heavy-3"];
/// Nothing here takes this long: what does has failed.
const PATIENCE: Duration = Duration::from_secs(60);

fn fixed(value: &str) -> ResponderConfig {
    ResponderConfig::Fixed { value: value.to_owned() }
}

/// A light node that is asked, and answers nothing for as long as a test lasts.
fn silent() -> ResponderConfig {
    ResponderConfig::Command {
        program: "sleep".into(),
        args: vec!["1000".to_owned()],
        time_limit: Duration::from_secs(1000),
    }
}

/// These answers, and one node that never answers, so that collecting goes on.
fn unfinished() -> NetworkBuilder {
    let lights = [("light-1", fixed("11")), ("light-2", fixed("20")), ("light-3", silent())];
    FormixNetwork::builder().lights(lights.map(|(name, how)| (name.to_owned(), how)))
}

async fn ends_with(network: &FormixNetwork, id: ComputationId, sum: &str, participants: u32) {
    let report = network.wait_within(id, PATIENCE).await.unwrap();
    let found = (report.row.result.as_deref(), report.row.participants_count());
    assert_eq!(found, (Some(sum), Some(participants)), "{:?}", report.row.failure());
    assert!(report.is_completed() && report.waiting_for.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_from_start_to_shutdown() {
    let network = FormixNetwork::builder().answers(["11", "20", "72"]).start().await.unwrap();
    let status = network.network_status().await;
    assert_eq!((status.heavy_nodes, status.light_nodes, status.proposers), (3, 3, 1));
    assert_eq!((status.running, status.reveals_below_three), (7, true));

    let first = network.propose("first").send().await.unwrap();
    ends_with(&network, first, "103", 3).await;
    let second = network.propose("second").min_participants(1).send().await.unwrap();
    ends_with(&network, second, "103", 3).await;
    let prompts: Vec<_> =
        network.list().await.unwrap().into_iter().map(|report| report.row).collect();
    let prompts: Vec<_> = prompts.iter().map(|row| row.proposal.spec.prompt.as_str()).collect();
    assert_eq!(prompts, ["second", "first"], "newest first");
    network.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_names_who_is_waited_for() {
    let network = unfinished().start().await.unwrap();
    let mut events = network.node("heavy-1").unwrap().events();
    let id = network.propose("q").committee(COMMITTEE).min_participants(2).send().await.unwrap();
    while !matches!(events.recv().await.unwrap(), Event::Answers { answered: 2, .. }) {}
    let report = network.status(id).await.unwrap();
    assert_eq!(report.status(), StatusName::Collecting);
    assert_eq!(report.waiting_for, ["heavy-1"], "the primary has the outcome");
    let patience = Duration::from_millis(1);
    match network.wait_within(id, patience).await {
        Err(NetworkError::TimedOut(of, after)) => assert_eq!((of, after), (id, patience)),
        other => panic!("{other:?}"),
    }
    match network.status(ComputationId([7; 32])).await {
        Err(NetworkError::NoComputation(id)) => assert_eq!(id, ComputationId([7; 32])),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_are_added_count_from_the_next_question_on() {
    let network = FormixNetwork::builder().answers(["11", "20", "72"]).start().await.unwrap();
    let id = network.propose("q").send().await.unwrap();
    ends_with(&network, id, "103", 3).await;
    assert_eq!(network.add_light(fixed("0.5")).await.unwrap(), "light-4");
    assert_eq!(network.add_node(Role::Light).await.unwrap(), "light-5");
    assert_eq!(network.add_node(Role::Heavy).await.unwrap(), "heavy-4");
    assert_eq!(network.add_node(Role::Proposer).await.unwrap(), "proposer-1");
    let id = network.propose("q").committee(["heavy-4", "heavy-2", "heavy-1"]).send();
    let id = id.await.unwrap();
    let report = network.wait_within(id, PATIENCE).await.unwrap();
    assert_eq!(report.row.participants_count(), Some(5));
    let sum: Decimal = report.row.result.unwrap().parse().unwrap();
    let drawn = sum - Decimal::new(1035, 1);
    let domain = Decimal::ZERO..=Decimal::ONE_THOUSAND;
    assert!(domain.contains(&drawn), "103.5 of the others, and {drawn} of light-5");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_may_ask() {
    let network = FormixNetwork::builder().answers(["11", "20", "72"]).start().await.unwrap();
    for name in ["analyst", "heavy-1", "heavy-2", "heavy-3", "light-2"] {
        let asked = network.propose(name).from(name).committee(COMMITTEE);
        let id = asked.send().await.unwrap();
        ends_with(&network, id, "103", 3).await;
    }
    assert_eq!(network.list().await.unwrap().len(), 5);
    assert!(network.propose("q").from("nobody").send().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn quick_calls() {
    let network = quick_network(3, 4).await.unwrap();
    let (id, report) = quick_computation(&network, "q").await.unwrap();
    assert_eq!(report.row.comp_id, id);
    assert_eq!(report.row.participants_count(), Some(4));
    network.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_outlives_the_network_in_a_home_of_its_own() {
    let scratch = TempDir::new().unwrap();
    let home = scratch.path().join("home");
    let network = || FormixNetwork::builder().answers(["11", "20", "72"]).home(&home);
    let first = network().start().await.unwrap();
    let id = first.propose("q").send().await.unwrap();
    let ended = first.wait(id).await.unwrap();
    first.shutdown().await.unwrap();

    let second = network().start().await.unwrap();
    assert_eq!(second.status(id).await.unwrap(), ended);
    assert_eq!(second.wait(id).await.unwrap(), ended);
    let mut listed = ended;
    assert!(listed.row.summary.take().is_some(), "only a list does without");
    assert_eq!(second.list().await.unwrap(), [listed]);
    let again = second.propose("q").send().await.unwrap();
    ends_with(&second, again, "103", 3).await;
    drop(second);
    assert!(home.join("nodes/heavy-1/node.db").exists(), "a drop erases nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_goes_on_in_the_next_network_on_the_same_home() {
    let scratch = TempDir::new().unwrap();
    let home = scratch.path().join("home");
    let lights = |last| {
        let lights = [("light-1", fixed("11")), ("light-2", fixed("20")), ("light-3", last)];
        let lights = lights.map(|(name, how)| (name.to_owned(), how));
        FormixNetwork::builder().lights(lights).home(&home).start()
    };
    let first = lights(silent()).await.unwrap();
    let mut events = first.node("heavy-2").unwrap().events();
    let id = first.propose("q").committee(COMMITTEE).send().await.unwrap();
    while !matches!(events.recv().await.unwrap(), Event::Answers { answered: 2, .. }) {}
    first.shutdown().await.unwrap();
    let second = lights(fixed("72")).await.unwrap();
    ends_with(&second, id, "103", 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_home_goes_with_its_network() {
    let network = unfinished().start().await.unwrap();
    let home: PathBuf = network.home().to_owned();
    network.propose("q").send().await.unwrap();
    assert!(home.is_dir());
    network.shutdown().await.unwrap();
    assert!(!home.exists(), "after a shutdown");

    let network = unfinished().start().await.unwrap();
    let home: PathBuf = network.home().to_owned();
    network.propose("q").send().await.unwrap();
    drop(network);
    assert!(!home.exists(), "after a drop");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_computations_at_once() {
    let network = FormixNetwork::builder().heavy(5).answers(1..=10).start().await.unwrap();
    let ask = || async {
        let id = network.propose("q").send().await.unwrap();
        ends_with(&network, id, "55", 10).await;
    };
    let all = futures_of(50, ask);
    timeout(2 * PATIENCE, all).await.unwrap();
    network.shutdown().await.unwrap();
}

/// Runs so many at once, all in this task.
async fn futures_of<F: Future<Output = ()>>(count: usize, make: impl Fn() -> F) {
    let mut running: Vec<_> = (0..count).map(|_| Box::pin(make())).collect();
    std::future::poll_fn(|cx| {
        running.retain_mut(|one| one.as_mut().poll(cx).is_pending());
        match running.is_empty() {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_answer_of_the_domain_declines_and_the_rest_is_exact() {
    let prints = |text: &str| ResponderConfig::Command {
        program: "echo".into(),
        args: vec![text.to_owned()],
        time_limit: PATIENCE,
    };
    let fails =
        ResponderConfig::Command { program: "false".into(), args: vec![], time_limit: PATIENCE };
    let lights = [
        fixed("11"),
        fixed("20"),
        fixed("72"),
        fixed("1000.01"),
        fixed("-0.01"),
        prints("seventy"),
        prints("NaN"),
        prints("1 2"),
        prints("decline"),
        fails,
    ];
    let name = |index| format!("light-{index}");
    let lights = lights.into_iter().enumerate().map(|(index, how)| (name(index), how));
    let network = FormixNetwork::builder().lights(lights).start().await.unwrap();
    let id = network.propose("q").deadline(Duration::from_secs(3600)).send().await.unwrap();
    ends_with(&network, id, "103", 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heavy_that_is_gone_fails_the_question_by_name() {
    let policy =
        PolicyConfig { prepare_within: Duration::from_secs(1), ..PolicyConfig::local_test() };
    let network = FormixNetwork::builder().answers(["11", "20", "72"]).policy(policy);
    let network = network.start().await.unwrap();
    let heavy = network.node("heavy-2").unwrap();
    stop(&network, "heavy-2").await;
    let asked = network.propose("q").committee(COMMITTEE).send();
    match timeout(PATIENCE, asked).await.unwrap() {
        Err(NetworkError::Propose(ProposeError::Failed { failure, .. })) => {
            let text = failure.to_string();
            assert!(text.contains(&heavy.id().short()), "{text}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(network.network_status().await.running, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_too_many_is_an_error_and_not_an_id_that_nobody_knows() {
    let network = Arc::new(unfinished().start().await.unwrap());
    let mut asked = JoinSet::new();
    for _ in 0..=MAX_OPEN / 2 {
        let network = Arc::clone(&network);
        asked.spawn(async move { network.propose("q").deadline(PATIENCE).send().await });
    }
    let refused = async {
        loop {
            match asked.join_next().await.unwrap().unwrap() {
                Err(NetworkError::Propose(ProposeError::NotAsked(failure))) => return failure,
                Ok(_) => {}
                Err(error) => panic!("{error}"),
            }
        }
    };
    let failure = timeout(PATIENCE, refused).await.unwrap();
    assert!(
        matches!(failure, Failure::Refused { refusal: Refusal::Quota { .. }, .. }),
        "{failure}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_with_its_node() {
    let network = unfinished().start().await.unwrap();
    let analyst = network.node("analyst").unwrap();
    let id = network.propose("q").send().await.unwrap();
    let waiting = tokio::spawn({
        let analyst = analyst.clone();
        async move { analyst.wait(id).await }
    });
    stop(&network, "analyst").await;
    let ended = timeout(PATIENCE, waiting).await.unwrap().unwrap();
    assert!(!matches!(ended, Ok(Some(report)) if report.has_ended()), "nobody knows the outcome");
}

/// Stops one node of a network, as its owner would.
async fn stop(network: &FormixNetwork, name: &str) {
    let node = network.node(name).unwrap();
    node.tell_to_stop().await;
    let stopped = async {
        while node.is_running() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, stopped).await.unwrap();
}

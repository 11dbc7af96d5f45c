//! R11, P6, P8: answers, shares and partials are nowhere but where they must be. Everything that a
//! network writes is searched, with logging at its finest.
//!
//! The shares are read from the heavy nodes' own logs of facts while the computation is open, and
//! checked: three of one tag add up to the answer. Four random bytes turn up by chance in megabytes of
//! logs and keys, so everything is done twice with other numbers, and what is found in one round
//! only, at no like place in the other, is chance.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use formix_node::config::Network;
use formix_node::control::Request;
use formix_node::history;
use formix_node::log::Log;
use formix_proto::id::{NodeId, Tag};
use formix_proto::record::{Fact, Record};

use support::command::formix;
use support::search::{Files, Hit, Secret, files, search};
use support::{Answer, COMMITTEE, Up};

/// Two decimals; the first is the gated one, so that the others' shares stay where they are meanwhile.
const ROUNDS: [[&str; 5]; 2] = [
    ["7315924.86", "6180339.88", "2718281.82", "1414213.56", "5772156.64"],
    ["3141592.65", "1618033.98", "4669201.60", "2502907.87", "6626070.15"],
];
const TERMS: [&str; 2] = ["--max", "8000000"];
const SHARES: [&str; 3] = ["share 0", "share 1", "share 2"];
const FINEST: [&str; 4] = ["--light", "5", "--log-level", "trace"];

/// When a network's files are looked at.
const WHEN: [&str; 3] = ["while it is open", "after the outcome", "at rest"];

/// What is found where it should not be, how it is written, and in which file.
type Leaks = BTreeSet<(&'static str, &'static str, String)>;

/// The lane that an answer with two decimals is encoded as.
fn lane(answer: &str) -> u32 {
    answer.replace('.', "").parse().unwrap()
}

fn light(index: usize) -> String {
    format!("light-{}", index + 1)
}

fn answers(round: [&str; 5]) -> Vec<Secret> {
    let secret = |(index, text): (usize, &&str)| {
        Secret::new("answer", &light(index), lane(text)).or_text(text)
    };
    round.iter().enumerate().map(secret).collect()
}

/// What a node has written down; it must not run.
fn records(network: &Up, name: &str, id: NodeId) -> Vec<Record> {
    let (log, _, opened) = history::open(&network.home().node(name).database(), id).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(log.close()).unwrap();
    opened.records
}

/// The only element of an encoded vector.
fn only(encoded: &[u8]) -> u32 {
    u32::from_le_bytes(encoded.try_into().unwrap())
}

/// The shares that the heavy nodes hold, and that they are those of the answers.
fn shares(network: &Up, round: [&str; 5]) -> Vec<Secret> {
    let enrolled = Network::load(&network.home().network_file()).unwrap();
    let names = enrolled.names();
    let (mut secrets, mut splits) = (Vec::new(), BTreeMap::<(String, Tag), Vec<u32>>::new());
    for (heavy, what) in COMMITTEE.into_iter().zip(SHARES) {
        for record in records(network, heavy, enrolled.member(heavy).unwrap().id) {
            let Fact::Contributed { light, tag, share } = record.fact else { continue };
            let lane = only(share.expose());
            splits.entry((names[&light].clone(), tag)).or_default().push(lane);
            secrets.push(Secret::new(what, &names[&light], lane));
        }
    }
    let sums = splits.into_iter().map(|((light, _), shares)| {
        assert_eq!(shares.len(), 3, "{light}");
        (light, shares.into_iter().fold(0, u32::wrapping_add))
    });
    let answered = round.iter().enumerate().skip(1);
    let expected = answered.map(|(index, answer)| (light(index), lane(answer)));
    assert_eq!(sums.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "these are the shares");
    secrets
}

/// The heavy nodes' partials, once they are sealed, and that they add up to the result.
fn partials(network: &Up, round: [&str; 5]) -> Vec<Secret> {
    let enrolled = Network::load(&network.home().network_file()).unwrap();
    let partial = |heavy: &str| {
        let records = records(network, heavy, enrolled.member(heavy).unwrap().id);
        let sealed = records.into_iter().find_map(|record| match record.fact {
            Fact::Sealed(seal) => Some(only(seal.partial.expose())),
            _ => None,
        });
        sealed.unwrap()
    };
    let partials = COMMITTEE.map(partial);
    let total: u32 = round.into_iter().map(lane).sum();
    assert_eq!(partials.into_iter().fold(0, u32::wrapping_add), total, "these are the partials");
    let secret = |(heavy, partial)| Secret::new("partial", heavy, partial);
    COMMITTEE.into_iter().zip(partials).map(secret).collect()
}

/// Whether a file is of the node's log of facts.
fn is_facts(file: &str, node: &str) -> bool {
    file.starts_with(&format!("nodes/{node}/node.db"))
}

/// An owner's answer is where the owner has put it.
fn is_the_owners(hit: &Hit) -> bool {
    hit.what == "answer" && hit.file == format!("nodes/{}/node.toml", hit.of)
}

/// While a computation is open, a heavy node holds its own share, and a light node what it has split.
fn is_meanwhile(hit: &Hit) -> bool {
    let seat = SHARES.iter().position(|what| *what == hit.what);
    is_the_owners(hit)
        || seat.is_some_and(|seat| {
            is_facts(&hit.file, COMMITTEE[seat]) || is_facts(&hit.file, &hit.of)
        })
}

/// Where something is found that should not be, whosever it is.
fn leaks(files: &Files, secrets: &[Secret], may_be: impl Fn(&Hit) -> bool) -> Leaks {
    let hits = search(files, secrets).into_iter().filter(|hit| !may_be(hit));
    hits.map(|hit| (hit.what, hit.written, hit.file)).collect()
}

/// One computation with a restart of everything in the middle: what leaks before, after and at rest.
fn compute(round: [&'static str; 5]) -> [Leaks; 3] {
    let [_, others @ ..] = round;
    let how = [[Answer::Gated].as_slice(), &others.map(Answer::Fixed)].concat();
    let network = Up::prepare(&how);
    let home = network.home().path();
    network.try_up(&FINEST).succeeded();
    let id = network.propose_with(&TERMS);
    for heavy in COMMITTEE {
        network.holds(heavy, &id, 4);
    }
    let open = files(home);
    network.formix(&["down"]).succeeded();
    let mut secrets = shares(&network, round);
    assert_eq!(held(&files(home), &secrets), 12, "what is there is found");
    secrets.extend(answers(round));
    let meanwhile = leaks(&open, &secrets, is_meanwhile);

    network.try_up(&FINEST).succeeded();
    network.gate("light-1").answer(round[0]);
    let waited = network.formix(&["wait", &id, "--json"]).succeeded();
    assert_eq!(waited.json()["participants_count"], 5);
    // Whoever reads a node's log finds what was erased gone from its files.
    for node in network.pids().keys() {
        network.call(node, Request::List { most: 1 });
    }
    let mut ended = files(home);
    ended.insert("wait, standard output".to_owned(), waited.stdout.into_bytes());
    ended.insert("wait, standard error".to_owned(), waited.stderr.into_bytes());
    network.formix(&["down"]).succeeded();
    let mut at_rest = files(home);
    assert!(at_rest["formix.log"].len() > 100_000, "logging is at its finest");
    let after = leaks(&ended, &secrets, is_the_owners);
    secrets.extend(partials(&network, round));
    at_rest.retain(|file, _| file.ends_with(".log") || !file.starts_with("nodes/heavy"));
    [meanwhile, after, leaks(&at_rest, &secrets, is_the_owners)]
}

/// How many shares are in the logs of facts of the heavy nodes that they are for.
fn held(files: &Files, shares: &[Secret]) -> usize {
    let own = |hit: &Hit| {
        let seat = SHARES.iter().position(|what| *what == hit.what);
        hit.written == "little-endian"
            && seat.is_some_and(|seat| is_facts(&hit.file, COMMITTEE[seat]))
    };
    let hits = search(files, shares).into_iter().filter(own);
    hits.map(|hit| (hit.what, hit.of)).collect::<BTreeSet<_>>().len()
}

/// What is found in both is no chance.
fn in_both_rounds_nothing(when: &str, first: &Leaks, second: &Leaks) {
    let both: Vec<_> = first.intersection(second).collect();
    assert!(both.is_empty(), "{when}: {both:#?}");
}

#[test]
fn processes_write_no_secret_down_but_where_it_must_be() {
    let rounds = ROUNDS.map(|round| thread::spawn(move || compute(round)));
    let [first, second] = rounds.map(|round| round.join().unwrap());
    for (when, (first, second)) in WHEN.into_iter().zip(first.into_iter().zip(second)) {
        in_both_rounds_nothing(when, &first, &second);
    }
}

#[test]
fn a_network_in_one_process_writes_no_answer_down_at_all() {
    let demo = |round: [&str; 5]| {
        let scratch = tempfile::TempDir::new().unwrap();
        // Five of these could overflow in the domain that a demo declares for them.
        let answers_of = round[..4].join(",");
        let args = ["demo", "--keep", "--log-level", "trace", "--answers", &answers_of];
        formix(scratch.path(), &args).succeeded();
        let written = files(scratch.path());
        assert!(written["formix.log"].len() > 100_000, "logging is at its finest");
        assert!(!written["nodes/light-1/node.log"].is_empty(), "for each node, too");
        leaks(&written, &answers(round), |_| false)
    };
    let [first, second] = ROUNDS.map(demo);
    in_both_rounds_nothing("in a demo", &first, &second);
}

//! A network of processes that are killed, stopped and started again: what was asked is answered,
//! exactly and once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::net::UdpSocket;
use std::process::{Child, Stdio};

use formix_node::FormixNetwork;
use formix_node::config::Network;
use formix_node::control::Request;
use formix_node::home::{Home, HomeError};
use formix_node::network::NetworkError;
use rustix::process::{Pid, Signal};

use support::command::on;
use support::{Answer, COMMITTEE, Up, ended, within};

/// The first light node answers when the test says so.
const ANSWERS: [Answer<'_>; 5] = [
    Answer::Gated,
    Answer::Fixed("11"),
    Answer::Fixed("20"),
    Answer::Fixed("72"),
    Answer::Fixed("0.25"),
];
const GATED: &str = "1.5";
const SUM: &str = "104.75";

/// A network that collects: all but the gated answer are in, at every heavy node.
fn collecting() -> (Up, String) {
    let network = Up::start(&ANSWERS);
    let id = network.propose();
    for heavy in COMMITTEE {
        network.holds(heavy, &id, 4);
    }
    (network, id)
}

fn completes_when_all_have_answered(network: &Up, id: &str) {
    network.gate("light-1").answer(GATED);
    network.completes(id, SUM, 5);
}

/// R7: what a heavy node has given a receipt for, it still has after a SIGKILL.
fn a_killed_heavy_goes_on(seat: usize) {
    let heavy = COMMITTEE[seat];
    let network = Up::start(&ANSWERS);
    let id = network.propose();
    network.holds(heavy, &id, 4);
    network.kill(heavy);
    network.up();
    completes_when_all_have_answered(&network, &id);
}

#[test]
fn a_killed_primary_goes_on() {
    a_killed_heavy_goes_on(0);
}

#[test]
fn a_killed_heavy_in_seat_1_goes_on() {
    a_killed_heavy_goes_on(1);
}

#[test]
fn a_killed_heavy_in_seat_2_goes_on() {
    a_killed_heavy_goes_on(2);
}

/// R7: two heavy nodes hold its shares; the third gets the one of the same splitting after the restart,
/// and from nowhere else, as it did not run when the light node did.
#[test]
fn a_light_that_is_killed_between_its_shares_sends_the_same_ones_again() {
    let (network, id) = collecting();
    network.kill("heavy-3");
    network.gate("light-1").answer(GATED);
    for heavy in ["heavy-1", "heavy-2"] {
        network.holds(heavy, &id, 5);
    }
    network.kill("light-1");
    network.up();
    network.completes(&id, SUM, 5);
}

/// A stopped process keeps its sockets: what was sent to it meanwhile is there when it goes on.
#[test]
fn a_heavy_that_was_stopped_for_a_while_goes_on() {
    let (network, id) = collecting();
    network.signal("heavy-3", Signal::STOP);
    network.gate("light-1").answer(GATED);
    for heavy in ["heavy-1", "heavy-2"] {
        network.holds(heavy, &id, 5);
    }
    network.signal("heavy-3", Signal::CONT);
    network.completes(&id, SUM, 5);
}

#[test]
fn a_network_that_is_killed_as_a_whole_goes_on() {
    let (network, id) = collecting();
    network.kill_everything();
    network.up();
    completes_when_all_have_answered(&network, &id);
}

#[test]
fn down_ends_every_process_with_status_0_and_up_goes_on() {
    let (network, id) = collecting();
    network.formix(&["down"]).succeeded();
    for (name, pid) in network.pids() {
        assert_eq!(ended(pid).exit_status(), Some(0), "{name}");
    }
    network.up();
    completes_when_all_have_answered(&network, &id);
}

#[test]
fn a_node_in_the_foreground_ends_with_status_0_on_sigterm_and_sigint() {
    let network = Up::start(&[]);
    network.kill("heavy-1");
    for signal in [Signal::TERM, Signal::INT] {
        let mut node = in_the_foreground(&network, "heavy-1");
        let pid = Pid::from_raw(node.id().try_into().unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
        let status = within("the node ends", move || node.wait().unwrap());
        assert_eq!(status.code(), Some(0), "{signal:?}");
    }
}

/// A node that this process has started, and that listens to its owner by now.
fn in_the_foreground(network: &Up, name: &str) -> Child {
    let mut run = on(network.home().path());
    run.args(["heavy", "run", name]).stdout(Stdio::null()).stderr(Stdio::null());
    let node = run.spawn().unwrap();
    let socket = network.home().node(name).socket();
    within("the node listens to its owner", move || {
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            std::thread::yield_now();
        }
    });
    network.call(name, Request::Status);
    node
}

#[test]
fn a_second_up_starts_nothing_twice() {
    let network = Up::start(&ANSWERS);
    let before = network.pids();
    let second = network.try_up(&["--light", "5"]).succeeded();
    assert_eq!(second.json()["started"], serde_json::json!([]));
    assert_eq!(network.pids(), before);
}

#[test]
fn a_home_with_a_running_network_is_refused_to_another_and_stays_as_it_is() {
    let (network, id) = collecting();
    let home = network.home();
    let before = configuration(home);
    let named = home.path().to_str().unwrap();
    for answers in [&["--answers", "1,2,3"][..], &[]] {
        network.formix(&[&["demo", "--keep"], answers].concat()).exits(1).says(named);
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let refused = runtime.block_on(FormixNetwork::builder().home(home.path()).start());
    match refused.err() {
        Some(NetworkError::Home(HomeError::InUse(path))) => assert_eq!(path, home.path()),
        other => panic!("{other:?}"),
    }
    assert_eq!(configuration(home), before);
    completes_when_all_have_answered(&network, &id);
}

/// What `up` has written belongs to `up`, whether its processes run or not.
#[test]
fn a_network_in_one_process_leaves_a_stopped_network_of_processes_as_it_was() {
    let (network, id) = collecting();
    network.kill_everything();
    let before = configuration(network.home());
    network.formix(&["demo", "--keep", "--answers", "1,2,3"]).exits(1).says("formix up");
    assert_eq!(configuration(network.home()), before);
    network.up();
    completes_when_all_have_answered(&network, &id);
}

/// Who is enrolled, and who has a directory.
fn configuration(home: &Home) -> (String, BTreeMap<String, String>) {
    let nodes = fs::read_dir(home.path().join("nodes")).unwrap().map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let config = fs::read_to_string(home.node(&name).config()).unwrap_or_default();
        (name, config)
    });
    (fs::read_to_string(home.network_file()).unwrap(), nodes.collect())
}

#[test]
fn a_port_that_is_taken_is_named_and_up_says_which_node_and_where_to_look() {
    let (network, id) = collecting();
    let enrolled = Network::load(&network.home().network_file()).unwrap();
    let address = enrolled.member("heavy-2").unwrap().address.unwrap();
    network.kill("heavy-2");
    let taken = UdpSocket::bind(address).unwrap();
    let log = network.home().node("heavy-2").log();
    let failed = network.try_up(&["--light", "5"]).exits(1);
    failed.says("heavy-2").says(log.to_str().unwrap());
    let logged = fs::read_to_string(log).unwrap();
    let last = logged.lines().last().unwrap();
    assert!(last.contains(&address.to_string()), "{last}");
    drop(taken);
    network.up();
    completes_when_all_have_answered(&network, &id);
}

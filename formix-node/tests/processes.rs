//! A network of processes that are killed, stopped and restarted: every question is answered, exactly
//! and once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use formix_node::FormixNetwork;
use formix_node::config::{Network, PolicyConfig};
use formix_node::control::{Request, Response};
use formix_node::home::{ANALYST, Home, HomeError};
use formix_node::network::NetworkError;
use formix_node::report::{Report, StatusName};
use rustix::process::{Pid, Signal};

use support::command::{Ran, on};
use support::{Answer, COMMITTEE, Up, ended, is_ignored, within};

/// The first light node answers when the test lets it.
const ANSWERS: [Answer<'_>; 5] = [
    Answer::Gated,
    Answer::Fixed("11"),
    Answer::Fixed("20"),
    Answer::Fixed("72"),
    Answer::Fixed("0.25"),
];
const GATED: &str = "1.5";
const SUM: &str = "104.75";

/// A network that is collecting: every heavy node has all answers but the gated one.
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

/// R7: a heavy node still has after a SIGKILL what it has acknowledged before.
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

/// R7: two heavy nodes hold its shares. The third was not running then, so it can get its share of the
/// same splitting only from the restarted light node.
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

/// A stopped process keeps its sockets: what is sent to it meanwhile is there when it continues.
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
        assert_eq!(network.home().node(&name).holder().unwrap(), None, "{name} is gone");
        assert_eq!(ended(pid).exit_status(), Some(0), "{name}");
    }
    network.up();
    completes_when_all_have_answered(&network, &id);
}

#[test]
fn a_node_in_the_foreground_ends_with_status_0_on_sigterm_sigint_and_sighup() {
    let network = Up::start(&[]);
    network.kill("heavy-1");
    let signals = [(Signal::TERM, "SIGTERM"), (Signal::INT, "SIGINT"), (Signal::HUP, "SIGHUP")];
    for (signal, name) in signals.into_iter().filter(|(signal, _)| !is_ignored(*signal)) {
        let run = on(network.home().path());
        let node = in_the_foreground(run, &network, "heavy-1");
        rustix::process::kill_process(Pid::from_child(&node), signal).unwrap();
        assert_eq!(status_of(node), Some(0), "{signal:?}");
        let log = fs::read_to_string(network.home().node("heavy-1").log()).unwrap();
        let stopping = format!("signal=\"{name}\"");
        assert!(log.lines().rev().take(5).any(|line| line.contains(&stopping)), "{log}");
    }
}

#[test]
fn a_signal_that_means_nothing_to_a_node_does_not_end_it() {
    let network = Up::start(&[]);
    for signal in [Signal::USR1, Signal::USR2] {
        network.signal("heavy-1", signal);
    }
    network.call("heavy-1", Request::Status);
    network.signal("heavy-1", Signal::TERM);
    assert_eq!(ended(network.pids()["heavy-1"]).exit_status(), Some(0));
}

/// `nohup` has it ignore SIGHUP.
#[test]
fn a_node_that_was_started_to_outlive_its_terminal_does() {
    let network = Up::start(&[]);
    network.kill("heavy-1");
    let mut run = Command::new("nohup");
    run.arg(env!("CARGO_BIN_EXE_formix")).env("FORMIX_HOME", network.home().path());
    let node = in_the_foreground(run, &network, "heavy-1");
    let pid = Pid::from_child(&node);
    rustix::process::kill_process(pid, Signal::HUP).unwrap();
    network.call("heavy-1", Request::Status);
    let log = fs::read_to_string(network.home().node("heavy-1").log()).unwrap();
    assert!(!log.contains("SIGHUP"), "{log}");
    rustix::process::kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(status_of(node), Some(0));
}

/// It has nothing to finish yet, and does not leave anything half done either.
#[test]
fn a_node_that_is_told_to_stop_while_it_starts_stops_when_it_has() {
    let network = Up::start(&[]);
    network.kill("heavy-1");
    let place = network.home().node("heavy-1");
    fs::remove_file(place.log()).unwrap();
    let mut run = on(network.home().path());
    run.args(["heavy", "run", "heavy-1"]).stdout(Stdio::null()).stderr(Stdio::null());
    let node = run.spawn().unwrap();
    // It makes its log after it listens for signals, and before all else.
    within("it has begun", {
        let log = place.log();
        move || {
            while !log.exists() {
                std::thread::yield_now();
            }
        }
    });
    rustix::process::kill_process(Pid::from_child(&node), Signal::TERM).unwrap();
    assert_eq!(status_of(node), Some(0));
    let log = fs::read_to_string(place.log()).unwrap();
    assert!(log.lines().last().unwrap().contains("stopped"), "{log}");
}

/// The exit status of a process, once it has ended.
fn status_of(mut node: Child) -> Option<i32> {
    within("the node ends", move || node.wait().unwrap()).code()
}

/// A service manager keeps what a node writes to standard error.
#[test]
fn a_node_logs_to_standard_error_unless_that_is_its_own_log() {
    let network = Up::start(&[]);
    let log = network.home().node("heavy-1").log();
    let runs = |text: &str| text.matches("running name=\"heavy-1\"").count();
    assert_eq!(
        runs(&fs::read_to_string(&log).unwrap()),
        1,
        "`up` makes its log its standard error"
    );
    network.kill("heavy-1");
    let mut run = on(network.home().path());
    run.args(["heavy", "run", "heavy-1"]).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut node = run.spawn().unwrap();
    let stderr = BufReader::new(node.stderr.take().unwrap());
    let found = within("the node says that it runs, or ends", move || {
        stderr.lines().any(|line| runs(&line.unwrap()) == 1)
    });
    rustix::process::kill_process(Pid::from_child(&node), Signal::TERM).unwrap();
    node.wait().unwrap();
    assert!(found, "{}", fs::read_to_string(&log).unwrap());
}

/// The analyst hears of it, in the end and meanwhile, and again once the heavy nodes are back.
#[test]
fn a_question_to_a_committee_that_never_answers_is_unknown_in_the_end() {
    let policy = PolicyConfig { reveal_within: Duration::from_secs(1), ..support::at_once() };
    let network = Up::prepare_with(policy, &[Answer::Fixed("11")]);
    network.up();
    for heavy in COMMITTEE {
        network.kill(heavy);
    }
    let mut propose = on(network.home().path());
    propose.args(["propose", "How many?", "--deadline", "1s", "--wait", "--committee"]);
    propose.arg(COMMITTEE.join(",")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let asked = propose.spawn().unwrap();
    let newest = || match network.call(ANALYST, Request::List { most: 1 }) {
        Response::Reports(reports) => reports.into_iter().next(),
        other => panic!("{other:?}"),
    };
    let report = std::iter::repeat_with(newest).flatten().next().unwrap();
    let id = report.row.comp_id.to_string();
    let waited = network.formix(&["wait", &id]).exits(1).says("No connection to heavy-1 for 5 s");
    let asked: Ran = within("it gives up", || asked.wait_with_output().unwrap().into());
    let asked = asked.exits(1).says("The committee has not taken the question in 5 s");
    assert!(!asked.stderr.contains("No connection"), "it is said once: {}", asked.stderr);
    for Ran { stdout, .. } in [&asked, &waited] {
        assert!(
            stdout.contains("unknown") && stdout.contains("no heavy node has answered"),
            "{stdout}"
        );
    }
    let shown = network.formix(&["show", &id, "--json"]).exits(1).json();
    let found = [&shown["status"], &shown["reason"]["kind"], &shown["unreachable"][0]];
    assert_eq!(found, ["unknown", "unknown", "heavy-1"]);
    network.up();
    let ended = std::iter::repeat_with(newest).flatten().find(Report::has_ended).unwrap();
    assert_eq!(ended.status(), StatusName::Failed);
    network.formix(&["wait", &id]).exits(1);
}

/// With its standard error, on which a node that panics says so.
#[test]
fn a_full_log_becomes_the_old_one_and_a_new_one_begins() {
    const FULL: u64 = 16 << 20;
    let network = Up::start(&[]);
    network.formix(&["down"]).succeeded();
    let log = network.home().node("heavy-1").log();
    let (common, old) = (network.home().log(), log.with_extension("log.1"));
    for file in [&log, &common] {
        fs::File::options().write(true).open(file).unwrap().set_len(FULL).unwrap();
    }
    network.up();
    assert_eq!(fs::metadata(&old).unwrap().len(), FULL);
    assert_eq!(fs::metadata(common.with_extension("log.1")).unwrap().len(), FULL);
    let pid = network.pids()["heavy-1"].as_raw_nonzero();
    assert_eq!(fs::read_link(format!("/proc/{pid}/fd/2")).unwrap(), log);
    assert!(fs::read_to_string(log).unwrap().contains("running name=\"heavy-1\""));
    let running = fs::read_to_string(common).unwrap().matches("running name=").count();
    assert_eq!(running, network.pids().len(), "all nodes go on in the new one");
}

/// A node that this process has started, once it listens to its owner.
fn in_the_foreground(mut run: Command, network: &Up, name: &str) -> Child {
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

/// Each would create nodes with keys and ports of its own, and the last would enrol only its own.
#[test]
fn of_three_ups_at_once_on_a_new_home_one_creates_the_network_and_all_succeed() {
    let network = Up::prepare(&[]);
    let ups: Vec<_> = (0..3).map(|_| starting(&network, "up")).collect();
    let ran: Vec<Ran> = within("all end", || {
        ups.into_iter().map(|up| up.wait_with_output().unwrap().into()).collect()
    });
    let started: usize = ran
        .into_iter()
        .map(|ran| ran.succeeded().json()["started"].as_array().unwrap().len())
        .sum();
    assert_eq!(started, 9);
    let again = network.try_up(&[]).succeeded();
    assert_eq!(again.json()["started"], serde_json::json!([]));
    assert_eq!(network.pids().len(), 9);
}

#[test]
fn up_and_down_wait_for_whoever_starts_or_stops_nodes_and_say_who_that_is() {
    let network = Up::prepare(&[]);
    for command in ["up", "down"] {
        let at_work = network.home().start_and_stop_alone().unwrap().unwrap();
        let mut second = starting(&network, command);
        let mut stderr = BufReader::new(second.stderr.take().unwrap());
        let (line, stderr) = within("it says that it waits", move || {
            let mut line = String::new();
            stderr.read_line(&mut line).unwrap();
            (line, stderr)
        });
        assert!(line.contains(&format!("process {}", std::process::id())), "{command}: {line}");
        let done = std::thread::spawn(move || stderr.lines().count());
        drop(at_work);
        let status = within("it ends", move || second.wait().unwrap());
        assert_eq!(status.code(), Some(0), "{command}");
        done.join().unwrap();
        if command == "up" {
            assert_eq!(network.try_up(&[]).succeeded().json()["started"], serde_json::json!([]));
        }
    }
}

/// The command on the network's home, not waited for.
fn starting(network: &Up, command: &str) -> Child {
    let mut formix = on(network.home().path());
    formix.args([command, "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    formix.spawn().unwrap()
}

#[test]
fn a_node_without_its_control_socket_is_named_with_its_process_and_how_to_stop_it() {
    let network = Up::start(&[]);
    fs::remove_file(network.home().node("heavy-1").socket()).unwrap();
    let pid = network.pids()["heavy-1"];
    let status = network.formix(&["status"]).succeeded().stdout;
    assert!(status.contains(&format!("no control socket, process {pid}")), "{status}");
    let down = network.formix(&["down", "--json"]).exits(1);
    assert_eq!(down.json()["failed"], serde_json::json!(["heavy-1"]));
    down.says("heavy-1").says("control socket").says(&format!("`kill {pid}` stops it"));
    network.signal("heavy-1", Signal::TERM);
    assert_eq!(ended(pid).exit_status(), Some(0));
    network.formix(&["down"]).succeeded();
}

/// Somebody may have interrupted the `up` that has started it.
#[test]
fn down_stops_a_node_that_is_still_starting() {
    let network = Up::start(&[]);
    network.kill("heavy-1");
    network.revive("heavy-1");
    let place = network.home().node("heavy-1");
    within("it opens its log", move || {
        while place.holder().unwrap().is_none() {
            std::thread::yield_now();
        }
    });
    network.formix(&["down"]).succeeded();
    assert_eq!(ended(network.pids()["heavy-1"]).exit_status(), Some(0));
}

/// An owner may write a node's files before the network has that node.
#[test]
fn up_uses_the_files_that_an_owner_has_written_and_leaves_them_as_they_are() {
    let network = Up::prepare(&[]);
    let listen = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let own = [
        ("heavy-1", "node.toml", format!("name = \"heavy-1\"\nrole = \"heavy\"\nlisten = \"{listen}\"\n")),
        ("light-1", "node.toml", "name = \"light-1\"\nrole = \"light\"\n[responder]\nkind = \"fixed\"\nvalue = \"7\" # mine\n".to_owned()),
        ("light-2", "consent.toml", "default = \"deny\" # mine\n".to_owned()),
    ];
    for (name, file, text) in &own {
        let directory = network.home().node(name).make().unwrap().to_owned();
        fs::write(directory.join(file), text).unwrap();
    }
    network.try_up(&["--light", "2"]).succeeded().says("1 of 2 light nodes are test nodes");
    for (name, file, text) in &own {
        let path = network.home().node(name).path().join(file);
        assert_eq!(&fs::read_to_string(path).unwrap(), text, "{name}/{file}");
    }
    let enrolled = Network::load(&network.home().network_file()).unwrap();
    assert_eq!(enrolled.member("heavy-1").unwrap().address, Some(listen));
    assert!(!network.home().node("light-1").consent().exists(), "it has real data, and asks");
}

#[test]
fn up_refuses_the_file_of_another_node() {
    let network = Up::prepare(&[]);
    let place = network.home().node("light-1");
    place.make().unwrap();
    fs::write(place.config(), "name = \"light-2\"\nrole = \"light\"\n").unwrap();
    network
        .formix(&["up"])
        .exits(2)
        .says("node.toml")
        .says("`light-2`, a light node, not of `light-1`");
    assert!(!network.home().network_file().exists());
}

/// Random answers beside real ones would spoil every result.
#[test]
fn up_without_numbers_adds_no_light_node_to_a_network() {
    let network = Up::start(&ANSWERS[1..4]);
    let before = network.pids();
    network.try_up(&[]).succeeded();
    assert_eq!(network.pids(), before);
    let added = network.try_up(&["--light", "4"]).succeeded();
    assert_eq!(added.json()["started"], serde_json::json!(["light-4"]));
    let new = Up::prepare(&[]);
    assert_eq!(new.try_up(&[]).succeeded().json()["light_nodes"], 5);
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

/// The network of `up` stays as it is, whether its processes run or not.
#[test]
fn a_network_in_one_process_leaves_a_stopped_network_of_processes_as_it_was() {
    let (network, id) = collecting();
    network.kill_everything();
    let before = configuration(network.home());
    network.formix(&["demo", "--keep", "--answers", "1,2,3"]).exits(2).says("formix up");
    assert_eq!(configuration(network.home()), before);
    network.up();
    completes_when_all_have_answered(&network, &id);
}

/// The network file, and the configuration in every node's directory.
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

//! R13 on the wire: whoever watches it, without any key, learns nothing from the time at which an answer leaves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

#[path = "../../formix-transport/tests/common/proxy.rs"]
mod proxy;
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use formix_node::config::{Network, NodeConfig, PolicyConfig};
use formix_node::responder::{ResponderConfig, Source};
use formix_proto::directory::Role;
use formix_sim::random::Stream;
use rustix::process::Pid;
use tokio::runtime::Runtime;

use proxy::{Proxy, Seen, Weather};
use support::{Answer, COMMITTEE, Up};

const CLEAR: Weather = Weather { loss: 0, twice: 0, late: 0, max_delay: Duration::ZERO };
/// How long it takes to find out that a bit is 1; that it is 0 takes no time.
const TELLING: &str = "0.25";
/// A datagram with an answer is longer, one that acknowledges, knocks or keeps alive is shorter.
const AN_ANSWER: usize = 80;

/// How a bit decides what a light node does, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carrier {
    /// A program of the owner's takes its time.
    Program,
    /// So does the analyst's SQL.
    Statement,
    /// The owner declines a question that hides opt-outs.
    OptOut,
    /// The owner looks for longer before approving by hand.
    Person,
}

impl Carrier {
    fn responder(self, place: &Path) -> ResponderConfig {
        let at_1 = match self {
            Self::Program => format!("sleep {TELLING}"),
            Self::OptOut => "echo decline; exit".to_owned(),
            Self::Person => ":".to_owned(),
            Self::Statement => return counting(place),
        };
        let bit = place.join("bit.csv");
        let script = format!("if grep -q 1 '{}'; then {at_1}; fi; echo 1", bit.display());
        ResponderConfig::Command {
            program: "/bin/sh".into(),
            args: vec!["-c".to_owned(), script],
            time_limit: support::PATIENCE,
        }
    }

    /// What is asked, as a file.
    fn question(self) -> String {
        let deadline = if self == Self::Person { "6s" } else { "1h" };
        let more = match self {
            Self::Program | Self::Person => "",
            Self::OptOut => "hide_opt_outs = true\n",
            Self::Statement => {
                "[data]\ntables = { bit = [\"x\"], big = [\"y\"] }\nsql = \"SELECT x + 0 * (SELECT count(*) \
                 FROM big AS a, big AS b WHERE a.y < 10000 * x AND b.y + a.y >= 0) FROM bit\"\n"
            }
        };
        let statistic = "[statistic]\nkind = \"sum\"\nmin = 0\nmax = 1000\n";
        format!("version = 1\nprompt = \"?\"\ndeadline = \"{deadline}\"\n{more}{statistic}")
    }
}

/// Tables over which SQL can count for long.
fn counting(place: &Path) -> ResponderConfig {
    let big: String = (0..2_000).map(|n| format!("{n}\n")).collect();
    fs::write(place.join("big.csv"), format!("y\n{big}")).unwrap();
    let table = |name: &str| {
        let path = place.join(format!("{name}.csv"));
        (name.to_owned(), Source::File { path, table: None, delimiter: None })
    };
    ResponderConfig::query(["bit", "big"].map(table))
}

/// A network of processes whose heavy nodes are all watched.
struct Watched {
    network: Up,
    carrier: Carrier,
    lights: usize,
    question: PathBuf,
    proxies: Vec<Proxy>,
    _runtime: Runtime,
}

impl Watched {
    /// What each light node does depends on the bit in a file beside it.
    fn start(carrier: Carrier, answer_after: Duration, lights: usize) -> Self {
        let policy = PolicyConfig { answer_after, ..PolicyConfig::default() };
        let network = Up::prepare_with(policy, &vec![Answer::Fixed("1"); lights]);
        for light in 1..=lights {
            tells(carrier, &network, &format!("light-{light}"));
        }
        network.up();
        network.kill_everything();
        let runtime = Runtime::new().unwrap();
        let proxies = runtime.block_on(in_front_of_all(&network));
        network.up();
        let question = network.home().path().join("question.toml");
        fs::write(&question, carrier.question()).unwrap();
        let watched = Self { network, carrier, lights, question, proxies, _runtime: runtime };
        // Links find out what a path can carry with long datagrams; that is over when a question is.
        watched.ask(&[]);
        watched
    }

    fn set(&self, light: usize, bit: bool) {
        let place = self.network.home().node(&format!("light-{light}"));
        write_bit(place.path(), bit);
    }

    /// Asks a question; answers, for the sockets of these processes, how long after that each first sent
    /// something as long as an answer.
    fn ask(&self, ports: &[u16]) -> Vec<Option<Duration>> {
        self.proxies.iter().for_each(|proxy| drop(proxy.seen()));
        let begun = Instant::now();
        let ask = ["propose", self.question.to_str().unwrap(), "--json"];
        let asked = self.network.formix(&ask).succeeded().json();
        let id = asked["comp_id"].as_str().unwrap();
        if self.carrier == Carrier::Person {
            self.approve(id);
        }
        // Too few may have an answer; that is as good for whoever watches.
        self.network.formix(&["wait", id, "--json"]);
        let seen: Vec<Seen> = self.proxies.iter().flat_map(Proxy::seen).collect();
        let first = |port: &u16| {
            let own = seen.iter().filter(|seen| seen.sender.port() == *port);
            own.filter(|seen| seen.length >= AN_ANSWER).map(|seen| seen.at - begun).min()
        };
        ports.iter().map(first).collect()
    }

    /// Each owner approves, those with a 1 after a second.
    fn approve(&self, id: &str) {
        for (bit, thinks) in [("x\n0\n", Duration::ZERO), ("x\n1\n", Duration::from_secs(1))] {
            std::thread::sleep(thinks);
            for light in (1..=self.lights).map(|light| format!("light-{light}")) {
                let place = self.network.home().node(&light);
                if fs::read_to_string(place.path().join("bit.csv")).unwrap() == bit {
                    while self.network.formix(&["approve", &light, id]).code != Some(0) {}
                }
            }
        }
    }

    fn ports(&self, lights: usize) -> Vec<u16> {
        let pids = self.network.pids();
        (1..=lights).map(|light| port_of(pids[&format!("light-{light}")])).collect()
    }
}

async fn in_front_of_all(network: &Up) -> Vec<Proxy> {
    let file = network.home().network_file();
    let mut enrolled = Network::load(&file).unwrap();
    let mut proxies = Vec::new();
    for member in enrolled.nodes.iter_mut().filter(|member| member.role == Role::Heavy) {
        let proxy = Proxy::start(member.address.unwrap(), CLEAR, 1).await;
        member.address = Some(proxy.address());
        proxies.push(proxy);
    }
    assert_eq!(proxies.len(), COMMITTEE.len());
    enrolled.save(&file).unwrap();
    proxies
}

fn tells(carrier: Carrier, network: &Up, light: &str) {
    let place = network.home().node(light);
    write_bit(place.path(), false);
    let mut config = NodeConfig::load(&place.config(), light, Role::Light).unwrap();
    config.responder = Some(carrier.responder(place.path()));
    if carrier == Carrier::Person {
        network.says(light, "");
    }
    config.save(&place.config()).unwrap();
}

fn write_bit(place: &Path, bit: bool) {
    fs::write(place.join("bit.csv"), format!("x\n{}\n", u8::from(bit))).unwrap();
}

/// The UDP port of a process: an observer knows machines by their addresses.
fn port_of(pid: Pid) -> u16 {
    let fds = fs::read_dir(format!("/proc/{}/fd", pid.as_raw_nonzero())).unwrap();
    let links = fds.flatten().filter_map(|fd| fs::read_link(fd.path()).ok());
    let sockets: Vec<_> = links.map(|link| link.to_string_lossy().into_owned()).collect();
    let tables =
        ["/proc/net/udp", "/proc/net/udp6"].map(|table| fs::read_to_string(table).unwrap());
    let rows = tables.iter().flat_map(|table| table.lines().skip(1));
    let port = |row: &str| {
        let cells: Vec<_> = row.split_whitespace().collect();
        let is_own = sockets.contains(&format!("socket:[{}]", cells[9]));
        is_own.then(|| u16::from_str_radix(cells[1].rsplit(':').next().unwrap(), 16).unwrap())
    };
    rows.filter_map(port).next().expect("a node has a socket")
}

/// However quick the data is, nothing as long as an answer leaves before the time that the question has for it;
/// and where answers leave at once, the very same watching sees one long before.
#[test]
fn an_answer_leaves_when_it_is_time_and_not_when_it_is_known() {
    const AFTER: Duration = Duration::from_secs(4);
    let lights = 3;
    let watched = Watched::start(Carrier::Program, AFTER, lights);
    watched.set(1, true);
    for left in watched.ask(&watched.ports(lights)) {
        assert!(left.expect("it answers") >= AFTER);
    }
    let hasty = Watched::start(Carrier::Program, Duration::ZERO, lights);
    hasty.set(1, true);
    let left = hasty.ask(&hasty.ports(lights));
    assert!(left.iter().flatten().any(|left| *left < AFTER), "{left:?}");
}

/// The published attack: questions whose map takes as long as one bit of a private value says, and an
/// observer who has seen as many questions with known bits before. Says how many bits come out right:
/// `cargo test -p formix-node --test timing -- --ignored --nocapture`, with `FORMIX_BITS` and
/// `FORMIX_ANSWER_AFTER_MS`.
#[test]
#[ignore = "a measurement of some minutes, which depends on the machine"]
fn the_timing_attack_reads_no_more_than_chance() {
    println!("{}", reads_no_more_than_chance(Carrier::Program));
}

#[test]
#[ignore = "a measurement of some minutes, which depends on the machine"]
fn the_timing_attack_by_sql_reads_no_more_than_chance() {
    println!("{}", reads_no_more_than_chance(Carrier::Statement));
}

#[test]
#[ignore = "a measurement of some minutes, which depends on the machine"]
fn the_timing_attack_on_hidden_opt_outs_reads_no_more_than_chance() {
    println!("{}", reads_no_more_than_chance(Carrier::OptOut));
}

#[test]
#[ignore = "a measurement of some minutes, which depends on the machine"]
fn the_timing_attack_on_people_reads_no_more_than_chance() {
    println!("{}", reads_no_more_than_chance(Carrier::Person));
}

fn reads_no_more_than_chance(carrier: Carrier) -> String {
    let number = |name, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (bits, after) = (number("FORMIX_BITS", 1_000), number("FORMIX_ANSWER_AFTER_MS", 1_000));
    let lights = 5;
    let watched = Watched::start(carrier, Duration::from_millis(after), lights);
    let ports = watched.ports(lights);
    let mut draw = Stream::new(1, "bits");
    let mut observe = |questions: u64| -> Vec<(bool, Duration)> {
        let mut seen = Vec::new();
        for _ in 0..questions {
            let secrets: Vec<_> = (0..lights).map(|_| draw.chance(50)).collect();
            (1..=lights).zip(&secrets).for_each(|(light, bit)| watched.set(light, *bit));
            let left = watched.ask(&ports);
            seen.extend(secrets.into_iter().zip(left.into_iter().map(|left| left.unwrap())));
        }
        seen
    };
    let (known, secret) = (observe(bits / 10), observe(bits / lights as u64));
    let share = read(&known, &secret);
    let read = format!("{:.1} % of {} bits by {carrier:?}", 100.0 * share, secret.len());
    assert!(share <= 0.55, "{read}");
    read
}

/// What part of the secret bits come out right by the line between early and late, either way round, that fits
/// the known ones best.
fn read(known: &[(bool, Duration)], secret: &[(bool, Duration)]) -> f64 {
    let right = |seen: &[(bool, Duration)], least: Duration, later: bool| {
        seen.iter().filter(|(bit, left)| (*left >= least) == (*bit == later)).count()
    };
    let lines = known.iter().flat_map(|(_, least)| [(*least, true), (*least, false)]);
    let (least, later) = lines.max_by_key(|(least, later)| right(known, *least, *later)).unwrap();
    right(secret, least, later) as f64 / secret.len() as f64
}

//! How long acknowledgements stand still while results are recorded and read. Run it on an idle machine,
//! optimized: `cargo test --release -p formix-node --lib history::tests::stall -- --ignored --nocapture`

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use formix_proto::answer::{Answer, Cell};
use formix_proto::limits::{MAX_COLUMNS, MAX_DIMENSION, MAX_REGRESSION};
use formix_sim::random::Stream;

use super::*;

/// As many groups as fit: each has its count, the columns and the response, and all their products.
const GROUPS: usize = {
    let variables = MAX_COLUMNS + 1;
    MAX_REGRESSION / (1 + variables + variables * (variables + 1) / 2)
};
/// How many answers are in a group.
const ANSWERS: u32 = 40;
/// How often each case is run.
const RUNS: usize = 5;

/// Appends a fact each millisecond, and looks how long it is until that is acknowledged.
struct Ticker {
    sent: Arc<Mutex<BTreeMap<u64, Instant>>>,
    seq: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    ticking: JoinHandle<()>,
    listening: JoinHandle<Vec<Duration>>,
}

impl Ticker {
    fn start(log: &Arc<SqliteLog>, opened: Opened, seq: u64) -> Self {
        let (sent, seq) = (Arc::<Mutex<BTreeMap<_, _>>>::default(), Arc::new(AtomicU64::new(seq)));
        let stop = Arc::<AtomicBool>::default();
        let ticking = thread::spawn({
            let (log, sent, seq) = (Arc::clone(log), Arc::clone(&sent), Arc::clone(&seq));
            let stop = Arc::clone(&stop);
            move || {
                while !stop.load(Ordering::Relaxed) {
                    append(&log, &sent, &seq, vec![record(0, Fact::Opened)]);
                    thread::sleep(Duration::from_millis(1));
                }
            }
        });
        let listening = thread::spawn({
            let sent = Arc::clone(&sent);
            move || waits(&sent, opened)
        });
        Self { sent, seq, stop, ticking, listening }
    }

    /// All waits, sorted, once the log is closed.
    fn end(self, log: Arc<SqliteLog>) -> Vec<Duration> {
        self.stop.store(true, Ordering::Relaxed);
        self.ticking.join().unwrap();
        Arc::into_inner(log).unwrap().shut();
        let mut waits = self.listening.join().unwrap();
        waits.sort_unstable();
        waits
    }
}

fn append(
    log: &SqliteLog,
    sent: &Mutex<BTreeMap<u64, Instant>>,
    seq: &AtomicU64,
    records: Vec<Record>,
) {
    // In order, however many append.
    let mut sent = sent.lock().unwrap();
    let seq = seq.fetch_add(1, Ordering::Relaxed) + 1;
    sent.insert(seq, Instant::now());
    log.append(Batch { seq: BatchSeq(seq), records });
}

fn waits(sent: &Mutex<BTreeMap<u64, Instant>>, mut opened: Opened) -> Vec<Duration> {
    let mut waits = Vec::new();
    while let Some(acknowledged) = opened.acknowledgements.blocking_recv() {
        let (last, now) = (acknowledged.unwrap().0, Instant::now());
        let mut sent = sent.lock().unwrap();
        let later = sent.split_off(&(last + 1));
        waits.extend(std::mem::replace(&mut *sent, later).values().map(|at| now - *at));
    }
    waits
}

/// Records these ends under load and reads them; prints the figures.
fn run(what: &str, asked: &[Record], ends: &[Record], read: impl Fn(&History)) {
    let mut figures = Vec::new();
    for _ in 0..RUNS {
        let home = Home::new();
        let (log, history, mut opened) = open(&home.file());
        log.write(&mut opened, 1, asked.to_vec());
        let log = Arc::new(log);
        let ticker = Ticker::start(&log, opened, 1);
        thread::sleep(Duration::from_millis(300));
        let begun = Instant::now();
        append(&log, &ticker.sent, &ticker.seq, ends.to_vec());
        read(&history);
        let took = begun.elapsed();
        thread::sleep(Duration::from_millis(200));
        let waits = ticker.end(log);
        let (usual, longest) = (waits[waits.len() / 2], waits[waits.len() - 1]);
        println!("{what}: read after {took:.2?}; usual wait {usual:.2?}, longest {longest:.2?}");
        figures.push((longest, took));
    }
    figures.sort_unstable();
    let (longest, took) = figures[RUNS / 2];
    println!("{what}: median of the longest waits {longest:.2?}, read after {took:.2?}");
}

fn regression() -> Statistic {
    let number = domain(0, 1000, 2);
    let labels = |prefix: &str, count: usize| {
        let words: Vec<_> = (0..count).map(|n| format!("{prefix}{n}")).collect();
        Labels::try_from(words).unwrap()
    };
    let columns = (number, labels("c", MAX_COLUMNS), vec![number; MAX_COLUMNS]);
    let groups = Some(Groups { labels: labels("g", GROUPS), min_size: 3 });
    Statistic { groups, ..Regression::try_from(columns).unwrap().into() }
}

/// The totals of answers from which every group has a regression of its own.
fn totals(proposal: &Proposal) -> Totals {
    let (spec, mut draw) = (&proposal.spec, Stream::new(1, "answers"));
    let mut answers = Vec::new();
    for group in 0..GROUPS {
        for _ in 0..ANSWERS {
            let group = Cell::text(&format!("g{group}"));
            let number = |_| Cell::parse(&draw.below(1000).to_string());
            let cells = std::iter::once(group).chain((0..=MAX_COLUMNS).map(number)).collect();
            answers.push(spec.statistic.encode(&Answer::new(cells), spec.shape()).unwrap());
        }
    }
    formix_testkit::vectors::added_up(spec.shape(), &answers)
}

#[test]
#[ignore = "prints figures, checks nothing"]
fn of_the_largest_regression() {
    let participants = u32::try_from(GROUPS).unwrap() * ANSWERS;
    let (_, mut proposal) = asking(1, regression());
    Arc::make_mut(&mut proposal.spec).max_participants = participants;
    let asked = record(1, Fact::Proposed(Box::new(proposal.clone())));
    let (digest, totals) = (RosterDigest([0; 32]), totals(&proposal));
    let outcome = Outcome::Completed(Reveal { digest, participants, totals });
    let end = record(1, Fact::Concluded(outcome));
    run("regression", &[asked], &[end], |history| {
        let row = wait(history.computation(id(1))).unwrap().unwrap();
        assert_eq!(row.summary.unwrap().groups.len(), GROUPS);
        assert_eq!(wait(history.newest(20)).unwrap().len(), 1);
    });
}

#[test]
#[ignore = "prints figures, checks nothing"]
fn of_the_longest_vector() {
    let length = u32::try_from(MAX_DIMENSION).unwrap();
    let (asked, proposal) = asking(1, Vector(domain(0, 100, 9), length));
    let end = ended(1, &proposal, 100, 2_345);
    run("longest vector", &[asked], &[end], |history| {
        let row = wait(history.computation(id(1))).unwrap().unwrap();
        assert!(row.summary.is_some());
    });
}

#[test]
#[ignore = "prints figures, checks nothing"]
fn of_a_list_of_twenty_long_vectors() {
    let asked: Vec<_> = (0..20).map(|n| asking(n, Vector(domain(0, 100, 0), 1_000_000))).collect();
    let ends: Vec<_> = (0..20).map(|n| ended(n, &asked[0].1, 100, 2_345)).collect();
    let asked: Vec<_> = asked.into_iter().map(|(record, _)| record).collect();
    run("twenty vectors", &asked, &ends, |history| {
        let rows = wait(history.newest(20)).unwrap();
        println!("a list of {} bytes", serde_json::to_vec(&rows).unwrap().len());
    });
}

//! The log as its node sees it. `conformance` is what any log promises; the rest is about the one in a
//! SQLite file: `erasure`, `failing`, `full` and `refusal` are about bad days.

pub(crate) mod conformance;
mod erasure;
mod failing;
mod full;
mod listening;
mod refusal;
mod speed;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

use formix_proto::Decimal;
use formix_proto::id::{ComputationId, NodeId, Nonce, RosterDigest, Tag};
use formix_proto::limits::MAX_FRAME;
use formix_proto::machine::{Batch, BatchSeq};
use formix_proto::outcome::{Failure, Outcome, Reveal};
use formix_proto::record::{Fact, Record, Seal};
use formix_proto::roster::Roster;
use formix_proto::sharing::{Partial, Ring, Scheme, Share};
use formix_proto::spec::{Proposal, Spec};
use formix_proto::statistic::{Domain, Statistic, Sum};
use formix_proto::time::Time;
use formix_testkit::vectors;
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::Listener;
use super::writer::{Request, Writer};
use super::*;
use crate::database::Connection;

pub(crate) const ME: NodeId = NodeId([7; 32]);

/// A directory that goes away, and the file in it.
pub(crate) struct Home(pub(crate) TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.path().join("node.db")
    }
}

fn open(file: &Path) -> (SqliteLog, Opened) {
    try_open(file).unwrap()
}

fn try_open(file: &Path) -> Result<(SqliteLog, Opened), DatabaseError> {
    SqliteLog::open(file, ME, Counter)
}

fn open_writer(file: &Path) -> Writer<Counter> {
    Writer::open(file, ME, Counter).unwrap().0
}

/// A node that stopped without closing: its file as it was when it started, and its write-ahead log.
pub(crate) fn stopped<L: Listener + Clone>(
    listener: L,
    batches: &conformance::Batches,
) -> (Vec<u8>, Vec<u8>) {
    let home = Home::new();
    SqliteLog::open(&home.file(), ME, listener.clone()).unwrap().0.shut();
    let database = fs::read(home.file()).unwrap();
    let (mut writer, _) = Writer::open(&home.file(), ME, listener).unwrap();
    for (seq, records) in (1..).zip(batches) {
        writer.write(&[Batch { seq: BatchSeq(seq), records: records.clone() }]).unwrap();
    }
    (database, fs::read(home.0.path().join("node.db-wal")).unwrap())
}

/// Counts the facts that it hears, in a table of its own.
#[derive(Clone)]
struct Counter;

impl Listener for Counter {
    fn tables(&self) -> &'static str {
        "CREATE TABLE heard (facts INTEGER NOT NULL) STRICT; INSERT INTO heard VALUES (0);"
    }

    fn check(&self, _: &Connection, _: &[Record]) -> Result<(), DatabaseError> {
        Ok(())
    }

    fn hear(&mut self, connection: &Connection, _: &Record, _: u64) -> Result<(), DatabaseError> {
        connection.prepare("UPDATE heard SET facts = facts + 1")?.run(())
    }
}

impl SqliteLog {
    /// Writes one batch and waits until it is durable.
    pub(crate) fn write(&self, opened: &mut Opened, seq: u64, records: Vec<Record>) {
        self.append(Batch { seq: BatchSeq(seq), records });
        let acknowledged = opened.acknowledgements.blocking_recv();
        assert_eq!(acknowledged.unwrap().unwrap(), BatchSeq(seq));
    }

    pub(crate) fn shut(self) {
        wait(self.close()).unwrap();
    }
}

pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub(crate) fn id(number: u32) -> ComputationId {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    ComputationId(bytes)
}

pub(crate) fn record(computation: u32, fact: Fact) -> Record {
    Record { id: id(computation), fact }
}

/// A share that is found again if it is left anywhere.
pub(crate) fn share(computation: u32, light: u32) -> Share {
    vectors::share(&[0xfeed_face, computation, light, 0x5eed_5eed ^ light])
}

pub(crate) fn contributed(computation: u32, light: u32) -> Record {
    let name = NodeId([u8::try_from(light % 256).unwrap(); 32]);
    let share = share(computation, light);
    record(computation, Fact::Contributed { light: name, tag: Tag([9; 16]), share })
}

pub(crate) fn sealed(computation: u32) -> Record {
    let roster = Roster::default();
    let seal = Seal { roster, excluded: Vec::new(), partial: vectors::partial(&[1, 2, 3, 4]) };
    record(computation, Fact::Sealed(seal))
}

pub(crate) fn proposal() -> Proposal {
    let domain = Domain::new(Decimal::from(-5), Decimal::from(5), 1).unwrap();
    Proposal {
        proposer: ME,
        nonce: Nonce([3; 16]),
        spec: Spec {
            prompt: "Wie spät, \"ungefähr\"?".into(),
            query: None,
            statistic: Statistic::from(Sum(domain)),
            committee: [NodeId([1; 32]), NodeId([2; 32]), NodeId([3; 32])].into(),
            scheme: Scheme::Additive,
            deadline: Time(1_700_000_000_000),
            min_participants: 2,
            max_participants: 100,
        }
        .into(),
    }
}

pub(crate) fn proposed(computation: u32) -> Record {
    record(computation, Fact::Proposed(Box::new(proposal())))
}

pub(crate) fn completed(computation: u32) -> Record {
    let digest = RosterDigest([0; 32]);
    let reveal = Reveal { digest, participants: 3, totals: vectors::totals(&[146]) };
    record(computation, Fact::Concluded(Outcome::Completed(reveal)))
}

/// A seal of many participants is longer than any message, and the node must start with it.
#[test]
fn a_record_longer_than_a_frame_is_there_at_the_next_start() {
    let Fact::Sealed(seal) = sealed(1).fact else { unreachable!() };
    let partial = Partial::parse(Ring::Z32, &vec![7; MAX_FRAME]).unwrap();
    let long = record(1, Fact::Sealed(Seal { partial, ..seal }));
    let home = Home::new();
    let (log, mut opened) = open(&home.file());
    log.write(&mut opened, 1, vec![long.clone()]);
    log.shut();
    assert!(open(&home.file()).1.records == [long]);
}

#[test]
fn a_failed_write_is_acknowledged_once_and_ends_the_log() {
    let home = Home::new();
    let writer = open_writer(&home.file());
    writer.database.connection.execute("DROP TABLE log").unwrap();
    let (requests, queue) = channel();
    let (acknowledge, mut acknowledgements) = mpsc::unbounded_channel();
    for seq in 1..=2 {
        let batch = Batch { seq: BatchSeq(seq), records: vec![record(1, Fact::Opened)] };
        requests.send(Request::Append(batch)).unwrap();
    }
    std::thread::spawn(move || writer.run(&queue, &acknowledge)).join().unwrap();
    assert!(matches!(acknowledgements.blocking_recv(), Some(Err(DatabaseError::Damaged { .. }))));
    assert!(acknowledgements.blocking_recv().is_none());
    let reader = Reader { requests, file: home.file() };
    assert!(matches!(wait(reader.read(|_| Ok(()))), Err(DatabaseError::Closed { .. })));
    assert!(matches!(try_open(&home.file()), Err(DatabaseError::InUse { .. })));
}

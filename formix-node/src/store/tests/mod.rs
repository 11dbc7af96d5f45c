//! The store as its user sees it. `damage`, `erasure` and `refusal` are about bad days.

mod conformance;
mod damage;
mod erasure;
mod failing;
mod full;
mod refusal;
mod speed;

use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

use formix_proto::Decimal;
use formix_proto::id::{ComputationId, NodeId, Nonce, RosterDigest, Tag};
use formix_proto::machine::{Batch, BatchSeq};
use formix_proto::outcome::{Failure, Outcome, Reveal};
use formix_proto::record::{Fact, Record, Seal};
use formix_proto::roster::Roster;
use formix_proto::share::Lanes;
use formix_proto::spec::{Committee, Proposal, Spec};
use formix_proto::statistic::{Domain, Measure, Statistic};
use formix_proto::time::Time;
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::writer::{Request, Writer};
use super::*;

const ME: NodeId = NodeId([7; 32]);

/// A directory that goes away, and the file in it.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("node.db")
    }
}

fn open(file: &Path) -> (Store, Opened) {
    Store::open(file, ME).unwrap()
}

impl Store {
    /// Writes one batch and waits until it is durable.
    fn write(&self, opened: &mut Opened, seq: u64, records: Vec<Record>) {
        self.append(Batch { seq: BatchSeq(seq), records });
        let acknowledged = opened.acknowledgements.blocking_recv();
        assert_eq!(acknowledged.unwrap().unwrap(), BatchSeq(seq));
    }

    fn shut(self) {
        wait(self.close()).unwrap();
    }
}

fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn id(number: u32) -> ComputationId {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    ComputationId(bytes)
}

fn record(computation: u32, fact: Fact) -> Record {
    Record { id: id(computation), fact }
}

/// A share that is found again if it is left anywhere.
fn share(computation: u32, light: u32) -> Lanes {
    Lanes::new(&[0xfeed_face, computation, light, 0x5eed_5eed ^ light])
}

fn contributed(computation: u32, light: u32) -> Record {
    let name = NodeId([u8::try_from(light % 256).unwrap(); 32]);
    let share = share(computation, light);
    record(computation, Fact::Contributed { light: name, tag: Tag([9; 16]), share })
}

fn sealed(computation: u32) -> Record {
    let roster = Roster::default();
    let seal = Seal { roster, excluded: Vec::new(), partial: Lanes::new(&[1, 2, 3, 4]) };
    record(computation, Fact::Sealed(seal))
}

fn proposal() -> Proposal {
    let domain = Domain::new(Decimal::from(-5), Decimal::from(5), 1).unwrap();
    Proposal {
        proposer: ME,
        nonce: Nonce([3; 16]),
        spec: Spec {
            prompt: "Wie spät, \"ungefähr\"?".into(),
            query: None,
            statistic: Statistic::from(Measure::Sum(domain)),
            committee: Committee([NodeId([1; 32]), NodeId([2; 32]), NodeId([3; 32])]),
            deadline: Time(1_700_000_000_000),
            min_participants: 2,
            max_participants: 100,
        },
    }
}

fn proposed(computation: u32) -> Record {
    record(computation, Fact::Proposed(Box::new(proposal())))
}

fn completed(computation: u32) -> Record {
    let digest = RosterDigest([0; 32]);
    let reveal = Reveal { digest, participants: 3, totals: Lanes::new(&[146]) };
    record(computation, Fact::Concluded(Outcome::Completed(reveal)))
}

#[test]
fn the_log_comes_back_in_order() {
    let home = Home::new();
    let written: Vec<_> = (0..50)
        .flat_map(|n| [record(n, Fact::Opened), contributed(n % 3, n), record(n, Fact::Frozen)])
        .collect();
    for part in 0..3 {
        let (store, mut opened) = open(&home.file());
        assert_eq!(opened.records, written[..part * 50]);
        for (seq, records) in written[part * 50..][..50].chunks(7).enumerate() {
            store.write(&mut opened, seq as u64 + 1, records.to_vec());
        }
        store.shut();
    }
    assert_eq!(open(&home.file()).1.records, written);
}

#[test]
fn acknowledgements_come_in_order_and_a_batch_without_records_gets_one() {
    let home = Home::new();
    let (store, mut opened) = open(&home.file());
    for seq in 1..=2000 {
        let records = (seq % 5 != 0).then(|| record(1, Fact::Opened));
        store.append(Batch { seq: BatchSeq(seq), records: records.into_iter().collect() });
    }
    let mut last = BatchSeq(0);
    while last < BatchSeq(2000) {
        let next = opened.acknowledgements.blocking_recv().unwrap().unwrap();
        assert!(next > last);
        last = next;
    }
    store.shut();
    assert_eq!(open(&home.file()).1.records.len(), 1600);
}

#[test]
fn what_is_queued_is_written_before_a_store_closes() {
    let home = Home::new();
    let (store, opened) = open(&home.file());
    for seq in 1..=100 {
        store.append(Batch { seq: BatchSeq(seq), records: vec![record(1, Fact::Opened)] });
    }
    drop(store);
    let last = wait(async move {
        let mut acknowledgements = opened.acknowledgements;
        let mut last = None;
        while let Some(next) = acknowledgements.recv().await {
            last = Some(next.unwrap());
        }
        last
    });
    assert_eq!(last, Some(BatchSeq(100)));
}

#[test]
fn people_read_what_became_of_their_questions() {
    let home = Home::new();
    let (store, mut opened) = open(&home.file());
    let failure = Failure::TooFew { participants: 1, needed: 2 };
    let failed = Fact::Concluded(Outcome::Failed(failure.clone()));
    let accepted = |n| record(n, Fact::Accepted);
    store.write(&mut opened, 1, vec![proposed(1), proposed(2), proposed(3), proposed(4)]);
    store.write(&mut opened, 2, vec![accepted(2), accepted(3), accepted(4)]);
    store.write(&mut opened, 3, vec![completed(3), record(4, failed), record(3, Fact::Forgotten)]);

    let rows = wait(store.computations(10)).unwrap();
    let status: Vec<_> = rows.iter().map(|row| row.status.as_str()).collect();
    assert_eq!(status, ["failed", "completed", "collecting", "pending"], "newest first");
    assert_eq!(rows[0].failure, Some(failure.to_string()));
    assert_eq!((&rows[0].result, rows[0].participants_count), (&None, None));
    assert_eq!(rows[1].result.as_deref(), Some("-0.4"));
    assert!(rows[1].mean.as_ref().unwrap().starts_with("-0.1333"));
    assert_eq!(rows[1].participants_count, Some(3));
    assert!(rows[1].completed_at >= Some(rows[1].created_at) && rows[1].created_at > 0);
    assert_eq!(rows[3].comp_id, id(1).to_string());
    assert_eq!(rows[3].proposer_uid, ME.to_string());
    assert_eq!(rows[3].heavy_node_3, NodeId([3; 32]).to_string());
    assert_eq!(rows[3].computation_prompt, "Wie spät, \"ungefähr\"?");
    assert_eq!(
        rows[3].response_schema,
        r#"{"statistic":{"kind":"sum","min":"-5","max":"5","decimals":1},"groups":null,"missing":"decline","outside":"decline","hide_declining":false}"#
    );
    assert_eq!((rows[3].deadline, rows[3].min_participants), (1_700_000_000_000, 2));
    assert_eq!(rows[3].completed_at, None);

    assert_eq!(wait(store.computations(1)).unwrap(), rows[..1]);
    assert_eq!(wait(store.reader().computation(id(3))).unwrap().as_ref(), Some(&rows[1]));
    assert_eq!(wait(store.computation(id(9))).unwrap(), None);
    store.shut();
    assert_eq!(read_computations(&home.file(), 10).unwrap(), rows);
    assert_eq!(read_computations(&home.0.path().join("none.db"), 10).unwrap(), []);
}

#[test]
fn a_failed_write_is_told_once_and_ends_the_store() {
    let home = Home::new();
    let (writer, _) = Writer::open(&home.file(), ME).unwrap();
    writer.connection.execute("DROP TABLE log").unwrap();
    let (requests, queue) = channel();
    let (acknowledge, mut acknowledgements) = mpsc::unbounded_channel();
    for seq in 1..=2 {
        let batch = Batch { seq: BatchSeq(seq), records: vec![record(1, Fact::Opened)] };
        requests.send(Request::Append(batch)).unwrap();
    }
    std::thread::spawn(move || writer.run(&queue, &acknowledge)).join().unwrap();
    assert!(matches!(acknowledgements.blocking_recv(), Some(Err(StoreError::Damaged { .. }))));
    assert!(acknowledgements.blocking_recv().is_none());
    let reader = Reader { requests, file: home.file() };
    assert!(matches!(wait(reader.computations(1)), Err(StoreError::Closed { .. })));
    assert!(matches!(Store::open(&home.file(), ME), Err(StoreError::InUse { .. })));
}

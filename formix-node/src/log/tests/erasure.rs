//! What is erased is gone from every file, and nothing else is.

use std::fs;
use std::time::{Duration, Instant};

use super::*;

/// Whether this share is in any file of the node, as they are or in the midst of a page.
fn on_disk(home: &Home, share: &Share) -> bool {
    let needle = share.expose().to_vec();
    fs::read_dir(home.0.path()).unwrap().any(|entry| {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

impl SqliteLog {
    /// Writes one batch and waits until what it erases is gone.
    fn write_and_scrub(&self, opened: &mut Opened, seq: u64, records: Vec<Record>) {
        self.write(opened, seq, records);
        wait(self.reader().read(|_| Ok(()))).unwrap();
    }
}

fn split(computation: u32) -> Record {
    let shares = [0, 1, 2].map(|seat| share(computation, seat));
    record(computation, Fact::Split { tag: Tag([9; 16]), shares: shares.into() })
}

#[test]
fn each_ending_erases_the_shares_of_its_computation_only() {
    let endings: [fn() -> Record; 5] = [
        || sealed(1),
        || record(1, Fact::Failed(Failure::NeverOpened)),
        || record(1, Fact::Delivered),
        || record(1, Fact::Learned(None)),
        || record(1, Fact::Forgotten),
    ];
    for ending in endings {
        let home = Home::new();
        let (log, mut opened) = open(&home.file());
        let before = vec![record(1, Fact::Opened), split(1), split(2), contributed(1, 0)];
        log.write(&mut opened, 1, before);
        assert!(on_disk(&home, &share(1, 2)) && on_disk(&home, &share(2, 2)));
        let end = ending();
        log.write_and_scrub(&mut opened, 2, vec![end.clone()]);
        assert!(!on_disk(&home, &share(1, 0)) && !on_disk(&home, &share(1, 2)), "{end:?}");
        assert!(on_disk(&home, &share(2, 2)), "{end:?}");
        log.shut();
        let left = match end.fact {
            Fact::Forgotten => vec![split(2)],
            _ => vec![record(1, Fact::Opened), split(2), end],
        };
        assert_eq!(open(&home.file()).1.records, left);
    }
}

#[test]
fn shares_that_come_and_go_in_one_batch_are_never_left() {
    let home = Home::new();
    let (log, mut opened) = open(&home.file());
    log.write_and_scrub(&mut opened, 1, vec![contributed(1, 0), sealed(1), contributed(2, 0)]);
    assert!(!on_disk(&home, &share(1, 0)));
    assert!(on_disk(&home, &share(2, 0)));
}

#[test]
fn no_copy_of_a_share_outlives_it_among_many_that_stay() {
    const COMPUTATIONS: u32 = 12;
    const LIGHTS: u32 = 150;
    let home = Home::new();
    let (log, mut opened) = open(&home.file());
    let mut seq = 0;
    let mut write = |records| {
        seq += 1;
        log.write_and_scrub(&mut opened, seq, records);
    };
    for light in 0..LIGHTS {
        write((0..COMPUTATIONS).map(|computation| contributed(computation, light)).collect());
    }
    // Out of order, and with new shares in between.
    for n in 0..COMPUTATIONS {
        let ended = n * 5 % COMPUTATIONS;
        write(vec![sealed(ended), contributed(100 + n, n)]);
        for light in (0..LIGHTS).step_by(7) {
            assert!(!on_disk(&home, &share(ended, light)), "{ended} {light}");
        }
        assert!(on_disk(&home, &share(100, 0)));
    }
}

#[test]
fn what_a_crash_left_in_the_log_is_moved_out_of_it() {
    let home = Home::new();
    let (log, mut opened) = open(&home.file());
    log.write(&mut opened, 1, vec![contributed(1, 0)]);
    let copy = Home::new();
    for name in ["node.db", "node.db-wal"] {
        fs::copy(home.0.path().join(name), copy.0.path().join(name)).unwrap();
    }
    let (_log, opened) = open(&copy.file());
    assert_eq!(opened.records, [contributed(1, 0)]);
    assert!(fs::read(copy.0.path().join("node.db-wal")).unwrap().is_empty());
}

#[test]
fn a_node_that_is_never_idle_scrubs_in_time() {
    let home = Home::new();
    let mut writer = open_writer(&home.file());
    let (requests, queue) = channel();
    let write = |writer: &mut Writer<Counter>, record| {
        writer.write(&[Batch { seq: BatchSeq(1), records: vec![record] }]).unwrap();
        requests.send(Request::Close(None)).unwrap();
    };
    write(&mut writer, contributed(1, 0));
    write(&mut writer, sealed(1));
    writer.next(&queue).unwrap();
    assert!(writer.erased.is_some() && on_disk(&home, &share(1, 0)), "it has other things to do");
    writer.erased = Instant::now().checked_sub(Duration::from_secs(2));
    writer.next(&queue).unwrap();
    assert!(!on_disk(&home, &share(1, 0)));
}

/// However much else it has to do, and however often something is erased: the clock is moved by hand.
#[test]
fn a_node_that_is_never_idle_has_nothing_on_its_disk_that_was_erased_a_second_ago() {
    const STEP: Duration = Duration::from_millis(300);
    const STEPS: u32 = 12;
    let home = Home::new();
    let mut writer = open_writer(&home.file());
    let (requests, queue) = channel();
    for step in 0..STEPS {
        for record in [contributed(step, 0), contributed(step + 1, 1), sealed(step)] {
            let group = [Batch { seq: BatchSeq(1), records: vec![record] }];
            writer.write(&group).unwrap();
            requests.send(Request::Read(Box::new(|_| ()))).unwrap();
            assert!(writer.next(&queue).unwrap().is_some());
        }
        writer.erased = writer.erased.map(|since| since.checked_sub(STEP).unwrap());
        for erased in (0..=step).filter(|erased| (step - erased) * STEP > Duration::from_secs(1)) {
            for light in [0, 1] {
                let share = share(erased, light);
                assert!(!on_disk(&home, &share), "{erased} {light} at step {step}");
            }
        }
        assert!(on_disk(&home, &share(step + 1, 1)));
    }
}

#[test]
fn share_tables_are_used_again() {
    let home = Home::new();
    for round in 0..3 {
        let (log, mut opened) = open(&home.file());
        for n in 0..5 {
            let batch = vec![contributed(round, n), sealed(round)];
            log.write(&mut opened, u64::from(n) + 1, batch);
        }
        log.shut();
    }
    let writer = open_writer(&home.file());
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name GLOB 'shares_*'";
    writer
        .database
        .connection
        .query(tables, (), |mut row| {
            assert_eq!(row.integer().unwrap(), 1);
            Ok(())
        })
        .unwrap();
}

//! Experiments measure what they say, and the same each time.

use std::collections::BTreeSet;
use std::str::FromStr;

use formix_proto::message::Message;
use formix_proto::wire;
use formix_sim::observation::{Observation, Observer};
use formix_sim::plan::Latency;

use super::{Percent, Row, Setting, Sweep, measure, plot};

/// Three light nodes, of whom nobody hesitates, over links that take one millisecond.
const SMALL: Setting = Setting {
    lights: 3,
    heavies: 3,
    latency: Latency::PerLink { min: 0, max: 0 },
    loss: Percent::NONE,
    dropout: Percent::NONE,
    decline: Percent::NONE,
    answer_within: 0,
    deadline: 30_000,
    seed: 0,
};

/// A value as it is given on the command line.
fn read<T: FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| unreachable!("{text}"))
}

/// How long the messages of a run were, as somebody else counts them.
#[derive(Default)]
struct Lengths {
    light: u64,
    kinds: BTreeSet<(&'static str, usize)>,
}

impl Observer for Lengths {
    fn observe(&mut self, _: u64, observation: &Observation<'_>) {
        if let Observation::Sent { message, .. } = observation {
            let length = wire::encode(message).as_ref().len();
            self.kinds.insert((message.name(), length));
            let of_a_light = matches!(
                message,
                Message::Invite(_)
                    | Message::Contribution { .. }
                    | Message::Receipt(_)
                    | Message::Ended { .. }
            );
            self.light += if of_a_light { length as u64 } else { 0 };
        }
    }
}

/// A frame takes 1 ms and so does a write. A step and the write before it are 2 ms: from the question
/// to `Propose`, `Prepare`, `Ready`, `Open` at the other seats, and the last invitation there, 10 ms;
/// asked, split and sent, 2 writes and a frame, 3 ms; the second and third contribution wait for the
/// write of the first, and `AllIn` is there 3 ms later: 16 ms. `Close`, `Frozen`, `Seal`, `Partial`
/// and `Outcome` are five such steps, and the proposer's own write 1 ms more: 11 ms.
#[test]
fn the_times_of_a_small_run_are_those_that_one_can_count() {
    let row = measure(&SMALL, &mut ());
    assert_eq!((row.status, row.violation.as_deref()), ("completed", None));
    assert_eq!((row.willing, row.given, row.counted), (3, 3, 3));
    assert_eq!(row.close_ms, Some(16));
    assert_eq!(row.close_to_outcome_ms, Some(11));
    assert_eq!(row.total_ms, Some(27));
}

/// Each light node has three invitations, contributions and receipts, and the end from the primary.
/// Between the heavy nodes, ten kinds of message go to or from each of two seats, and count at both
/// ends; the primary has a proposal, progress twice and the outcome.
#[test]
fn the_messages_of_a_small_run_are_those_that_one_can_count() {
    let mut lengths = Lengths::default();
    let row = measure(&SMALL, &mut lengths);
    assert_eq!(row.messages_per_light, 10.0);
    assert_eq!(row.messages_per_heavy, (3.0 * 10.0 + 2.0 * 10.0 * 2.0 + 4.0) / 3.0);
    assert_eq!(row.bytes_per_light, lengths.light as f64 / 3.0);
    assert!(lengths.kinds.iter().any(|(name, _)| *name == "contribution"));
}

#[test]
fn who_never_answers_holds_the_question_up_until_its_deadline() {
    let row = measure(&Setting { lights: 40, dropout: read("25"), ..SMALL }, &mut ());
    assert_eq!(row.violation, None);
    assert!((20..40).contains(&row.willing), "{row:?}");
    assert_eq!((row.given, row.counted), (row.willing, row.willing));
    assert_eq!(row.close_ms, Some(30_000));
}

/// An answer is lost if its last share is on the way when a seat stops accepting.
#[test]
fn answers_that_come_too_late_are_lost_and_counted_as_such() {
    let setting = Setting {
        lights: 60,
        latency: Latency::LogNormal { median: 200, sigma: 800 },
        answer_within: 4_000,
        deadline: 3_000,
        ..SMALL
    };
    let row = measure(&setting, &mut ());
    assert_eq!((row.status, row.violation.as_deref()), ("completed", None));
    assert!(row.counted < row.given && row.given < row.willing, "{row:?}");
    let lost = 100.0 * f64::from(row.given - row.counted) / f64::from(row.given);
    assert_eq!(row.lost_percent, lost);
}

#[test]
fn two_thousand_light_nodes_are_added_up_exactly_under_every_check() {
    let latency = Latency::LogNormal { median: 40, sigma: 500 };
    let (loss, dropout) = (read("0.1"), read("5"));
    let setting = Setting { lights: 2_000, latency, loss, dropout, ..SMALL };
    let row = measure(&Setting { answer_within: 1_000, ..setting }, &mut ());
    assert_eq!((row.status, row.violation.as_deref()), ("completed", None));
    assert!((1_850..1_950).contains(&row.willing));
    assert_eq!((row.given, row.counted), (row.willing, row.willing), "lost frames are sent again");
}

fn sweep() -> Sweep {
    Sweep {
        lights: vec![3, 12],
        latencies: vec![read("20"), read("5-30")],
        losses: vec![Percent::NONE, read("3")],
        dropouts: vec![Percent::NONE],
        seeds: 2,
        rest: Setting { answer_within: 300, deadline: 5_000, ..SMALL },
    }
}

fn rows(sweep: &Sweep, jobs: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    sweep.run(jobs, |row| {
        rows.push(row);
        true
    });
    rows
}

#[test]
fn the_same_sweep_gives_the_same_table_on_any_number_of_threads() {
    let table = |jobs| rows(&sweep(), jobs).iter().map(Row::csv).collect::<Vec<_>>();
    let once = table(1);
    assert_eq!(once.len(), 2 * 2 * 2 * 2);
    assert_eq!(once, table(3));
    let columns = Row::COLUMNS.split(',').count();
    assert!(once.iter().all(|line| line.split(',').count() == columns));
    let other = Sweep { rest: Setting { seed: 100, ..sweep().rest }, ..sweep() };
    let other = rows(&other, 2);
    assert!(other.iter().zip(&once).all(|(row, line)| row.csv() != *line));
}

#[test]
fn the_columns_of_a_line_are_the_fields_of_its_json() {
    let json = serde_json::to_value(measure(&SMALL, &mut ())).expect("a row is JSON");
    let fields: BTreeSet<_> = json.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(fields, Row::COLUMNS.split(',').map(str::to_owned).collect());
}

#[test]
fn a_sweep_ends_when_no_more_rows_are_wanted() {
    let mut taken = 0;
    sweep().run(2, |_| {
        taken += 1;
        taken < 3
    });
    assert_eq!(taken, 3);
}

#[test]
fn what_was_swept_is_drawn_and_nothing_else() {
    let names: Vec<_> =
        plot::all(&rows(&sweep(), 2)).expect("drawn").into_iter().map(|(name, _)| name).collect();
    assert!(names.iter().any(|name| name == "close-to-outcome-by-lights.svg"), "{names:?}");
    assert!(names.iter().any(|name| name == "answers-lost-by-loss.svg"), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("dropout")), "one value is no line");
}

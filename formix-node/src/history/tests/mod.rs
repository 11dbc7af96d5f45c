//! The history as people read it, and beside its log on bad days.

mod crash;
mod damage;
mod decoding;
mod lists;
mod stall;
mod words;

use std::fs;
use std::sync::Arc;

use formix_proto::Decimal;
use formix_proto::id::{ComputationId, RosterDigest};
use formix_proto::machine::{Batch, BatchSeq};
use formix_proto::outcome::{Failure, Outcome, Reveal, Stage};
use formix_proto::record::{Fact, Record};
use formix_proto::sharing::Totals;
use formix_proto::spec::Proposal;
use formix_proto::statistic::{
    Buckets, Domain, Groups, Histogram, HistogramView, Kind, Labels, Measure, Regression, Rule,
    Schema, Statistic, Sum, SumView, Summary, Vector,
};

use super::*;
use crate::database::Connection;
use crate::log::Log;
use crate::log::tests::*;

fn open(file: &Path) -> (SqliteLog, History, Opened) {
    super::open(file, ME).unwrap()
}

/// Every row with its result, newest first.
fn all(history: &History) -> Result<Vec<ComputationRow>, DatabaseError> {
    wait(async {
        let mut rows = Vec::new();
        for id in history.ids().await? {
            rows.push(history.computation(id).await?.unwrap());
        }
        Ok(rows)
    })
}

fn domain(min: i64, max: i64, decimals: u8) -> Domain {
    Domain::new(min.into(), max.into(), decimals).unwrap()
}

/// The same question about something else.
fn asking(number: u32, statistic: impl Into<Statistic>) -> (Record, Proposal) {
    let mut proposal = proposal();
    Arc::make_mut(&mut proposal.spec).statistic = statistic.into();
    (record(number, Fact::Proposed(Box::new(proposal.clone()))), proposal)
}

/// Its end, with this number of participants and `value` in every place of the totals.
fn ended(number: u32, proposal: &Proposal, participants: u32, value: u128) -> Record {
    let shape = proposal.spec.shape();
    let element = &value.to_le_bytes()[..shape.ring.width()];
    let totals = Totals::parse(shape.ring, &element.repeat(shape.dimension)).unwrap();
    let reveal = Reveal { digest: RosterDigest([0; 32]), participants, totals };
    record(number, Fact::Concluded(Outcome::Completed(reveal)))
}

#[test]
fn people_read_what_became_of_their_questions() {
    let home = Home::new();
    let (log, history, mut opened) = open(&home.file());
    let failure = Failure::TooFew { participants: 1, needed: 2 };
    let failed = Fact::Concluded(Outcome::Failed(failure.clone()));
    let accepted = |n| record(n, Fact::Accepted);
    log.write(&mut opened, 1, vec![proposed(1), proposed(2), proposed(3), proposed(4)]);
    log.write(&mut opened, 2, vec![accepted(2), accepted(3), accepted(4)]);
    log.write(&mut opened, 3, vec![completed(3), record(4, failed), record(3, Fact::Forgotten)]);

    let rows = wait(history.newest(10)).unwrap();
    let states = rows.iter().map(|row| row.state.clone()).collect::<Vec<_>>();
    let expected = [
        State::Failed(failure),
        State::Completed { participants: 3 },
        State::Open(Stage::Collecting),
        State::Open(Stage::Pending),
    ];
    assert_eq!(states, expected, "newest first");
    assert_eq!((&rows[0].result, rows[0].participants_count()), (&None, None));
    assert_eq!(rows[1].result.as_deref(), Some("-0.4"));
    assert!(rows[1].mean.as_ref().unwrap().starts_with("-0.1333"));
    assert!(rows[1].completed_at >= Some(rows[1].created_at) && rows[1].created_at > 0);
    assert_eq!((rows[3].comp_id, &*rows[3].proposal), (id(1), &proposal()));
    assert_eq!(rows[3].schema, Schema::from(proposal().spec.statistic.clone()));
    assert_eq!(rows[3].completed_at, None);

    assert_eq!(wait(history.newest(1)).unwrap(), rows[..1]);
    assert_eq!(wait(history.newest(0)).unwrap(), []);
    let whole = wait(history.computation(id(3))).unwrap().unwrap();
    assert_eq!(whole.summary.as_ref().unwrap().participants, 3);
    assert_eq!(ComputationRow { summary: None, ..whole.clone() }, rows[1]);
    assert_eq!(wait(history.computation(id(9))).unwrap(), None);
    log.shut();

    let archive = Archive::open(&home.file()).unwrap().unwrap();
    assert_eq!(archive.newest(10).unwrap(), rows);
    assert_eq!(archive.ids().unwrap(), [4, 3, 2, 1].map(id));
    assert_eq!(archive.computation(id(3)).unwrap(), Some(whole));
    assert_eq!(archive.computation(id(9)).unwrap(), None);
    assert!(Archive::open(&home.0.path().join("none.db")).unwrap().is_none());
}

/// Every statistic, with all that can be said about one.
fn statistics() -> Vec<Statistic> {
    let labels = |words: &[&str]| {
        Labels::try_from(words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>()).unwrap()
    };
    // What stands for an answer is an answer itself: an option, or a number.
    let instead = |kind: &Kind| if kind.fields.contains(&"options") { "2" } else { "1" };
    let kinds = Measure::FAMILIES.iter().flat_map(|family| family.kinds);
    let pair = |kind: &Kind| {
        let plain = Schema::read(&(kind.example)()).unwrap().statistic().clone();
        let full = Statistic {
            groups: Some(Groups { labels: labels(&["f", "m"]), min_size: 3 }),
            missing: Rule::Use(instead(kind).into()),
            outside: Rule::Use(instead(kind).into()),
            hides_opt_outs: true,
            ..plain.clone()
        };
        [plain, full]
    };
    kinds.flat_map(pair).collect()
}

#[test]
fn every_statistic_is_recorded_as_it_was_asked_and_read_as_it_came() {
    let home = Home::new();
    let (log, _, mut opened) = open(&home.file());
    let asked: Vec<_> = (1..).zip(statistics()).map(|(n, of)| asking(n, of)).collect();
    log.write(&mut opened, 1, asked.iter().map(|(record, _)| record.clone()).collect());
    let ends = (1..).zip(&asked).map(|(n, (_, proposal))| ended(n, proposal, 9, 4));
    let ends: Vec<_> = ends.collect();
    log.write(&mut opened, 2, ends.clone());
    log.shut();
    let (_log, history, _opened) = open(&home.file());
    for ((asked, proposal), end) in asked.iter().zip(&ends) {
        let row = wait(history.computation(asked.id)).unwrap().unwrap();
        assert_eq!(*row.proposal, *proposal);
        let Fact::Concluded(Outcome::Completed(reveal)) = &end.fact else { unreachable!() };
        let summary = proposal.spec.statistic.decode(&reveal.totals, 9);
        assert!(summary.is_some() && row.summary == summary, "{:?}", proposal.spec.statistic);
        let again = wait(history.computation(asked.id)).unwrap().unwrap();
        assert_eq!(again, row, "decoded once or twice is the same");
    }
}

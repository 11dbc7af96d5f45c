//! A network of processes that are killed hundreds of times, at random moments, while it computes:
//! every computation ends, and no total is wrong.
//!
//! The answers are powers of two, so that a total says whose answers are in it. `FORMIX_KILLS` is how
//! many kills there are, `FORMIX_SEED` who is killed when, as far as that can be repeated.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use formix_node::config::PolicyConfig;
use formix_node::control::{Request, Response};
use formix_node::home::ANALYST;
use formix_node::question::Question;
use formix_node::report::{Report, StatusName};
use formix_proto::statistic::{Domain, Sum};
use formix_sim::random::Stream;
use rustix::process::Signal;

use support::{Answer, COMMITTEE, Up};

const ANSWERS: [&str; 6] = ["1", "2", "4", "8", "16", "32"];
const LEAST: u32 = 3;
/// Every so many rounds a node is not killed but stopped until a deadline has passed.
const PAUSE_EVERY: u32 = 5;

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

/// Who kills, and keeps account.
struct Supervisor {
    network: Up,
    draw: Stream,
    kills: u64,
    pauses: u64,
    /// What was asked, as the analyst's node has acknowledged.
    asked: Vec<String>,
    /// How each ended, when that was first read.
    ended: BTreeMap<String, (StatusName, Option<String>)>,
}

#[test]
fn a_network_that_is_killed_again_and_again_never_reveals_a_wrong_total() {
    let (kills, seed) = (variable("FORMIX_KILLS", 200), variable("FORMIX_SEED", 1));
    println!("seed {seed}");
    let policy = PolicyConfig {
        prepare_within: Duration::from_secs(3),
        reveal_within: Duration::from_secs(8),
        ..support::at_once()
    };
    let network = Up::prepare_with(policy, &ANSWERS.map(Answer::Fixed));
    network.up();
    let draw = Stream::new(seed, "kills");
    let (asked, ended) = (Vec::new(), BTreeMap::new());
    let mut supervisor = Supervisor { network, draw, kills: 0, pauses: 0, asked, ended };
    let begun = Instant::now();
    for round in 1.. {
        supervisor.round(round);
        if supervisor.kills >= kills {
            break;
        }
    }
    supervisor.all_have_ended_as_they_had();
    supervisor.all_agree();
    let Supervisor { kills, pauses, ended, .. } = &supervisor;
    let completed = ended.values().filter(|(status, _)| *status == StatusName::Completed).count();
    println!(
        "kills {kills}, pauses {pauses}, computations {}, completed {completed}, failed {}, in {:.0?}",
        ended.len(),
        ended.len() - completed,
        begun.elapsed()
    );
    assert!(completed * 4 > ended.len(), "too few have survived to say much");
}

impl Supervisor {
    /// Some questions, some kills while they are answered, and their ends.
    fn round(&mut self, round: u32) {
        let questions = self.draw.within(2..=4);
        let deadlines: Vec<_> = (0..questions).map(|_| self.ask()).collect();
        if round.is_multiple_of(PAUSE_EVERY) {
            self.pause(deadlines.iter().copied().min().unwrap());
        }
        for _ in 0..self.draw.within(3..=8) {
            self.choose_a_moment();
            self.kill();
        }
        for id in self.asked.split_off(self.asked.len() - deadlines.len()) {
            self.ends(&id);
            self.asked.push(id);
        }
    }

    /// Says when answers are accepted no longer.
    fn ask(&mut self) -> Instant {
        let deadline = Duration::from_millis(self.draw.within(800..=4_000));
        let question = Question {
            schema: Sum(Domain::try_from((0, 100, 0)).unwrap()).into(),
            deadline,
            min_participants: LEAST,
            committee: Some(COMMITTEE.map(str::to_owned).into()),
            ..Question::new("What is your number?")
        };
        let response = self.network.insist(ANALYST, &Request::Propose(Box::new(question)));
        let Response::Proposed(id) = response else { panic!("{response:?}") };
        self.asked.push(id);
        Instant::now() + deadline
    }

    /// Now, or a little later, or when a heavy node that runs holds some answers to the newest question.
    fn choose_a_moment(&mut self) {
        let until = Instant::now() + Duration::from_millis(self.draw.below(120));
        let (heavy, answers) = (self.draw.pick(&COMMITTEE), self.draw.within(1..=6));
        if self.draw.chance(50) {
            let id = self.asked.last().unwrap().clone();
            let request = Request::Computation { id, answers: answers.try_into().unwrap() };
            self.network.call_within(Duration::from_millis(300), heavy, &request);
        } else {
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
        }
    }

    /// Kills one node, or two at once, and starts them again; at times kills them as they start.
    fn kill(&mut self) {
        let mut victims = vec![self.victim()];
        if self.draw.chance(25) {
            victims.push(self.victim());
            victims.dedup();
        }
        for _ in 0..if self.draw.chance(20) { 2 } else { 1 } {
            for victim in &victims {
                self.network.slay(victim);
                self.kills += 1;
            }
            victims.iter().for_each(|victim| self.network.revive(victim));
            std::thread::sleep(Duration::from_millis(self.draw.below(60)));
        }
    }

    fn victim(&mut self) -> String {
        match self.draw.below(10) {
            0..6 => self.draw.pick(&COMMITTEE).to_owned(),
            6..9 => format!("light-{}", self.draw.within(1..=ANSWERS.len() as u64)),
            _ => ANALYST.to_owned(),
        }
    }

    /// Stops a node until a deadline has passed.
    fn pause(&mut self, deadline: Instant) {
        let victim = self.victim();
        self.network.signal(&victim, Signal::STOP);
        std::thread::sleep(deadline.saturating_duration_since(Instant::now()));
        self.network.signal(&victim, Signal::CONT);
        self.pauses += 1;
    }

    fn ends(&mut self, id: &str) {
        let response = self.network.insist(ANALYST, &Request::Wait { id: id.to_owned() });
        let Response::Report(report) = response else { panic!("{response:?}") };
        assert!(report.has_ended(), "{report:?}");
        is_true(&report);
        let end = (report.status(), report.row.result.clone());
        self.ended.insert(id.to_owned(), end);
    }

    /// What had ended is as it was, after everything that came later.
    fn all_have_ended_as_they_had(&self) {
        let response = self.network.insist(ANALYST, &Request::List { most: usize::MAX });
        let Response::Reports(reports) = response else { panic!("{response:?}") };
        assert_eq!(reports.len(), self.asked.len());
        for report in reports {
            is_true(&report);
            let end = (report.status(), report.row.result);
            assert_eq!(self.ended[&report.row.comp_id.to_string()], end);
        }
    }

    /// No heavy node has failed what completed, or completed what failed.
    fn all_agree(&self) {
        for (id, (status, _)) in &self.ended {
            for heavy in COMMITTEE {
                let request = Request::Computation { id: id.clone(), answers: u32::MAX };
                match self.network.insist(heavy, &request) {
                    Response::Computation(Some(standing)) => {
                        assert_eq!(&standing.status, status, "{heavy} on {id}");
                    }
                    // It never heard of what could not even be prepared.
                    Response::Computation(None) => {
                        assert_eq!(*status, StatusName::Failed, "{heavy} on {id}");
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }
}

/// C1: a completed computation is over at least so many answers, and the total is theirs.
fn is_true(report: &Report) {
    let row = &report.row;
    let Some(result) = &row.result else {
        return assert_eq!(report.status(), StatusName::Failed, "{row:?}");
    };
    let total: u64 = result.parse().unwrap_or_else(|_| panic!("{row:?}"));
    let participants = row.participants_count().unwrap();
    assert!(total < 1 << ANSWERS.len() && participants >= LEAST, "{row:?}");
    assert_eq!(total.count_ones(), participants, "{row:?}");
}

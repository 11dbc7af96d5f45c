//! The page of a run: that everything is on it, and nothing that is secret.

use std::collections::{BTreeMap, BTreeSet};

use formix_proto::id::ComputationId;
use formix_proto::message::Message;
use formix_proto::outcome::Outcome;
use formix_proto::record::Fact;
use formix_proto::sharing::Ring;
use formix_proto::sharing::{Counts, Partial, Share};
use formix_sim::observation::{Observation, Observer};
use formix_sim::plan::{Behaviour, Fault, Peer, Plan, Question, Reply, What};
use formix_sim::world::simulate;

use super::{Page, picture};

fn rendered(plan: &Plan) -> String {
    let mut page = Page::new(plan);
    let run = simulate(plan, &mut page);
    page.render(&run, "a test", "formix-sim run")
}

/// How often each message was sent, and every value that nobody but its owner may see.
#[derive(Default)]
struct Seen {
    sent: Vec<&'static str>,
    values: BTreeSet<u128>,
    rings: BTreeMap<ComputationId, Ring>,
}

impl Seen {
    fn of(plan: &Plan) -> Self {
        let ring = |asked: &Question| (asked.proposal.id(), asked.proposal.spec.shape().ring);
        let rings = plan.workload.iter().map(ring).collect();
        let mut seen = Self { rings, ..Self::default() };
        simulate(plan, &mut seen);
        for owner in plan.workload.iter().flat_map(|question| &question.owners) {
            if let Behaviour::Answer(reply) = &owner.behaviour {
                let cells = reply.cells.iter().flatten();
                seen.values.extend(cells.map(|cell| u128::from(cell.unsigned_abs())));
            }
        }
        seen
    }

    fn vectors<'a>(&mut self, id: &ComputationId, all: impl IntoIterator<Item = &'a [u8]>) {
        let Some(ring) = self.rings.get(id) else { return };
        let value =
            |bytes: &[u8]| bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u128::from(*byte));
        let elements = all.into_iter().flat_map(|vector| vector.chunks(ring.width()));
        self.values.extend(elements.map(value));
    }

    /// Those that could not be there by chance, as a time or a count.
    fn distinctive(&self) -> BTreeSet<String> {
        let distinctive = |value: &&u128| **value >= 1_000_000;
        self.values.iter().filter(distinctive).map(ToString::to_string).collect()
    }
}

impl Observer for Seen {
    fn observe(&mut self, _: u64, observation: &Observation<'_>) {
        match observation {
            Observation::Sent { message, .. } => {
                self.sent.push(message.name());
                match message {
                    Message::Contribution { id, share, .. } => self.vectors(id, [share.expose()]),
                    Message::Counts { id, counts, .. } => self.vectors(id, [counts.expose()]),
                    Message::Partial { id, partial, .. } => self.vectors(id, [partial.expose()]),
                    Message::Outcome { id, outcome: Outcome::Completed(reveal) } => {
                        self.vectors(id, [reveal.totals.expose()]);
                    }
                    _ => {}
                }
            }
            Observation::Issued { records, .. } => {
                for record in *records {
                    let id = &record.id;
                    match &record.fact {
                        Fact::Split { shares, .. } => {
                            self.vectors(id, shares.values().map(Share::expose))
                        }
                        Fact::Sealed(seal) => self.vectors(id, [seal.partial.expose()]),
                        Fact::Counted(counts) => {
                            self.vectors(id, counts.values().map(Counts::expose))
                        }
                        Fact::Revealed(partials) => {
                            self.vectors(id, partials.values().map(Partial::expose))
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

fn numbers(page: &str) -> BTreeSet<String> {
    let digits = page.split(|character: char| !character.is_ascii_digit());
    digits.map(ToOwned::to_owned).collect()
}

#[test]
fn the_same_run_is_the_same_page() {
    let plan = Plan::from_seed(3);
    assert_eq!(rendered(&plan), rendered(&Plan::from_seed(3)));
}

#[test]
fn every_message_is_on_the_page() {
    let mut all = BTreeSet::new();
    for seed in 0..6 {
        let plan = Plan::from_seed(seed);
        let (page, seen) = (rendered(&plan), Seen::of(&plan));
        let kinds: BTreeSet<_> = seen.sent.iter().copied().collect();
        all.extend(kinds.iter().copied());
        for kind in kinds {
            let arrows = page.matches(&format!("<title>{kind}  ")).count();
            let sent = seen.sent.iter().filter(|sent| **sent == kind).count();
            assert_eq!(arrows, sent, "{kind} under seed {seed}");
        }
    }
    assert!(all.len() > 15, "{all:?}");
}

#[test]
fn no_secret_is_on_a_page_that_was_not_asked_for_them() {
    let mut found = 0;
    for seed in 0..10 {
        let plan = Plan::from_seed(seed);
        let values = Seen::of(&plan).distinctive();
        assert_eq!(numbers(&rendered(&plan)).intersection(&values).next(), None, "seed {seed}");
        found += values.len();
    }
    assert!(found > 300, "{found} values to look for");
}

#[test]
fn a_page_that_was_asked_for_them_shows_all_secrets() {
    let mut plan = Plan::plain(3, 4);
    let question = &mut plan.workload[0];
    question.owners[2].behaviour = Behaviour::Answer(Reply::from(1_234));
    let mut page = Page::new(&plan).with_secrets();
    let run = simulate(&plan, &mut page);
    let shown = numbers(&page.render(&run, "a test", ""));
    let missing: Vec<_> =
        Seen::of(&plan).values.into_iter().map(|value| value.to_string()).collect();
    let missing: Vec<_> = missing.iter().filter(|value| !shown.contains(*value)).collect();
    assert_eq!(missing, Vec::<&String>::new());
}

/// From l0 to h0, one frame of each kind of trouble: its share, and what is sent instead.
#[test]
fn what_befalls_a_message_is_told() {
    for (what, told) in [
        (What::Lose, "fault: a frame is lost"),
        (What::Repeat(5), "heard at 43 ms, 1 ms later\nheard at 48 ms, 6 ms later"),
        (What::Delay(7), "heard at 50 ms, 8 ms later"),
    ] {
        let mut plan = Plan::plain(3, 3);
        plan.faults.heal = 20_000;
        plan.faults.list.push(Fault::Frame { from: Peer(3), to: Peer(0), nth: 1, what });
        let page = rendered(&plan);
        let share =
            page.split("<title>").find(|title| title.starts_with("contribution  l0 -&gt; h0"));
        let share = share.and_then(|title| title.split("</title>").next()).unwrap();
        assert!(share.contains(told), "{share}");
    }
}

#[test]
fn a_page_needs_nothing_from_elsewhere() {
    let page = rendered(&Plan::from_seed(3));
    let outside = page.replace("http://www.w3.org/2000/svg", "");
    for link in ["://", "src=", "@import", "url(h"] {
        assert!(!outside.contains(link), "{link}");
    }
}

#[test]
fn the_picture_in_the_documentation_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/a-computation.svg");
    let drawn = std::fs::read_to_string(path).unwrap_or_default();
    let regenerate = "cargo run -p formix-sim -- picture > docs/a-computation.svg";
    assert!(
        drawn == picture(),
        "docs/a-computation.svg is out of date; regenerate it with\n  {regenerate}"
    );
}

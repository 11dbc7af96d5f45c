//! R4, where answers have parts: a group with too few answers, or answers that are too few beside those
//! who decline unseen, are told of by nobody. What is too few is decided once, on counts alone (R5).

use formix_proto::fault::Fault;
use formix_proto::id::NodeId;
use formix_proto::machine::{Event, RecoverError};
use formix_proto::message::Message;
use formix_proto::node::Node;
use formix_proto::outcome::{Failure, Outcome};
use formix_proto::record::{Fact, Record};
use formix_proto::seat::PerSeat;
use formix_proto::sharing::{Counts, Partial, Ring};
use formix_proto::spec::Spec;
use formix_proto::statistic::{Finding, Found, Groups, Labels, Statistic, SumFound};
use formix_proto::status::Standing;
use formix_proto::wire::encode;

use crate::support::host::Host;
use crate::support::vectors::{counts, per_seat, seats};
use crate::support::world::{Letter, Owner, World};
use crate::support::{DEADLINE, LIGHTS, PROPOSER, SEATS, config, proposal, seconds, terms};

/// The lanes that count the groups, and the one of the sum of the second.
const OF_B: [usize; 2] = [1, 3];

/// Numbers in two groups, each told of from three answers on.
fn grouped() -> Spec {
    let labels = Labels::try_from(vec!["a".into(), "b".into()]).unwrap();
    let groups = Some(Groups { labels, min_size: 3 });
    Spec { statistic: Statistic { groups, ..terms().statistic }, ..terms() }
}

fn hiding() -> Spec {
    Spec { statistic: Statistic { hides_opt_outs: true, ..terms().statistic }, ..terms() }
}

/// Three answers in the first group and one in the second.
fn three_and_one() -> World {
    let says: [&'static [&'static str]; 4] =
        [&["a", "1.5"], &["a", "2.5"], &["b", "72"], &["a", "3.5"]];
    let mut world = World::new();
    world.owners = LIGHTS.into_iter().zip(says.map(Owner::Says)).collect();
    world
}

fn outcome(world: &World, spec: &Spec) -> Option<Outcome> {
    let id = proposal(spec.clone()).id();
    match world.hosts[&PROPOSER].node().status(&id)?.standing {
        Standing::Ended(outcome) => Some(outcome),
        _ => None,
    }
}

/// What the proposer is told of each part: how many answers, and their sum.
fn told(world: &World, spec: &Spec) -> Vec<Option<(u64, String)>> {
    let Some(Outcome::Completed(reveal)) = outcome(world, spec) else { panic!("no result") };
    let summary = spec.statistic.decode(&reveal.totals, reveal.participants).unwrap();
    let found = |found: Found| match found.finding {
        Finding::Sum(SumFound { sum, .. }) => (found.answers, sum.to_string()),
        _ => panic!("a sum"),
    };
    summary.groups.into_iter().map(|group| group.found.map(found)).collect()
}

/// One element of an encoded vector over Z/2^32.
fn element(encoded: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(encoded[4 * at..4 * at + 4].try_into().unwrap())
}

fn a_is_told_and_b_is_not() -> Vec<Option<(u64, String)>> {
    vec![Some((3, "7.5".into())), None]
}

#[test]
fn r4_a_group_with_too_few_answers_is_told_of_by_nobody() {
    let mut world = three_and_one();
    world.propose(grouped());
    assert_eq!(told(&world, &grouped()), a_is_told_and_b_is_not());
    let said: Vec<_> = world
        .sent
        .iter()
        .flat_map(|letter| match &letter.message {
            Message::Partial { partial, .. } => vec![partial.expose().to_vec()],
            Message::Revealed { partials, .. } => {
                partials.values().map(|partial| partial.expose().to_vec()).collect()
            }
            Message::Outcome { outcome: Outcome::Completed(reveal), .. } => {
                vec![reveal.totals.expose().to_vec()]
            }
            _ => vec![],
        })
        .collect();
    assert_eq!(said.len(), 2 + 2 * 3 + 1);
    for encoded in said {
        assert_eq!(OF_B.map(|at| element(&encoded, at)), [0, 0]);
    }
}

#[test]
fn r4_the_least_size_of_a_group_is_itself_enough() {
    let mut world = three_and_one();
    let all_of_b = Owner::Says(&["b", "10"]);
    world.owners = LIGHTS.into_iter().zip([all_of_b; 3]).collect();
    world.owners.insert(LIGHTS[3], Owner::Declines);
    world.propose(grouped());
    assert_eq!(told(&world, &grouped()), [None, Some((3, "30".into()))]);
}

/// A seat that tells more than it may, because it miscounts or lies, is not added up.
#[test]
fn r4_nobody_takes_a_partial_that_tells_of_a_part_that_is_too_small() {
    for lane in OF_B {
        let mut world = three_and_one();
        world.copies = without(&["partial"]);
        world.propose(grouped());
        let letter = world.letters("partial")[0].clone();
        let Message::Partial { id, digest, partial } = letter.message else { panic!() };
        let mut told = partial.expose().to_vec();
        told[4 * lane] = 1;
        let partial = Partial::parse(Ring::Z32, &told).unwrap();
        let said =
            world.host(SEATS[0]).hear(letter.from, &Message::Partial { id, digest, partial });
        let fault = Fault::Contradiction("partial");
        assert_eq!(said.events, [Event::Fault { peer: letter.from, fault }], "lane {lane}");
        assert!(said.batches.is_empty(), "lane {lane}");
    }
}

/// A damaged log does not change what is told.
#[test]
fn a_log_in_which_others_were_counted_is_refused() {
    let mut world = three_and_one();
    world.propose(grouped());
    let log = world.hosts[&SEATS[1]].log();
    let recover = |log: Vec<Record>| {
        Node::recover(config(SEATS[1]), [7; 32], crate::support::START, log).map(drop)
    };
    assert_eq!(recover(log.clone()), Ok(()));
    let position = log.iter().position(|record| matches!(record.fact, Fact::Counted(_))).unwrap();
    let wrong: [fn(&mut PerSeat<Counts>); 2] =
        [|all| set(all, 1, &[9, 9]), |all| set(all, 2, &[9])];
    for change in wrong {
        let mut log = log.clone();
        let Fact::Counted(counts) = &mut log[position].fact else { panic!("the counts") };
        change(counts);
        assert_eq!(recover(log), Err(RecoverError { position }));
    }
}

/// Counts are for the committee alone: the proposer and the light nodes never hear of a part that is
/// not told of.
#[test]
fn r6_counts_go_to_committee_members_only() {
    let mut world = three_and_one();
    world.propose(grouped());
    let counts = [world.letters("counts"), world.letters("counted")].concat();
    assert_eq!(counts.len(), 4);
    assert!(counts.iter().all(|letter| SEATS.contains(&letter.to)));
}

/// Loses everything of these kinds, so that it must be said again.
fn without(kinds: &'static [&'static str]) -> Box<dyn FnMut(&Letter) -> usize> {
    Box::new(move |letter| usize::from(!kinds.contains(&letter.message.name())))
}

#[test]
fn r7_what_is_told_does_not_change_when_nodes_restart_while_they_count() {
    let steps: [&'static [&'static str]; 4] =
        [&["counts"], &["counted"], &["partial"], &["revealed", "outcome"]];
    for lost in steps {
        let mut world = three_and_one();
        world.copies = without(lost);
        world.propose(grouped());
        assert_eq!(outcome(&world, &grouped()), None, "{lost:?}");
        for node in SEATS {
            world.restart(node);
        }
        world.copies = Box::new(|_| 1);
        world.run_until(DEADLINE);
        assert_eq!(told(&world, &grouped()), a_is_told_and_b_is_not(), "{lost:?}");
        assert!(world.faults().is_empty(), "{lost:?}");
    }
}

/// A seat of a grouped computation that has sealed, and the counts that are its own.
fn counting(lost: &'static [&'static str]) -> (Host, Message) {
    let mut world = three_and_one();
    world.copies = without(lost);
    world.propose(grouped());
    let own = world.letters("counts").into_iter().find(|letter| letter.from == SEATS[1]);
    let own = own.expect("it has sealed").message.clone();
    (world.hosts.remove(&SEATS[1]).unwrap(), own)
}

/// Puts other counts in the place of a seat's.
fn set(all: &mut PerSeat<Counts>, seat: usize, elements: &[u32]) {
    *all.get_mut(seats()[seat]).unwrap() = counts(elements);
}

fn counted(own: &Message, change: impl FnOnce(&mut PerSeat<Counts>)) -> Message {
    let Message::Counts { id, digest, counts: own } = own else { panic!("counts") };
    let mut all = per_seat([counts(&[9, 9]), own.clone(), counts(&[9, 9])]);
    change(&mut all);
    Message::Counted { id: *id, digest: *digest, counts: all }
}

fn swap_the_first_two(all: &mut PerSeat<Counts>) {
    let swapped: Vec<_> = [1, 0, 2].map(|seat| all.get(seats()[seat]).unwrap().clone()).into();
    *all = PerSeat::try_collect(swapped).unwrap();
}

fn is_a_contradiction(host: &mut Host, message: &Message) -> bool {
    let said = host.hear(SEATS[0], message);
    let fault = Fault::Contradiction("counted");
    said.sent.is_empty()
        && said.batches.is_empty()
        && said.events == [Event::Fault { peer: SEATS[0], fault }]
}

#[test]
fn r5_a_seat_counts_once_and_only_with_its_own_counts() {
    let (mut seat, own) = counting(&["counted"]);
    let wrong: [fn(&mut PerSeat<Counts>); 3] =
        [|all| set(all, 1, &[1, 1]), |all| set(all, 2, &[1]), swap_the_first_two];
    for change in wrong {
        assert!(is_a_contradiction(&mut seat, &counted(&own, change)));
    }
    let said = seat.hear(SEATS[0], &counted(&own, |_| ()));
    assert_eq!(said.names(), [(SEATS[0], "partial")]);
    assert!(said.facts().any(|fact| matches!(fact, Fact::Counted(_))));
    let again = seat.hear(SEATS[0], &counted(&own, |_| ()));
    assert_eq!((again.to(SEATS[0]), again.batches.len()), (said.to(SEATS[0]), 0));
    let other = counted(&own, |all| set(all, 2, &[8, 8]));
    assert!(is_a_contradiction(&mut seat, &other));
    seat.restart();
    assert!(is_a_contradiction(&mut seat, &other), "across restarts");
}

#[test]
fn r8_a_seat_that_has_not_sent_its_partial_fails_alone_while_it_counts() {
    let (mut seat, _) = counting(&["counted"]);
    seat.sleep_until(DEADLINE + config(SEATS[1]).policy.reveal_within);
    let missing = vec![SEATS[0]];
    let id = proposal(grouped()).id();
    let status = seat.node().status(&id).unwrap();
    let failed = Outcome::Failed(Failure::Unreachable { missing });
    assert_eq!(status.standing, Standing::Ended(failed));
}

#[test]
fn r4_who_declines_unseen_is_not_counted_as_an_answer() {
    for (declining, expected) in [(1, Some((3, "10.5".to_owned()))), (2, None)] {
        let mut world = World::new();
        for light in &LIGHTS[..declining] {
            world.owners.insert(*light, Owner::Declines);
        }
        world.propose(hiding());
        assert_eq!(told(&world, &hiding()), [expected], "{declining} decline");
        assert!(world.letters("decline").is_empty());
    }
}

/// R10: to whom, how often and how long, a light node that declines speaks like one that answers.
#[test]
fn r10_declining_unseen_looks_like_answering() {
    let traffic = |owner: Owner| -> Vec<(NodeId, usize)> {
        let mut world = World::new();
        world.owners.insert(LIGHTS[0], owner);
        world.propose(hiding());
        world.run_until(DEADLINE + seconds(60));
        let own = world.sent.iter().filter(|letter| letter.from == LIGHTS[0]);
        own.map(|letter| (letter.to, encode(&letter.message).as_ref().len())).collect()
    };
    assert_eq!(traffic(Owner::Declines), traffic(Owner::Answers("1.5")));
}

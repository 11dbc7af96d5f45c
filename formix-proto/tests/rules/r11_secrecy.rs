//! R11: logs tell nothing. No answer, share or partial can be printed, by anything.

use std::collections::BTreeSet;
use std::fmt::Debug;

use formix_proto::answer::Answer;
use formix_proto::machine::{Command, Event, Input};
use formix_proto::message::Message;
use formix_proto::outcome::Outcome;
use formix_proto::record::Fact;
use formix_proto::wire;

use crate::support::host::Said;
use crate::support::stage::asked_light;
use crate::support::vectors::share;
use crate::support::world::{Letter, Owner, World};
use crate::support::{DEADLINE, LIGHTS, PROPOSER, answer, id, seconds, terms};

fn words(encoded: Vec<u8>) -> Vec<u32> {
    encoded.chunks(4).map(|element| u32::from_le_bytes(element.try_into().unwrap())).collect()
}

/// All the ways in which an element may get into a text.
fn spellings(lane: u32) -> [String; 3] {
    let bytes = lane.to_le_bytes().map(|byte| byte.to_string()).join(", ");
    [lane.to_string(), format!("{lane:08x}"), bytes]
}

/// The secrets that are in a record: shares and partials, which are random and hence unlike anything
/// else that is printed.
fn secrets(fact: &Fact) -> Vec<Vec<u8>> {
    match fact {
        Fact::Contributed { share, .. } => vec![share.expose().to_vec()],
        Fact::Split { shares, .. } => {
            shares.values().map(|share| share.expose().to_vec()).collect()
        }
        Fact::Sealed(seal) => vec![seal.partial.expose().to_vec()],
        Fact::Revealed(partials) => {
            partials.values().map(|partial| partial.expose().to_vec()).collect()
        }
        _ => vec![],
    }
}

/// Every different line that a value prints.
fn print(lines: &mut BTreeSet<String>, value: &impl Debug) {
    let printed = format!("{value:?}\n{value:#?}");
    lines.extend(printed.lines().map(str::to_owned));
}

/// Loses the first letter of each kind on each way, so that no phase is over at once.
fn lossy() -> impl FnMut(&Letter) -> usize {
    let mut lost = BTreeSet::new();
    move |letter| usize::from(!lost.insert((letter.from, letter.to, letter.message.name())))
}

#[test]
fn r11_nothing_of_a_whole_computation_prints_a_share_or_a_partial() {
    let mut world = World::new();
    world.owners.insert(LIGHTS[3], Owner::IsAway);
    world.copies = Box::new(lossy());
    world.propose(terms());
    let (mut lines, mut planted) = (BTreeSet::new(), BTreeSet::new());
    while world.tick(DEADLINE + seconds(10)) {
        for host in world.hosts.values() {
            print(&mut lines, host.node());
            let log = host.log();
            print(&mut lines, &log);
            let secrets = log.iter().flat_map(|record| secrets(&record.fact));
            planted.extend(secrets.flat_map(words));
        }
    }
    for letter in &world.sent {
        let message = letter.message.clone();
        print(&mut lines, letter);
        print(&mut lines, &wire::encode(&message));
        print(&mut lines, &Input::Receive { from: letter.from, message });
    }
    print(&mut lines, &world.events);
    assert!(matches!(world.outcome(PROPOSER), Some(Outcome::Completed(_))));
    assert_eq!(planted.len(), 3 * 3 + 3, "three splittings and three partials");
    for spelling in planted.into_iter().flat_map(spellings) {
        let line = lines.iter().find(|line| line.contains(&spelling));
        assert_eq!(line, None, "it prints the secret {spelling}");
    }
}

#[test]
fn r11_an_answer_is_redacted_on_every_way_in() {
    const PLANTED: &str = "271.8281828";
    let shown = |value: &dyn Debug| format!("{value:?} {value:#?}");
    let command = || Command::Answer { id: id(), answer: answer(PLANTED) };
    let mut texts =
        vec![shown(&answer(PLANTED)), shown(&command()), shown(&Input::Command(command()))];
    let said = asked_light(LIGHTS[0]).command(command());
    texts.push(shown(&said.batches));
    texts.push(shown(&said.events));
    for text in texts {
        assert!(!text.contains("271") && !text.contains("2718"), "{text}");
    }
}

#[test]
fn r11_a_refused_answer_is_not_repeated_to_anyone() {
    for text in ["1000.0700001", "-31.4159", "6.02e23"] {
        let Ok(answer) = Answer::parse(text) else { panic!("{text} is a number") };
        let said: Said = asked_light(LIGHTS[0]).command(Command::Answer { id: id(), answer });
        let [Event::AnswerRefused { error, .. }] = &said.events[..] else { panic!("{said:?}") };
        assert!(said.sent.is_empty() && said.batches.is_empty());
        let shown = format!("{error} {error:?}");
        let digits: String = text.chars().filter(char::is_ascii_digit).skip(2).take(3).collect();
        assert!(!shown.contains(text) && !shown.contains(&format!("{digits}0")), "{shown}");
    }
    let error = Answer::parse("not 31.4159").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("31.4159"));
}

#[test]
fn r11_vectors_frames_and_messages_are_redacted() {
    let share = share(&[0xdead_beef]);
    let message = Message::Contribution {
        id: id(),
        tag: formix_proto::id::Tag([0; 16]),
        share: share.clone(),
    };
    for text in [
        format!("{share:?} {share:#?}"),
        format!("{message:?} {message:#?}"),
        format!("{:?}", wire::encode(&message)),
    ] {
        for spelling in spellings(0xdead_beef) {
            assert!(!text.contains(&spelling), "{text}");
        }
    }
}

/// Memory that is freed keeps what was in it, for whoever can read a core dump or a swapped page. Here
/// the process reads its own, as only a file of the system can be read without a reference.
#[cfg(target_os = "linux")]
#[allow(clippy::disallowed_types, reason = "there is no other safe way to read what was freed")]
#[test]
fn r11_vectors_that_are_dropped_leave_nothing_in_memory() {
    use std::os::unix::fs::FileExt;

    const PLANTED: u32 = 0xdead_beef;
    let memory = std::fs::File::open("/proc/self/mem").unwrap();
    // Few elements lie where their owner lies, many in a buffer of their own.
    for (count, dimension) in [(20, 4), (1, 160)] {
        let shares = vec![share(&vec![PLANTED; dimension]); count];
        let place = shares[0].expose().as_ptr().addr() as u64;
        let mut bytes = vec![0; 4 * count * dimension];
        let mut planted = || {
            memory.read_exact_at(&mut bytes, place).unwrap();
            bytes.windows(4).filter(|window| **window == PLANTED.to_le_bytes()).count()
        };
        assert!(planted() > count * dimension / 4, "this is where they are");
        drop(shares);
        assert_eq!(planted(), 0, "{dimension} elements, {count} times");
    }
}

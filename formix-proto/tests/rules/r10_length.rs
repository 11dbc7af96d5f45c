//! R10: length tells nothing. A message is as long whatever the secret values in it are.

use formix_proto::id::{ComputationId, NodeId};
use formix_proto::machine::Command;
use formix_proto::message::Message;
use formix_proto::outcome::{Outcome, Reveal};
use formix_proto::record::{Fact, Record, Seal};
use formix_proto::sharing::{Partial, Ring, Share, SharingError, Totals};
use formix_proto::wire::{encode, encode_record};

use crate::support::stage::{HELD, asked_light};
use crate::support::vectors::per_seat;
use crate::support::{LIGHTS, answer, digest, id, roster, tag};

const DIMENSIONS: [usize; 4] = [1, 2, 4, 1000];

/// Values around every step that a variable-width encoding would have.
fn values() -> impl Iterator<Item = u32> {
    let steps = (0..32).map(|bit| 1u32 << bit);
    steps.flat_map(|step| [step - 1, step]).chain([u32::MAX])
}

/// Makes something of vectors of this dimension whose elements all have this value.
type Make<T> = fn(ComputationId, usize, u32) -> T;

fn vector<V>(parse: fn(Ring, &[u8]) -> Result<V, SharingError>, dimension: usize, value: u32) -> V {
    parse(Ring::Z32, &value.to_le_bytes().repeat(dimension)).unwrap()
}

fn share(dimension: usize, value: u32) -> Share {
    vector(Share::parse, dimension, value)
}

fn partial(dimension: usize, value: u32) -> Partial {
    vector(Partial::parse, dimension, value)
}

fn assert_one_length<T>(makes: &[Make<T>], length: impl Fn(&T) -> usize) {
    for (row, make) in makes.iter().enumerate() {
        for dimension in DIMENSIONS {
            let zero = length(&make(id(), dimension, 0));
            assert!(zero >= 4 * dimension, "row {row}: the elements are in it");
            for value in values() {
                let with_value = length(&make(id(), dimension, value));
                assert_eq!(with_value, zero, "row {row}, {dimension} elements of {value}");
            }
        }
    }
}

fn reveal(dimension: usize, value: u32) -> Outcome {
    let totals = vector(Totals::parse, dimension, value);
    Outcome::Completed(Reveal { digest: digest(&HELD), participants: 3, totals })
}

#[test]
fn r10_the_length_of_a_message_does_not_depend_on_its_secrets() {
    let makes: [Make<Message>; 4] = [
        |id, dimension, value| {
            let share = share(dimension, value);
            Message::Contribution { id, tag: tag(LIGHTS[0]), share }
        },
        |id, dimension, value| {
            let partial = partial(dimension, value);
            Message::Partial { id, digest: digest(&HELD), partial }
        },
        |id, dimension, value| {
            let partials = per_seat([value, 0, value]).map(|value| partial(dimension, value));
            Message::Revealed { id, digest: digest(&HELD), partials }
        },
        |id, dimension, value| Message::Outcome { id, outcome: reveal(dimension, value) },
    ];
    assert_one_length(&makes, |message| encode(message).as_ref().len());
}

#[test]
fn r10_the_length_of_a_record_does_not_depend_on_its_secrets() {
    let makes: [Make<Record>; 5] = [
        |id, dimension, value| {
            let (light, tag, share) = (LIGHTS[0], tag(LIGHTS[0]), share(dimension, value));
            Record { id, fact: Fact::Contributed { light, tag, share } }
        },
        |id, dimension, value| {
            let shares = per_seat([value, 0, value]).map(|value| share(dimension, value));
            Record { id, fact: Fact::Split { tag: tag(LIGHTS[0]), shares } }
        },
        |id, dimension, value| {
            let partial = partial(dimension, value);
            let seal = Seal { roster: roster(&HELD), excluded: vec![], partial };
            Record { id, fact: Fact::Sealed(seal) }
        },
        |id, dimension, value| {
            let partials = per_seat([value, 0, value]).map(|value| partial(dimension, value));
            Record { id, fact: Fact::Revealed(partials) }
        },
        |id, dimension, value| Record { id, fact: Fact::Concluded(reveal(dimension, value)) },
    ];
    assert_one_length(&makes, |record| encode_record(record).as_ref().len());
}

#[test]
fn r10_whether_an_answer_counted_does_not_show_in_the_length() {
    let length = |counted| encode(&Message::Ended { id: id(), counted }).as_ref().len();
    assert_eq!(length(true), length(false));
}

#[test]
fn r10_every_answer_of_the_domain_makes_the_same_traffic() {
    let traffic = |text: &str| -> Vec<(NodeId, usize)> {
        let said =
            asked_light(LIGHTS[0]).command(Command::Answer { id: id(), answer: answer(text) });
        said.sent.iter().map(|(to, message)| (*to, encode(message).as_ref().len())).collect()
    };
    let least = traffic("0");
    assert_eq!(least.len(), 3);
    for text in ["0.1", "12.8", "1000", "999.95", "1e2"] {
        assert_eq!(traffic(text), least, "{text}");
    }
}

//! R10: length tells nothing. A message is as long whatever the secret values in it are.

use formix_proto::id::{ComputationId, NodeId};
use formix_proto::machine::Command;
use formix_proto::message::Message;
use formix_proto::outcome::{Outcome, Reveal};
use formix_proto::record::{Fact, Record, Seal};
use formix_proto::share::Lanes;
use formix_proto::wire::{encode, encode_record};

use crate::support::stage::{HELD, asked_light};
use crate::support::{LIGHTS, answer, digest, id, roster, tag};

const DIMENSIONS: [usize; 4] = [1, 2, 4, 1000];

/// Values around every step that a variable-width encoding would have.
fn values() -> impl Iterator<Item = u32> {
    let steps = (0..32).map(|bit| 1u32 << bit);
    steps.flat_map(|step| [step - 1, step]).chain([u32::MAX])
}

fn lanes(dimension: usize, value: u32) -> Lanes {
    Lanes::new(&vec![value; dimension])
}

fn zero(dimension: usize) -> Lanes {
    lanes(dimension, 0)
}

type Make<T> = fn(ComputationId, Lanes) -> T;

fn assert_one_length<T>(makes: &[Make<T>], length: impl Fn(&T) -> usize) {
    for (row, make) in makes.iter().enumerate() {
        for dimension in DIMENSIONS {
            let zero = length(&make(id(), zero(dimension)));
            assert!(zero >= 4 * dimension, "row {row}: the lanes are in it");
            for value in values() {
                let with_value = length(&make(id(), lanes(dimension, value)));
                assert_eq!(with_value, zero, "row {row}, {dimension} lanes of {value}");
            }
        }
    }
}

fn reveal(totals: &Lanes) -> Outcome {
    let totals = totals.clone();
    Outcome::Completed(Reveal { digest: digest(&HELD), participants: 3, totals })
}

#[test]
fn r10_the_length_of_a_message_does_not_depend_on_its_secrets() {
    let makes: [Make<Message>; 4] = [
        |id, share| Message::Contribution { id, tag: tag(LIGHTS[0]), share },
        |id, partial| Message::Partial { id, digest: digest(&HELD), partial },
        |id, lanes| Message::Revealed {
            id,
            digest: digest(&HELD),
            partials: [lanes.clone(), zero(lanes.expose().len() / 4), lanes],
        },
        |id, totals| Message::Outcome { id, outcome: reveal(&totals) },
    ];
    assert_one_length(&makes, |message| encode(message).as_ref().len());
}

#[test]
fn r10_the_length_of_a_record_does_not_depend_on_its_secrets() {
    let makes: [Make<Record>; 5] = [
        |id, share| {
            let (light, tag) = (LIGHTS[0], tag(LIGHTS[0]));
            Record { id, fact: Fact::Contributed { light, tag, share } }
        },
        |id, share| {
            let shares = [share.clone(), zero(share.expose().len() / 4), share];
            Record { id, fact: Fact::Split { tag: tag(LIGHTS[0]), shares } }
        },
        |id, partial| {
            let seal = Seal { roster: roster(&HELD), excluded: vec![], partial };
            Record { id, fact: Fact::Sealed(seal) }
        },
        |id, lanes| Record {
            id,
            fact: Fact::Revealed([lanes.clone(), zero(lanes.expose().len() / 4), lanes]),
        },
        |id, totals| Record { id, fact: Fact::Concluded(reveal(&totals)) },
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

//! Recovery: a node is what its log says, and a log that does not follow is refused.

use formix_proto::id::NodeId;
use formix_proto::machine::RecoverError;
use formix_proto::node::Node;
use formix_proto::outcome::Failure;
use formix_proto::record::{Fact, Record, Seal};
use formix_proto::seat::Seat;
use formix_proto::sharing::Partial;

use crate::support::stage::{
    HELD, Phase, asked_light, asking_proposer, heavy, partial, sending_light, with_terms,
};
use crate::support::vectors::{counts, per_seat, seats, share, sums};
use crate::support::{LIGHTS, PROPOSER, SEATS, SPARE, START, config, id, question, roster, tag};

fn recover(node: NodeId, facts: impl IntoIterator<Item = Fact>) -> Result<Node, RecoverError> {
    let records = facts.into_iter().map(|fact| Record { id: id(), fact });
    Node::recover(config(node), [7; 32], START, records)
}

#[test]
fn a_restarted_node_is_as_its_log_says_however_often_it_restarts() {
    let heavies = seats().into_iter().flat_map(|seat| Phase::KNOWN.map(|it| heavy(seat, it)));
    let others = [asked_light(LIGHTS[0]), sending_light(LIGHTS[0]), asking_proposer()];
    for mut host in heavies.chain(others) {
        let (log, status) = (host.log(), host.status());
        for _ in 0..3 {
            host.restart();
            assert_eq!(
                host.status().map(|it| (it.standing, it.answers)),
                status.clone().map(|it| (it.standing, it.answers))
            );
            assert_eq!(host.log(), log, "a restart writes nothing");
            assert_eq!(host.node().computations(), [id()]);
        }
    }
}

fn prepared() -> Fact {
    Fact::Prepared(Box::new(question()))
}

fn asked() -> Fact {
    Fact::Asked(Box::new(question()))
}

fn proposed() -> Fact {
    Fact::Proposed(Box::new(question()))
}

fn contributed(light: NodeId, lanes: &[u32]) -> Fact {
    Fact::Contributed { light, tag: tag(light), share: share(lanes) }
}

fn sealed(held: &[NodeId], partial: Partial) -> Fact {
    Fact::Sealed(Seal { roster: roster(held), excluded: vec![], partial })
}

fn failed() -> Fact {
    Fact::Failed(Failure::NeverOpened)
}

/// Logs whose last record does not follow from those before it.
fn misfits() -> Vec<(NodeId, Vec<Fact>)> {
    use Fact::{Accepted, Declined, Frozen, Learned, Opened, Withheld};
    let heavy = SEATS[1];
    let (light, lane, split) = (LIGHTS[0], [1], || Fact::Split {
        tag: tag(LIGHTS[0]),
        shares: per_seat([1, 2, 3]).map(|element| share(&[element])),
    });
    let concluded =
        || Fact::Concluded(formix_proto::outcome::Outcome::Failed(Failure::NeverOpened));
    let revealed = || Fact::Revealed(per_seat([(); 3]).map(|()| partial()));
    let counted = || Fact::Counted(per_seat([(); 3]).map(|()| counts(&[60])));
    vec![
        (heavy, vec![Opened]),
        (heavy, vec![prepared(), prepared()]),
        (heavy, vec![prepared(), Opened, Opened]),
        (heavy, vec![prepared(), contributed(light, &lane)]),
        (heavy, vec![prepared(), sealed(&HELD, partial())]),
        (heavy, vec![prepared(), revealed()]),
        (heavy, vec![prepared(), Opened, contributed(light, &lane), contributed(light, &lane)]),
        (heavy, vec![prepared(), Opened, contributed(light, &[1, 2])]),
        (heavy, vec![prepared(), Opened, Declined(light), contributed(light, &lane)]),
        (heavy, vec![prepared(), Opened, contributed(light, &lane), Declined(light)]),
        (heavy, vec![prepared(), Opened, Frozen, contributed(light, &lane)]),
        (heavy, vec![prepared(), Opened, Frozen, Frozen]),
        (heavy, vec![prepared(), Opened, Frozen, counted()]),
        (heavy, vec![prepared(), Opened, Frozen, sealed(&HELD, partial()), counted()]),
        (heavy, vec![prepared(), Opened, Frozen, sealed(&HELD[..2], partial())]),
        (heavy, vec![prepared(), Opened, Frozen, sealed(&HELD, sums(&[0, 0]))]),
        (heavy, vec![prepared(), Opened, Frozen, sealed(&HELD, partial()), Opened]),
        (
            heavy,
            vec![prepared(), Opened, Frozen, sealed(&HELD, partial()), sealed(&HELD, partial())],
        ),
        (heavy, vec![prepared(), Opened, Frozen, sealed(&HELD, partial()), revealed(), failed()]),
        (heavy, vec![prepared(), failed(), failed()]),
        (heavy, vec![prepared(), Fact::Forgotten]),
        (heavy, vec![asked()]),
        (SPARE, vec![prepared()]),
        (light, vec![split()]),
        (light, vec![asked(), asked()]),
        (light, vec![asked(), split(), split()]),
        (light, vec![asked(), split(), Withheld]),
        (light, vec![asked(), Learned(None), Learned(Some(true))]),
        (light, vec![asked(), Learned(None), split()]),
        (light, vec![prepared()]),
        (PROPOSER, vec![Accepted]),
        (PROPOSER, vec![proposed(), proposed()]),
        (PROPOSER, vec![proposed(), Accepted, Accepted]),
        (PROPOSER, vec![proposed(), concluded(), Accepted]),
        (PROPOSER, vec![proposed(), concluded(), concluded()]),
        (PROPOSER, vec![prepared()]),
    ]
}

#[test]
fn a_log_that_does_not_follow_is_refused_at_its_first_misfit() {
    for (node, facts) in misfits() {
        let position = facts.len() - 1;
        let refused = recover(node, facts.clone()).err();
        assert_eq!(refused, Some(RecoverError { position }), "{facts:?}");
        let before = recover(node, facts[..position].to_vec()).err();
        assert_eq!(before, None, "all but the last of {facts:?}");
    }
}

#[test]
fn a_log_of_more_answers_than_were_asked_for_is_refused() {
    let asked = with_terms(|spec| spec.max_participants = 3);
    let (id, prepared) = (asked.id(), Fact::Prepared(Box::new(asked)));
    let contributed = LIGHTS.map(|light| contributed(light, &[1]));
    let facts = [prepared, Fact::Opened].into_iter().chain(contributed);
    let records: Vec<_> = facts.map(|fact| Record { id, fact }).collect();
    let recover = |records: &[Record]| {
        Node::recover(config(SEATS[1]), [7; 32], START, records.to_vec()).err()
    };
    assert_eq!(recover(&records[..5]), None, "three");
    assert_eq!(recover(&records), Some(RecoverError { position: 5 }), "four");
}

/// What a later record erases from the log is not missed.
#[test]
fn a_log_without_what_was_erased_is_accepted() {
    let accepted = [
        (SEATS[0], vec![prepared(), Fact::Opened, Fact::Frozen, sealed(&HELD, partial())]),
        (SEATS[0], vec![prepared(), Fact::Opened, failed()]),
        (SEATS[0], vec![Fact::Forgotten]),
        (LIGHTS[0], vec![asked(), Fact::Delivered]),
        (LIGHTS[0], vec![asked(), Fact::Learned(Some(true))]),
        (PROPOSER, vec![Fact::Forgotten]),
    ];
    for (node, facts) in accepted {
        assert_eq!(recover(node, facts.clone()).err(), None, "{facts:?}");
    }
}

#[test]
fn a_record_must_be_of_the_computation_that_it_names() {
    let other = with_terms(|spec| spec.min_participants = 4);
    for (node, fact) in [
        (SEATS[0], Fact::Prepared(Box::new(other.clone()))),
        (LIGHTS[0], Fact::Asked(Box::new(other.clone()))),
        (PROPOSER, Fact::Proposed(Box::new(other))),
    ] {
        assert_eq!(recover(node, [fact]).err(), Some(RecoverError { position: 0 }));
    }
}

/// A log tells whose it is by the kinds of its records and, at a heavy node, by its seat.
#[test]
fn a_log_of_another_role_or_without_a_seat_is_refused() {
    let logs = [
        (heavy(Seat::PRIMARY, Phase::Sealed), [SPARE, LIGHTS[0], PROPOSER]),
        (asked_light(LIGHTS[0]), [SEATS[0], SPARE, PROPOSER]),
    ];
    for (host, others) in logs {
        for other in others {
            let recovered = Node::recover(config(other), [7; 32], START, host.log());
            assert_eq!(recovered.err(), Some(RecoverError { position: 0 }), "{}", other.short());
        }
    }
}

use formix_proto::id::{NodeId, Nonce};
use formix_proto::share::SEATS;
use formix_proto::spec::{Committee, Proposal};
use formix_proto::statistic::Measure;
use formix_proto::time::Time;

use super::{proposal, query};
use crate::consent::Family;

fn family(change: impl FnOnce(&mut Proposal)) -> Family {
    let mut proposal = proposal(Some(query("SELECT ms FROM sleep", &[("sleep", &["ms"])])));
    change(&mut proposal);
    Family::of(&proposal.spec)
}

#[test]
fn a_question_is_the_same_whoever_asks_it_when_and_of_whom() {
    let asked_otherwise = family(|proposal| {
        proposal.proposer = NodeId([2; 32]);
        proposal.nonce = Nonce([4; 16]);
        proposal.spec.committee = Committee([NodeId([8; 32]); SEATS]);
        proposal.spec.deadline = Time(2_000);
        proposal.spec.min_participants = 3;
        proposal.spec.max_participants = 300;
    });
    assert_eq!(asked_otherwise, family(|_| {}));
}

#[test]
fn whatever_changes_what_is_computed_or_how_it_is_put_is_another_question() {
    let columns = query("SELECT ms FROM sleep", &[("sleep", &["ms", "day"])]);
    let others = [
        family(|proposal| proposal.spec.prompt.push(' ')),
        family(|proposal| proposal.spec.query = None),
        family(|proposal| proposal.spec.query = Some(columns)),
        family(|proposal| proposal.spec.query.as_mut().unwrap().sql.push(' ')),
        family(|proposal| proposal.spec.statistic = Measure::Count.into()),
        family(|proposal| proposal.spec.statistic.hides_declining = true),
    ];
    for other in others {
        assert_ne!(other, family(|_| {}));
        assert_eq!(other.to_string().parse(), Ok(other), "rules can name it");
    }
}

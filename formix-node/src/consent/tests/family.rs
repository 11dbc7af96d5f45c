use std::sync::Arc;

use formix_proto::id::{NodeId, Nonce};
use formix_proto::spec::Proposal;
use formix_proto::statistic::Count;
use formix_proto::time::Time;

use super::{proposal, query};
use crate::consent::Family;

fn family(change: impl FnOnce(&mut Proposal)) -> Family {
    let mut proposal = proposal(Some(query("SELECT ms FROM sleep", &[("sleep", &["ms"])])));
    change(&mut proposal);
    Family::of(&proposal.spec)
}

#[test]
fn a_question_is_the_same_from_any_proposer_at_any_time_with_any_committee() {
    let asked_otherwise = family(|proposal| {
        proposal.proposer = NodeId([2; 32]);
        proposal.nonce = Nonce([4; 16]);
        Arc::make_mut(&mut proposal.spec).committee = [NodeId([8; 32]); 3].into();
        Arc::make_mut(&mut proposal.spec).deadline = Time(2_000);
        Arc::make_mut(&mut proposal.spec).min_participants = 3;
        Arc::make_mut(&mut proposal.spec).max_participants = 300;
    });
    assert_eq!(asked_otherwise, family(|_| {}));
}

#[test]
fn another_prompt_query_or_statistic_is_another_question() {
    let columns = query("SELECT ms FROM sleep", &[("sleep", &["ms", "day"])]);
    let others = [
        family(|proposal| Arc::make_mut(&mut proposal.spec).prompt.push(' ')),
        family(|proposal| Arc::make_mut(&mut proposal.spec).query = None),
        family(|proposal| Arc::make_mut(&mut proposal.spec).query = Some(columns)),
        family(|proposal| Arc::make_mut(&mut proposal.spec).query.as_mut().unwrap().sql.push(' ')),
        family(|proposal| Arc::make_mut(&mut proposal.spec).statistic = Count.into()),
        family(|proposal| Arc::make_mut(&mut proposal.spec).statistic.hides_opt_outs = true),
    ];
    for other in others {
        assert_ne!(other, family(|_| {}));
        assert_eq!(other.to_string().parse(), Ok(other), "rules can name it");
    }
}

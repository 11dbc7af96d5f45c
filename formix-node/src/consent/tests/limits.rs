//! What a rule that allows asks of a question beside its data, said or not.

use std::sync::Arc;

use formix_proto::id::NodeId;
use formix_proto::seat::Committee;
use formix_proto::spec::Spec;
use formix_proto::statistic::{
    Buckets, Domain, Groups, Histogram, Labels, Measure, Moments, Regression, Rule as Constant,
    Statistic, Sum, Vector,
};
use formix_proto::time::Time;

use super::policy::{evaluate, load};
use super::{DAY, proposal, query, subject};
use crate::consent::{Held, Limit, Policy, Subject, Verdict};
use crate::question::QuestionFile;

const NOW: Time = Time(30 * DAY);

fn rule(limit: &str) -> Policy {
    load(&format!("[[rule]]\nverdict = \"allow\"\nany_data = true\n{limit}")).unwrap()
}

/// A question about data, changed so.
fn asked(change: impl FnOnce(&mut Spec)) -> Subject {
    let mut proposal = proposal(Some(query("SELECT 1", &[("sleep", &["ms"])])));
    change(Arc::make_mut(&mut proposal.spec));
    subject(&proposal)
}

fn about(statistic: impl Into<Statistic>) -> Subject {
    asked(|spec| spec.statistic = statistic.into())
}

/// What stands against a question; `None` if it is allowed.
fn limit(limits: &str, subject: &Subject) -> Option<Limit> {
    let evaluation = rule(limits).evaluate(subject, &[], NOW);
    assert_eq!(evaluation.verdict == Verdict::Allow, evaluation.held.is_none());
    evaluation.held.map(|Held { limit, .. }| limit)
}

fn domain(max: i64, decimals: u8) -> Domain {
    Domain::try_from((0, max, decimals)).unwrap()
}

fn labels(count: usize) -> Labels {
    (0..count).map(|label| label.to_string()).collect::<Vec<_>>().try_into().unwrap()
}

/// The attack: `SELECT v * CASE age % 6 WHEN 0 THEN 1 WHEN 1 THEN 1000 ..`.
#[test]
fn a_domain_that_is_wide_enough_for_several_peoples_values_takes_a_rule_that_says_so() {
    let packed = about(Sum(domain(10_i64.pow(18), 0)));
    assert_eq!(limit("", &packed), Some(Limit::Bits(32)));
    assert_eq!(limit("max_bits = 59", &packed), Some(Limit::Bits(59)));
    assert_eq!(limit("max_bits = 60", &packed), None);
    let lanes = about(Vector(domain(1, 0), 257));
    assert_eq!(limit("", &lanes), Some(Limit::Totals(256)));
    assert_eq!(limit("max_totals = 257", &lanes), None);
}

#[test]
fn an_ordinary_question_is_allowed_by_a_plain_rule() {
    let columns = vec![domain(100_000_000, 2); 16];
    let regression = (domain(100_000_000, 2), labels(16), columns);
    let ages = Buckets::every(domain(120, 0), 1.into()).unwrap();
    let ordinary: [Measure; 6] = [
        Sum(domain(120, 0)).into(),
        Sum(domain(1_000_000_000, 2)).into(),
        Moments(domain(1_000_000_000, 6)).into(),
        Histogram(ages).into(),
        Vector(domain(20_000, 0), 24).into(),
        Regression::try_from(regression).unwrap().into(),
    ];
    for measure in ordinary {
        assert_eq!(limit("", &about(measure.clone())), None, "{}", measure.reveals());
    }
}

#[test]
fn every_example_is_allowed_by_a_rule_that_names_its_data_and_stand_ins() {
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");
    let mut files = Vec::new();
    for directory in ["questions", "sleepstudy", "diabetes"] {
        for file in std::fs::read_dir(format!("{examples}/{directory}")).unwrap() {
            let path = file.unwrap().path();
            files.extend(
                path.extension().is_some_and(|kind| kind != "csv" && kind != "md").then_some(path),
            );
        }
    }
    assert!(files.len() >= 17, "{files:?}");
    for file in files {
        let question = QuestionFile::load(&file).unwrap().question().clone();
        let asked = about(question.schema.statistic().clone());
        assert_eq!(limit("stand_ins = true", &asked), None, "{}", file.display());
        assert_eq!(limit("", &asked).is_some(), asked.stand_ins, "{}", file.display());
    }
}

/// A minimum group size means that there are groups.
#[test]
fn thresholds_are_the_questions_own() {
    let groups = Some(Groups { labels: labels(2), min_size: 5 });
    let grouped = asked(|spec| spec.statistic.groups = groups);
    let plain = asked(|_| {});
    for (limits, subject, held) in [
        ("min_participants = 20", &plain, None),
        ("min_participants = 21", &plain, Some(Limit::Participants(21))),
        ("min_group = 5", &grouped, None),
        ("min_group = 6", &grouped, Some(Limit::Group(6))),
        ("min_group = 5", &plain, Some(Limit::Group(5))),
    ] {
        assert_eq!(limit(limits, subject), held, "{limits}");
    }
}

/// The attack: with `missing = "0"`, six participants are one value.
#[test]
fn whoever_is_read_by_a_stand_in_is_no_participant() {
    for place in 0..2 {
        let subject = asked(|spec| {
            let Statistic { missing, outside, .. } = &mut spec.statistic;
            *[missing, outside][place] = Constant::Use("0".to_owned());
        });
        assert_eq!(limit("", &subject), Some(Limit::StandIns));
        assert_eq!(limit("stand_ins = true", &subject), None);
    }
}

/// The attack: fewer places than light nodes, or too little time, and who asks chooses who is added up.
#[test]
fn who_asks_does_not_choose_whose_answers_count() {
    let few = asked(|spec| spec.max_participants = 19);
    assert_eq!(limit("", &few), Some(Limit::Subset));
    assert_eq!(limit("subset = true", &few), None);
    let all = asked(|spec| spec.max_participants = 20);
    assert_eq!(limit("", &all), None);
    let open_for = |seconds: u64| asked(|spec| spec.deadline = Time(NOW.0 + seconds * 1000));
    assert!(matches!(limit("", &open_for(19)), Some(Limit::Time(_))));
    assert_eq!(limit("", &open_for(20)), None);
    assert_eq!(limit("min_time = \"0s\"", &open_for(1)), None);
    assert!(matches!(limit("min_time = \"1h\"", &open_for(3599)), Some(Limit::Time(_))));
}

#[test]
fn a_rule_may_name_its_heavy_nodes_and_ask_for_hidden_opt_outs() {
    let own = asked(|_| {});
    let other = asked(|spec| {
        let nodes = [7, 8, 9].map(|node| NodeId([node; 32]));
        spec.committee = Committee::new(nodes).unwrap();
    });
    let id = NodeId([8; 32]);
    let named = format!("committee = [\"heavy-1\", \"{id}\", \"{}\"]", NodeId([9; 32]));
    assert_eq!(limit("committee = [\"heavy-1\"]", &own), None);
    assert_eq!(limit("committee = [\"heavy-1\"]", &other), Some(Limit::Committee));
    assert_eq!(limit(&named, &other), None);
    let hidden = asked(|spec| spec.statistic.hides_opt_outs = true);
    assert_eq!(limit("hide_opt_outs = true", &own), Some(Limit::OptOuts));
    for limits in ["", "hide_opt_outs = true"] {
        assert_eq!(limit(limits, &hidden), None);
    }
}

/// Nobody's data needs no protection; and what is not allowed needs no limit.
#[test]
fn made_up_answers_and_denials_have_no_limits() {
    let packed = about(Sum(domain(10_i64.pow(18), 0)));
    let made_up = Subject { made_up: true, ..packed.clone() };
    let rules = "[[rule]]\nverdict = \"allow\"\nmade_up = true";
    assert_eq!(evaluate(rules, &made_up), Verdict::Allow);
    assert_eq!(evaluate("[[rule]]\nverdict = \"deny\"", &packed), Verdict::Deny);
}

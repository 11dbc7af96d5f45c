use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use formix_proto::id::NodeId;
use formix_proto::statistic::Count;
use formix_proto::time::Time;
use tempfile::TempDir;

use super::{DAY, asks, enrolled, free_text, past, proposal, query, sleep, subject};
use crate::consent::{
    By, Decision, Evaluation, Held, Limit, Party, PastDecision, Policy, Subject, Verdict,
};

pub(super) fn load(text: &str) -> Result<Policy, String> {
    let scratch = TempDir::new().unwrap();
    let file = scratch.path().join("consent.toml");
    fs::write(&file, text).unwrap();
    Policy::load(&file, &enrolled().names).map_err(|error| error.to_string())
}

fn evaluate_after(past: &[PastDecision], rules: &str, subject: &Subject) -> Evaluation {
    load(rules).unwrap().evaluate(subject, past, Time(30 * DAY))
}

pub(super) fn evaluate(rules: &str, subject: &Subject) -> Verdict {
    evaluate_after(&[], rules, subject).verdict
}

/// Whether a rule that allows lets a question through.
fn allows(conditions: &str, subject: &Subject) -> bool {
    evaluate(&format!("[[rule]]\nverdict = \"allow\"\n{conditions}"), subject) == Verdict::Allow
}

/// Whether a rule that denies catches a question.
fn denies(conditions: &str, subject: &Subject) -> bool {
    evaluate(&format!("[[rule]]\nverdict = \"deny\"\n{conditions}"), subject) == Verdict::Deny
}

#[test]
fn without_rules_the_owner_decides_everything() {
    let nowhere = TempDir::new().unwrap().path().join("consent.toml");
    let policy = Policy::load(&nowhere, &BTreeMap::new()).unwrap();
    for subject in [sleep(), free_text()] {
        let evaluation = policy.evaluate(&subject, &[], Time(0));
        let asked = Evaluation { verdict: Verdict::Ask, by: By::Default, held: None };
        assert_eq!(evaluation, asked);
    }
    assert_eq!(evaluate("default = \"deny\"", &sleep()), Verdict::Deny);
}

#[test]
fn the_first_rule_that_matches_decides() {
    let rules = "
        [[rule]]
        verdict = \"deny\"
        statistic = [\"moments\"]
        [[rule]]
        verdict = \"allow\"
        tables = [\"sleep\"]
        [[rule]]
        verdict = \"deny\"";
    let evaluation = evaluate_after(&[], rules, &sleep());
    assert_eq!((evaluation.verdict, evaluation.by), (Verdict::Allow, By::Rule(2)));
    let evaluation = evaluate_after(&[], rules, &free_text());
    assert_eq!((evaluation.verdict, evaluation.by), (Verdict::Deny, By::Rule(3)));
}

#[test]
fn a_query_is_allowed_only_if_all_that_it_reads_is_named() {
    let both = asks("SELECT 1", &[("sleep", &["day"]), ("pay", &["sum"])]);
    let nothing = asks("SELECT 1", &[]);
    for (conditions, subject, allowed) in [
        ("tables = [\"sleep\"]", sleep(), true),
        ("tables = [\"SLEEP\"]", sleep(), true),
        ("tables = [\"pay\"]", sleep(), false),
        ("tables = [\"sleep\"]", both.clone(), false),
        ("tables = [\"sleep\", \"pay\"]", both.clone(), true),
        ("columns = [\"sleep.day\", \"Sleep.MS\"]", sleep(), true),
        ("columns = [\"sleep.day\"]", sleep(), false),
        ("columns = [\"pay.day\", \"pay.ms\"]", sleep(), false),
        ("tables = [\"pay\"]\ncolumns = [\"sleep.day\", \"sleep.ms\"]", sleep(), false),
        ("tables = [\"sleep\"]\ncolumns = [\"sleep.day\"]", sleep(), false),
        ("tables = []", sleep(), false),
        ("tables = [\"sleep\"]", nothing.clone(), false),
        ("any_data = true", nothing, true),
        ("any_data = true", both, true),
        ("free_text = true", sleep(), false),
    ] {
        assert_eq!(allows(conditions, &subject), allowed, "{conditions}: {:?}", subject.tables);
    }
}

#[test]
fn a_question_for_people_is_allowed_only_by_a_rule_that_says_so() {
    for (conditions, allowed) in [
        ("free_text = true", true),
        ("any_data = true", false),
        ("tables = [\"sleep\"]", false),
        ("tables = [\"sleep\"]\nfree_text = true", true),
        ("made_up = true", false),
    ] {
        assert_eq!(allows(conditions, &free_text()), allowed, "{conditions}");
    }
}

#[test]
fn made_up_answers_are_given_to_every_question_and_real_ones_to_none() {
    for subject in [sleep(), free_text()] {
        assert!(!allows("made_up = true", &subject));
        assert!(allows("made_up = true", &Subject { made_up: true, ..subject }));
    }
}

#[test]
fn a_query_is_denied_as_soon_as_anything_that_it_reads_is_named() {
    let both = asks("SELECT 1", &[("sleep", &["day"]), ("pay", &["sum"])]);
    for (conditions, subject, denied) in [
        ("", sleep(), true),
        ("", free_text(), true),
        ("tables = [\"PAY\"]", both.clone(), true),
        ("columns = [\"pay.sum\"]", both.clone(), true),
        ("columns = [\"pay.name\"]", both, false),
        ("tables = [\"pay\"]", sleep(), false),
        ("tables = [\"pay\"]", free_text(), false),
        ("free_text = true", free_text(), true),
        ("free_text = true", sleep(), false),
        ("any_data = true", sleep(), true),
        ("any_data = true", free_text(), false),
        ("made_up = true", sleep(), false),
    ] {
        assert_eq!(denies(conditions, &subject), denied, "{conditions}: {:?}", subject.tables);
    }
}

#[test]
fn a_proposer_is_known_by_name_or_id() {
    let id = NodeId([1; 32]).to_string();
    let other = NodeId([2; 32]).to_string();
    let party =
        |id, name: Option<&str>| Party { id: NodeId([id; 32]), name: name.map(str::to_owned) };
    let letters = Subject { proposer: party(0xab, None), ..sleep() };
    assert!(denies(&format!("proposer = [\"{}\"]", "AB".repeat(32)), &letters));
    for (who, caught) in [("analyst", true), (&*id, true), (&*other, false)] {
        assert_eq!(denies(&format!("proposer = [\"{who}\"]"), &sleep()), caught, "{who}");
    }
    let nameless = Subject { proposer: party(1, None), ..sleep() };
    assert!(!denies("proposer = [\"analyst\"]", &nameless));
    assert!(!denies("proposer = []", &sleep()));
}

#[test]
fn a_rule_for_one_question_matches_no_other() {
    let rule = format!("question = \"{}\"", sleep().question);
    assert!(denies(&rule, &sleep()));
    assert!(!denies(&rule, &asks("SELECT ms  FROM sleep", &[("sleep", &["day", "ms"])])));
    assert!(allows(&format!("{rule}\ntables = [\"sleep\"]"), &sleep()));
    assert!(!allows(&format!("{rule}\nany_data = true"), &free_text()));
}

#[test]
fn a_statistic_is_allowed_by_its_name() {
    let mut counted = proposal(Some(query("SELECT 1", &[("sleep", &["ms"])])));
    Arc::make_mut(&mut counted.spec).statistic = Count.into();
    for (names, subject, allowed) in [
        ("\"count\", \"sum\"", &sleep(), true),
        ("\"count\"", &sleep(), false),
        ("\"count\"", &subject(&counted), true),
    ] {
        let rule = format!("any_data = true\nstatistic = [{names}]");
        assert_eq!(allows(&rule, subject), allowed, "{names}");
    }
}

const WEEKLY: &str = "
    [[rule]]
    verdict = \"allow\"
    tables = [\"sleep\"]
    cooldown = \"7d\"";

#[test]
fn a_rule_that_cools_down_leaves_the_question_to_the_next() {
    let recent = [past(Decision::Allow, 23 * DAY + 1, sleep())];
    let evaluation = evaluate_after(&recent, WEEKLY, &sleep());
    let held = Some(Held { rule: 1, limit: Limit::Cooldown });
    let asked = Evaluation { verdict: Verdict::Ask, by: By::Default, held };
    assert_eq!(evaluation, asked);
    let denied =
        evaluate_after(&recent, &format!("{WEEKLY}\n[[rule]]\nverdict = \"deny\""), &sleep());
    assert_eq!((denied.verdict, denied.by), (Verdict::Deny, By::Rule(2)));
    let long_ago = [past(Decision::Allow, 23 * DAY, sleep())];
    assert_eq!(evaluate_after(&long_ago, WEEKLY, &sleep()).verdict, Verdict::Allow);
}

/// Otherwise a proposer could ask as often as it likes, with one more space or in another's name.
#[test]
fn a_cooldown_counts_every_question_that_its_rule_lets_through() {
    let reworded = asks("SELECT  ms FROM sleep", &[("sleep", &["ms"])]);
    let from_another = Subject { proposer: Party { id: NodeId([2; 32]), name: None }, ..sleep() };
    let of_other_data = asks("SELECT 1", &[("pay", &["sum"])]);
    for (verdict, subject, cools) in [
        (Decision::Allow, reworded, true),
        (Decision::Allow, from_another, true),
        (Decision::Allow, of_other_data, false),
        (Decision::Deny, sleep(), false),
        (Decision::Expired, sleep(), false),
    ] {
        let evaluation = evaluate_after(&[past(verdict, 29 * DAY, subject)], WEEKLY, &sleep());
        assert_eq!(evaluation.held.is_some(), cools, "{verdict:?}");
    }
}

/// A variation of a question is a question about the same people: what is budgeted is the column.
#[test]
fn a_rule_for_one_question_cools_down_with_every_other_about_the_same_columns() {
    let rule = |of: &Subject, cooldown: &str| {
        let question = of.question;
        format!(
            "[[rule]]\nverdict = \"allow\"\nany_data = true\nquestion = \"{question}\"\n{cooldown}"
        )
    };
    let (first, variation) = (sleep(), asks("SELECT ms + 1 FROM sleep", &[("Sleep", &["MS"])]));
    let rules = format!("{}\n{}", rule(&first, ""), rule(&variation, ""));
    let elsewhere = asks("SELECT 1", &[("pay", &["ms"]), ("sleep", &["hours"])]);
    let undeclared = asks("SELECT 1", &[]);
    for (before, hours, cools) in [
        (&first, 23, true),
        (&first, 24, false),
        (&elsewhere, 1, false),
        (&undeclared, 1, true),
        (&free_text(), 1, false),
    ] {
        let before = [past(Decision::Allow, 30 * DAY - hours * DAY / 24, before.clone())];
        let held = evaluate_after(&before, &rules, &variation).held;
        let cooldown = Some(Held { rule: 2, limit: Limit::Cooldown });
        assert_eq!(
            held,
            cooldown.filter(|_| cools),
            "{:?} {hours} h ago",
            before[0].subject.tables
        );
    }
    let before = [past(Decision::Allow, 30 * DAY, first)];
    let rules = rule(&variation, "cooldown = \"0s\"");
    assert_eq!(evaluate_after(&before, &rules, &variation).verdict, Verdict::Allow);
}

#[test]
fn a_clock_that_was_set_back_does_not_end_a_cooldown() {
    let later = [past(Decision::Allow, 31 * DAY, sleep())];
    assert_eq!(evaluate_after(&later, WEEKLY, &sleep()).verdict, Verdict::Ask);
}

#[test]
fn a_file_that_is_wrong_is_refused_where_it_is_wrong() {
    let rule = |conditions: &str| format!("[[rule]]\n{conditions}");
    for (text, why) in [
        ("defualt = \"ask\"".to_owned(), "consent.toml:1: unknown field `defualt`"),
        ("default = \"allow\"".to_owned(), "write a rule for what you allow"),
        ("default = \"maybe\"".to_owned(), "consent.toml:1: unknown variant `maybe`"),
        (rule("tables = [\"a\"]"), "consent.toml:1: missing field `verdict`"),
        (rule("verdict = \"deny\"\ntable = [\"a\"]"), "consent.toml:3: unknown field `table`"),
        (rule("verdict = \"deny\"\ntables = \"a\""), "consent.toml:3: "),
        (rule("verdict = \"deny\"\nquestion = \"9f3c\""), "consent.toml:3: expected 64"),
        (rule("verdict = \"allow\"\ncooldown = \"soon\""), "consent.toml:3: "),
        (rule("verdict = \"allow\""), "rule 1: it allows nothing"),
        (rule("verdict = \"allow\"\nproposer = [\"analyst\"]"), "rule 1: it allows nothing"),
        (rule("verdict = \"allow\"\nany_data = true\ntables = [\"a\"]"), "remove one of the two"),
        (
            rule("verdict = \"deny\"\nmin_participants = 5"),
            "`min_participants` is a limit on what a rule allows",
        ),
        (rule("verdict = \"ask\"\ncooldown = \"1d\""), "`cooldown` is a limit"),
        (rule("verdict = \"deny\"\nstand_ins = true"), "`stand_ins` is a limit"),
        (rule("verdict = \"deny\"\nmin_group = 5"), "`min_group` is a limit"),
        (
            rule("verdict = \"allow\"\nfree_text = true\ncommittee = [\"heavy-9\"]"),
            "called `heavy-9`",
        ),
        (rule("verdict = \"deny\"\ncolumns = [\"day\"]"), "write `table.column`"),
        (rule("verdict = \"deny\"\ncolumns = [\"sleep.\"]"), "write `table.column`"),
        (rule("verdict = \"deny\"\ncolumns = [\"main.sleep.day\"]"), "write `table.column`"),
        (rule("verdict = \"deny\"\nstatistic = [\"avg\"]"), "there is no statistic `avg`"),
        (
            rule("verdict = \"deny\"\nproposer = [\"analist\"]"),
            "no node in network.toml is called `analist`",
        ),
    ] {
        let error = load(&text).unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
}

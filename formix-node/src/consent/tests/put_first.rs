use std::collections::BTreeMap;
use std::fs;

use tempfile::TempDir;

use crate::consent::{Policy, Rule, Verdict};

/// The text of a file after a rule was inserted before all others.
fn put_first(text: &str) -> Result<String, String> {
    let scratch = TempDir::new().unwrap();
    let file = scratch.path().join("consent.toml");
    fs::write(&file, text).unwrap();
    let rule = Rule { verdict: Verdict::Deny, free_text: true, ..Rule::default() };
    let put = Policy::put_first(&file, rule, "as asked");
    let after = fs::read_to_string(&file).unwrap();
    assert!(put.is_ok() || after == text, "refused, but changed: {after}");
    put.map(|()| after).map_err(|error| error.to_string())
}

const PUT: &str = "# as asked\n[[rule]]\nverdict = \"deny\"\nfree_text = true\n\n";

#[test]
fn a_rule_is_inserted_before_the_others_and_nothing_else_changes() {
    for (before, after) in [
        ("", "\n[[rule]]\nverdict = \"ask\"\n"),
        ("# Mine.\ndefault = \"deny\"\n\n", "# Nobody!\n[[rule]] # first\nverdict = \"deny\"\n"),
        ("default = \"ask\"\n", "[[ rule ]]\nverdict = \"deny\"\n\n[[rule]]\nverdict = \"ask\""),
    ] {
        let expected = match after.strip_prefix('\n') {
            Some(after) => format!("{before}\n{PUT}{after}"),
            None => format!("{before}{PUT}{after}"),
        };
        assert_eq!(put_first(&format!("{before}{after}")).unwrap(), expected);
    }
}

#[test]
fn the_first_rule_is_appended() {
    assert_eq!(put_first("").unwrap(), PUT);
    assert_eq!(put_first("default = \"deny\"").unwrap(), format!("default = \"deny\"\n{PUT}"));
}

#[test]
fn rules_in_another_form_are_left_alone() {
    for rules in ["rule = [{ verdict = \"deny\" }]", "[[\"rule\"]]\nverdict = \"deny\"\n"] {
        let error = put_first(rules).unwrap_err();
        assert!(error.contains("add the rule by hand"), "{error}");
    }
    assert!(put_first("[[rule]\n").unwrap_err().contains("consent.toml:1: "));
}

#[test]
fn a_missing_file_is_created() {
    let scratch = TempDir::new().unwrap();
    let file = scratch.path().join("consent.toml");
    let rule = Rule { verdict: Verdict::Deny, ..Rule::default() };
    Policy::put_first(&file, rule, "as asked").unwrap();
    assert_eq!(Policy::load(&file, &BTreeMap::new()).unwrap().rules.len(), 1);
}

//! A stranger's text never makes a line that could be ours.

use formix_node::consent::{Disclosed, Family};
use formix_proto::Decimal;
use formix_proto::sharing::Scheme;
use formix_proto::spec::Spec;
use formix_proto::statistic::{
    Buckets, Choice, Domain, Groups, Histogram, Labels, Regression, Rule, Schema, Statistic,
};
use zeroize::Zeroizing;

use super::*;
use crate::text::{MARGIN, columns};

const WIDTH: usize = 72;

/// Lines of ours, aligned as a terminal of that width would break them, and whatever else may move a line.
fn strangers() -> Vec<String> {
    let spaces = |line: &str| format!("How long do you sleep?{:>58}{line}", "");
    let forged = "  sql           SELECT 1\n  committee     heavy-1, heavy-2\nNothing was sent";
    let mut texts: Vec<_> = forged.lines().map(spaces).collect();
    texts.extend(
        [
            forged,
            "\r  status        allowed",
            "\u{1b}[2J\u{9b}1;1H",
            "\u{85}\u{2028}\u{2029}\u{b}\u{c}",
            "\u{202e}\u{2066}\u{61c}\u{5d0}\u{627}",
            "\u{3000}\u{a0}\u{2003}x\u{300}\u{feff}\u{3164}",
            "睡眠睡眠睡眠睡眠睡眠睡眠睡眠睡眠睡眠睡眠睡眠睡眠睡眠睡眠睡眠睡眠睡眠睡眠睡眠睡眠",
            "  | x\n  |\n|",
            "",
        ]
        .map(str::to_owned),
    );
    // Every length that ends where a terminal breaks, and any mixture of what is above.
    texts.extend((0..2 * WIDTH).map(|length| format!("{}  sql           S", "x".repeat(length))));
    let mut seed = 1_usize;
    let pieces = texts.clone();
    texts.extend((0..200).map(|_| {
        let mut piece = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            pieces[(seed >> 33) % pieces.len()].as_str()
        };
        [piece(), piece(), piece()].concat()
    }));
    texts
}

/// Labels of a statistic are short, and differ.
fn labels(text: &str) -> Labels {
    let short: String = text.chars().take(100).collect();
    Labels::try_from(vec![format!("a{short}z"), format!("b{short}z")]).unwrap()
}

fn domain() -> Domain {
    Domain::try_from((0, 99, 0)).unwrap()
}

/// A question with that text wherever who asks may write one.
fn asked(text: &str, statistic: Statistic) -> PendingView {
    let query = Query {
        sql: text.to_owned(),
        tables: vec![Table { name: text.to_owned(), columns: vec![text.to_owned()] }],
    };
    PendingView {
        comp_id: "3f2a1b2c".repeat(8),
        proposer: "analyst".to_owned(),
        proposer_uid: "01".repeat(32),
        prompt: text.to_owned(),
        query: Some(query),
        reveals: formix_node::words::revealed(&statistic),
        rules: formix_node::words::rules(&statistic),
        room: statistic.capacity().to_string(),
        schema: Schema::from(statistic),
        cautions: vec!["it takes 3 answers".to_owned()],
        committee: vec!["heavy-1".to_owned()],
        min_participants: 3,
        max_participants: 9,
        light_nodes: 9,
        deadline: 60_000,
        question: "ab".repeat(32).parse::<Family>().unwrap(),
        why: "no rule matches".to_owned(),
    }
}

/// Statistics that hold words: options, columns, groups and constants.
fn statistics(text: &str) -> [Statistic; 2] {
    let columns = vec![domain(); 2];
    let missing = Rule::Use(text.chars().take(16).collect());
    let groups = Some(Groups { labels: labels(text), min_size: 5 });
    [
        Statistic { missing, ..Choice(labels(text)).into() },
        Statistic {
            groups,
            ..Regression::try_from((domain(), labels(text), columns)).unwrap().into()
        },
    ]
}

/// All lines about a question and its preview.
fn shown(question_: PendingView, text: &str) -> Vec<String> {
    let cells = vec![Some(Disclosed(Zeroizing::new(text.to_owned()))), None];
    let declines = Some(format!("no such column: {text}"));
    let preview = Preview { pending: question_, answer: Some(cells), declines };
    let mut lines = question(&preview.pending, Time(0), Detail::Short, WIDTH);
    lines.extend(question(&preview.pending, Time(0), Detail::Full, WIDTH));
    lines.extend(answer(&preview, WIDTH));
    lines
}

fn ours(lines: &[String]) -> Vec<&String> {
    lines.iter().filter(|line| !line.starts_with(MARGIN)).collect()
}

#[test]
fn no_text_of_a_stranger_makes_a_line_of_ours() {
    for place in 0..2 {
        let honest = shown(asked("x", statistics("x")[place].clone()), "x");
        for text in strangers() {
            let lines = shown(asked(&text, statistics(&text)[place].clone()), &text);
            assert_eq!(ours(&lines), ours(&honest), "{text:?}");
            for line in lines.iter().filter(|line| line.starts_with(MARGIN)) {
                assert!(columns(line) <= WIDTH, "a terminal would break it: {line:?}");
                assert!(!line.contains(char::is_control), "{line:?}");
            }
        }
    }
}

#[test]
fn what_is_ours_says_who_adds_up_over_whom_and_how_much_fits() {
    let lines = shown(asked("x", statistics("x")[0].clone()), "x").join("\n");
    for said in [
        "3f2a1b2c      from analyst, 1m left to decide\n",
        "  status      waiting for you: no rule matches\n",
        "  over        a minimum of 3 participants and a maximum of 9, of 9 light\n              nodes\n",
        "  room        2 totals of 1 bit: wide enough to carry 2 yes-or-no\n              answers one by one\n",
        "  caution     it takes 3 answers\n",
        "  asks\n  | x\n  sql\n  | x\n  reads\n  | x (x)\n",
        "your answer\n  | x, no value\nbut\n  | no such column: x\nNothing was sent",
    ] {
        assert!(lines.contains(said), "{said}\n---\n{lines}");
    }
}

/// Two questions with different digests are different to look at in full, be it in a thirteenth option, an edge,
/// or the domain of a column.
#[test]
fn everything_that_the_digest_covers_can_be_looked_at() {
    let full = |statistic: &Statistic| {
        question(&asked("x", statistic.clone()), Time(0), Detail::Full, WIDTH)
    };
    let options = |last: &str| {
        let mut words: Vec<_> = (0..13).map(|word| word.to_string()).collect();
        words.push(last.to_owned());
        Statistic::from(Choice(words.try_into().unwrap()))
    };
    let edges = |edge: i64| {
        let edges = [0, edge, 9].map(Decimal::from);
        Statistic::from(Histogram(Buckets::between(&edges, 0).unwrap()))
    };
    let fit = |max: i64| {
        let columns = vec![Domain::try_from((0, max, 0)).unwrap(); 2];
        Statistic::from(Regression::try_from((domain(), labels("x"), columns)).unwrap())
    };
    let groups = |min_size: u32| Statistic {
        groups: Some(Groups { labels: labels("x"), min_size }),
        ..edges(3)
    };
    for (one, other) in [
        (options("13"), options("salary")),
        (edges(3), edges(4)),
        (fit(1), fit(1_000_000)),
        (groups(5), groups(6)),
        (edges(3), Statistic { hides_opt_outs: true, ..edges(3) }),
    ] {
        assert_ne!(family(&one), family(&other));
        assert_ne!(full(&one), full(&other), "{one:?}");
        assert_ne!(written(&full(&one)), written(&full(&other)), "exactly: {one:?}");
    }
}

/// What stands under `exactly`.
fn written(lines: &[String]) -> Vec<String> {
    lines.iter().skip_while(|line| *line != "  exactly").cloned().collect()
}

fn family(statistic: &Statistic) -> Family {
    Family::of(&Spec {
        prompt: "x".to_owned(),
        query: None,
        statistic: statistic.clone(),
        committee: [formix_proto::id::NodeId([1; 32]); 3].into(),
        scheme: Scheme::Additive,
        deadline: Time(0),
        min_participants: 3,
        max_participants: 9,
    })
}

//! What a swarm came to, for people and for programs.

use std::fmt::Write;

use formix_sim::coverage::Situation;
use formix_sim::plan::Kind;
use formix_sim::summary::Summary;
use serde_json::{Value, json};

/// The command that runs this seed again.
pub(crate) fn replay(seed: u64) -> String {
    format!("formix-sim run --seed {seed}")
}

/// For people.
pub(crate) fn text(summary: &Summary, seconds: f64) -> String {
    let mut out = String::new();
    let runs = rate(summary.runs, seconds);
    let events = rate(summary.events, seconds);
    let _ = writeln!(out, "{} seeds in {seconds:.1} s: {runs:.0} seeds/s", summary.runs);
    let _ = writeln!(
        out,
        "{} events: {events:.0} events/s, trace {:016x}\n\nquestions",
        summary.events, summary.digest
    );
    for (end, count) in &summary.ends {
        let _ = writeln!(out, "  {count:>9}  {end}");
    }
    let _ = writeln!(out, "\nfaults that took effect: times, and in how many of 100 seeds");
    for kind in Kind::ALL {
        let seeds = summary.seeds_with.get(kind).copied().unwrap_or(0);
        let percent = 100.0 * seeds as f64 / summary.runs.max(1) as f64;
        let times = summary.faults.get(kind).unwrap_or(&0);
        let _ = writeln!(out, "  {times:>9}  {percent:>5.1}  {kind}");
    }
    let none = summary.planned.get(&0).copied().unwrap_or(0);
    let none = 100.0 * none as f64 / summary.runs.max(1) as f64;
    let median = summary.median_faults();
    let _ = writeln!(out, "  half of the plans have {median} faults or more, {none:.1} % none");
    let (adversaries, tricks) = (summary.adversaries, summary.tricks);
    let _ = writeln!(out, "\nadversaries\n  {adversaries:>9}  runs with one, {tricks} tricks");
    for (invariant, count) in &summary.waived {
        let _ = writeln!(out, "  {count:>9}  waived: {invariant:?}, {}", invariant.text());
    }
    let _ = writeln!(
        out,
        "\nprivacy\n  {:>9}  coalitions saw the same twice, {} of them around a sum that was revealed, {} in a group that was suppressed\n  {:>9}  words were split, {}",
        summary.coalitions,
        summary.coalitions_revealed,
        summary.coalitions_suppressed,
        summary.coins.words(),
        match summary.coins.bias() {
            None => "every bit of the shares even".to_owned(),
            Some((seat, bit)) => format!("bit {bit} of seat {seat}'s shares UNEVEN"),
        },
    );
    let _ = writeln!(out, "\nsituations");
    for situation in Situation::ALL {
        let count = summary.coverage.get(situation).unwrap_or(&0);
        let never = if *count == 0 { "   NEVER" } else { "" };
        let _ = writeln!(out, "  {count:>9}  {}{never}", situation.text());
    }
    let biased = usize::from(summary.coins.bias().is_some());
    let found = summary.violations.len() + summary.panics.len() + biased;
    let _ = writeln!(out, "\n{found} violations");
    for (seed, violation) in &summary.violations {
        let _ = writeln!(out, "  {}  # {violation}", replay(*seed));
    }
    for seed in &summary.panics {
        let _ = writeln!(out, "  {}  # panicked", replay(*seed));
    }
    out
}

/// For programs.
pub(crate) fn json(summary: &Summary, seconds: f64) -> Value {
    let faults = summary.faults.iter().map(|(kind, n)| (kind.to_string(), Value::from(*n)));
    let ends = summary.ends.iter().map(|(end, n)| ((*end).to_owned(), Value::from(*n)));
    let situation = |situation: &Situation| {
        (situation.text().to_owned(), Value::from(*summary.coverage.get(situation).unwrap_or(&0)))
    };
    let violation = |(seed, violation): (&u64, &formix_sim::violation::Violation)| {
        json!({
            "seed": seed,
            "invariant": format!("{:?}", violation.invariant),
            "what": violation.to_string(),
            "replay": replay(*seed),
        })
    };
    json!({
        "seeds": summary.runs,
        "seconds": seconds,
        "seeds_per_second": rate(summary.runs, seconds),
        "trace": format!("{:016x}", summary.digest),
        "events": summary.events,
        "events_per_second": rate(summary.events, seconds),
        "questions": Value::Object(ends.collect()),
        "faults": Value::Object(faults.collect()),
        "median_faults": summary.median_faults(),
        "coalitions": summary.coalitions,
        "coalitions_revealed": summary.coalitions_revealed,
        "coalitions_suppressed": summary.coalitions_suppressed,
        "shares_even": summary.coins.bias().is_none(),
        "situations": Value::Object(Situation::ALL.iter().map(situation).collect()),
        "violations": summary.violations.iter().map(violation).collect::<Vec<_>>(),
        "panics": summary.panics,
    })
}

fn rate(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds.max(1e-9)
}

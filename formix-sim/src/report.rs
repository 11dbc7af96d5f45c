//! What a swarm came to, for people and for programs.

use std::fmt::Write;

use formix_sim::mark::Mark;
use formix_sim::plan::Kind;
use formix_sim::tally::Tally;
use serde_json::{Value, json};

/// The command that runs this seed again.
pub(crate) fn replay(seed: u64) -> String {
    format!("formix-sim run --seed {seed}")
}

/// For people.
pub(crate) fn text(tally: &Tally, seconds: f64) -> String {
    let mut out = String::new();
    let runs = rate(tally.runs, seconds);
    let events = rate(tally.events, seconds);
    let _ = writeln!(out, "{} seeds in {seconds:.1} s: {runs:.0} seeds/s", tally.runs);
    let _ = writeln!(
        out,
        "{} events: {events:.0} events/s, trace {:016x}\n\nquestions",
        tally.events, tally.digest
    );
    for (end, count) in &tally.ends {
        let _ = writeln!(out, "  {count:>9}  {end}");
    }
    let _ = writeln!(out, "\nfaults that took effect: times, and in how many of 100 seeds");
    for kind in Kind::ALL {
        let seeds = tally.seeds_with.get(kind).copied().unwrap_or(0);
        let percent = 100.0 * seeds as f64 / tally.runs.max(1) as f64;
        let times = tally.faults.get(kind).unwrap_or(&0);
        let _ = writeln!(out, "  {times:>9}  {percent:>5.1}  {kind}");
    }
    let none = tally.planned.get(&0).copied().unwrap_or(0);
    let none = 100.0 * none as f64 / tally.runs.max(1) as f64;
    let median = tally.median_faults();
    let _ = writeln!(out, "  half of the plans have {median} faults or more, {none:.1} % none");
    let (adversaries, tricks) = (tally.adversaries, tally.tricks);
    let _ = writeln!(out, "\nadversaries\n  {adversaries:>9}  runs with one, {tricks} tricks");
    for (invariant, count) in &tally.waived {
        let _ = writeln!(out, "  {count:>9}  waived: {invariant:?}, {}", invariant.text());
    }
    let _ = writeln!(
        out,
        "\nprivacy\n  {:>9}  coalitions saw the same twice, {} of them around a sum that was revealed, {} in a part that was not told of\n  {:>9}  lanes were split, {}",
        tally.coalitions,
        tally.coalitions_revealed,
        tally.coalitions_untold,
        tally.coins.lanes(),
        match tally.coins.bias() {
            None => "every bit of the shares even".to_owned(),
            Some((seat, bit)) => format!("bit {bit} of seat {seat}'s shares UNEVEN"),
        },
    );
    let _ = writeln!(out, "\nsituations");
    for mark in Mark::ALL {
        let count = tally.marks.get(mark).unwrap_or(&0);
        let never = if *count == 0 { "   NEVER" } else { "" };
        let _ = writeln!(out, "  {count:>9}  {}{never}", mark.text());
    }
    let biased = usize::from(tally.coins.bias().is_some());
    let found = tally.violations.len() + tally.panics.len() + biased;
    let _ = writeln!(out, "\n{found} violations");
    for (seed, violation) in &tally.violations {
        let _ = writeln!(out, "  {}  # {violation}", replay(*seed));
    }
    for seed in &tally.panics {
        let _ = writeln!(out, "  {}  # panicked", replay(*seed));
    }
    out
}

/// For programs.
pub(crate) fn json(tally: &Tally, seconds: f64) -> Value {
    let faults = tally.faults.iter().map(|(kind, n)| (kind.to_string(), Value::from(*n)));
    let ends = tally.ends.iter().map(|(end, n)| ((*end).to_owned(), Value::from(*n)));
    let mark =
        |mark: &Mark| (mark.text().to_owned(), Value::from(*tally.marks.get(mark).unwrap_or(&0)));
    let violation = |(seed, violation): (&u64, &formix_sim::violation::Violation)| {
        json!({
            "seed": seed,
            "invariant": format!("{:?}", violation.invariant),
            "what": violation.to_string(),
            "replay": replay(*seed),
        })
    };
    json!({
        "seeds": tally.runs,
        "seconds": seconds,
        "seeds_per_second": rate(tally.runs, seconds),
        "trace": format!("{:016x}", tally.digest),
        "events": tally.events,
        "events_per_second": rate(tally.events, seconds),
        "questions": Value::Object(ends.collect()),
        "faults": Value::Object(faults.collect()),
        "median_faults": tally.median_faults(),
        "coalitions": tally.coalitions,
        "coalitions_revealed": tally.coalitions_revealed,
        "coalitions_untold": tally.coalitions_untold,
        "shares_even": tally.coins.bias().is_none(),
        "situations": Value::Object(Mark::ALL.iter().map(mark).collect()),
        "violations": tally.violations.iter().map(violation).collect::<Vec<_>>(),
        "panics": tally.panics,
    })
}

fn rate(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds.max(1e-9)
}

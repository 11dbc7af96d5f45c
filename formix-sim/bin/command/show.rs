//! Shows a run: as a story, or as a page.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use formix_sim::interference;
use formix_sim::plan::Plan;
use formix_sim::world::simulate;

use super::Outcome;
use crate::page::Page;
use crate::story::Story;

/// How to show a run.
#[derive(clap::Args)]
pub(crate) struct Show {
    /// As a page, in this file, instead of as a story
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Let the page hold answers, shares, partials and totals
    #[arg(long, requires = "html")]
    oracle: bool,
}

impl Show {
    /// Shows the run of a plan. `name` says what it is, and `again` is the command that runs it.
    pub(super) fn show(&self, plan: &Plan, name: &str, again: &str) -> Outcome {
        match &self.html {
            None => tell(plan, again),
            Some(path) => self.write(path, plan, name, again),
        }
    }

    fn write(&self, path: &Path, plan: &Plan, name: &str, again: &str) -> Outcome {
        let page = Page::new(plan);
        let mut page = if self.oracle { page.with_secrets() } else { page };
        let mut run = simulate(plan, &mut page);
        run.violation = run.violation.or_else(|| interference::compare(plan).err());
        if let Err(error) = fs::write(path, page.render(&run, name, again)) {
            return Outcome::Unusable(format!("{}: {error}", path.display()));
        }
        let verdict = run.violation.as_ref();
        println!("{}", verdict.map_or("everything held".to_owned(), ToString::to_string));
        Outcome::held(run.violation.is_none())
    }
}

/// Tells the story of a plan, and what coalitions could tell apart.
fn tell(plan: &Plan, again: &str) -> Outcome {
    // A reader that closes its end of a pipe wants no more: that is not an error.
    let mut out = BufWriter::new(io::stdout().lock());
    let _ = writeln!(out, "{plan}");
    let run = simulate(
        plan,
        &mut Story::new(plan, |line: &str| {
            let _ = writeln!(out, "{line}");
        }),
    );
    let violation = run.violation.or_else(|| interference::compare(plan).err());
    let verdict = violation.as_ref().map_or_else(
        || "everything held".to_owned(),
        |violation| format!("VIOLATION  {violation}"),
    );
    let _ = writeln!(out, "\n{verdict}; {} events, trace {:016x}", run.events, run.digest);
    let _ = writeln!(out, "replay: {again}");
    let _ = out.flush();
    Outcome::held(violation.is_none())
}

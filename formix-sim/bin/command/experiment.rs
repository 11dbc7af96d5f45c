//! Many networks, measured and drawn.

use std::fs::{self, File};
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use crate::experiment::{Percent, Row, Sweep, plot};
use formix_sim::plan::Latency;

use super::terms::{Terms, lights};
use super::{Outcome, jobs};

/// Measures networks: every combination of the values that are given, several times each.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Light nodes: one number, or several
    #[arg(long, value_name = "N,..", value_delimiter = ',', value_parser = lights, default_value = "10,100,1000")]
    lights: Vec<u32>,
    /// How long frames take, in ms: 40 (log-normal, median 40), 40:0.8 (with that sigma), 10-90 (each link its own)
    #[arg(long, value_name = "MODEL,..", value_delimiter = ',', default_value = "40")]
    latency: Vec<Latency>,
    /// Frames that are lost for good, in percent
    #[arg(long, value_name = "PERCENT,..", value_delimiter = ',', default_value = "0")]
    loss: Vec<Percent>,
    /// Owners who never answer, in percent
    #[arg(long, value_name = "PERCENT,..", value_delimiter = ',', default_value = "0")]
    dropout: Vec<Percent>,
    #[command(flatten)]
    terms: Terms,
    /// Runs of each combination, each with its own seed
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Threads; as many as there are cores if not given. Each runs one network at a time
    #[arg(long)]
    jobs: Option<NonZeroUsize>,
    /// Write the table to this file, instead of to standard output
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write a JSON object a line instead of CSV
    #[arg(long)]
    json: bool,
    /// Draw what was measured, as SVG files in this directory
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  formix-sim experiment --lights 10,100,1000,10000 --csv runs.csv --svg plots
  formix-sim experiment --lights 100 --loss 0,0.5,1,2,5 --seeds 20 --svg plots
  formix-sim experiment --lights 200 --latency 5,40,40:1,150 --dropout 0,10,30 --json

A row is written as soon as its run, and those before it, are done: what is there when this is
interrupted is whole. The same options give the same rows.";

/// Runs it, and says whether everything held.
pub(crate) fn run(args: &Args) -> Outcome {
    match measured(args) {
        Ok(held) => Outcome::held(held),
        Err(problem) => Outcome::Unusable(problem),
    }
}

fn measured(args: &Args) -> Result<bool, String> {
    let mut table = Table { out: open(args.csv.as_deref())?, json: args.json };
    if let Some(directory) = &args.svg {
        fs::create_dir_all(directory).map_err(|error| named(directory, &error))?;
    }
    let sweep = sweep(args);
    let total = sweep.settings().len();
    table.begin().map_err(|error| error.to_string())?;
    let (mut rows, mut problem) = (Vec::new(), None);
    sweep.run(jobs(args.jobs), |row| {
        problem = table.write(&row).err();
        rows.push(row);
        eprint!("\r{} of {total} runs", rows.len());
        problem.is_none()
    });
    eprintln!();
    match problem {
        // A reader that closes its end of a pipe wants no more: that is not an error.
        Some(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error.to_string()),
        _ => {}
    }
    if let Some(directory) = &args.svg {
        for (name, svg) in plot::all(&rows).map_err(|error| error.to_string())? {
            let path = directory.join(name);
            fs::write(&path, svg).map_err(|error| named(&path, &error))?;
            eprintln!("drawn: {}", path.display());
        }
    }
    let broken: Vec<_> = rows.iter().filter_map(|row| row.violation.as_ref()).collect();
    broken.iter().for_each(|violation| eprintln!("broken: {violation}"));
    Ok(broken.is_empty())
}

fn sweep(args: &Args) -> Sweep {
    Sweep {
        lights: args.lights.clone(),
        latencies: args.latency.clone(),
        losses: args.loss.clone(),
        dropouts: args.dropout.clone(),
        seeds: args.seeds,
        rest: args.terms.setting(3, Latency::PerLink { min: 0, max: 0 }),
    }
}

fn open(path: Option<&Path>) -> Result<Box<dyn Write + Send>, String> {
    let Some(path) = path else { return Ok(Box::new(io::stdout())) };
    File::create(path).map(|file| Box::new(file) as _).map_err(|error| named(path, &error))
}

fn named(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// Where rows go, one by one.
struct Table {
    out: Box<dyn Write + Send>,
    json: bool,
}

impl Table {
    fn begin(&mut self) -> io::Result<()> {
        if self.json { Ok(()) } else { self.line(Row::COLUMNS) }
    }

    fn write(&mut self, row: &Row) -> io::Result<()> {
        let text = if self.json { serde_json::to_string(row)? } else { row.csv() };
        self.line(&text)
    }

    fn line(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(format!("{text}\n").as_bytes())?;
        self.out.flush()
    }
}

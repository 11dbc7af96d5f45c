//! One large network, measured.

use std::io::{self, Write};
use std::time::Instant;

use crate::experiment::{Percent, Row, Setting, measure};
use formix_sim::observation::{Observation, Observer};
use formix_sim::plan::Latency;
use serde_json::json;

use super::Outcome;
use super::terms::{Terms, lights};

/// Runs one network of any size, up to a million light nodes, and measures it.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Light nodes
    #[arg(long, value_name = "N", value_parser = lights)]
    lights: u32,
    /// How long frames take, in ms: 40 (log-normal, median 40), 40:0.8 (with that sigma), 10-90 (each link its own)
    #[arg(long, default_value = "40", value_name = "MODEL")]
    latency: Latency,
    /// Frames that are lost for good, in percent
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    loss: Percent,
    /// Owners who never answer, in percent
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    dropout: Percent,
    #[command(flatten)]
    terms: Terms,
    /// Print what was measured as JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  formix-sim network --lights 1000
  formix-sim network --lights 1000000 --latency 40 --loss 0.1 --dropout 5 --deadline 60
  formix-sim network --lights 500 --latency 10-90 --json

Every check of the simulator is on. A million light nodes take some 10 GB of memory.";

/// Runs it, and says whether everything held.
pub(crate) fn run(options: &Args) -> Outcome {
    let Args { lights, latency, loss, dropout, .. } = *options;
    let setting = Setting { loss, dropout, ..options.terms.setting(lights, latency) };
    let begun = Instant::now();
    let row = measure(&setting, &mut Progress { begun, messages: 0 });
    let seconds = begun.elapsed().as_secs_f64();
    eprintln!();
    let text = if options.json { as_json(&row, seconds) } else { as_text(&row, seconds) };
    let _ = io::stdout().write_all(text.as_bytes());
    Outcome::held(row.violation.is_none())
}

fn as_json(row: &Row, seconds: f64) -> String {
    let speed = row.events as f64 / seconds;
    format!("{}\n", json!({ "row": row, "wall_seconds": seconds, "events_per_second": speed }))
}

fn as_text(row: &Row, seconds: f64) -> String {
    let Row { setting, status, willing, given, counted, .. } = row;
    let known = |millis: Option<u64>| millis.map_or("-".to_owned(), |ms| format!("{ms} ms"));
    let held = row.violation.clone().unwrap_or_else(|| "every check held".to_owned());
    format!(
        "light nodes           {}\n\
         status                {status}\n\
         would answer          {willing}\n\
         answered              {given}\n\
         counted               {counted}\n\
         answers lost          {:.4} %\n\
         question to close     {}\n\
         close to outcome      {}\n\
         question to outcome   {}\n\
         a light node's        {:.1} messages, {:.0} bytes\n\
         a heavy node's        {:.0} messages, {:.0} bytes\n\
         simulated             {} events in {seconds:.1} s: {:.0} events/s\n\
         {held}\n",
        setting.lights,
        row.lost_percent,
        known(row.close_ms),
        known(row.close_to_outcome_ms),
        known(row.total_ms),
        row.messages_per_light,
        row.bytes_per_light,
        row.messages_per_heavy,
        row.bytes_per_heavy,
        row.events,
        row.events as f64 / seconds,
    )
}

/// Says now and then how far it is.
struct Progress {
    begun: Instant,
    messages: u64,
}

impl Observer for Progress {
    fn observe(&mut self, at: u64, observation: &Observation<'_>) {
        if !matches!(observation, Observation::Sent { .. }) {
            return;
        }
        self.messages += 1;
        if self.messages.is_multiple_of(1 << 18) {
            let (seconds, messages) = (self.begun.elapsed().as_secs(), self.messages);
            eprint!("\r{seconds} s: {messages} messages, at {at} ms of the network's time ");
        }
    }
}

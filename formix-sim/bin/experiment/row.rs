//! What one run has come to, in a line of a table.

use formix_proto::outcome::Outcome;
use serde::Serialize;

use super::meter::Meter;
use super::setting::Setting;
use formix_sim::plan::{Behaviour, Owner, Plan};
use formix_sim::summary::label;
use formix_sim::world::{End, Run};

/// One run. Times are milliseconds, shares percent, and bytes those of the protocol's frames.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    /// What was run.
    #[serde(flatten)]
    pub(crate) setting: Setting,
    /// What became of the question.
    pub(crate) status: &'static str,
    /// How many owners would have answered.
    pub(crate) willing: u32,
    /// How many were asked in time, and have.
    pub(crate) given: u32,
    /// How many are in the sum.
    pub(crate) counted: u32,
    /// The share of the given answers that are not in the sum.
    pub(crate) lost_percent: f64,
    /// From the question to the end of collecting at the primary.
    pub(crate) close_ms: Option<u64>,
    /// From there to the outcome where it was asked.
    pub(crate) close_to_outcome_ms: Option<u64>,
    /// From the question to the outcome where it was asked.
    pub(crate) total_ms: Option<u64>,
    /// Sent by and to a light node, in the mean.
    pub(crate) messages_per_light: f64,
    /// Sent by and to a light node, in the mean.
    pub(crate) bytes_per_light: f64,
    /// Sent by and to a heavy node, in the mean.
    pub(crate) messages_per_heavy: f64,
    /// Sent by and to a heavy node, in the mean.
    pub(crate) bytes_per_heavy: f64,
    /// How many inputs the nodes handled.
    pub(crate) events: u64,
    /// The invariant that was broken, if any.
    pub(crate) violation: Option<String>,
}

impl Row {
    /// The columns of [`Row::csv`].
    pub(crate) const COLUMNS: &str = "lights,heavies,latency_ms,loss_percent,dropout_percent,\
        decline_percent,answer_within_ms,deadline_ms,seed,status,willing,given,counted,lost_percent,\
        close_ms,close_to_outcome_ms,total_ms,messages_per_light,bytes_per_light,\
        messages_per_heavy,bytes_per_heavy,events,violation";

    pub(super) fn new(setting: &Setting, plan: &Plan, meter: &Meter<'_>, run: &Run) -> Self {
        let asked = &plan.workload[0];
        let willing = |owner: &&Owner| matches!(owner.behaviour, Behaviour::Answer(_));
        let end = run.ends.first().and_then(Option::as_ref).map(|(_, end)| end);
        let counted = match end {
            Some(End::Ended(Outcome::Completed(reveal))) => reveal.participants,
            _ => 0,
        };
        let lost = meter.given.saturating_sub(counted);
        let since = |from: Option<u64>, to: Option<u64>| to?.checked_sub(from?);
        let (lights, heavies) = (f64::from(setting.lights), f64::from(setting.heavies));
        Self {
            setting: *setting,
            status: end.map_or("no end known to the proposer", label),
            willing: u32::try_from(asked.owners.iter().filter(willing).count()).unwrap_or(u32::MAX),
            given: meter.given,
            counted,
            lost_percent: 100.0 * f64::from(lost) / f64::from(meter.given.max(1)),
            close_ms: since(Some(asked.at), meter.closed),
            close_to_outcome_ms: since(meter.closed, meter.known),
            total_ms: since(Some(asked.at), meter.known),
            messages_per_light: meter.lights.messages as f64 / lights,
            bytes_per_light: meter.lights.bytes as f64 / lights,
            messages_per_heavy: meter.heavies.messages as f64 / heavies,
            bytes_per_heavy: meter.heavies.bytes as f64 / heavies,
            events: run.events,
            violation: run.violation.as_ref().map(ToString::to_string),
        }
    }

    /// As a line, without its end. What is not known is empty.
    pub(crate) fn csv(&self) -> String {
        let Setting { lights, heavies, latency, loss, dropout, decline, .. } = &self.setting;
        let Setting { answer_within, deadline, seed, .. } = &self.setting;
        let known = |millis: Option<u64>| millis.map_or_else(String::new, |ms| ms.to_string());
        let network = format!("{lights},{heavies},{latency},{loss},{dropout},{decline}");
        let times = [self.close_ms, self.close_to_outcome_ms, self.total_ms].map(known).join(",");
        let traffic = [
            self.messages_per_light,
            self.bytes_per_light,
            self.messages_per_heavy,
            self.bytes_per_heavy,
        ];
        let traffic = traffic.map(|mean| format!("{mean:.3}")).join(",");
        let violation = self.violation.as_deref().unwrap_or("").replace([',', '\n'], ";");
        format!(
            "{network},{answer_within},{deadline},{seed},{},{},{},{},{:.4},{times},{traffic},{},{violation}",
            self.status, self.willing, self.given, self.counted, self.lost_percent, self.events,
        )
    }
}

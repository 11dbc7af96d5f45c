//! Draws rows: a line for each setting, with a band from the least to the greatest of its runs.

mod chart;
mod line;

pub(crate) use chart::DrawError;

use super::row::Row;
use chart::Frame;

/// What is drawn.
struct Metric {
    file: &'static str,
    title: &'static str,
    unit: &'static str,
    /// It grows with the network: drawn against its size only, on logarithmic axes.
    grows: bool,
    of: fn(&Row) -> Option<f64>,
}

const METRICS: &[Metric] = &[
    Metric {
        file: "close-to-outcome",
        title: "From the end of collecting to the outcome",
        unit: "milliseconds",
        grows: false,
        of: |row| row.close_to_outcome_ms.map(|ms| ms as f64),
    },
    Metric {
        file: "answers-lost",
        title: "Answers that were given and are not in the sum",
        unit: "% of the answers given",
        grows: false,
        of: |row| (row.given > 0).then_some(row.lost_percent),
    },
    Metric {
        file: "messages-per-light",
        title: "Messages to and from a light node",
        unit: "messages, mean",
        grows: false,
        of: |row| Some(row.messages_per_light),
    },
    Metric {
        file: "bytes-per-light",
        title: "Bytes to and from a light node",
        unit: "bytes, mean",
        grows: false,
        of: |row| Some(row.bytes_per_light),
    },
    Metric {
        file: "messages-per-heavy",
        title: "Messages to and from a heavy node",
        unit: "messages, mean",
        grows: true,
        of: |row| Some(row.messages_per_heavy),
    },
    Metric {
        file: "bytes-per-heavy",
        title: "Bytes to and from a heavy node",
        unit: "bytes, mean",
        grows: true,
        of: |row| Some(row.bytes_per_heavy),
    },
];

/// What it is drawn against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    Lights,
    Loss,
    Dropout,
}

impl Axis {
    const ALL: [Self; 3] = [Self::Lights, Self::Loss, Self::Dropout];

    fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Lights => ("lights", "light nodes"),
            Self::Loss => ("loss", "frames lost for good, %"),
            Self::Dropout => ("dropout", "owners who never answer, %"),
        }
    }

    fn of(self, row: &Row) -> f64 {
        match self {
            Self::Lights => row.setting.lights.into(),
            Self::Loss => row.setting.loss.percent(),
            Self::Dropout => row.setting.dropout.percent(),
        }
    }
}

/// Every plot that the rows have enough values for: the name of a file, and what is in it.
pub(crate) fn all(rows: &[Row]) -> Result<Vec<(String, String)>, DrawError> {
    let mut plots = Vec::new();
    for axis in Axis::ALL {
        for metric in METRICS.iter().filter(|metric| axis == Axis::Lights || !metric.grows) {
            let lines = line::lines(rows, axis, metric.of);
            if lines.iter().all(|line| line.points.len() < 2) {
                continue;
            }
            let (file, label) = axis.name();
            let log = (axis == Axis::Lights, metric.grows);
            let seeds = line::seeds(rows);
            let subtitle = format!(
                "{}; {seeds} seeds each: the median, and from the least to the greatest",
                line::common(rows, axis)
            );
            let frame = Frame { title: metric.title, subtitle, x: label, y: metric.unit, log };
            plots.push((format!("{}-by-{file}.svg", metric.file), chart::draw(&frame, &lines)?));
        }
    }
    Ok(plots)
}

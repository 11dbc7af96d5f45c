//! How models of latency are written: `40`, `40:0.8` or `10-90`.

use core::fmt;
use core::str::FromStr;

use super::network::Latency;

/// The spread of a log-normal latency that is given by its median alone, in thousandths.
const USUAL_SIGMA: u32 = 500;
/// Beyond this, one frame in a thousand takes a hundred times the median and more.
const MOST_SIGMA: u32 = 1_500;
/// No frame takes longer than half an hour.
const LONGEST: u64 = 1_800_000;

/// A text that is not a model of latency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a latency is 40 (each frame: log-normal, median 40 ms), 40:0.8 (the same with a sigma of 0.8, at most 1.5) or 10-90 (each link: one of 10 to 90 ms)"
)]
pub struct LatencyError;

impl FromStr for Latency {
    type Err = LatencyError;

    fn from_str(text: &str) -> Result<Self, LatencyError> {
        let millis = |text: &str| {
            let parsed = text.parse().ok().filter(|millis| *millis <= LONGEST);
            parsed.ok_or(LatencyError)
        };
        if let Some((min, max)) = text.split_once('-') {
            let (min, max) = (millis(min)?, millis(max)?);
            return if min <= max { Ok(Self::PerLink { min, max }) } else { Err(LatencyError) };
        }
        let (median, sigma) = match text.split_once(':') {
            Some((median, sigma)) => (median, thousandths(sigma)?),
            None => (text, USUAL_SIGMA),
        };
        Ok(Self::LogNormal { median: millis(median)?, sigma })
    }
}

fn thousandths(text: &str) -> Result<u32, LatencyError> {
    let sigma: f64 = text.parse().map_err(|_| LatencyError)?;
    let sigma = (1_000.0 * sigma).round();
    if !(0.0..=f64::from(MOST_SIGMA)).contains(&sigma) {
        return Err(LatencyError);
    }
    Ok(sigma as u32)
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PerLink { min, max } => write!(f, "{min}-{max}"),
            Self::LogNormal { median, sigma: USUAL_SIGMA } => write!(f, "{median}"),
            Self::LogNormal { median, sigma } => {
                write!(f, "{median}:{}", f64::from(*sigma) / 1_000.0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["40", "40:0.8", "0-0", "10-90", "0"] {
            assert_eq!(text.parse::<Latency>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_latency_is_refused() {
        for bad in ["", "x", "90-10", "40:", "40:1.6", "40:-1", "40:NaN", "-5", "1800001"] {
            assert_eq!(bad.parse::<Latency>().unwrap_err(), LatencyError, "{bad}");
        }
    }
}

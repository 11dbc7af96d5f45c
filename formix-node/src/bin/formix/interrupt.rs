//! Ctrl-C while a network in this process is at work.

use std::process::ExitCode;

use formix_node::process::StopSignals;
use serde_json::json;

use crate::failure::Failure;
use crate::output::{INTERRUPTED, Output};

/// Does the work, unless a signal to stop arrives first. Either way the caller has to shut the network
/// down: its files can be removed only once its nodes have closed them.
pub(crate) async fn or(
    mut signals: StopSignals,
    work: impl Future<Output = Result<ExitCode, Failure>>,
    output: Output,
) -> Result<ExitCode, Failure> {
    tokio::select! {
        biased;
        _ = signals.received() => {
            output.line("Interrupted: stopping the network.");
            output.result(&json!({ "status": "interrupted" }));
            Ok(ExitCode::from(INTERRUPTED))
        }
        code = work => code,
    }
}

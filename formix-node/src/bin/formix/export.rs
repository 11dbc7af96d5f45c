//! A computation as it is shown, and its result as files.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use formix_node::history::ComputationRow;
use formix_node::report::Report;
use formix_proto::statistic::Summary;

use crate::args::Export;
use crate::failure::Failure;
use crate::output::Output;
use crate::result;

/// What stands for standard output.
const HERE: &str = "-";

/// Shows a computation, and writes its result where that is asked for.
pub(crate) fn report(
    report: &Report,
    export: &Export,
    output: Output,
) -> Result<ExitCode, Failure> {
    let here = export.csv.as_deref() == Some(Path::new(HERE));
    if here && output.is_json() {
        let why = "standard output cannot be both JSON and CSV: give --csv a file";
        return Err(Failure::Usage(why.to_owned()));
    }
    let Some(summary) = &report.row.summary else { return Ok(output.report(report)) };
    let schema = &report.row.schema;
    if let Some(file) = &export.svg {
        write(file, &draw(report, summary)?)?;
    }
    if let Some(file) = &export.csv {
        let csv = result::csv(schema, summary).map_err(other)?;
        if here {
            output.write(&csv);
            return Ok(ExitCode::SUCCESS);
        }
        write(file, &csv)?;
    }
    Ok(output.report(report))
}

fn draw(report: &Report, summary: &Summary) -> Result<Vec<u8>, Failure> {
    let ComputationRow { proposal, schema, .. } = &report.row;
    let svg = result::svg(&proposal.spec.prompt, schema, summary).map_err(other)?;
    let nothing = || Failure::Usage("a single number is not drawn: leave out --svg".to_owned());
    svg.map(String::into_bytes).ok_or_else(nothing)
}

fn write(file: &Path, content: &[u8]) -> Result<(), Failure> {
    let failed = |error| Failure::Other(format!("{}: {error}", file.display()).into());
    fs::write(file, content).map_err(failed)
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::Other(Box::new(error))
}

//! A result as CSV.

use formix_node::question::Schema;
use formix_proto::statistic::Summary;

use super::rows::rows;

/// All numbers of a result, a row each, under a header.
pub(crate) fn csv(schema: &Schema, summary: &Summary) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows(&schema.statistic, summary) {
        writer.serialize(row)?;
    }
    Ok(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)
}

//! `[data]`: the question, for programs, as it is written in a file.

use std::collections::BTreeMap;

use formix_proto::query::{Query, Table};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    sql: String,
    /// The columns of each table.
    tables: BTreeMap<String, Vec<String>>,
}

pub(super) fn serialize<S: Serializer>(query: &Option<Query>, to: S) -> Result<S::Ok, S::Error> {
    let table = |table: &Table| (table.name.clone(), table.columns.clone());
    let data = query.as_ref().map(|query| Data {
        sql: query.sql.clone(),
        tables: query.tables.iter().map(table).collect(),
    });
    data.serialize(to)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Query>, D::Error> {
    let data = Option::<Data>::deserialize(from)?;
    Ok(data.map(|Data { sql, tables }| {
        let tables = tables.into_iter().map(|(name, columns)| Table { name, columns });
        Query { sql, tables: tables.collect() }
    }))
}

//! `[data]`: the question, for programs, as it is written in a file.

use std::fmt;

use formix_proto::query::{Query, Table};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    sql: String,
    #[serde(with = "tables")]
    tables: Vec<Table>,
}

pub(super) fn serialize<S: Serializer>(query: &Option<Query>, to: S) -> Result<S::Ok, S::Error> {
    let data = query.clone().map(|Query { sql, tables }| Data { sql, tables });
    data.serialize(to)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Query>, D::Error> {
    let data = Option::<Data>::deserialize(from)?;
    Ok(data.map(|Data { sql, tables }| Query { sql, tables }))
}

/// The columns of each table, by its name. One that is there twice stays so, and is refused later.
mod tables {
    use super::*;

    pub(super) fn serialize<S: Serializer>(tables: &[Table], to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(tables.iter().map(|table| (&table.name, &table.columns)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Table>, D::Error> {
        from.deserialize_map(Tables)
    }

    struct Tables;

    impl<'de> de::Visitor<'de> for Tables {
        type Value = Vec<Table>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("tables, each with a list of its columns")
        }

        fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Vec<Table>, A::Error> {
            let mut tables = Vec::new();
            while let Some((name, columns)) = map.next_entry()? {
                tables.push(Table { name, columns });
            }
            Ok(tables)
        }
    }
}

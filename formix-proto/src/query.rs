//! The question, for programs: SQL over tables that each owner has mapped to data.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::limits::MAX_QUERY;

/// One `SELECT` over declared tables, whose rows are an answer's cells. Untrusted text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// The statement.
    pub sql: String,
    /// The tables that it reads, and no other.
    pub tables: Vec<Table>,
}

/// A table that a question reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// What it is called in the question.
    pub name: String,
    /// The columns that the question reads, and no other.
    pub columns: Vec<String>,
}

/// Why a query is refused before anybody runs it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum QueryError {
    /// Longer than [`MAX_QUERY`], with the names of its tables and columns.
    #[error("the query and its tables are longer than {MAX_QUERY} bytes")]
    TooLong,
    /// Nothing to run.
    #[error("the query is empty")]
    Empty,
    /// A table or a column whose name is none: letters, digits and `_`, not a digit first.
    #[error("`{0}` is no name for a table or column: use letters, digits and _")]
    Name(String),
    /// A table, or a column of it, that is declared twice.
    #[error("`{0}` is declared twice")]
    Repeated(String),
    /// A table without columns.
    #[error("table `{0}` declares no columns")]
    NoColumns(String),
}

impl Query {
    /// Checks the declarations.
    pub(crate) fn check(&self) -> Result<(), QueryError> {
        let length = |names: &[String]| names.iter().map(|name| name.len() + 2).sum::<usize>();
        let tables = self.tables.iter().map(|table| table.name.len() + 8 + length(&table.columns));
        if self.sql.len() + tables.sum::<usize>() > MAX_QUERY {
            return Err(QueryError::TooLong);
        }
        if self.sql.trim().is_empty() {
            return Err(QueryError::Empty);
        }
        distinct(self.tables.iter().map(|table| &table.name))?;
        for table in &self.tables {
            if table.columns.is_empty() {
                return Err(QueryError::NoColumns(table.name.clone()));
            }
            distinct(table.columns.iter())?;
        }
        Ok(())
    }
}

/// Names of SQL, which does not tell `A` from `a`.
fn distinct<'a>(names: impl Iterator<Item = &'a String>) -> Result<(), QueryError> {
    let mut seen = alloc::collections::BTreeSet::new();
    for name in names {
        let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if !starts || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(QueryError::Name(name.clone()));
        }
        if !seen.insert(name.to_ascii_lowercase()) {
            return Err(QueryError::Repeated(name.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn query(tables: &[(&str, &[&str])]) -> Query {
        let table = |(name, columns): &(&str, &[&str])| Table {
            name: (*name).into(),
            columns: columns.iter().map(|column| (*column).into()).collect(),
        };
        Query { sql: "SELECT 1".into(), tables: tables.iter().map(table).collect() }
    }

    #[test]
    fn tables_and_columns_have_plain_names_each_once() {
        assert_eq!(query(&[("sleep", &["day", "_ms2"]), ("who", &["day"])]).check(), Ok(()));
        let refused = [
            (query(&[("a", &["x"]), ("A", &["x"])]), QueryError::Repeated("A".into())),
            (query(&[("a", &["x", "X"])]), QueryError::Repeated("X".into())),
            (query(&[("a", &[])]), QueryError::NoColumns("a".into())),
            (query(&[("2a", &["x"])]), QueryError::Name("2a".into())),
            (query(&[("a", &["x y"])]), QueryError::Name("x y".into())),
            (query(&[("", &["x"])]), QueryError::Name("".into())),
            (query(&[("main.a", &["x"])]), QueryError::Name("main.a".into())),
        ];
        for (query, error) in refused {
            assert_eq!(query.check(), Err(error));
        }
    }

    #[test]
    fn the_longest_query_is_itself_allowed() {
        let sql = |bytes| Query { sql: "x".repeat(bytes), tables: vec![] };
        assert_eq!(sql(MAX_QUERY).check(), Ok(()));
        assert_eq!(sql(MAX_QUERY + 1).check(), Err(QueryError::TooLong));
        assert_eq!(sql(0).check(), Err(QueryError::Empty));
        let declared = query(&[("sleep", &["day", "ms"]), ("who", &["sex"])]).tables;
        let names = (5 + 8) + (3 + 2) + (2 + 2) + (3 + 8) + (3 + 2);
        let beside = |bytes| Query { tables: declared.clone(), ..sql(bytes) };
        assert_eq!(beside(MAX_QUERY - names).check(), Ok(()));
        assert_eq!(beside(MAX_QUERY - names + 1).check(), Err(QueryError::TooLong));
    }
}

//! The history of a node that does not run.

use std::path::Path;

use formix_proto::id::ComputationId;

use super::reading::{self, Listed};
use super::row::ComputationRow;
use super::table::{self, Detail};
use crate::database::{Database, DatabaseError};

/// The file of a node that does not run, locked while it is read. All functions block.
pub struct Archive {
    database: Database,
}

impl Archive {
    /// Opens a node's file; `None` if there is no file.
    ///
    /// # Errors
    ///
    /// When the file is in use, not a node's, of another format or damaged, and when the disk fails.
    pub fn open(path: &Path) -> Result<Option<Self>, DatabaseError> {
        let file = std::path::absolute(path).map_err(DatabaseError::io(path))?;
        Ok(Database::open_existing(&file)?.map(|database| Self { database }))
    }

    /// See [`History::newest`](super::History::newest).
    ///
    /// # Errors
    ///
    /// When the file is damaged.
    pub fn newest(&self, most: usize) -> Result<Vec<ComputationRow>, DatabaseError> {
        let connection = &self.database.connection;
        let rows = table::page(connection, i64::MAX, most, Detail::Short)?;
        let list = rows.iter().map(|stored| match reading::listed(stored, connection.file())? {
            Listed::Row(row) => Ok(*row),
            Listed::TooLong(row) => {
                let whole = self.computation(row.comp_id)?;
                Ok(whole.map_or(*row, |whole| ComputationRow { summary: None, ..whole }))
            }
        });
        list.collect()
    }

    /// See [`History::ids`](super::History::ids).
    ///
    /// # Errors
    ///
    /// When the file is damaged.
    pub fn ids(&self) -> Result<Vec<ComputationId>, DatabaseError> {
        let ids = table::ids(&self.database.connection, i64::MAX, usize::MAX)?;
        Ok(ids.into_iter().map(|(_, id)| id).collect())
    }

    /// See [`History::computation`](super::History::computation).
    ///
    /// # Errors
    ///
    /// When the file is damaged.
    pub fn computation(&self, id: ComputationId) -> Result<Option<ComputationRow>, DatabaseError> {
        let connection = &self.database.connection;
        let stored = table::find(connection, id)?;
        stored.map(|stored| reading::whole(&stored, connection.file())).transpose()
    }
}

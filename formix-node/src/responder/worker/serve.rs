//! The worker's side: one job from standard input, one reply to standard output.

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;

use libsql::Connection;

use super::confine;
use super::wire::{self, Found, Job, Scalar, VERSION, Want};
use crate::database::block_on;
use crate::responder::authorizer::{self, Names};
use crate::responder::source::Loader;
use crate::responder::{SqlError, rows, sandbox};

/// Runs one statement: reads a job from standard input, and writes the reply to standard output.
pub(super) fn serve() -> ExitCode {
    match confine::early().map_err(io::Error::other).and_then(|()| converse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn converse() -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut version = [0; 4];
    input.read_exact(&mut version)?;
    let mut output = io::stdout().lock();
    output.write_all(&VERSION.to_le_bytes())?;
    if version == VERSION.to_le_bytes() {
        let reply = work(&mut input)?;
        let reply = postcard::to_allocvec(&reply).map_err(io::Error::other)?;
        output.write_all(&(reply.len() as u64).to_le_bytes())?;
        output.write_all(&reply)?;
    }
    output.flush()
}

/// Fails if the input is not a job. Whatever the owner's data or the statement lead to is a reply.
fn work(input: &mut impl Read) -> io::Result<Result<Found<Scalar<'static>>, SqlError>> {
    let job: Job = postcard::from_bytes(&wire::sized(input)?).map_err(io::Error::other)?;
    let prepared = confine::to(&job).and_then(|()| block_on(prepare(&job, input)));
    let (connection, names) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return Ok(Err(error)),
    };
    // The first untrusted input: everything that the worker can give up is gone.
    let sql = String::from_utf8(wire::sized(input)?).map_err(io::Error::other)?;
    Ok(block_on(async {
        match job.want {
            Want::Columns => rows::columns(&connection, &names, &sql).await.map(Found::Columns),
            Want::Values { rows, values } => {
                rows::read(&connection, &names, &sql, rows, values).await.map(Found::Values)
            }
        }
    }))
}

/// Loads the declared columns, and confines the worker to them.
async fn prepare(job: &Job, input: &mut impl Read) -> Result<(Connection, Arc<Names>), SqlError> {
    let connection = sandbox::open(job.tables_memory).await?;
    for (table, data) in &job.tables {
        Loader { table, connection: &connection }.load(data, input).await?;
    }
    let tables = job.tables.iter().map(|(table, _)| table.clone()).collect();
    let names = authorizer::allow_only(&connection, tables).await?;
    confine::at_last()?;
    Ok((connection, names))
}

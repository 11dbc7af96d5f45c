//! How a light node gets its answer: the "map" of private map.
//!
//! A [`Responder`] is asked each [`Question`] once, and answers or declines. Those built in are made
//! from a [`ResponderConfig`]; a program that embeds a node can bring its own.

mod authorizer;
mod cells;
mod command;
mod config;
mod error;
mod program;
mod query;
mod question;
mod random;
mod rows;
mod sandbox;
mod source;
mod sql_error;
mod statement;
mod trial;
pub mod worker;

use std::pin::Pin;

use formix_proto::answer::Answer;

pub use command::Command;
pub use config::ResponderConfig;
pub use error::ResponderError;
pub use query::{Query, QueryLimits};
pub use question::Question;
pub use random::Random;
pub use source::Source;
pub use sql_error::{CsvError, SqlError};
pub use statement::StatementError;
pub(crate) use trial::columns;
pub use worker::WorkerError;

/// What a responder says to a question.
#[derive(Debug, Clone)]
pub enum Reply {
    /// This. Printing it shows nothing of the answer.
    Answer(Answer),
    /// Nothing: the node does not take part.
    Decline,
}

/// A reply that is being worked out.
pub type Responding<'a> = Pin<Box<dyn Future<Output = Result<Reply, ResponderError>> + Send + 'a>>;

/// Answers the questions that a light node is asked, from its owner's data.
pub trait Responder: Send + Sync + 'static {
    /// Answers one question. Dropping the future gives up on it.
    ///
    /// # Errors
    ///
    /// When no answer can be had. An error must not tell anything of the owner's data.
    fn respond<'a>(&'a self, question: &'a Question) -> Responding<'a>;
}

/// Gives every question the same answer.
#[derive(Debug, Clone)]
pub struct Fixed(pub Answer);

impl Responder for Fixed {
    fn respond<'a>(&'a self, _: &'a Question) -> Responding<'a> {
        Box::pin(async { Ok(Reply::Answer(self.0.clone())) })
    }
}

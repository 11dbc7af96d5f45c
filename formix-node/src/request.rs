//! What the owner of a running node can ask of it, from whatever task.

use std::sync::Arc;

use formix_proto::directory::Directory;
use formix_proto::id::ComputationId;
use formix_proto::machine::Command;
use formix_proto::spec::Proposal;
use formix_proto::status::Status;
use formix_transport::peers::Peers;
use tokio::sync::oneshot;

use crate::question::Schema;

/// What the owner of a running node can ask its shell.
pub(crate) enum Request {
    /// Hand the machine a command.
    Command(Command),
    /// Ask a question, and record the words for what is wanted.
    Propose(Box<Proposal>, Box<Schema>),
    /// What the machine knows of a computation.
    Status(ComputationId, oneshot::Sender<Option<Status>>),
    /// The enrolled nodes are now these.
    Enroll(Arc<Directory>, Arc<Peers>),
    /// Finish what is under way, and stop.
    Stop,
}

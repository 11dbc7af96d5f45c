//! What the owner of a running node can ask of it, from any task.

use std::sync::Arc;

use formix_proto::directory::Directory;
use formix_proto::id::{ComputationId, NodeId};
use formix_proto::machine::Command;
use formix_proto::spec::Proposal;
use formix_proto::status::Status;
use formix_transport::peers::Peers;
use tokio::sync::oneshot;

use formix_proto::statistic::Schema;

/// What the owner of a running node can ask its shell.
pub(crate) enum Request {
    /// Give the machine a command.
    Command(Command),
    /// Ask a question, and record its statistic in the analyst's words.
    Propose(Box<Proposal>, Box<Schema>),
    /// What the machine knows of a computation.
    Status(ComputationId, oneshot::Sender<Option<Status>>),
    /// The nodes that it is connected to.
    Connected(oneshot::Sender<Vec<NodeId>>),
    /// Replace the enrolled nodes.
    Enroll(Arc<Directory>, Arc<Peers>),
    /// Finish what is under way, and stop.
    Stop,
}

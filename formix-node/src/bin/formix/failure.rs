//! How the command fails: one line that names the thing, and an exit status.

use std::error::Error;
use std::process::ExitCode;

use formix_node::config::ConfigError;
use formix_node::control::ControlError;
use formix_node::handle::ProposeError;
use formix_node::home::HomeError;
use formix_node::key::KeyError;
use formix_node::network::NetworkError;
use formix_node::node::NodeError;
use formix_node::process::ProcessError;
use formix_node::store::StoreError;

/// Why the command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line or a configuration is wrong.
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Other(Box<dyn Error + Send + Sync>),
}

impl Failure {
    /// 2 when something must be written differently, 1 when it may work another time.
    pub(crate) fn code(&self) -> ExitCode {
        match self {
            Self::Usage(_)
            | Self::Config(_)
            | Self::Key(_)
            | Self::Control(ControlError::Refused(_))
            | Self::Process(
                ProcessError::Config(_)
                | ProcessError::Responder { .. }
                | ProcessError::OtherNode { .. }
                | ProcessError::Key { .. }
                | ProcessError::Node(NodeError::Key(_)),
            )
            | Self::Network(
                NetworkError::Config(_)
                | NetworkError::Question(_)
                | NetworkError::Responder { .. }
                | NetworkError::Propose(ProposeError::Terms(_)),
            ) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

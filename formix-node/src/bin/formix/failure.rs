//! How the command fails: one line that says what is wrong and where, and an exit status.

use std::error::Error;
use std::process::ExitCode;

use formix_node::config::ConfigError;
use formix_node::control::ControlError;
use formix_node::database::DatabaseError;
use formix_node::handle::ProposeError;
use formix_node::home::HomeError;
use formix_node::key::KeyError;
use formix_node::network::NetworkError;
use formix_node::node::NodeError;
use formix_node::process::ProcessError;

/// Why the command failed.
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
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Other(Box<dyn Error + Send + Sync>),
}

impl Failure {
    /// 2 if the command line or a configuration must be changed, 1 if the same may work another time.
    pub(crate) fn code(&self) -> ExitCode {
        match self {
            Self::Usage(_)
            | Self::Config(_)
            | Self::Key(_)
            | Self::Control(ControlError::Refused(_))
            | Self::Process(
                ProcessError::Config(_)
                | ProcessError::Responder { .. }
                | ProcessError::Key { .. }
                | ProcessError::Node(NodeError::Key(_)),
            )
            | Self::Network(
                NetworkError::Config(_)
                | NetworkError::Question(_)
                | NetworkError::Responder { .. }
                | NetworkError::Propose(ProposeError::Terms(_)),
            ) => ExitCode::from(2),
            Self::Home(error)
            | Self::Process(ProcessError::Home(error))
            | Self::Network(NetworkError::Home(error))
                if needs_another_home(error) =>
            {
                ExitCode::from(2)
            }
            _ => ExitCode::FAILURE,
        }
    }
}

/// Whether this home will not do, however often it is tried.
fn needs_another_home(error: &HomeError) -> bool {
    matches!(
        error,
        HomeError::Nowhere
            | HomeError::OfProcesses(_)
            | HomeError::OfOneProcess(_)
            | HomeError::TooLong { .. }
    )
}

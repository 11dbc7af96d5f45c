//! Formix nodes as processes, whole networks in one process, their storage, configuration and API.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use formix_node::FormixNetwork;
//!
//! let network = FormixNetwork::builder().heavy(3).light(5).start().await?;
//! let id = network
//!     .propose("What was your average sleep score last year?")
//!     .deadline(Duration::from_secs(30))
//!     .min_participants(3)
//!     .send()
//!     .await?;
//! let report = network.wait(id).await?;
//! println!("{:?} over {:?} participants", report.row.result, report.row.participants_count());
//! network.shutdown().await?;
//! # Ok(())
//! # }
//! ```

pub mod clock;
mod coins;
pub mod config;
pub mod consent;
pub mod control;
pub mod database;
mod durable;
pub mod duration;
pub mod handle;
pub mod history;
pub mod home;
pub mod key;
pub mod lock;
pub mod log;
pub mod network;
pub mod node;
mod owner;
pub mod process;
pub mod question;
pub mod report;
mod request;
pub mod responder;
mod shell;
pub mod text;
pub mod words;

pub use formix_proto::Decimal;
pub use formix_proto::directory::Role;
pub use formix_proto::id::ComputationId;
pub use formix_proto::machine::Event;
pub use network::{FormixNetwork, quick_computation, quick_network};

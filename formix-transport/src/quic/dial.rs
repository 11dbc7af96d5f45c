//! Dialling, again and again.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use formix_proto::id::NodeId;
use quinn::ConnectError;
use tokio::time::{Instant, sleep};
use tracing::debug;

use super::close::End;
use super::framing::within;
use super::node::Node;
use super::tls::SERVER_NAME;
use super::{StartError, endpoint, hello};
use crate::Limits;

/// Why there is no connection to a peer.
#[derive(Debug, thiserror::Error)]
enum DialError {
    #[error(transparent)]
    Tls(#[from] StartError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    End(#[from] End),
}

/// Connects to a peer for as long as there is a reason to.
pub(super) async fn keep_dialling(node: Arc<Node>, peer: NodeId) {
    let mut backoff = Backoff::new(&node.limits);
    let mut wait = Duration::ZERO;
    while let Some(address) = node.next_dial(peer) {
        sleep(wait).await;
        match dial(&node, peer, address).await {
            Ok(held) => backoff.connected(held),
            Err(error) => debug!(peer = %peer.short(), %address, %error, "cannot connect"),
        }
        wait = backoff.next(jitter());
    }
}

/// Connects and serves the connection until it ends; returns how long it held.
async fn dial(node: &Node, peer: NodeId, address: SocketAddr) -> Result<Duration, DialError> {
    let patience = node.limits.handshake_timeout;
    let config = endpoint::client(&node.identity, peer, &node.limits)?;
    let connecting = node.endpoint.connect_with(config, address, SERVER_NAME)?;
    let connection = within(patience, async { Ok(connecting.await?) }).await?;
    let connected = Instant::now();
    let hello = within(patience, hello::dialler(&connection, node.limits.frame_timeout)).await;
    node.serve(peer, connection, hello).await;
    Ok(connected.elapsed())
}

/// Exponential, with jitter so that those who lost the same peer do not return as one.
struct Backoff {
    first: Duration,
    most: Duration,
    next: Duration,
}

impl Backoff {
    fn new(limits: &Limits) -> Self {
        let (first, most) = (limits.backoff_first, limits.backoff_most);
        Self { first, most, next: first }
    }

    /// A connection that ended at once proves nothing: the peer may close whatever is opened.
    fn connected(&mut self, held: Duration) {
        if held >= self.most {
            self.next = self.first;
        }
    }

    /// The next wait: between half and all of what doubles each time.
    fn next(&mut self, jitter: f64) -> Duration {
        let wait = self.next;
        self.next = (2 * wait).min(self.most);
        wait.mul_f64(0.5 + jitter / 2.0)
    }
}

/// Between 0 and 1; spreads load, guards nothing.
fn jitter() -> f64 {
    RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_start_over_once_a_connection_held() {
        let mut backoff = Backoff::new(&Limits::default());
        let waits: Vec<_> = (0..8).map(|_| backoff.next(1.0).as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        backoff.connected(Duration::from_secs(1));
        assert_eq!(backoff.next(0.0), Duration::from_millis(2500));
        backoff.connected(Duration::from_secs(5));
        assert_eq!(backoff.next(0.0), Duration::from_millis(50));
    }

    #[test]
    fn jitter_spreads() {
        let drawn: Vec<_> = (0..64).map(|_| jitter()).collect();
        assert!(drawn.iter().all(|jitter| (0.0..=1.0).contains(jitter)));
        assert!(
            drawn.iter().any(|jitter| *jitter < 0.5) && drawn.iter().any(|jitter| *jitter > 0.5)
        );
    }
}

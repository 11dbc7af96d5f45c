//! Accepting connections.

use std::sync::Arc;

use formix_proto::id::NodeId;
use quinn::{Connection, Incoming};
use rustls::pki_types::CertificateDer;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::debug;

use super::framing::within;
use super::node::Node;
use super::{hello, tls};

/// Accepts connections until the endpoint closes. When too many handshakes are under way, the next
/// ones wait; when too many wait, quinn refuses them.
pub(super) async fn accept(node: Arc<Node>) {
    let max = node.limits.handshakes.max(1);
    let handshakes = Arc::new(Semaphore::new(max));
    while let Some(incoming) = node.endpoint.accept().await {
        let Ok(permit) = handshakes.clone().acquire_owned().await else { return };
        let busy = max - handshakes.available_permits() > node.limits.retry_from;
        if busy && !incoming.remote_address_validated() {
            // Fails only for a source that has proved its address, which this one has not.
            let _ = incoming.retry();
        } else {
            node.spawn(welcome(node.clone(), incoming, permit));
        }
    }
}

/// Performs one handshake, and serves the connection until it ends if the peer is enrolled.
async fn welcome(node: Arc<Node>, incoming: Incoming, permit: OwnedSemaphorePermit) {
    let address = incoming.remote_address();
    let patience = node.limits.handshake_timeout;
    let connection = match within(patience, async { Ok(incoming.await?) }).await {
        Ok(connection) => connection,
        Err(error) => {
            node.count_refused();
            return debug!(%address, %error, "handshake failed");
        }
    };
    let Some(peer) = authenticated(&connection) else { return };
    let hello = within(patience, hello::listener(&connection, node.limits.frame_timeout)).await;
    drop(permit);
    node.serve(peer, connection, hello).await;
}

/// The node that the TLS handshake has authenticated.
fn authenticated(connection: &Connection) -> Option<NodeId> {
    let chain = connection.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    tls::node_of(chain.first()?).ok()
}

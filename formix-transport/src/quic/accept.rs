//! Accepting connections.

use std::sync::Arc;

use formix_proto::id::NodeId;
use quinn::{Connection, Incoming};
use rustls::pki_types::CertificateDer;
use tokio::select;
use tokio::sync::mpsc;
use tracing::debug;

use super::close::End;
use super::door::{Door, Knock, Place, Source};
use super::framing::within;
use super::node::Node;
use super::{hello, tls};

/// Accepts connections until the endpoint closes.
pub(super) async fn accept(node: Arc<Node>) {
    let mut door = Door::new(node.limits.handshakes, node.limits.waiting);
    let mut enrolled = node.enrolled.subscribe();
    enrolled.mark_changed();
    let (leaves, mut left) = mpsc::unbounded_channel();
    let welcome = |incoming, place| {
        node.spawn(welcome(
            node.clone(),
            incoming,
            Guest { place, enrolled: None, leaves: leaves.clone() },
        ));
    };
    loop {
        select! {
            incoming = node.endpoint.accept() => {
                let Some(incoming) = incoming else { return };
                if let Some((incoming, place)) = knock(&mut door, incoming, node.limits.retry_from) {
                    welcome(incoming, place);
                }
            }
            Some((place, enrolled)) = left.recv() => {
                door.leave(&place, enrolled);
                while let Some((incoming, place)) = door.next() {
                    welcome(incoming, place);
                }
            }
            Ok(()) = enrolled.changed() => {
                let peers = enrolled.borrow_and_update().clone();
                door.enroll(peers.iter().filter_map(|(_, peer)| Some(peer.address?.ip())));
            }
        }
    }
}

/// While many handshakes are under way, or many of unproved addresses, an address has to be proved before it takes a
/// place of any kind.
fn knock(
    door: &mut Door<Incoming>,
    incoming: Incoming,
    retry_from: usize,
) -> Option<(Incoming, Place)> {
    if !incoming.remote_address_validated() {
        if door.busy() <= retry_from && door.has_a_place_for(Source::UNPROVED) {
            return enter(door, Source::UNPROVED, incoming);
        }
        // Fails only for a source that has proved its address, which this one has not.
        let _ = incoming.retry();
        return None;
    }
    enter(door, incoming.remote_address().ip().into(), incoming)
}

fn enter(
    door: &mut Door<Incoming>,
    source: Source,
    incoming: Incoming,
) -> Option<(Incoming, Place)> {
    match door.knock(source, incoming) {
        Knock::Enter(incoming, place) => Some((incoming, place)),
        Knock::Wait => None,
        // Without an answer it sends its first packet again, after pauses that double (RFC 9002, 6.2).
        Knock::Full(incoming) => {
            incoming.ignore();
            None
        }
    }
}

/// Whose handshake is under way; its place is free again when this is dropped.
struct Guest {
    place: Place,
    /// Where it comes from, once it is known to be an enrolled node.
    enrolled: Option<Source>,
    leaves: mpsc::UnboundedSender<(Place, Option<Source>)>,
}

impl Drop for Guest {
    fn drop(&mut self) {
        // Fails only once nobody accepts any more.
        let _ = self.leaves.send((self.place, self.enrolled));
    }
}

/// Performs one handshake, and serves the connection until it ends if the peer is enrolled.
async fn welcome(node: Arc<Node>, incoming: Incoming, mut guest: Guest) {
    let address = incoming.remote_address();
    let connection = match shake_hands(&node, incoming).await {
        Ok(connection) => connection,
        Err(error) => {
            node.count_refused();
            return debug!(%address, %error, "handshake failed");
        }
    };
    let Some(peer) = authenticated(&connection) else { return };
    guest.enrolled = Some(address.ip().into());
    let patience = node.limits.handshake_timeout;
    let hello = within(patience, hello::listener(&connection, node.limits.frame_timeout)).await;
    drop(guest);
    node.serve(peer, connection, hello).await;
}

/// A first flight that does not come whole costs its sender nothing, and is given up soon.
async fn shake_hands(node: &Node, incoming: Incoming) -> Result<Connection, End> {
    let mut connecting = incoming.accept()?;
    within(node.limits.first_flight_timeout, async {
        connecting.handshake_data().await?;
        Ok(())
    })
    .await?;
    within(node.limits.handshake_timeout, async { Ok(connecting.await?) }).await
}

/// The node that the TLS handshake has authenticated.
fn authenticated(connection: &Connection) -> Option<NodeId> {
    let chain = connection.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    tls::node_of(chain.first()?).ok()
}

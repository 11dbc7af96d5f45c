//! Only a node itself can say that its connections are gone: what proves it is made from its private key.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use common::raw::{ANYWHERE, start};
use common::run;
use formix_proto::directory::Role;
use formix_transport::Limits;
use formix_transport::identity::Identity;
use quinn_proto::{ConnectionIdGenerator as _, HashedConnectionIdGenerator};
use rcgen::KeyPair;
use sha2::{Digest as _, Sha256};
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// The length of a stateless reset token, in bytes (RFC 9000, 10.3).
const TOKEN: usize = 16;

/// What a node derives for one purpose: SHA-256 over the purpose and the private key (PKCS #8).
fn secret(key: &Identity, purpose: &str) -> [u8; 32] {
    let private = KeyPair::from_pem(&key.to_pem()).unwrap().serialize_der();
    Sha256::new().chain_update(purpose).chain_update(private).finalize().into()
}

/// The token in what a node answers to a packet of a connection that it does not know.
async fn token_of(node: SocketAddr, connection: &[u8]) -> [u8; TOKEN] {
    // A short header, the connection's id, and what looks encrypted.
    let packet = [&[0x40], connection, &[7; 91]].concat();
    let socket = UdpSocket::bind(ANYWHERE).await.unwrap();
    let mut answer = [0; 1500];
    loop {
        socket.send_to(&packet, node).await.unwrap();
        // A datagram may be lost, and a node sends no two resets at once.
        if let Ok(length) = timeout(Duration::from_millis(100), socket.recv(&mut answer)).await {
            return *answer[..length.unwrap()].last_chunk().unwrap();
        }
    }
}

/// Whoever could work it out from what is public, such as the node's id, could end its connections.
#[test]
fn a_reset_is_made_from_the_private_key_and_the_same_after_a_restart() {
    run(async {
        let key = Identity::generate().unwrap();
        let ids = *secret(&key, "formix/1 connection ids").first_chunk().unwrap();
        let connection =
            HashedConnectionIdGenerator::from_key(u64::from_le_bytes(ids)).generate_cid();
        let reset = hmac::Key::new(hmac::HMAC_SHA256, &secret(&key, "formix/1 stateless reset"));
        let expected = hmac::sign(&reset, &connection);
        for _ in 0..2 {
            let node = start(&key, Role::Heavy, Arc::default(), &Limits::default());
            let token = token_of(node.local_addr(), &connection).await;
            assert_eq!(token, expected.as_ref()[..TOKEN]);
        }
    });
}

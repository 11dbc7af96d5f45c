//! Helpers that the tests of both transports share.
#![allow(dead_code, reason = "each test binary uses its part")]

pub(crate) mod proxy;
pub(crate) mod raw;

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use formix_proto::directory::Role;
use formix_proto::frame::Frame;
use formix_proto::id::NodeId;
use formix_transport::peers::{Peer, Peers};
use formix_transport::{SendError, Transport};

pub(crate) fn frame(bytes: &[u8]) -> Frame {
    Frame::new(bytes.to_vec())
}

/// Runs a test in a runtime of its own; the time limit is a watchdog, not a wait.
pub(crate) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(30), test).await.expect("the test hangs");
    });
}

/// The next frame, which must be from this peer.
pub(crate) async fn next(transport: &impl Transport, from: NodeId) -> Vec<u8> {
    let received = transport.receive().await.expect("open");
    assert_eq!(received.from, from);
    received.frame.as_ref().to_vec()
}

/// Sends numbered frames until one arrives: a lost connection loses its frames in flight, and the
/// protocol retransmits.
pub(crate) async fn deliver<T: Transport>(from: &T, to: &T) {
    let mut offered = 0_u64;
    let arrived = async {
        loop {
            let received = to.receive().await.expect("open");
            if received.from == from.id() && received.frame.as_ref().starts_with(b"deliver") {
                return;
            }
        }
    };
    let offer = async {
        loop {
            match from.send(to.id(), frame(format!("deliver {offered}").as_bytes())) {
                Ok(()) => offered += 1,
                Err(SendError::Unreachable | SendError::QueueFull) => {}
                Err(error) => panic!("{error}"),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! { () = arrived => {}, () = offer => {} }
}

/// Resolves once a condition holds that has no event of its own.
pub(crate) async fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Resolves once these, in order of their ids, are connected and no others.
pub(crate) async fn connected(transport: &impl Transport, expected: &[NodeId]) {
    until(|| transport.connected() == expected).await;
}

/// The enrolled nodes of one test.
#[derive(Clone, Default)]
pub(crate) struct Enrolment(BTreeMap<NodeId, Peer>);

impl Enrolment {
    pub(crate) fn add(&mut self, id: NodeId, role: Role, address: Option<SocketAddr>) {
        self.0.insert(id, Peer { role, address });
    }

    pub(crate) fn peers(&self) -> Arc<Peers> {
        Arc::new(self.0.clone().into_iter().collect())
    }

    pub(crate) fn without(&self, id: NodeId) -> Arc<Peers> {
        Arc::new(self.0.clone().into_iter().filter(|(node, _)| *node != id).collect())
    }
}

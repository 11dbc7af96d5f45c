//! QUIC over a bad link: frames arrive unaltered, from the node that sent them, at most once and in
//! order.
//!
//! The simulator's network makes the same guarantees for frames that are not lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod common;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::proxy::{Proxy, Toll, Weather};
use common::raw::Target;
use common::{connected, frame, next, run, until};
use formix_proto::directory::Role;
use formix_proto::limits::SMALL_FRAME;
use formix_transport::identity::Identity;
use formix_transport::quic::{QuicConfig, QuicTransport};
use formix_transport::{Limits, Received, SendError, Transport};

const STORM: Weather =
    Weather { loss: 10, twice: 10, late: 20, max_delay: Duration::from_millis(15) };

fn limits() -> Limits {
    Limits {
        min_backoff: Duration::from_millis(5),
        max_backoff: Duration::from_millis(100),
        initial_rtt: Duration::from_millis(20),
        keep_alive: Duration::from_millis(100),
        silence: Duration::from_millis(600),
        handshake_timeout: Duration::from_secs(2),
        queued_frames: 32,
        ..Limits::default()
    }
}

/// A heavy node behind a proxy, and a light node that reaches it only through the proxy.
struct Pair {
    heavy: QuicTransport,
    light: QuicTransport,
    proxy: Proxy,
}

impl Pair {
    async fn start(seed: u64) -> Self {
        let target = Target::start(limits()).await;
        let proxy = Proxy::start(target.address(), STORM, seed).await;
        let Target { heavy, light, key, mut enrolment } = target;
        drop(light);
        enrolment.add(heavy.id(), Role::Heavy, Some(proxy.address()));
        let light = dial(&key, &enrolment);
        connected(&light, &[heavy.id()]).await;
        Self { heavy, light, proxy }
    }
}

fn dial(key: &Identity, enrolment: &common::Enrolment) -> QuicTransport {
    let (identity, peers) = (key.clone(), enrolment.peers());
    let config = QuicConfig { identity, listen: None, role: Role::Light, peers, limits: limits() };
    QuicTransport::start(config).unwrap()
}

/// The nth frame that a node sends: its number, and as many bytes as follow from it.
fn nth(n: u64) -> Vec<u8> {
    let length = usize::try_from(n).unwrap() * 7_919 % (SMALL_FRAME / 8);
    let body = (0..length).map(|at| (at as u64 * 31 + n) as u8);
    n.to_be_bytes().into_iter().chain(body).collect()
}

/// The number of a frame, which must be unaltered and from this node.
fn number(received: &Received, from: &QuicTransport) -> u64 {
    assert_eq!(received.from, from.id());
    let bytes = received.frame.as_ref();
    let n = u64::from_be_bytes(*bytes.first_chunk().expect("a whole frame"));
    assert!(bytes == nth(n), "frame {n} was altered");
    n
}

/// Queues the nth frame, as soon as there is a connection and space in the queue.
async fn send(from: &QuicTransport, to: &QuicTransport, n: u64) {
    let sent = || match from.send(to.id(), frame(&nth(n))) {
        Ok(()) => true,
        Err(SendError::QueueFull | SendError::Unreachable) => false,
        Err(error) => panic!("{error}"),
    };
    until(sent).await;
}

fn is_bad(toll: &Toll) {
    for count in [&toll.lost, &toll.repeated, &toll.delayed] {
        assert!(count.load(Ordering::Relaxed) > 20, "good weather: {toll:?}");
    }
}

/// While a connection lasts, no frame is lost, however many datagrams are.
#[test]
fn every_frame_arrives_once_in_order_and_unaltered() {
    const FRAMES: u64 = 1_000;
    run(async {
        let pair = Pair::start(1).await;
        for (from, to) in [(&pair.light, &pair.heavy), (&pair.heavy, &pair.light)] {
            let sending = async {
                for n in 0..FRAMES {
                    send(from, to, n).await;
                }
            };
            let receiving = async {
                for n in 0..FRAMES {
                    assert_eq!(number(&to.receive().await.unwrap(), from), n);
                }
            };
            tokio::join!(sending, receiving);
        }
        is_bad(pair.proxy.toll());
    });
}

#[test]
fn large_frames_arrive_whole() {
    run(async {
        let pair = Pair::start(3).await;
        let bytes: Vec<u8> = (0..1_u32 << 20).map(|n| (n / 251) as u8).collect();
        for (from, to) in [(&pair.light, &pair.heavy), (&pair.heavy, &pair.light)] {
            from.send(to.id(), frame(&bytes)).unwrap();
            assert!(next(to, from.id()).await == bytes);
        }
        is_bad(pair.proxy.toll());
    });
}

/// A cut that outlasts a connection loses the frames in flight, and has no other effect: frames that
/// arrive later were sent later, and no frame arrives twice.
#[test]
fn after_a_cut_the_nodes_find_each_other_again_and_nothing_comes_twice() {
    const CUTS: u32 = 5;
    run(async {
        let pair = Pair::start(2).await;
        let (light, heavy) = (&pair.light, &pair.heavy);
        let (sent, arrived) = (AtomicU64::new(0), AtomicU64::new(0));
        let sending = async {
            for n in 0.. {
                send(light, heavy, n).await;
                sent.store(n, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        };
        let receiving = async {
            let mut newest = 0;
            loop {
                let n = number(&heavy.receive().await.unwrap(), light);
                assert!(n >= newest, "frame {n} after {newest}");
                newest = n + 1;
                arrived.store(newest, Ordering::Relaxed);
            }
        };
        let cutting = async {
            for _ in 0..CUTS {
                pair.proxy.cut(true);
                connected(light, &[]).await;
                connected(heavy, &[]).await;
                pair.proxy.cut(false);
                let newer = sent.load(Ordering::Relaxed) + 1;
                until(|| arrived.load(Ordering::Relaxed) > newer).await;
            }
        };
        tokio::select! { () = sending => {}, () = receiving => {}, () = cutting => {} }
        is_bad(pair.proxy.toll());
        assert!(pair.proxy.toll().cut.load(Ordering::Relaxed) > 0);
        assert_eq!(heavy.counts().violations, 0);
    });
}

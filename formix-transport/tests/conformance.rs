//! The guarantees of every transport, checked for each of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod common;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use common::proxy::{Proxy, Weather};
use common::{Enrolment, connected, deliver, frame, next, run, until};
use formix_proto::directory::Role;
use formix_proto::frame::Frame;
use formix_proto::id::NodeId;
use formix_proto::limits::{MAX_FRAME, SMALL_FRAME};
use formix_transport::identity::Identity;
use formix_transport::memory::{Hub, MemoryTransport};
use formix_transport::peers::Peers;
use formix_transport::quic::{QuicConfig, QuicTransport, StartError};
use formix_transport::{Limits, SendError, Transport};

fn limits() -> Limits {
    Limits { min_backoff: Duration::from_millis(5), queued_frames: 64, ..Limits::default() }
}

/// A kind of transport, and how to start its nodes.
trait World: Default {
    type Transport: Transport;

    /// The id of the nth node.
    fn id(&mut self, nth: usize) -> NodeId;
    /// Starts the nth node, at the address it had before if it ran before.
    async fn start(&mut self, nth: usize, role: Role, peers: Arc<Peers>) -> Self::Transport;
    /// Resolves once a node that is not enrolled here has tried to connect more than once.
    async fn turned_away(transport: &Self::Transport);
    /// The address that the nth node listens on, after its first start.
    fn address(&self, nth: usize) -> Option<SocketAddr>;
}

struct Memory(Hub);

impl Default for Memory {
    fn default() -> Self {
        Self(Hub::with_limits(limits()))
    }
}

impl World for Memory {
    type Transport = MemoryTransport;

    fn id(&mut self, nth: usize) -> NodeId {
        NodeId([nth as u8 + 1; 32])
    }

    async fn start(&mut self, nth: usize, role: Role, peers: Arc<Peers>) -> MemoryTransport {
        let id = self.id(nth);
        self.0.join(id, role, peers)
    }

    async fn turned_away(_: &MemoryTransport) {}

    fn address(&self, _: usize) -> Option<SocketAddr> {
        None
    }
}

#[derive(Default)]
struct Quic {
    identities: Vec<Identity>,
    addresses: Vec<Option<SocketAddr>>,
}

impl World for Quic {
    type Transport = QuicTransport;

    fn id(&mut self, nth: usize) -> NodeId {
        while self.identities.len() <= nth {
            self.identities.push(Identity::generate().unwrap());
            self.addresses.push(None);
        }
        self.identities[nth].id()
    }

    async fn start(&mut self, nth: usize, role: Role, peers: Arc<Peers>) -> QuicTransport {
        self.id(nth);
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listen = (role == Role::Heavy).then(|| self.addresses[nth].unwrap_or(anywhere));
        let transport = loop {
            let identity = self.identities[nth].clone();
            let peers = peers.clone();
            let config = QuicConfig { identity, listen, role, peers, limits: limits() };
            match QuicTransport::start(config) {
                Ok(transport) => break transport,
                // Connections of the previous run are still draining.
                Err(StartError::Listen { .. }) => {
                    tokio::time::sleep(Duration::from_millis(5)).await
                }
                Err(error) => panic!("{error}"),
            }
        };
        self.addresses[nth] = listen.map(|_| transport.local_addr());
        transport
    }

    async fn turned_away(transport: &QuicTransport) {
        until(|| transport.counts().refused >= 3).await;
    }

    fn address(&self, nth: usize) -> Option<SocketAddr> {
        self.addresses[nth]
    }
}

/// QUIC, with each listening node behind a proxy that drops, repeats and reorders datagrams.
#[derive(Default)]
struct Weathered {
    quic: Quic,
    ways: BTreeMap<usize, Proxy>,
}

impl World for Weathered {
    type Transport = QuicTransport;

    fn id(&mut self, nth: usize) -> NodeId {
        self.quic.id(nth)
    }

    async fn start(&mut self, nth: usize, role: Role, peers: Arc<Peers>) -> QuicTransport {
        const RAIN: Weather =
            Weather { loss: 3, twice: 5, late: 10, max_delay: Duration::from_millis(3) };
        let transport = self.quic.start(nth, role, peers).await;
        if let Some(address) = self.quic.address(nth)
            && !self.ways.contains_key(&nth)
        {
            self.ways.insert(nth, Proxy::start(address, RAIN, nth as u64).await);
        }
        transport
    }

    async fn turned_away(transport: &QuicTransport) {
        Quic::turned_away(transport).await;
    }

    fn address(&self, nth: usize) -> Option<SocketAddr> {
        self.ways.get(&nth).map(Proxy::address)
    }
}

/// A heavy node and two light ones, connected.
struct Three<W: World> {
    world: W,
    enrolment: Enrolment,
    heavy: W::Transport,
    lights: [W::Transport; 2],
}

impl<W: World> Three<W> {
    async fn start() -> Self {
        let mut world = W::default();
        let ids = [0, 1, 2].map(|nth| world.id(nth));
        let mut enrolment = Enrolment::default();
        ids[1..].iter().for_each(|light| enrolment.add(*light, Role::Light, None));
        let heavy = world.start(0, Role::Heavy, enrolment.peers()).await;
        enrolment.add(ids[0], Role::Heavy, world.address(0));
        heavy.set_peers(enrolment.peers());
        let lights = [
            world.start(1, Role::Light, enrolment.peers()).await,
            world.start(2, Role::Light, enrolment.peers()).await,
        ];
        let mut both = [ids[1], ids[2]];
        both.sort_unstable();
        connected(&heavy, &both).await;
        connected(&lights[0], &ids[..1]).await;
        connected(&lights[1], &ids[..1]).await;
        Self { world, enrolment, heavy, lights }
    }

    /// Sends to the heavy node, which does not read, until frames are refused.
    async fn flood(&self, light: usize) {
        let full = vec![0; SMALL_FRAME];
        let mut refused = 0;
        while refused < 100 {
            match self.lights[light].send(self.heavy.id(), frame(&full)) {
                Ok(()) => refused = 0,
                Err(SendError::QueueFull) => refused += 1,
                Err(error) => panic!("{error}"),
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

async fn both_directions_deliver<W: World>() {
    let three = Three::<W>::start().await;
    let (heavy, light) = (&three.heavy, &three.lights[0]);
    light.send(heavy.id(), frame(b"up")).unwrap();
    assert_eq!(next(heavy, light.id()).await, b"up");
    heavy.send(light.id(), frame(b"down")).unwrap();
    assert_eq!(next(light, heavy.id()).await, b"down");
    heavy.send(light.id(), frame(b"")).unwrap();
    assert_eq!(next(light, heavy.id()).await, b"");
}

async fn small_frames_keep_their_order<W: World>() {
    const FRAMES: usize = 2_000;
    let three = Three::<W>::start().await;
    let (heavy, light) = (&three.heavy, &three.lights[0]);
    // Of all lengths, so that frames cross the borders of reads and batches.
    let nth = |n: usize| frame(&vec![n as u8; n * 7919 % SMALL_FRAME]);
    let send = async {
        for n in 0..FRAMES {
            while light.send(heavy.id(), nth(n)) == Err(SendError::QueueFull) {
                tokio::task::yield_now().await;
            }
        }
    };
    let receive = async {
        for n in 0..FRAMES {
            assert!(next(heavy, light.id()).await == nth(n).as_ref(), "frame {n}");
        }
    };
    tokio::join!(send, receive);
}

async fn large_frames_arrive_whole<W: World>() {
    let three = Three::<W>::start().await;
    let (heavy, light) = (&three.heavy, &three.lights[0]);
    for len in [SMALL_FRAME, SMALL_FRAME + 1, 5 << 20, MAX_FRAME] {
        let bytes: Vec<u8> = (0..len).map(|n| (n / 251) as u8).collect();
        light.send(heavy.id(), frame(&bytes)).unwrap();
        assert!(next(heavy, light.id()).await == bytes, "{len} bytes");
        heavy.send(light.id(), frame(&bytes)).unwrap();
        assert!(next(light, heavy.id()).await == bytes, "{len} bytes back");
    }
}

async fn a_frame_over_the_limit_is_refused<W: World>() {
    let three = Three::<W>::start().await;
    let len = MAX_FRAME + 1;
    let sent = three.lights[0].send(three.heavy.id(), Frame::new(vec![0; len]));
    assert_eq!(sent, Err(SendError::TooLong { len }));
}

async fn an_unknown_peer_is_refused<W: World>() {
    let three = Three::<W>::start().await;
    let sent = three.lights[0].send(NodeId([0; 32]), frame(b"who"));
    assert_eq!(sent, Err(SendError::UnknownPeer));
    let sent = three.heavy.send(three.heavy.id(), frame(b"me"));
    assert_eq!(sent, Err(SendError::UnknownPeer));
}

async fn two_lights_cannot_reach_each_other<W: World>() {
    let three = Three::<W>::start().await;
    let sent = three.lights[0].send(three.lights[1].id(), frame(b"hello"));
    assert_eq!(sent, Err(SendError::Unreachable));
}

async fn a_removed_peer_no_longer_delivers<W: World>() {
    let three = Three::<W>::start().await;
    let [removed, kept] = &three.lights;
    removed.send(three.heavy.id(), frame(b"before")).unwrap();
    removed.send(three.heavy.id(), frame(b"still waiting when its sender goes")).unwrap();
    assert_eq!(next(&three.heavy, removed.id()).await, b"before");
    three.heavy.set_peers(three.enrolment.without(removed.id()));
    assert_eq!(three.heavy.connected(), [kept.id()]);
    assert_eq!(three.heavy.send(removed.id(), frame(b"x")), Err(SendError::UnknownPeer));
    connected(removed, &[]).await;
    let _ = removed.send(three.heavy.id(), frame(b"after"));
    W::turned_away(&three.heavy).await;
    assert_eq!(three.heavy.connected(), [kept.id()]);
    // The first frame to arrive is the other node's.
    kept.send(three.heavy.id(), frame(b"kept")).unwrap();
    assert_eq!(next(&three.heavy, kept.id()).await, b"kept");
    three.heavy.set_peers(three.enrolment.peers());
    deliver(removed, &three.heavy).await;
}

async fn a_disconnected_peer_comes_back<W: World>() {
    let three = Three::<W>::start().await;
    three.heavy.disconnect(three.lights[0].id());
    deliver(&three.lights[0], &three.heavy).await;
    three.lights[0].disconnect(three.heavy.id());
    deliver(&three.lights[0], &three.heavy).await;
    deliver(&three.heavy, &three.lights[0]).await;
}

async fn a_restarted_heavy_is_found_again<W: World>() {
    let Three { mut world, enrolment, heavy, lights } = Three::<W>::start().await;
    deliver(&lights[0], &heavy).await;
    drop(heavy);
    let heavy = world.start(0, Role::Heavy, enrolment.peers()).await;
    deliver(&lights[0], &heavy).await;
    deliver(&lights[1], &heavy).await;
    deliver(&heavy, &lights[0]).await;
}

async fn close_delivers_what_was_queued<W: World>() {
    let three = Three::<W>::start().await;
    let (heavy, light) = (&three.heavy, &three.lights[0]);
    let large = vec![7; 3 << 20];
    for n in 0..20_u8 {
        light.send(heavy.id(), frame(&[n; 999])).unwrap();
    }
    light.send(heavy.id(), frame(&large)).unwrap();
    light.send(heavy.id(), frame(&large)).unwrap();
    let receive = async {
        let (mut small, mut whole) = (0_u8, 0);
        while (small, whole) != (20, 2) {
            let bytes = next(heavy, light.id()).await;
            if bytes == large {
                whole += 1;
            } else {
                assert_eq!(bytes, [small; 999]);
                small += 1;
            }
        }
    };
    tokio::join!(light.close(), receive);
    assert_eq!(light.receive().await, None);
    assert_eq!(light.send(heavy.id(), frame(b"late")), Err(SendError::Closed));
    connected(heavy, &[three.lights[1].id()]).await;
}

async fn a_peer_that_does_not_read_blocks_no_other<W: World>() {
    let three = Three::<W>::start().await;
    three.flood(0).await;
    three.heavy.send(three.lights[0].id(), frame(b"one")).unwrap();
    three.heavy.send(three.lights[1].id(), frame(b"other")).unwrap();
    assert_eq!(next(&three.lights[0], three.heavy.id()).await, b"one");
    assert_eq!(next(&three.lights[1], three.heavy.id()).await, b"other");
    // Once it reads, each of its senders gets its turn.
    three.lights[1].send(three.heavy.id(), frame(b"turn")).unwrap();
    while three.heavy.receive().await.unwrap().from != three.lights[1].id() {}
}

macro_rules! conformance {
    // Many megabytes take too long in bad weather: `quic_weather` sends fewer.
    (in any weather { $($test:ident)* } in good weather { $($fair:ident)* }) => {
        mod memory {
            $(#[test] fn $test() { super::run(super::$test::<super::Memory>()); })*
            $(#[test] fn $fair() { super::run(super::$fair::<super::Memory>()); })*
        }
        mod quic {
            $(#[test] fn $test() { super::run(super::$test::<super::Quic>()); })*
            $(#[test] fn $fair() { super::run(super::$fair::<super::Quic>()); })*
        }
        mod quic_in_bad_weather {
            $(#[test] fn $test() { super::run(super::$test::<super::Weathered>()); })*
        }
    };
}

conformance! {
    in any weather {
        both_directions_deliver
        a_frame_over_the_limit_is_refused
        an_unknown_peer_is_refused
        two_lights_cannot_reach_each_other
        a_removed_peer_no_longer_delivers
        a_disconnected_peer_comes_back
        a_restarted_heavy_is_found_again
    }
    in good weather {
        a_peer_that_does_not_read_blocks_no_other
        small_frames_keep_their_order
        large_frames_arrive_whole
        close_delivers_what_was_queued
    }
}

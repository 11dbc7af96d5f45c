//! Which clients a QUIC transport accepts, and which it refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod common;

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::raw::{ANYWHERE, Raw, Target, certified, certified_pems, sorted, start};
use common::{Enrolment, connected, deliver, frame, next, run, until};
use formix_proto::directory::Role;
use formix_proto::id::NodeId;
use formix_transport::identity::Identity;
use formix_transport::quic::{QuicConfig, QuicTransport, StartError};
use formix_transport::{Limits, SendError, Transport};
use rcgen::{CertificateParams, KeyPair, PublicKeyData as _, date_time_ymd};
use rustls::NamedGroup;
use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Resumption, Tls12ClientSessionValue,
    Tls13ClientSessionValue,
};
use rustls::crypto::aws_lc_rs::kx_group;
use rustls::pki_types::ServerName;

// TLS alerts (RFC 8446, 6; RFC 7301, 3.2).
const HANDSHAKE_FAILURE: u64 = 40;
const BAD_CERTIFICATE: u64 = 42;
const ACCESS_DENIED: u64 = 49;
const DECODE_ERROR: u64 = 50;
const DECRYPT_ERROR: u64 = 51;
const CERTIFICATE_REQUIRED: u64 = 116;
const NO_APPLICATION_PROTOCOL: u64 = 120;

fn quick() -> Limits {
    Limits { min_backoff: Duration::from_millis(5), ..Limits::default() }
}

/// Each refusal below differs from this in one respect.
#[test]
fn a_client_that_does_everything_right_gets_in() {
    run(async {
        let target = Target::start(quick()).await;
        let (_connection, mut send, _) = target.client().greet(target.address()).await;
        send.write_all(b"\0\0\0\x02hi").await.unwrap();
        assert_eq!(next(&target.heavy, target.key.id()).await, b"hi");
        assert_eq!(target.heavy.counts().refused, 0);
    });
}

#[test]
fn key_agreement_is_hybrid_or_nothing() {
    run(async {
        let target = Target::start(quick()).await;
        let mut client = target.client();
        client.groups = vec![kx_group::X25519, kx_group::SECP256R1, kx_group::SECP384R1];
        assert_eq!(client.alert(target.address()).await, HANDSHAKE_FAILURE);
        target.is_unharmed().await;
    });
}

#[test]
fn a_client_without_a_certificate_is_refused() {
    run(async {
        let target = Target::start(quick()).await;
        assert_eq!(Raw::new(None).alert(target.address()).await, CERTIFICATE_REQUIRED);
        target.is_unharmed().await;
    });
}

#[test]
fn a_key_that_is_not_enrolled_is_refused() {
    run(async {
        let target = Target::start(quick()).await;
        let stranger = Identity::generate().unwrap();
        let client = Raw::new(Some(certified(&stranger, &stranger)));
        assert_eq!(client.alert(target.address()).await, ACCESS_DENIED);
        assert_eq!(target.heavy.counts().refused, 1);
        target.is_unharmed().await;
    });
}

#[test]
fn a_certificate_without_its_key_is_refused() {
    run(async {
        let target = Target::start(quick()).await;
        let thief = Identity::generate().unwrap();
        let client = Raw::new(Some(certified(&target.key, &thief)));
        let alert = client.alert(target.address()).await;
        assert!([BAD_CERTIFICATE, DECRYPT_ERROR].contains(&alert), "{alert}");
        target.is_unharmed().await;
    });
}

#[test]
fn only_ed25519_signs() {
    run(async {
        let target = Target::start(quick()).await;
        let key = KeyPair::generate().unwrap();
        let mut enrolment = target.enrolment.clone();
        let id = NodeId::of_public_key(&key.subject_public_key_info());
        enrolment.add(id, Role::Light, None);
        target.heavy.set_peers(enrolment.peers());
        let (pem, params) = (key.serialize_pem(), CertificateParams::default());
        let client = Raw::new(Some(certified_pems(&pem, &pem, params)));
        let alert = client.alert(target.address()).await;
        assert!([HANDSHAKE_FAILURE, CERTIFICATE_REQUIRED].contains(&alert), "{alert}");
        target.is_unharmed().await;
    });
}

#[test]
fn the_dates_of_a_certificate_do_not_matter() {
    run(async {
        let target = Target::start(quick()).await;
        let mut params = CertificateParams::default();
        params.not_after = date_time_ymd(1999, 12, 31);
        let pem = target.key.to_pem();
        Raw::new(Some(certified_pems(&pem, &pem, params))).greet(target.address()).await;
    });
}

#[test]
fn a_malformed_certificate_is_refused() {
    run(async {
        let target = Target::start(quick()).await;
        let mut key = certified(&target.key, &target.key);
        for malformed in
            [vec![], vec![0x30], vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff], vec![7; 9999]]
        {
            key.cert = vec![malformed.into()];
            let alert = Raw::new(Some(key.clone())).alert(target.address()).await;
            assert!([BAD_CERTIFICATE, DECODE_ERROR].contains(&alert), "{alert}");
        }
        target.is_unharmed().await;
    });
}

#[test]
fn another_protocol_is_refused() {
    run(async {
        let target = Target::start(quick()).await;
        for alpn in [vec![], vec![b"formix/1".to_vec()], vec![b"h3".to_vec(), b"formix".to_vec()]] {
            let mut client = target.client();
            client.alpn = alpn;
            assert_eq!(client.alert(target.address()).await, NO_APPLICATION_PROTOCOL);
        }
        target.is_unharmed().await;
    });
}

#[test]
fn a_dialler_refuses_another_server() {
    run(async {
        let [heavy, light, expected] = [(); 3].map(|()| Identity::generate().unwrap());
        let mut enrolment = Enrolment::default();
        enrolment.add(light.id(), Role::Light, None);
        let heavy = start(&heavy, Role::Heavy, enrolment.peers(), &quick());
        enrolment.add(expected.id(), Role::Heavy, Some(heavy.local_addr()));
        let light = start(&light, Role::Light, enrolment.peers(), &quick());
        light.send(expected.id(), frame(b"for you alone")).unwrap();
        until(|| heavy.counts().refused >= 2 || !light.connected().is_empty()).await;
        assert_eq!(light.connected(), []);
        assert_eq!(heavy.connected(), []);
    });
}

#[test]
fn nothing_is_resumed() {
    run(async {
        let target = Target::start(quick()).await;
        let store = Arc::new(Tickets::default());
        let mut client = target.client();
        client.resumption = Resumption::store(store.clone());
        let (_connection, mut send, mut receive) = client.greet(target.address()).await;
        // A ticket would have arrived right after the handshake, well before this reply.
        send.write_all(b"\0\0\0\0").await.unwrap();
        assert_eq!(next(&target.heavy, target.key.id()).await, b"");
        target.heavy.send(target.key.id(), frame(b"")).unwrap();
        receive.read_exact(&mut [0; 4]).await.unwrap();
        assert_eq!(store.taken.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn garbage_datagrams_are_ignored() {
    run(async {
        let target = Target::start(quick()).await;
        let socket = UdpSocket::bind(ANYWHERE).unwrap();
        for n in 0..2_000_usize {
            let mut garbage: Vec<u8> = (0..n % 1_400).map(|i| (i * 31 + n * 17) as u8).collect();
            if let Some(first) = garbage.first_mut() {
                *first |= ((n % 4) << 6) as u8;
            }
            socket.send_to(&garbage, target.address()).unwrap();
        }
        target.is_unharmed().await;
        target.client().greet(target.address()).await;
    });
}

#[test]
fn a_port_in_use_is_named() {
    run(async {
        let target = Target::start(quick()).await;
        let address = target.address();
        let config = QuicConfig {
            identity: Identity::generate().unwrap(),
            listen: Some(address),
            role: Role::Heavy,
            peers: target.enrolment.peers(),
            limits: quick(),
        };
        let error = QuicTransport::start(config).err().unwrap();
        assert_eq!(error.to_string(), format!("cannot listen on {address}: address in use"));
        assert!(matches!(error, StartError::Listen { address: named, .. } if named == address));
    });
}

#[test]
fn many_handshakes_wait_their_turn_and_prove_their_address() {
    const LIGHTS: usize = 100;
    run(async {
        let limits = Limits { handshakes: 4, retry_from: 1, ..quick() };
        let lights: Vec<_> = (0..LIGHTS).map(|_| Identity::generate().unwrap()).collect();
        let mut enrolment = Enrolment::default();
        lights.iter().for_each(|light| enrolment.add(light.id(), Role::Light, None));
        let identity = Identity::generate().unwrap();
        let heavy = start(&identity, Role::Heavy, enrolment.peers(), &limits);
        enrolment.add(heavy.id(), Role::Heavy, Some(heavy.local_addr()));
        heavy.set_peers(enrolment.peers());
        let start = |light| start(light, Role::Light, enrolment.peers(), &limits);
        let lights: Vec<_> = lights.iter().map(start).collect();
        connected(&heavy, &sorted(lights.iter().map(Transport::id))).await;
    });
}

/// Somebody without a key begins handshakes from one address and ends none.
#[test]
fn half_handshakes_of_one_host_keep_nobody_out() {
    run(async {
        let never = Duration::from_secs(3600);
        let limits =
            Limits { handshakes: 4, retry_from: 4, first_flight_timeout: never, ..quick() };
        let target = Target::start(limits).await;
        // From elsewhere, and from where the client itself will come from: an address can be forged.
        for host in ["127.0.0.2:0", "127.0.0.1:0"] {
            let host = UdpSocket::bind(host).unwrap();
            for hello in Raw::new(None).half_hellos(300).await {
                host.send_to(&hello, target.address()).unwrap();
            }
        }
        target.client().greet(target.address()).await;
    });
}

#[test]
fn a_first_flight_comes_whole_and_soon() {
    run(async {
        let (soon, never) = (Duration::from_millis(50), Duration::from_secs(3600));
        let limits = Limits { first_flight_timeout: soon, handshake_timeout: never, ..quick() };
        let target = Target::start(limits).await;
        let host = UdpSocket::bind(ANYWHERE).unwrap();
        host.send_to(&Raw::new(None).half_hellos(1).await[0], target.address()).unwrap();
        until(|| target.heavy.counts().refused == 1).await;
        target.client().greet(target.address()).await;
    });
}

#[test]
fn two_heavies_share_one_connection() {
    run(async {
        let mut keys = [(); 2].map(|()| Identity::generate().unwrap());
        keys.sort_by_key(Identity::id);
        let start = |key| start(key, Role::Heavy, Arc::default(), &quick());
        let [lesser, greater] = [start(&keys[0]), start(&keys[1])];
        let mut enrolment = Enrolment::default();
        enrolment.add(lesser.id(), Role::Heavy, Some(lesser.local_addr()));
        enrolment.add(greater.id(), Role::Heavy, Some(greater.local_addr()));
        greater.set_peers(enrolment.peers());
        assert_eq!(greater.send(lesser.id(), frame(b"x")), Err(SendError::Unreachable));
        lesser.set_peers(enrolment.peers());
        deliver(&greater, &lesser).await;
        deliver(&lesser, &greater).await;
    });
}

#[test]
fn a_proposer_is_connected_only_while_it_talks() {
    run(async {
        let target = Target::start(quick()).await;
        let mut enrolment = target.enrolment.clone();
        let proposer = Identity::generate().unwrap();
        enrolment.add(proposer.id(), Role::Proposer, None);
        target.heavy.set_peers(enrolment.peers());
        let limits = Limits { idle: Duration::from_millis(20), ..quick() };
        let proposer = start(&proposer, Role::Proposer, enrolment.peers(), &limits);
        for question in [b"once", b"more"] {
            proposer.send(target.heavy.id(), frame(question)).unwrap();
            assert_eq!(next(&target.heavy, proposer.id()).await, question);
            connected(&proposer, &[]).await;
            connected(&target.heavy, &[target.light.id()]).await;
        }
    });
}

#[test]
fn a_dropped_transport_leaves_no_task() {
    run(async {
        let target = Target::start(quick()).await;
        target.is_unharmed().await;
        let metrics = tokio::runtime::Handle::current().metrics();
        assert!(metrics.num_alive_tasks() > 0);
        drop(target);
        until(|| metrics.num_alive_tasks() == 0).await;
    });
}

/// Counts the tickets that a server issues; otherwise the usual store.
#[derive(Debug)]
struct Tickets {
    taken: AtomicUsize,
    store: ClientSessionMemoryCache,
}

impl Default for Tickets {
    fn default() -> Self {
        Self { taken: AtomicUsize::new(0), store: ClientSessionMemoryCache::new(8) }
    }
}

impl ClientSessionStore for Tickets {
    fn set_kx_hint(&self, server: ServerName<'static>, group: NamedGroup) {
        self.store.set_kx_hint(server, group);
    }

    fn kx_hint(&self, server: &ServerName<'_>) -> Option<NamedGroup> {
        self.store.kx_hint(server)
    }

    fn set_tls12_session(&self, _: ServerName<'static>, _: Tls12ClientSessionValue) {}

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        None
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {}

    fn insert_tls13_ticket(&self, server: ServerName<'static>, ticket: Tls13ClientSessionValue) {
        self.taken.fetch_add(1, Ordering::Relaxed);
        self.store.insert_tls13_ticket(server, ticket);
    }

    fn take_tls13_ticket(&self, server: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.store.take_tls13_ticket(server)
    }
}

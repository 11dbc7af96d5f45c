//! The UDP socket, and the resources that QUIC may use.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use formix_proto::id::NodeId;
use quinn::{
    ClientConfig, Endpoint, EndpointConfig, IdleTimeout, NoneTokenLog, NoneTokenStore,
    ServerConfig, TokioRuntime, TransportConfig, ValidationTokenConfig, VarInt,
};

use quinn_proto::HashedConnectionIdGenerator;

use rustix::net::sockopt::set_socket_recv_buffer_size;
use tracing::debug;

use super::tls::{self, Enrolled};
use super::{QuicConfig, StartError};
use crate::Limits;
use crate::identity::Identity;

/// Binds a socket that dials, and if there is an address to listen on, also accepts enrolled nodes.
pub(super) fn bind(config: &QuicConfig, enrolled: Enrolled) -> Result<Endpoint, StartError> {
    let Some(address) = config.listen else {
        return dial_only().map_err(StartError::Dial);
    };
    let server = server(&config.identity, enrolled, &config.limits)?;
    let listen = |error| StartError::Listen { address, error };
    let socket = UdpSocket::bind(address).map_err(listen)?;
    make_room(&socket, config.limits.socket_buffer);
    let runtime = Arc::new(TokioRuntime);
    Endpoint::new(recognizable(&config.identity), Some(server), socket, runtime).map_err(listen)
}

/// When a question goes out, every light node dials the same three heavies at once: each datagram that
/// finds the buffer full costs a retransmission timeout. The system may grant less than requested.
fn make_room(socket: &UdpSocket, bytes: usize) {
    if let Err(error) = set_socket_recv_buffer_size(socket, bytes) {
        debug!(%error, bytes, "cannot enlarge the socket's receive buffer");
    }
}

/// A node that restarts receives packets of earlier connections. With keys that survive the restart,
/// its stateless reset (RFC 9000, 10.3) tells its peers at once that those connections are gone;
/// otherwise they would wait for their idle timeout.
fn recognizable(identity: &Identity) -> EndpointConfig {
    let reset = identity.derive("formix/1 stateless reset");
    let mut endpoint = EndpointConfig::new(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &*reset)));
    let [a, b, c, d, e, f, g, h, ..] = *identity.derive("formix/1 connection ids");
    let key = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
    endpoint.cid_generator(move || Box::new(HashedConnectionIdGenerator::from_key(key)));
    endpoint
}

/// The configuration to dial this node and no other.
pub(super) fn client(
    identity: &Identity,
    expected: NodeId,
    limits: &Limits,
) -> Result<ClientConfig, StartError> {
    let mut transport = transport(limits);
    transport.max_concurrent_bidi_streams(0_u8.into());
    transport.keep_alive_interval(Some(limits.keep_alive));
    let mut client = ClientConfig::new(tls::client(identity, expected)?);
    client.transport_config(Arc::new(transport));
    client.token_store(Arc::new(NoneTokenStore));
    Ok(client)
}

/// A dual-stack socket reaches IPv4 and IPv6 addresses; a machine without IPv6 gets an IPv4 socket.
fn dial_only() -> io::Result<Endpoint> {
    let v6 = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
    let v4 = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    Endpoint::client(v6).or_else(|_| Endpoint::client(v4))
}

fn server(
    identity: &Identity,
    enrolled: Enrolled,
    limits: &Limits,
) -> Result<ServerConfig, StartError> {
    // Tokens that outlive a connection would require a record of the used ones.
    let mut tokens = ValidationTokenConfig::default();
    tokens.sent(0).log(Arc::new(NoneTokenLog));
    let mut transport = transport(limits);
    transport.max_concurrent_bidi_streams(1_u8.into());
    let mut server = ServerConfig::with_crypto(tls::server(identity, enrolled)?);
    server
        .transport_config(Arc::new(transport))
        .validation_token_config(tokens)
        .max_incoming(limits.waiting)
        .incoming_buffer_size(limits.waiting_bytes.into())
        .incoming_buffer_size_total(u64::from(limits.waiting_bytes) * limits.waiting as u64);
    Ok(server)
}

fn transport(limits: &Limits) -> TransportConfig {
    let mut transport = TransportConfig::default();
    // A stream that is not read yet can exhaust its own window, but not the window of the others.
    let streams = u32::from(limits.large_streams) + 1;
    transport
        .max_concurrent_uni_streams(limits.large_streams.into())
        .stream_receive_window(limits.stream_window.into())
        .receive_window(limits.stream_window.saturating_mul(streams).into())
        .send_window(limits.send_window.into())
        .initial_rtt(limits.initial_rtt)
        .max_idle_timeout(Some(idle_timeout(limits.silence)))
        .datagram_receive_buffer_size(None)
        .allow_spin(false);
    transport
}

fn idle_timeout(silence: Duration) -> IdleTimeout {
    silence.try_into().unwrap_or(IdleTimeout::from(VarInt::MAX))
}

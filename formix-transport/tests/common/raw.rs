//! A QUIC client that does what a test demands, right or wrong, and the nodes it connects to.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use formix_proto::directory::Role;
use formix_proto::id::NodeId;
use formix_transport::identity::Identity;
use formix_transport::peers::Peers;
use formix_transport::quic::{QuicConfig, QuicTransport};
use formix_transport::{Limits, Transport};
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connection, ConnectionError, Endpoint, RecvStream, SendStream};
use rcgen::{CertificateParams, KeyPair};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::{default_provider, kx_group, sign::any_supported_type};
use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};

use super::Enrolment;

pub(crate) const HELLO: &[u8] = b"formix/4";
pub(crate) const ANYWHERE: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A listening heavy node, an enrolled light node, and the key of another enrolled light.
pub(crate) struct Target {
    pub(crate) heavy: QuicTransport,
    pub(crate) light: QuicTransport,
    pub(crate) key: Identity,
    pub(crate) enrolment: Enrolment,
}

impl Target {
    pub(crate) async fn start(limits: Limits) -> Self {
        let [heavy, light, key] = [(); 3].map(|()| Identity::generate().unwrap());
        let mut enrolment = Enrolment::default();
        enrolment.add(light.id(), Role::Light, None);
        enrolment.add(key.id(), Role::Light, None);
        let heavy = start(&heavy, Role::Heavy, enrolment.peers(), &limits);
        enrolment.add(heavy.id(), Role::Heavy, Some(heavy.local_addr()));
        heavy.set_peers(enrolment.peers());
        let light = start(&light, Role::Light, enrolment.peers(), &limits);
        super::connected(&light, &[heavy.id()]).await;
        Self { heavy, light, key, enrolment }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.heavy.local_addr()
    }

    /// A client that does everything right, unless the test changes it.
    pub(crate) fn client(&self) -> Raw {
        Raw::new(Some(certified(&self.key, &self.key)))
    }

    /// The other nodes notice nothing.
    pub(crate) async fn is_unharmed(&self) {
        super::deliver(&self.light, &self.heavy).await;
        super::deliver(&self.heavy, &self.light).await;
    }
}

pub(crate) fn start(
    identity: &Identity,
    role: Role,
    peers: Arc<Peers>,
    limits: &Limits,
) -> QuicTransport {
    let listen = (role == Role::Heavy).then_some(ANYWHERE);
    let (identity, limits) = (identity.clone(), limits.clone());
    QuicTransport::start(QuicConfig { identity, listen, role, peers, limits }).unwrap()
}

/// The certificate of one key with, perhaps, another key to sign with.
pub(crate) fn certified(certificate: &Identity, signer: &Identity) -> CertifiedKey {
    certified_pems(&certificate.to_pem(), &signer.to_pem(), CertificateParams::default())
}

pub(crate) fn certified_pems(
    certificate: &str,
    signer: &str,
    params: CertificateParams,
) -> CertifiedKey {
    let certificate = params.self_signed(&KeyPair::from_pem(certificate).unwrap()).unwrap();
    let signer = KeyPair::from_pem(signer).unwrap().serialize_der();
    let signer = any_supported_type(&PrivatePkcs8KeyDer::from(signer).into()).unwrap();
    CertifiedKey::new(vec![certificate.der().clone()], signer)
}

pub(crate) struct Raw {
    pub(crate) key: Option<CertifiedKey>,
    pub(crate) groups: Vec<&'static dyn SupportedKxGroup>,
    pub(crate) alpn: Vec<Vec<u8>>,
    pub(crate) resumption: Resumption,
    endpoint: Endpoint,
}

impl Raw {
    pub(crate) fn new(key: Option<CertifiedKey>) -> Self {
        Self {
            key,
            groups: vec![kx_group::X25519MLKEM768],
            alpn: vec![HELLO.to_vec()],
            resumption: Resumption::disabled(),
            endpoint: Endpoint::client(ANYWHERE).unwrap(),
        }
    }

    pub(crate) async fn connect(&self, to: SocketAddr) -> Result<Connection, ConnectionError> {
        self.endpoint.connect_with(self.config(), to, "formix").unwrap().await
    }

    /// The first datagrams of so many attempts to connect; a hello with hybrid keys takes two.
    pub(crate) async fn half_hellos(&self, count: usize) -> Vec<Vec<u8>> {
        let nowhere = tokio::net::UdpSocket::bind(ANYWHERE).await.unwrap();
        let to = nowhere.local_addr().unwrap();
        let (mut first, mut datagram) = (BTreeMap::new(), [0; 2048]);
        while first.len() < count {
            let attempt = self.endpoint.connect_with(self.config(), to, "formix").unwrap();
            let len = nowhere.recv(&mut datagram).await.unwrap();
            // RFC 9000, 17.2: the id that the dialler has chosen for the listener follows its length.
            let id = datagram[6..6 + usize::from(datagram[5])].to_vec();
            first.entry(id).or_insert_with(|| datagram[..len].to_vec());
            drop(attempt);
        }
        first.into_values().collect()
    }

    /// Continues from another port.
    pub(crate) fn move_away(&self) {
        self.endpoint.rebind(std::net::UdpSocket::bind(ANYWHERE).unwrap()).unwrap();
    }

    /// The TLS alert that ends the attempt (RFC 9001, 4.8).
    pub(crate) async fn alert(&self, to: SocketAddr) -> u64 {
        let error = match self.connect(to).await {
            // The handshake ends here before the server has judged our key.
            Ok(connection) => connection.closed().await,
            Err(error) => error,
        };
        match error {
            ConnectionError::ConnectionClosed(close) => u64::from(close.error_code) - 0x100,
            other => panic!("{other}"),
        }
    }

    /// Connects and says hello.
    pub(crate) async fn greet(&self, to: SocketAddr) -> (Connection, SendStream, RecvStream) {
        let connection = self.connect(to).await.unwrap();
        let (mut send, mut receive) = connection.open_bi().await.unwrap();
        send.write_all(HELLO).await.unwrap();
        let mut hello = [0; HELLO.len()];
        receive.read_exact(&mut hello).await.unwrap();
        assert_eq!(hello, HELLO);
        (connection, send, receive)
    }

    fn config(&self) -> ClientConfig {
        let groups = self.groups.clone();
        let provider = Arc::new(CryptoProvider { kx_groups: groups, ..default_provider() });
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyServer));
        let mut config = match self.key.clone() {
            Some(key) => config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(key))),
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = self.alpn.clone();
        config.resumption = self.resumption.clone();
        config.enable_early_data = true;
        ClientConfig::new(Arc::new(QuicClientConfig::try_from(config).unwrap()))
    }
}

/// The application error code a connection is closed with.
pub(crate) async fn code(connection: &Connection) -> u64 {
    match connection.closed().await {
        ConnectionError::ApplicationClosed(close) => close.error_code.into_inner(),
        other => panic!("{other}"),
    }
}

pub(crate) fn sorted(ids: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort_unstable();
    ids
}

#[derive(Debug)]
struct AnyServer;

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}

//! TLS 1.3 between pinned keys.

use std::sync::Arc;

use formix_proto::id::NodeId;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::cipher_suite::{
    TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256,
};
use rustls::crypto::aws_lc_rs::{default_provider, kx_group};
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ParsedCertificate};
use rustls::version::TLS13;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, PeerIncompatible,
    SignatureScheme,
};
use tokio::sync::watch;

use super::StartError;
use crate::identity::Identity;
use crate::peers::Peers;

/// The protocol and its version.
pub(super) const ALPN: &[u8] = b"formix/4";
/// The same for every node: keys identify nodes, not names.
pub(super) const SERVER_NAME: &str = "formix";

/// The nodes that are enrolled now.
pub(super) type Enrolled = Arc<watch::Sender<Arc<Peers>>>;

/// TLS for a listener: accepts enrolled nodes only.
pub(super) fn server(
    identity: &Identity,
    enrolled: Enrolled,
) -> Result<Arc<QuicServerConfig>, StartError> {
    let provider = provider();
    let verifier = Arc::new(OnlyEnrolled { enrolled, signatures: Signatures(provider.clone()) });
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(identity.certified());
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    let initial = initial_suite().ok_or(StartError::InitialSuite)?;
    let config = QuicServerConfig::with_initial(config.into(), initial);
    config.map(Arc::new).map_err(|_| StartError::InitialSuite)
}

/// TLS for a dialler: accepts `expected` only.
pub(super) fn client(
    identity: &Identity,
    expected: NodeId,
) -> Result<Arc<QuicClientConfig>, StartError> {
    let provider = provider();
    let verifier = Arc::new(OnlyThis { expected, signatures: Signatures(provider.clone()) });
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(identity.certified());
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    config.enable_early_data = false;
    let initial = initial_suite().ok_or(StartError::InitialSuite)?;
    let config = QuicClientConfig::with_initial(config.into(), initial);
    config.map(Arc::new).map_err(|_| StartError::InitialSuite)
}

/// The node whose key a certificate carries.
pub(super) fn node_of(certificate: &CertificateDer<'_>) -> Result<NodeId, Error> {
    let spki = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
    Ok(NodeId::of_public_key(&spki))
}

/// Hybrid key agreement only, and 256-bit keys: an adversary that records all three links of an answer
/// today must not be able to add its shares up later.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        cipher_suites: vec![TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256],
        kx_groups: vec![kx_group::X25519MLKEM768],
        ..default_provider()
    })
}

/// RFC 9001, 5.2: the initial packets are encrypted with AES-128-GCM under a publicly known key.
fn initial_suite() -> Option<rustls::quic::Suite> {
    TLS13_AES_128_GCM_SHA256.tls13()?.quic_suite()
}

/// Checks that the peer holds the key its certificate carries.
#[derive(Debug)]
struct Signatures(Arc<CryptoProvider>);

impl Signatures {
    fn verify(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if signature.scheme != SignatureScheme::ED25519 {
            return Err(PeerIncompatible::NoSignatureSchemesInCommon.into());
        }
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }
}

#[derive(Debug)]
struct OnlyThis {
    expected: NodeId,
    signatures: Signatures,
}

impl ServerCertVerifier for OnlyThis {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if node_of(end_entity)? == self.expected {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.signatures.verify(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}

#[derive(Debug)]
struct OnlyEnrolled {
    enrolled: Enrolled,
    signatures: Signatures,
}

impl ClientCertVerifier for OnlyEnrolled {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if self.enrolled.borrow().get(&node_of(end_entity)?).is_some() {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.signatures.verify(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}

//! A node's key, which is its identity.

use std::fmt;
use std::sync::Arc;

use formix_proto::id::NodeId;
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519, PublicKeyData as _};
use rustls::crypto::aws_lc_rs::sign::any_eddsa_type;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Why a key cannot be generated or used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The operating system's randomness or the key generator failed.
    #[error("cannot generate a key")]
    Generate,
    /// Not the PEM form of a private key.
    #[error("not a private key in PEM format")]
    Malformed,
    /// A private key for another algorithm.
    #[error("a key for another algorithm: Ed25519 is needed")]
    NotEd25519,
    /// The key cannot sign the certificate that carries it.
    #[error("the key cannot sign a certificate")]
    Unusable,
}

/// An Ed25519 key pair and the self-signed certificate that carries its public half.
///
/// Nothing else in the certificate matters: its names and dates are constant, and no peer checks them.
#[derive(Clone)]
pub struct Identity {
    id: NodeId,
    key: Arc<Zeroizing<KeyPair>>,
    certified: Arc<SingleCertAndKey>,
}

impl Identity {
    /// Generates a key with the operating system's randomness.
    pub fn generate() -> Result<Self, IdentityError> {
        let key = KeyPair::generate_for(&PKCS_ED25519).map_err(|_| IdentityError::Generate)?;
        Self::new(key)
    }

    /// Reads a private key (PKCS #8, RFC 5958) from PEM.
    pub fn from_pem(pem: &str) -> Result<Self, IdentityError> {
        let key = Zeroizing::new(KeyPair::from_pem(pem).map_err(|_| IdentityError::Malformed)?);
        if key.is_compatible(&PKCS_ED25519) {
            Self::with(key)
        } else {
            Err(IdentityError::NotEd25519)
        }
    }

    /// The private key as PEM, for [`Identity::from_pem`].
    pub fn to_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(self.key.serialize_pem())
    }

    /// The id of the node with this key.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// The public key, as a DER SubjectPublicKeyInfo (RFC 5280, 4.1).
    pub fn public_key(&self) -> Vec<u8> {
        self.key.subject_public_key_info()
    }

    /// The certificate that TLS presents, and the key that it signs with.
    pub(crate) fn certified(&self) -> Arc<SingleCertAndKey> {
        self.certified.clone()
    }

    /// A secret for one purpose: the same at every start of this node, different for every other node.
    /// SHA-256 over the purpose and the private key (PKCS #8).
    pub(crate) fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let private = Zeroizing::new(self.key.serialize_der());
        let digest = Sha256::new().chain_update(purpose).chain_update(&*private).finalize();
        Zeroizing::new(digest.into())
    }

    fn new(key: KeyPair) -> Result<Self, IdentityError> {
        Self::with(Zeroizing::new(key))
    }

    fn with(key: Zeroizing<KeyPair>) -> Result<Self, IdentityError> {
        let certificate =
            CertificateParams::default().self_signed(&*key).map_err(|_| IdentityError::Unusable)?;
        let signer = any_eddsa_type(&PrivatePkcs8KeyDer::from(key.serialized_der()))
            .map_err(|_| IdentityError::Unusable)?;
        let certified = CertifiedKey::new(vec![certificate.der().clone()], signer);
        Ok(Self {
            id: NodeId::of_public_key(&key.subject_public_key_info()),
            key: Arc::new(key),
            certified: Arc::new(certified.into()),
        })
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({}, <key>)", self.id.short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pem_and_back() {
        let identity = Identity::generate().unwrap();
        let again = Identity::from_pem(&identity.to_pem()).unwrap();
        assert_eq!(again.id(), identity.id());
        assert_eq!(again.public_key(), identity.public_key());
        assert_ne!(Identity::generate().unwrap().id(), identity.id());
    }

    #[test]
    fn the_id_is_the_digest_of_an_ed25519_public_key() {
        let identity = Identity::generate().unwrap();
        assert_eq!(identity.id(), NodeId::of_public_key(&identity.public_key()));
        // RFC 8410, 4: SEQUENCE { SEQUENCE { 1.3.101.112 }, BIT STRING }.
        let prefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        assert_eq!(identity.public_key()[..12], prefix);
    }

    #[test]
    fn derived_secrets_last_and_differ() {
        let identity = Identity::generate().unwrap();
        let again = Identity::from_pem(&identity.to_pem()).unwrap();
        assert_eq!(identity.derive("a"), again.derive("a"));
        assert_ne!(identity.derive("a"), identity.derive("b"));
        assert_ne!(identity.derive("a"), Identity::generate().unwrap().derive("a"));
    }

    #[test]
    fn other_keys_and_other_text_are_refused() {
        let ecdsa = KeyPair::generate().unwrap().serialize_pem();
        assert_eq!(Identity::from_pem(&ecdsa).err(), Some(IdentityError::NotEd25519));
        for text in ["", "\0", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            assert_eq!(Identity::from_pem(text).err(), Some(IdentityError::Malformed));
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let identity = Identity::generate().unwrap();
        assert_eq!(format!("{identity:?}"), format!("Identity({}, <key>)", identity.id().short()));
    }
}

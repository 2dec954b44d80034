//! Certificates: from files, reloaded on demand, or made for development.

use crate::config::TlsSource;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::TlsAcceptor;

/// TLS as the accept loops use it.
#[derive(Clone)]
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) certificate: Certificate,
}

/// The certificate that a server shows. Clones are of the same server.
#[derive(Clone, Debug)]
pub struct Certificate {
    current: Arc<Current>,
    source: TlsSource,
}

/// Why there is no certificate to show. The text says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read, or is not PEM.
    #[error("can't read {}: {error}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        error: PemError,
    },
    /// The certificate's file holds none.
    #[error("{} holds no certificate: --tls-cert needs PEM, the server's own certificate first", .0.display())]
    NoCertificate(PathBuf),
    /// The key's file holds a key that only a passphrase opens.
    #[error(
        "the key in {} is encrypted, and there is nobody to ask for its passphrase: write it in the clear with \
         `openssl pkey -in {} -out plain.pem`, readable by this server alone, and give that",
        .0.display(), .0.display()
    )]
    EncryptedKey(PathBuf),
    /// The key's file holds none.
    #[error("{} holds no private key: --tls-key needs PEM (PKCS #8, PKCS #1 or SEC 1)", .0.display())]
    NoKey(PathBuf),
    /// The two don't belong together, or the key is of a kind that is not supported.
    #[error("can't use {} with {}: {error}", key.display(), cert.display())]
    Pair {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong.
        error: rustls::Error,
    },
    /// No certificate could be made.
    #[error("can't make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// TLS can't be set up.
    #[error("can't set up TLS: {0}")]
    Setup(#[from] rustls::Error),
}

/// What new connections are shown.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl Tls {
    /// Reads or makes the certificate; a made one is for localhost, `addresses` and `names`.
    ///
    /// # Errors
    /// [`TlsError`].
    pub(crate) fn new(
        source: TlsSource,
        addresses: &[SocketAddr],
        names: impl IntoIterator<Item = String>,
    ) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = match &source {
            TlsSource::Files { cert, key } => load(cert, key, &provider)?,
            TlsSource::SelfSigned => make(addresses, names, &provider)?,
        };
        let current = Arc::new(Current(RwLock::new(Arc::new(key))));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        // WebSockets begin with HTTP/1.1.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let certificate = Certificate { current, source };
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), certificate })
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads the files again; connections that come from then on are shown what is in them. A certificate that was made
    /// stays.
    ///
    /// # Errors
    /// [`TlsError`]; the old certificate is still shown then.
    pub fn reload(&self) -> Result<(), TlsError> {
        if let TlsSource::Files { cert, key } = &self.source {
            let fresh = load(cert, key, &rustls::crypto::ring::default_provider())?;
            *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        }
        Ok(())
    }

    /// The SHA-256 of the certificate, as browsers show it.
    pub fn fingerprint(&self) -> String {
        let key = self.current.key();
        let hash = key.cert.first().map(Sha256::digest).unwrap_or_default();
        hash.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }

    /// Whether it was made by this server, so that nobody trusts it yet.
    pub fn is_self_signed(&self) -> bool {
        self.source == TlsSource::SelfSigned
    }
}

impl Current {
    fn key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.key())
    }
}

fn load(cert: &Path, key: &Path, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        |error| TlsError::Read { path, error }
    };
    let chain: Vec<_> =
        CertificateDer::pem_file_iter(cert).and_then(Iterator::collect).map_err(unreadable(cert))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(cert.to_owned()));
    }
    let private = match PrivateKeyDer::from_pem_file(key) {
        Ok(private) => private,
        Err(PemError::Io(error)) => return Err(unreadable(key)(PemError::Io(error))),
        Err(error) => return Err(no_key(key, error)),
    };
    CertifiedKey::from_der(chain, private, provider).map_err(|error| TlsError::Pair {
        cert: cert.to_owned(),
        key: key.to_owned(),
        error,
    })
}

/// Why a file that can be read gives no key.
fn no_key(path: &Path, error: PemError) -> TlsError {
    let path = path.to_owned();
    // PKCS #8 has it in the label, the older forms in a header.
    let is_encrypted = std::fs::read_to_string(&path).is_ok_and(|text| text.contains("ENCRYPTED"));
    match error {
        _ if is_encrypted => TlsError::EncryptedKey(path),
        PemError::NoItemsFound => TlsError::NoKey(path),
        error => TlsError::Read { path, error },
    }
}

fn make(
    addresses: &[SocketAddr],
    names: impl IntoIterator<Item = String>,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TlsError> {
    let own = addresses.iter().map(SocketAddr::ip).filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string());
    let usual = ["localhost", "127.0.0.1", "::1"].map(ToOwned::to_owned);
    // Each once, in whatever order they come.
    let names: BTreeSet<String> = usual.into_iter().chain(own).chain(names).collect();
    let made = rcgen::generate_simple_self_signed(names.into_iter().collect::<Vec<_>>())?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    Ok(CertifiedKey::from_der(vec![made.cert.into()], key.into(), provider)?)
}

use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// Whom a client trusts, and as whom it shows itself. By default: the system's certificate authorities, and as nobody.
#[derive(Debug, Default)]
pub struct TlsOptions {
    /// Certificate authorities to trust beside the system's.
    pub roots: Vec<CertificateDer<'static>>,
    /// A certificate to show where the server asks for one.
    pub identity: Option<Identity>,
    /// Takes any certificate of the server: an expired one, another name's, one that nobody vouches for. Anybody in between
    /// can then read along.
    pub accept_invalid: bool,
}

/// A certificate and its key.
#[derive(Debug)]
pub struct Identity {
    /// The certificate, followed by its intermediates.
    pub chain: Vec<CertificateDer<'static>>,
    /// The private key.
    pub key: PrivateKeyDer<'static>,
}

/// Options that make no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsOptionsError {
    /// A certificate can't be read. Give PEM: a block that begins with `-----BEGIN CERTIFICATE-----`.
    #[error("no certificate in PEM: {0}")]
    Certificate(pem::Error),
    /// A key can't be read. Give PEM: PKCS #8, PKCS #1 or SEC 1, without a password.
    #[error("no private key in PEM (PKCS #8, PKCS #1 or SEC 1, without a password): {0}")]
    Key(pem::Error),
    /// A root can't vouch for anybody, or the key is not the certificate's.
    #[error("{0}")]
    Unusable(#[from] rustls::Error),
    /// There is nobody to trust.
    #[error("the system has no certificate authorities: install ca-certificates")]
    NoRoots,
}

/// All certificates of a text in PEM; at least one.
///
/// # Errors
/// [`TlsOptionsError::Certificate`].
pub fn certificates_from_pem(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsOptionsError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    match found.map_err(TlsOptionsError::Certificate)? {
        none if none.is_empty() => Err(TlsOptionsError::Certificate(pem::Error::NoItemsFound)),
        found => Ok(found),
    }
}

impl Identity {
    /// From texts in PEM, which may be the same one.
    ///
    /// # Errors
    /// [`TlsOptionsError::Certificate`] or [`TlsOptionsError::Key`].
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Identity, TlsOptionsError> {
        let chain = certificates_from_pem(chain)?;
        Ok(Identity { chain, key: PrivateKeyDer::from_pem_slice(key).map_err(TlsOptionsError::Key)? })
    }
}

impl TlsOptions {
    /// The same for [`ConnectOptions::tls`](crate::ConnectOptions::tls).
    ///
    /// # Errors
    /// [`TlsOptionsError`].
    pub fn config(self) -> Result<Arc<ClientConfig>, TlsOptionsError> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .dangerous();
        let verifier: Arc<dyn ServerCertVerifier> = if self.accept_invalid {
            Arc::new(AnyCertificate(provider))
        } else {
            let mut roots = system_roots().clone();
            for root in self.roots {
                roots.add(root)?;
            }
            if roots.is_empty() {
                return Err(TlsOptionsError::NoRoots);
            }
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(|error| rustls::Error::General(error.to_string()))?
        };
        let builder = builder.with_custom_certificate_verifier(verifier);
        Ok(Arc::new(match self.identity {
            Some(Identity { chain, key }) => builder.with_client_auth_cert(chain, key)?,
            None => builder.with_no_client_auth(),
        }))
    }
}

/// Read once: there are hundreds.
fn system_roots() -> &'static RootCertStore {
    static ROOTS: OnceLock<RootCertStore> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots
    })
}

/// Takes whatever the server shows, as long as it has the key to it.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

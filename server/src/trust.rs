//! Whom connections to targets trust, and as whom they show themselves, by files.

use rustls::ClientConfig;
use socket::{Identity, TlsOptions, TlsOptionsError, certificates_from_pem};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files in PEM. Default: the system is trusted alone, and nobody is shown a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustFiles {
    /// Certificate authorities to trust beside the system's.
    pub roots: Vec<PathBuf>,
    /// A certificate with its intermediates, and its key, for targets that ask for one.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// Why TLS to targets can't be set up. The text says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A file can't be read or used.
    #[error("can't use {} for TLS: {explanation}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        explanation: String,
    },
    /// There is nobody to trust, or the key is another certificate's.
    #[error("can't set up TLS to the target: {0}")]
    Options(#[from] TlsOptionsError),
}

impl TrustFiles {
    /// Reads the files.
    pub(crate) fn load(&self) -> Result<Arc<ClientConfig>, TrustError> {
        let mut roots = Vec::new();
        for path in &self.roots {
            roots.extend(with(path, certificates_from_pem)?);
        }
        let identity = self.identity.as_ref().map(|(chain, key)| {
            let texts = (with(chain, |text| Ok(text.to_vec()))?, with(key, |text| Ok(text.to_vec()))?);
            Ok::<_, TrustError>(Identity::from_pem(&texts.0, &texts.1)?)
        });
        Ok(TlsOptions { roots, identity: identity.transpose()?, accept_invalid: false }.config()?)
    }
}

fn with<T>(path: &Path, read: impl FnOnce(&[u8]) -> Result<T, TlsOptionsError>) -> Result<T, TrustError> {
    let failed = |explanation: String| TrustError::File { path: path.to_owned(), explanation };
    let text = fs::read(path).map_err(|error| failed(error.to_string()))?;
    read(&text).map_err(|error| failed(error.to_string()))
}

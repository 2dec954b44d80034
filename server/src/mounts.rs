//! The targets under `/ws/via`: those of the command line, and those that were made while the server runs.

use crate::config::Config;
use crate::mount::{Mount, ParseMountError, header, shown};
use http::{HeaderName, HeaderValue};
use protocol::fault::Label as Name;
use protocol::guard::Guard;
use rustls::ClientConfig;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Targets that are made while the server runs, at a time.
const MAX_MADE: usize = 64;

/// The targets of a server.
#[derive(Debug, Default)]
pub(crate) struct Mounts(Mutex<BTreeMap<String, Arc<Mounted>>>);

/// A target at `/ws/via/NAME`.
#[derive(Debug)]
pub(crate) struct Mounted {
    pub(crate) mount: Mount,
    /// In place of the client's.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// `None`: the system is trusted, and nobody is shown a certificate.
    pub(crate) tls: Option<Arc<ClientConfig>>,
    /// Where it may lead, for one that was made while the server runs. Those of the command line are the operator's choice.
    pub(crate) guard: Option<Guard>,
}

/// Why a target is not mounted, or not removed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("{0} was given on the command line and stays as it is: use another name")]
    Fixed(String),
    #[error("no target is mounted as {0}: GET /api/vias lists those there are")]
    Unknown(String),
    #[error("there is room for {MAX_MADE} targets that are made while the server runs: delete some first")]
    Full,
}

/// A target, as it is listed: without what may be secret in it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Listed {
    name: String,
    url: String,
    /// Its scheme, host and port.
    target: String,
    /// Whether it can be replaced and deleted.
    made: bool,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.url, self.target)
    }
}

impl Mounts {
    /// Those of the command line.
    pub(crate) fn of(config: &Config, tls: Option<&Arc<ClientConfig>>) -> Self {
        let mut all = BTreeMap::new();
        for mount in &config.via {
            let own = config.via_headers.iter().filter(|header| header.mount == mount.name);
            let headers = own.map(|header| (header.name.clone(), header.value.clone())).collect();
            let mounted = Mounted { mount: mount.clone(), headers, tls: tls.cloned(), guard: None };
            all.entry(mount.name.to_string()).or_insert_with(|| Arc::new(mounted));
        }
        Self(Mutex::new(all))
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<Mounted>> {
        self.all().get(name).cloned()
    }

    pub(crate) fn list(&self) -> Vec<Listed> {
        self.all().values().map(|mounted| mounted.listed()).collect()
    }

    /// Mounts a target, in place of one of the same name that was made before. Clients that were carried there stay.
    pub(crate) fn make(&self, mounted: Mounted) -> Result<Listed, Refused> {
        let mut all = self.all();
        let name = mounted.mount.name.to_string();
        match all.get(&name) {
            Some(there) if !there.is_made() => return Err(Refused::Fixed(name)),
            Some(_) => {}
            None if all.values().filter(|there| there.is_made()).count() >= MAX_MADE => {
                return Err(Refused::Full);
            }
            None => {}
        }
        let listed = mounted.listed();
        all.insert(name, Arc::new(mounted));
        Ok(listed)
    }

    /// Forgets a target that was made. Clients that were carried there stay.
    pub(crate) fn remove(&self, name: &Name) -> Result<(), Refused> {
        let mut all = self.all();
        match all.get(name.as_str()) {
            None => Err(Refused::Unknown(name.to_string())),
            Some(there) if !there.is_made() => Err(Refused::Fixed(name.to_string())),
            Some(_) => {
                all.remove(name.as_str());
                Ok(())
            }
        }
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Mounted>>> {
        // No code that can panic half-way runs under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mounted {
    /// One that is made while the server runs.
    ///
    /// # Errors
    /// The URL is no target, or a header can't be sent.
    pub(crate) fn make(
        name: Name,
        url: &str,
        headers: &[(String, String)],
        tls: Option<Arc<ClientConfig>>,
        guard: Guard,
    ) -> Result<Self, ParseMountError> {
        let mount = Mount { name, target: url.parse()? };
        let headers = headers.iter().map(|(name, value)| header(name, value)).collect::<Result<_, _>>()?;
        Ok(Self { mount, headers, tls, guard: Some(guard) })
    }

    fn is_made(&self) -> bool {
        self.guard.is_some()
    }

    fn listed(&self) -> Listed {
        Listed {
            name: self.mount.name.to_string(),
            url: format!("/ws/via/{}", self.mount.name),
            target: shown(&self.mount.target),
            made: self.is_made(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &str) -> Mounted {
        let name = Name::parse(name).unwrap();
        Mounted::make(name, "wss://h/feed?key=secret", &[], None, Guard::default()).unwrap()
    }

    #[test]
    fn what_the_command_line_gives_stays_and_the_rest_is_bounded() {
        let config = Config { via: vec!["fixed=ws://h".parse().unwrap()], ..Config::default() };
        let mounts = Mounts::of(&config, None);
        let name = Name::parse("fixed").unwrap();
        assert_eq!(mounts.make(made("fixed")).unwrap_err(), Refused::Fixed("fixed".to_owned()));
        assert_eq!(mounts.remove(&name).unwrap_err(), Refused::Fixed("fixed".to_owned()));
        for number in 0..MAX_MADE {
            mounts.make(made(&number.to_string())).unwrap();
        }
        assert_eq!(mounts.make(made("more")).unwrap_err(), Refused::Full);
        let listed = mounts.make(made("7")).expect("in place of the one there is");
        assert_eq!((&*listed.target, listed.made), ("wss://h", true));
        mounts.remove(&Name::parse("7").unwrap()).unwrap();
        mounts.make(made("more")).unwrap();
        assert_eq!(mounts.list().len(), MAX_MADE + 1);
    }

    #[test]
    fn what_is_no_target_is_refused_and_secrets_are_not_shown() {
        let make = |url: &str, headers: &[(&str, &str)]| {
            let headers: Vec<_> =
                headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            Mounted::make(Name::parse("a").unwrap(), url, &headers, None, Guard::default())
        };
        assert!(make("https://h", &[]).is_err());
        assert_eq!(make("ws://h", &[("a b", "c")]).unwrap_err(), ParseMountError::Header);
        assert_eq!(make("ws://h", &[("a", "b\r\nc: d")]).unwrap_err(), ParseMountError::Header);
        let host = make("ws://h", &[("Host", "other")]).unwrap_err().to_string();
        assert_eq!(host, "the header host belongs to the handshake and can't be set");
        let mounted = make("ws://h", &[("authorization", "Bearer hidden")]).unwrap();
        assert!(!format!("{mounted:?}").contains("hidden"));
    }
}

//! A target that is mounted under a name.

use http::{HeaderName, HeaderValue};
use protocol::fault::Label as Name;
use socket::wire::handshake::{ClientHandshake, RequestError, Target, TargetError};
use std::str::FromStr;

/// A target and the name under which clients are carried to it: `/ws/via/NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    pub(crate) name: Name,
    pub(crate) target: Target,
}

/// A header that the target under a name gets in place of the client's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountHeader {
    pub(crate) mount: Name,
    pub(crate) name: HeaderName,
    /// Marked as sensitive, so that it is not shown.
    pub(crate) value: HeaderValue,
}

/// A text that is no mount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseMountError {
    /// There is no name with a URL, or it is none.
    #[error("expected a name and a URL, such as api=wss://api.example.com/feed; a name has {}", Name::RULE)]
    Form,
    /// There is no name with a header.
    #[error("expected a name and a header, such as 'api=Origin: https://example.com'")]
    Header,
    /// The header is one that no handshake leaves to others.
    #[error(transparent)]
    Reserved(#[from] RequestError),
    /// The URL is no target.
    #[error(transparent)]
    Target(#[from] TargetError),
}

impl FromStr for Mount {
    type Err = ParseMountError;

    fn from_str(text: &str) -> Result<Self, ParseMountError> {
        let (name, url) = text.split_once('=').ok_or(ParseMountError::Form)?;
        let name = Name::parse(name).ok_or(ParseMountError::Form)?;
        Ok(Self { name, target: url.parse()? })
    }
}

impl FromStr for MountHeader {
    type Err = ParseMountError;

    fn from_str(text: &str) -> Result<Self, ParseMountError> {
        let parts = || {
            let (mount, line) = text.split_once('=')?;
            let (name, value) = line.split_once(':')?;
            Some((Name::parse(mount)?, name.trim(), value.trim()))
        };
        let (mount, name, value) = parts().ok_or(ParseMountError::Header)?;
        let (name, value) = header(name, value)?;
        Ok(Self { mount, name, value })
    }
}

/// A header for a target.
///
/// # Errors
/// It can't be sent.
pub(crate) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), ParseMountError> {
    let name: HeaderName = name.parse().map_err(|_| ParseMountError::Header)?;
    let mut value = HeaderValue::from_str(value).map_err(|_| ParseMountError::Header)?;
    value.set_sensitive(true);
    ClientHandshake::check_header(&name)?;
    Ok((name, value))
}

impl Mount {
    /// What to ask the target for, on behalf of a client that asked for what is behind the mount's name: `path`, empty or
    /// with a slash, and `query`, the target's part of it.
    ///
    /// # Errors
    /// The path leads out of the mounted one, or can't be asked for; the text says so.
    pub(crate) fn target_for(&self, path: &str, query: &str) -> Result<Target, String> {
        let is_up = |segment: &str| {
            let plain = segment.to_ascii_lowercase().replace("%2e", ".");
            plain == ".." || plain.replace("%2f", "/").replace("%5c", "/").replace('\\', "/").contains("../")
        };
        if path.split('/').any(is_up) {
            return Err(
                "a path behind a mounted target leads further in, not out: leave out the ..".to_owned()
            );
        }
        let (own_path, own_query) =
            self.target.resource().split_once('?').unwrap_or((self.target.resource(), ""));
        let own_path = if path.is_empty() { own_path } else { own_path.trim_end_matches('/') };
        let queries: Vec<_> = [own_query, query].into_iter().filter(|query| !query.is_empty()).collect();
        let mark = if queries.is_empty() { "" } else { "?" };
        let resource = format!("{own_path}{path}{mark}{}", queries.join("&"));
        self.target.clone().with_resource(&resource).map_err(|error| error.to_string())
    }
}

/// Where a target is, without what may be secret in its URL.
pub(crate) fn shown(target: &Target) -> String {
    let scheme = if target.secure() { "wss" } else { "ws" };
    format!("{scheme}://{}", target.host_header())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_a_name_and_a_url() {
        let mount: Mount = "api=wss://api.example.com/feed?v=1&a=b".parse().unwrap();
        assert_eq!((mount.name.as_str(), shown(&mount.target)), ("api", "wss://api.example.com".to_owned()));
        for text in ["", "wss://a", "=wss://a", "a b=wss://a", "a=http://a", "a=wss://me:pw@a/"] {
            assert!(text.parse::<Mount>().is_err(), "{text}");
        }
        let header: MountHeader = "api=Authorization: Bearer x:y=z".parse().unwrap();
        assert_eq!((header.name.as_str(), header.value.as_bytes()), ("authorization", &b"Bearer x:y=z"[..]));
        assert!(!format!("{header:?}").contains("Bearer"));
        for text in ["", "api", "api=x", "api=a b: c", "=a: b", "api=Host: b", "api=Sec-WebSocket-Key: b"] {
            assert!(text.parse::<MountHeader>().is_err(), "{text}");
        }
    }

    #[test]
    fn path_and_query_go_behind_those_of_the_mount() {
        for (mount, path, query, expected) in [
            ("a=ws://h", "", "", "/"),
            ("a=ws://h", "/x", "", "/x"),
            ("a=ws://h/feed/", "", "", "/feed/"),
            ("a=ws://h/feed/", "/x/", "y=1", "/feed/x/?y=1"),
            ("a=ws://h/feed?v=1", "/x", "y=%20", "/feed/x?v=1&y=%20"),
            ("a=ws://h/feed", "/a.b/..c", "", "/feed/a.b/..c"),
        ] {
            let mount: Mount = mount.parse().unwrap();
            assert_eq!(mount.target_for(path, query).unwrap().resource(), expected);
        }
        let mount: Mount = "a=ws://h/feed".parse().unwrap();
        for path in ["/..", "/../x", "/x/%2e./y", "/%2E%2e", "/..%2fx", "/..\\x", "/x#y"] {
            assert!(mount.target_for(path, "").is_err(), "{path}");
        }
    }
}

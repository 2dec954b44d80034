//! Which headers of a handshake are for the other end, and which for the connection that they came by.

use http::header::{
    CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};

/// Headers of one connection and of the message on it (RFC 9110 §7.6.1), and those that each handshake makes for itself.
const OWN: [HeaderName; 11] = [
    CONNECTION,
    CONTENT_LENGTH,
    HOST,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// The headers that a relay passes on, in both directions: all but those of the connection, which are known ones and what
/// `Connection` lists, and those of the WebSocket handshake.
pub(super) fn passed_on(headers: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
    let listed: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    headers.iter().filter(move |(name, _)| {
        let name = name.as_str();
        !OWN.iter().any(|own| own == name)
            && !name.starts_with("sec-websocket-")
            && !listed.iter().any(|listed| listed == name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connections_own_headers_stay_and_all_others_go_along() {
        let lines = [
            ("host", "here"),
            ("connection", "Upgrade, X-Hop"),
            ("connection", "keep-alive"),
            ("upgrade", "websocket"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-authorization", "Basic x"),
            ("proxy-connection", "close"),
            ("te", "trailers"),
            ("trailer", "x"),
            ("transfer-encoding", "chunked"),
            ("content-length", "0"),
            ("sec-websocket-key", "x"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-extensions", "permessage-deflate"),
            ("sec-websocket-protocol", "chat"),
            ("authorization", "Bearer x"),
            ("cookie", "a=b"),
            ("cookie", "c=d"),
            ("origin", "https://there"),
            ("x-forwarded-for", "192.0.2.1"),
        ];
        let headers: HeaderMap = lines
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .into_iter()
            .fold(HeaderMap::new(), |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            });
        let mut passed: Vec<_> =
            passed_on(&headers).map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        passed.sort_unstable();
        assert_eq!(passed, {
            let mut expected = lines[16..].to_vec();
            expected.sort_unstable();
            expected
        });
    }
}

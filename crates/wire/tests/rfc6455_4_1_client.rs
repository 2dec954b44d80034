//! The client's side of the opening handshake (RFC 6455 §3, §4.1, with §9.1 and §11.3 where they bind it).

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION,
    ORIGIN, RETRY_AFTER, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, TRANSFER_ENCODING, UPGRADE, WWW_AUTHENTICATE,
};
use http::{Method, StatusCode, Version};
use wire::deflate::{Offer, WindowBits};
use wire::handshake::{
    ClientHandshake, Established, HeadReader, RequestError, ResponseError, Target, TargetError,
};

/// The key of §1.2.
const NONCE: [u8; 16] = *b"the sample nonce";

fn client(url: &str) -> ClientHandshake {
    ClientHandshake::new(url.parse().unwrap(), NONCE)
}

/// The response of §1.2 without a subprotocol.
fn response() -> HeaderMap {
    [(UPGRADE, "websocket"), (CONNECTION, "Upgrade"), (SEC_WEBSOCKET_ACCEPT, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")]
        .into_iter()
        .map(|(name, value)| (name, HeaderValue::from_static(value)))
        .collect()
}

fn check(client: &ClientHandshake, headers: &HeaderMap) -> Result<Established, ResponseError> {
    client.check_response(StatusCode::SWITCHING_PROTOCOLS, Version::HTTP_11, headers)
}

/// The check of the response with one header replaced by the lines given; by none to remove it.
fn with(client: &ClientHandshake, name: HeaderName, lines: &[&str]) -> Result<Established, ResponseError> {
    let mut headers = response();
    headers.remove(&name);
    for line in lines {
        headers.append(&name, HeaderValue::from_bytes(line.as_bytes()).unwrap());
    }
    check(client, &headers)
}

fn status(status: u16, headers: &[(HeaderName, &'static str)]) -> ResponseError {
    let headers =
        headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
    let status = StatusCode::from_u16(status).unwrap();
    client("ws://a").check_response(status, Version::HTTP_11, &headers).unwrap_err()
}

mod request {
    use super::*;

    #[test]
    fn rfc6455_4_1_is_a_valid_get_of_http_1_1() {
        let request = client("ws://server.example.com/chat?room=1").request();
        let (head, len) = HeadReader::new(1024).request(&request).unwrap().unwrap();
        assert_eq!(len, request.len(), "nothing follows the head");
        assert_eq!((head.method, head.version), (Method::GET, Version::HTTP_11));
        assert_eq!(head.target, "/chat?room=1");
        let expected = [
            (HOST, "server.example.com"),
            (UPGRADE, "websocket"),
            (CONNECTION, "Upgrade"),
            (SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ=="),
            (SEC_WEBSOCKET_VERSION, "13"),
        ];
        assert_eq!(head.headers.len(), expected.len(), "{:?}", head.headers);
        for (name, value) in expected {
            assert_eq!(head.headers[&name], value);
        }
    }

    #[test]
    fn rfc6455_4_1_names_are_written_as_in_the_rfc() {
        let client = client("ws://a")
            .protocols(["chat"])
            .and_then(|client| {
                client.offers([Offer::default()]).header(ORIGIN, HeaderValue::from_static("http://b"))
            })
            .and_then(|client| {
                client.header(HeaderName::from_static("x-api--key"), HeaderValue::from_static("c"))
            })
            .unwrap();
        let request = String::from_utf8(client.request()).unwrap();
        for line in [
            "Host: a",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: chat",
            "Sec-WebSocket-Extensions: permessage-deflate",
            "Origin: http://b",
            "X-Api--Key: c",
        ] {
            assert_eq!(request.matches(&format!("\r\n{line}\r\n")).count(), 1, "{line} in {request}");
        }
    }

    #[test]
    fn rfc6455_4_1_host_has_the_port_unless_it_is_the_schemes() {
        for (url, host) in [
            ("ws://a", "a"),
            ("ws://a:80", "a"),
            ("wss://a:443", "a"),
            ("ws://a:443", "a:443"),
            ("wss://a:80", "a:80"),
            ("ws://[::1]:9001/", "[::1]:9001"),
        ] {
            assert_eq!(client(url).request_headers()[HOST], host, "{url}");
        }
    }

    #[test]
    fn rfc6455_3_a_url_has_no_fragment() {
        assert_eq!("ws://a/b#c".parse::<Target>(), Err(TargetError::Fragment));
        assert_eq!(client("ws://a/b%23c").target().resource(), "/b%23c");
    }

    #[test]
    fn rfc6455_3_the_resource_is_path_and_query_and_never_empty() {
        for (url, resource) in
            [("ws://a", "/"), ("ws://a?b", "/?b"), ("wss://a/b/?c=d", "/b/?c=d"), ("ws://a/b?", "/b?")]
        {
            assert_eq!(client(url).target().resource(), resource, "{url}");
        }
    }

    #[test]
    fn rfc6455_3_only_ws_and_wss_are_websocket_urls() {
        assert!(!"ws://a".parse::<Target>().unwrap().secure());
        assert!("WSS://a".parse::<Target>().unwrap().secure());
        assert_eq!("http://a".parse::<Target>(), Err(TargetError::Scheme));
    }

    #[test]
    fn rfc6455_4_1_the_key_is_the_sixteen_bytes_in_base64() {
        let keys = [[0; 16], [0xff; 16], NONCE].map(|nonce| {
            let client = ClientHandshake::new("ws://a".parse().unwrap(), nonce);
            client.request_headers()[SEC_WEBSOCKET_KEY].clone()
        });
        assert_eq!(
            keys,
            ["AAAAAAAAAAAAAAAAAAAAAA==", "/////////////////////w==", "dGhlIHNhbXBsZSBub25jZQ=="]
        );
    }

    #[test]
    fn rfc6455_4_1_subprotocols_are_distinct_tokens_in_order_of_preference() {
        let headers = client("ws://a").protocols(["chat.v2", "chat"]).unwrap().request_headers();
        assert_eq!(headers[SEC_WEBSOCKET_PROTOCOL], "chat.v2, chat");
        for name in ["", "a b", "a,b", "a/b", "\"a\"", "\u{e4}", "a\r\nb"] {
            let error = client("ws://a").protocols([name]).unwrap_err();
            assert_eq!(error, RequestError::Protocol(name.into()));
        }
        let error = client("ws://a").protocols(["a", "b", "a"]).unwrap_err();
        assert_eq!(error, RequestError::DuplicateProtocol("a".into()));
    }

    #[test]
    fn rfc6455_4_1_extensions_stand_in_order_of_preference() {
        let narrow = Offer { server_max_window_bits: WindowBits::new(10), ..Offer::default() };
        let headers = client("ws://a").offers([narrow, Offer::BROWSER]).request_headers();
        assert_eq!(
            headers[SEC_WEBSOCKET_EXTENSIONS],
            "permessage-deflate; server_max_window_bits=10, permessage-deflate; client_max_window_bits"
        );
        assert!(!client("ws://a").request_headers().contains_key(SEC_WEBSOCKET_EXTENSIONS));
    }

    #[test]
    fn rfc6455_4_1_other_headers_may_be_added() {
        let headers = client("ws://a")
            .header(ORIGIN, HeaderValue::from_static("http://b"))
            .and_then(|client| client.header(AUTHORIZATION, HeaderValue::from_static("Bearer x")))
            .and_then(|client| client.header(COOKIE, HeaderValue::from_static("a=1")))
            .and_then(|client| client.header(COOKIE, HeaderValue::from_static("b=2")))
            .unwrap()
            .request_headers();
        assert_eq!(
            (&headers[ORIGIN], &headers[AUTHORIZATION]),
            (&"http://b".parse().unwrap(), &"Bearer x".parse().unwrap())
        );
        assert_eq!(headers.get_all(COOKIE).iter().count(), 2);
    }

    #[test]
    fn rfc6455_4_1_no_other_header_replaces_one_of_the_handshake() {
        for name in [
            HOST,
            UPGRADE,
            CONNECTION,
            SEC_WEBSOCKET_KEY,
            SEC_WEBSOCKET_VERSION,
            SEC_WEBSOCKET_PROTOCOL,
            SEC_WEBSOCKET_EXTENSIONS,
            SEC_WEBSOCKET_ACCEPT,
            CONTENT_LENGTH,
            TRANSFER_ENCODING,
        ] {
            let error = client("ws://a").header(name.clone(), HeaderValue::from_static("x")).unwrap_err();
            assert_eq!(error, RequestError::ReservedHeader(name));
        }
    }
}

mod response {
    use super::*;

    #[test]
    fn rfc6455_4_1_a_101_with_the_right_accept_is_the_start() {
        assert_eq!(check(&client("ws://a"), &response()), Ok(Established::default()));
    }

    #[test]
    fn rfc6455_4_1_another_status_is_no_start() {
        for code in [100, 200, 204, 400, 401, 403, 404, 407, 426, 429, 500, 502, 503] {
            let error = status(code, &[]);
            assert!(matches!(error, ResponseError::Status { .. }), "{error}");
            assert!(error.to_string().contains(&code.to_string()), "{error}");
        }
    }

    #[test]
    fn rfc6455_4_1_a_redirect_is_refused_and_named() {
        for code in [300, 301, 302, 303, 307, 308] {
            let text = status(code, &[(LOCATION, "wss://b/c")]).to_string();
            assert!(text.contains("wss://b/c") && text.contains(&code.to_string()), "{text}");
        }
        assert!(matches!(status(302, &[]), ResponseError::Redirect { .. }));
    }

    #[test]
    fn rfc6455_4_1_a_refusal_says_what_the_server_asks_for() {
        for (code, name, value) in [
            (401, WWW_AUTHENTICATE, "Bearer"),
            (429, RETRY_AFTER, "120"),
            (503, RETRY_AFTER, "7"),
            (426, SEC_WEBSOCKET_VERSION, "25"),
        ] {
            let text = status(code, &[(name, value)]).to_string();
            assert!(text.contains(value), "{text}");
        }
    }

    #[test]
    fn rfc6455_4_1_fails_on_another_http_version() {
        for version in [Version::HTTP_10, Version::HTTP_2] {
            let checked =
                client("ws://a").check_response(StatusCode::SWITCHING_PROTOCOLS, version, &response());
            assert_eq!(checked, Err(ResponseError::HttpVersion(version)));
        }
    }

    #[test]
    fn rfc6455_4_1_fails_without_upgrade_websocket() {
        assert!(with(&client("ws://a"), UPGRADE, &["WebSocket"]).is_ok());
        for lines in [&[][..], &[""], &["h2c"], &["websocket, h2c"], &["websocket", "websocket"]] {
            assert_eq!(with(&client("ws://a"), UPGRADE, lines), Err(ResponseError::Upgrade), "{lines:?}");
        }
    }

    #[test]
    fn rfc6455_4_1_fails_without_connection_upgrade() {
        for lines in [&["upgrade"][..], &["keep-alive, UPGRADE"], &["keep-alive", "Upgrade"]] {
            assert!(with(&client("ws://a"), CONNECTION, lines).is_ok(), "{lines:?}");
        }
        for lines in [&[][..], &["keep-alive"], &["close"]] {
            assert_eq!(
                with(&client("ws://a"), CONNECTION, lines),
                Err(ResponseError::Connection),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn rfc6455_4_1_fails_without_the_accept_of_its_key() {
        let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
        let padded = format!("  {accept} ");
        assert!(
            with(&client("ws://a"), SEC_WEBSOCKET_ACCEPT, &[&padded]).is_ok(),
            "white space around it is ignored"
        );
        for lines in [
            &[][..],
            &[""],
            &["S3PPLMBITXAQ9KYGZZHZRBK+XOO="],
            &["s3pPLMBiTxaQ9kYGzzhZRbK+xOo"],
            &["dGhlIHNhbXBsZSBub25jZQ=="],
            &[accept, accept],
        ] {
            assert_eq!(
                with(&client("ws://a"), SEC_WEBSOCKET_ACCEPT, lines),
                Err(ResponseError::Accept),
                "{lines:?}"
            );
        }
        let other = ClientHandshake::new("ws://a".parse().unwrap(), [0; 16]);
        assert_eq!(check(&other, &response()), Err(ResponseError::Accept));
    }

    #[test]
    fn rfc6455_4_1_fails_on_an_extension_that_was_not_offered() {
        for (offers, line) in [
            (&[][..], "permessage-deflate"),
            (&[Offer::BROWSER], "permessage-bzip2"),
            (&[Offer::BROWSER], "permessage-deflate, permessage-bzip2"),
        ] {
            let client = client("ws://a").offers(offers.iter().copied());
            let checked = with(&client, SEC_WEBSOCKET_EXTENSIONS, &[line]);
            assert!(matches!(checked, Err(ResponseError::Extensions(_))), "{line}: {checked:?}");
        }
        let client = client("ws://a").offers([Offer::BROWSER]);
        let established = with(&client, SEC_WEBSOCKET_EXTENSIONS, &["permessage-deflate"]).unwrap();
        assert_eq!(established.deflate, Some(wire::deflate::Params::default()));
    }

    #[test]
    fn rfc6455_9_1_fails_on_a_malformed_extension_list() {
        let client = client("ws://a").offers([Offer::BROWSER]);
        for line in ["", "permessage-deflate;", "permessage-deflate; a=\"", "permessage-deflate x"] {
            let checked = with(&client, SEC_WEBSOCKET_EXTENSIONS, &[line]);
            assert_eq!(checked, Err(ResponseError::MalformedExtensions), "{line}");
        }
    }

    #[test]
    fn rfc6455_11_3_2_fails_on_two_extension_lines() {
        let client = client("ws://a").offers([Offer::BROWSER]);
        let checked = with(&client, SEC_WEBSOCKET_EXTENSIONS, &["permessage-deflate", "permessage-deflate"]);
        assert_eq!(checked, Err(ResponseError::MalformedExtensions));
    }

    #[test]
    fn rfc6455_4_1_fails_on_a_subprotocol_that_was_not_requested() {
        for (requested, lines) in [
            (&[][..], &["chat"][..]),
            (&["chat"], &["superchat"]),
            (&["chat"], &["Chat"]),
            (&["chat"], &[""]),
            (&["a", "b"], &["a, b"]),
        ] {
            let client = client("ws://a").protocols(requested.iter().copied()).unwrap();
            let checked = with(&client, SEC_WEBSOCKET_PROTOCOL, lines);
            assert!(matches!(checked, Err(ResponseError::Protocol(_))), "{lines:?}: {checked:?}");
        }
    }

    #[test]
    fn rfc6455_4_1_takes_a_requested_subprotocol_or_none() {
        let client = client("ws://a").protocols(["a", "b"]).unwrap();
        assert_eq!(with(&client, SEC_WEBSOCKET_PROTOCOL, &["b"]).unwrap().protocol.as_deref(), Some("b"));
        assert_eq!(check(&client, &response()).unwrap().protocol, None);
    }

    #[test]
    fn rfc6455_11_3_4_fails_on_two_subprotocol_lines() {
        let client = client("ws://a").protocols(["a", "b"]).unwrap();
        let checked = with(&client, SEC_WEBSOCKET_PROTOCOL, &["a", "b"]);
        assert_eq!(checked, Err(ResponseError::Protocol("a, b".into())));
    }
}

//! The handshake on random and on hostile input: nothing panics, and the two roles understand each other.

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode, Version};
use proptest::prelude::*;
use wire::deflate::{ClientWindow, Offer, ServerPolicy, WindowBits};
use wire::handshake::{
    Addressed, ClientHandshake, Extension, HeadReader, Origin, OriginPolicy, Target, check_request,
    offered_protocols,
};

/// Header values that look like something.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        Just("websocket"),
        Just("Upgrade"),
        Just("13"),
        Just("dGhlIHNhbXBsZSBub25jZQ=="),
        Just("permessage-deflate"),
        Just("client_max_window_bits"),
        Just("server_max_window_bits=10"),
        Just("http://a"),
        Just("a"),
        Just(","),
        Just(";"),
        Just("="),
        Just("\""),
        Just("\\"),
        Just(" "),
        Just("\t"),
        Just(":"),
        Just("["),
        Just("]"),
        Just("/"),
        Just("#"),
        Just("\u{e4}"),
    ];
    proptest::collection::vec(word, 0..12).prop_map(|words| words.concat().into_bytes())
}

fn headers() -> impl Strategy<Value = HeaderMap> {
    let name = prop_oneof![
        Just("host"),
        Just("upgrade"),
        Just("connection"),
        Just("origin"),
        Just("sec-websocket-key"),
        Just("sec-websocket-version"),
        Just("sec-websocket-accept"),
        Just("sec-websocket-protocol"),
        Just("sec-websocket-extensions"),
    ];
    proptest::collection::vec((name, value()), 0..12).prop_map(|lines| {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(&value).unwrap());
        }
        headers
    })
}

fn window() -> impl Strategy<Value = Option<WindowBits>> {
    (7..=15u8).prop_map(WindowBits::new)
}

fn offer() -> impl Strategy<Value = Offer> {
    let client = prop_oneof![
        Just(ClientWindow::Fixed),
        Just(ClientWindow::Adjustable),
        (8..=15u8).prop_map(|bits| ClientWindow::AtMost(WindowBits::new(bits).unwrap())),
    ];
    (any::<bool>(), any::<bool>(), window(), client).prop_map(|(server, client, server_bits, client_bits)| {
        Offer {
            server_no_context_takeover: server,
            client_no_context_takeover: client,
            server_max_window_bits: server_bits,
            client_max_window_bits: client_bits,
        }
    })
}

fn policy() -> impl Strategy<Value = ServerPolicy> {
    (any::<bool>(), any::<bool>(), window(), window()).prop_map(
        |(server, client, server_bits, client_bits)| ServerPolicy {
            server_no_context_takeover: server,
            client_no_context_takeover: client,
            server_max_window_bits: server_bits.unwrap_or_default(),
            client_max_window_bits: client_bits.unwrap_or_default(),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_headers_panic_and_what_is_accepted_was_offered(headers in headers()) {
        let _ = OriginPolicy::default().check(&headers, Addressed::default());
        let client = ClientHandshake::new("ws://a".parse().unwrap(), *b"the sample nonce").offers([Offer::BROWSER]);
        let _ = client.check_response(StatusCode::SWITCHING_PROTOCOLS, Version::HTTP_11, &headers);
        if let Ok(mut accepted) = check_request(&Method::GET, Version::HTTP_11, &headers) {
            accepted.choose_protocol(&["a", "13"]);
            let params = accepted.choose_deflate(&ServerPolicy::TAKEOVER);
            let response = accepted.response_headers();
            if let Some(chosen) = response.get("sec-websocket-protocol") {
                prop_assert!(offered_protocols(&headers).unwrap().iter().any(|name| chosen == name.as_str()));
            }
            let offered = Extension::parse_all(&headers).unwrap();
            prop_assert_eq!(response.contains_key("sec-websocket-extensions"), params.is_some());
            prop_assert!(params.is_none() || offered.iter().any(|extension| extension.name == "permessage-deflate"));
        }
    }

    #[test]
    fn extensions_read_back_as_they_were_written(headers in headers()) {
        if let Ok(extensions) = Extension::parse_all(&headers) && !extensions.is_empty() {
            let line = extensions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let mut again = HeaderMap::new();
            again.insert("sec-websocket-extensions", line.parse().unwrap());
            prop_assert_eq!(Extension::parse_all(&again).unwrap(), extensions);
        }
    }

    #[test]
    fn every_client_and_server_of_ours_agree(
        nonce in any::<[u8; 16]>(),
        offers in proptest::collection::vec(offer(), 0..4),
        policy in policy(),
        requested in proptest::sample::subsequence(vec!["a", "b", "c"], 0..=3).prop_shuffle(),
        supported in proptest::sample::subsequence(vec!["a", "b", "c"], 0..=3),
        cuts in proptest::collection::vec(1..40usize, 1..20),
    ) {
        let client = ClientHandshake::new("wss://example.com:8443/ws?x".parse().unwrap(), nonce)
            .protocols(requested.iter().copied())
            .unwrap()
            .offers(offers.iter().copied());
        let mut reader = HeadReader::new(4096);
        let request = client.request();
        let mut rest = &request[..];
        let mut cuts = cuts.iter().cycle();
        let head = loop {
            let (piece, behind) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
            rest = behind;
            if let Some((head, used)) = reader.request(piece).unwrap() {
                prop_assert_eq!(used, piece.len());
                break head;
            }
        };
        let mut accepted = check_request(&head.method, head.version, &head.headers).unwrap();
        let protocol = accepted.choose_protocol(&supported).map(ToOwned::to_owned);
        let params = accepted.choose_deflate(&policy);
        let headers = accepted.response_headers();
        let established =
            client.check_response(StatusCode::SWITCHING_PROTOCOLS, Version::HTTP_11, &headers).unwrap();
        prop_assert_eq!(protocol.as_deref(), requested.iter().copied().find(|name| supported.contains(name)));
        prop_assert_eq!(established.protocol, protocol);
        prop_assert_eq!(established.deflate, params);
        prop_assert_eq!(params.is_some(), !offers.is_empty());
    }

    #[test]
    fn no_url_and_no_origin_panics(text in "\\PC{0,40}", tail in value()) {
        let tail = String::from_utf8_lossy(&tail).into_owned();
        for text in [text.clone(), tail.clone(), format!("ws://{text}"), format!("wss://{tail}")] {
            if let Ok(target) = text.parse::<Target>() {
                prop_assert_eq!(target.to_string().parse::<Target>(), Ok(target.clone()));
                let request = ClientHandshake::new(target, [0; 16]).request();
                prop_assert!(HeadReader::new(1 << 16).request(&request).unwrap().is_some());
            }
            if let Ok(origin) = text.parse::<Origin>() {
                prop_assert_eq!(origin.to_string().parse::<Origin>(), Ok(origin));
            }
        }
    }

    #[test]
    fn no_head_panics_and_cuts_change_nothing(
        lines in proptest::collection::vec(value(), 0..6),
        start in prop_oneof![Just("HTTP/1.1 101 Switching Protocols\r\n"), Just("HTTP/1."), Just("")],
        separator in prop_oneof![Just("\r\n"), Just("\n"), Just("\r")],
        cut in any::<proptest::sample::Index>(),
    ) {
        let mut stream = start.as_bytes().to_vec();
        for line in &lines {
            stream.extend_from_slice(b"x: ");
            stream.extend_from_slice(line);
            stream.extend_from_slice(separator.as_bytes());
        }
        stream.extend_from_slice(separator.as_bytes());
        let whole = HeadReader::new(2048).response(&stream).map(|found| found.map(|(head, used)| (head.headers, used)));
        let at = cut.index(stream.len() + 1);
        let mut reader = HeadReader::new(2048);
        let parts = reader.response(&stream[..at]).and_then(|found| match found {
            Some((head, used)) => Ok(Some((head.headers, used))),
            None => Ok(reader.response(&stream[at..])?.map(|(head, used)| (head.headers, used + at))),
        });
        prop_assert_eq!(parts, whole);
    }
}

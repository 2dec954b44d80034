//! The server's side of the opening handshake (RFC 6455 §4.2, with §4.3, §4.4, §9.1 and §11.3 where they bind it).

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

use http::header::{
    ALLOW, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{Method, StatusCode, Version};
use wire::deflate::ServerPolicy;
use wire::handshake::{Accepted, RejectReason, Rejection, check_request};

/// The request of §1.2 without its subprotocols.
fn request() -> HeaderMap {
    [
        (HOST, "server.example.com"),
        (UPGRADE, "websocket"),
        (CONNECTION, "Upgrade"),
        (SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ=="),
        (SEC_WEBSOCKET_VERSION, "13"),
    ]
    .into_iter()
    .map(|(name, value)| (name, HeaderValue::from_static(value)))
    .collect()
}

fn check(headers: &HeaderMap) -> Result<Accepted, Rejection> {
    check_request(&Method::GET, Version::HTTP_11, headers)
}

/// The request with one header replaced by the lines given; by none to remove it.
fn with(name: HeaderName, lines: &[&str]) -> Result<Accepted, Rejection> {
    let mut headers = request();
    headers.remove(&name);
    for line in lines {
        headers.append(&name, HeaderValue::from_bytes(line.as_bytes()).unwrap());
    }
    check(&headers)
}

#[track_caller]
fn assert_rejected(result: Result<Accepted, Rejection>, reason: RejectReason, status: u16) {
    let rejection = result.expect_err("this must be rejected");
    assert_eq!((rejection.reason, rejection.status().as_u16()), (reason, status), "{rejection}");
    assert!(rejection.explanation.contains("RFC"), "{rejection}");
}

#[test]
fn rfc6455_4_2_1_1_needs_a_get_request_of_http_1_1() {
    for method in [Method::POST, Method::HEAD, Method::OPTIONS, Method::CONNECT] {
        let result = check_request(&method, Version::HTTP_11, &request());
        assert_eq!(result.as_ref().unwrap_err().headers()[ALLOW], "GET");
        assert_rejected(result, RejectReason::Method, 405);
    }
    for version in [Version::HTTP_09, Version::HTTP_10, Version::HTTP_2] {
        assert_rejected(check_request(&Method::GET, version, &request()), RejectReason::HttpVersion, 400);
    }
}

#[test]
fn rfc6455_4_2_1_2_needs_one_host() {
    assert_rejected(with(HOST, &[]), RejectReason::Host, 400);
    assert_rejected(with(HOST, &[""]), RejectReason::Host, 400);
    assert_rejected(with(HOST, &["server.example.com", "server.example.com"]), RejectReason::Host, 400);
}

#[test]
fn rfc6455_4_2_1_3_needs_upgrade_websocket_in_any_case() {
    for lines in
        [&["websocket"][..], &["WebSocket"], &["h2c, websocket"], &["h2c", "WEBSOCKET"], &["websocket,h2c"]]
    {
        assert!(with(UPGRADE, lines).is_ok(), "{lines:?}");
    }
    for lines in [&[][..], &[""], &["h2c"], &["websockets"], &["web socket"], &["websocket/13"]] {
        let result = with(UPGRADE, lines);
        let headers = result.as_ref().unwrap_err().headers();
        assert_eq!(headers[UPGRADE], "websocket", "an answer of 426 says what to upgrade to");
        assert_eq!(headers[CONNECTION], "Upgrade");
        assert_eq!(headers[SEC_WEBSOCKET_VERSION], "13");
        assert_rejected(result, RejectReason::NotAnUpgrade, 426);
    }
}

#[test]
fn rfc6455_4_2_1_4_needs_connection_upgrade_in_any_case() {
    for lines in
        [&["upgrade"][..], &["keep-alive, Upgrade"], &["keep-alive", "UPGRADE"], &["Upgrade,HTTP2-Settings"]]
    {
        assert!(with(CONNECTION, lines).is_ok(), "{lines:?}");
    }
    for lines in [&[][..], &["keep-alive"], &["close"], &["upgraded"], &["keep-alive upgrade"]] {
        assert_rejected(with(CONNECTION, lines), RejectReason::Connection, 400);
    }
}

#[test]
fn rfc6455_4_2_1_5_needs_one_key_of_sixteen_bytes() {
    for lines in [
        &[][..],
        &[""],
        &["c2hvcnQ="],
        &["dGhlIHNhbXBsZSBub25jZQ"],
        &["dGhlIHNhbXBsZSBub25jZTE="],
        &["dGhlIHNhbXBsZSBub25jZTEy"],
        &["not base64 at all!!!!!!!"],
        &["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="],
        &["dGhlIHNhbXBsZSBub25jZQ==,"],
    ] {
        assert_rejected(with(SEC_WEBSOCKET_KEY, lines), RejectReason::Key, 400);
    }
}

#[test]
fn rfc6455_4_2_1_6_needs_one_version() {
    for lines in [
        &[][..],
        &[""],
        &["13", "13"],
        &["13", "8"],
        &["8, 13"],
        &["013"],
        &["+13"],
        &["256"],
        &["1000"],
        &["x"],
    ] {
        assert_rejected(with(SEC_WEBSOCKET_VERSION, lines), RejectReason::MalformedVersion, 400);
    }
}

#[test]
fn rfc6455_4_4_answers_another_version_with_426_and_its_own() {
    for version in ["0", "7", "8", "12", "14", "25", "255"] {
        let result = with(SEC_WEBSOCKET_VERSION, &[version]);
        assert_eq!(result.as_ref().unwrap_err().headers()[SEC_WEBSOCKET_VERSION], "13");
        assert_rejected(result, RejectReason::UnsupportedVersion, 426);
    }
}

#[test]
fn rfc6455_4_1_a_handshake_has_no_body() {
    assert_rejected(with(CONTENT_LENGTH, &["5"]), RejectReason::Body, 400);
    assert_rejected(with(CONTENT_LENGTH, &["0", "5"]), RejectReason::Body, 400);
    assert_rejected(with(TRANSFER_ENCODING, &["chunked"]), RejectReason::Body, 400);
    assert!(with(CONTENT_LENGTH, &["0"]).is_ok());
}

#[test]
fn rfc6455_4_2_2_answers_101_with_the_accept_of_the_key() {
    assert_eq!(Accepted::STATUS, StatusCode::SWITCHING_PROTOCOLS);
    let response = check(&request()).unwrap().response_headers();
    assert_eq!(response[UPGRADE], "websocket");
    assert_eq!(response[CONNECTION], "Upgrade");
    assert_eq!(response[SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(response.len(), 3, "no subprotocol, no extension: {response:?}");
}

#[test]
fn rfc6455_4_2_2_the_accept_is_made_of_the_key_as_it_was_sent() {
    // The same 16 bytes, written with other bits behind the last of them.
    let accepted = with(SEC_WEBSOCKET_KEY, &["dGhlIHNhbXBsZSBub25jZR=="]).unwrap();
    assert_ne!(accepted.accept(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(*accepted.accept(), wire::handshake::accept_for(b"dGhlIHNhbXBsZSBub25jZR=="));
}

#[test]
fn rfc6455_4_2_2_chooses_only_an_offered_subprotocol() {
    for (offered, supported, chosen) in [
        (&["chat, superchat"][..], &["superchat", "chat"][..], Some("chat")),
        (&["chat", "superchat"], &["superchat"], Some("superchat")),
        (&["chat"], &["mqtt"], None),
        (&["chat"], &["Chat"], None),
        (&["chat"], &[], None),
        (&[], &["chat"], None),
    ] {
        let mut accepted = with(SEC_WEBSOCKET_PROTOCOL, offered).unwrap();
        assert_eq!(accepted.choose_protocol(supported), chosen, "{offered:?} {supported:?}");
        let response = accepted.response_headers();
        assert_eq!(response.get(SEC_WEBSOCKET_PROTOCOL).map(|value| value.to_str().unwrap()), chosen);
    }
}

#[test]
fn rfc6455_4_2_2_a_later_choice_replaces_the_earlier_one() {
    let mut accepted = with(SEC_WEBSOCKET_PROTOCOL, &["chat"]).unwrap();
    accepted.choose_protocol(&["chat"]);
    accepted.choose_protocol(&["mqtt"]);
    assert!(!accepted.response_headers().contains_key(SEC_WEBSOCKET_PROTOCOL));
}

#[test]
fn rfc6455_11_3_4_subprotocols_are_distinct_tokens() {
    for lines in [&[""][..], &["a b"], &["a;b"], &["a/b"], &["\"a\""], &["a, a"], &["a", "b, a"]] {
        assert_rejected(with(SEC_WEBSOCKET_PROTOCOL, lines), RejectReason::Protocols, 400);
    }
    let accepted = with(SEC_WEBSOCKET_PROTOCOL, &["b,a", "c"]).unwrap();
    assert_eq!(accepted.protocols(), ["b", "a", "c"], "several lines make one list");
}

#[test]
fn rfc6455_9_1_fails_a_malformed_extension_list() {
    for line in ["", ";", "a;", "a b", "a; b=", "a; b=\"", "a; b=\"1 2\"", "a; b=\"\"", "a=b", "a; b=c d"] {
        assert_rejected(with(SEC_WEBSOCKET_EXTENSIONS, &[line]), RejectReason::Extensions, 400);
    }
}

#[test]
fn rfc6455_9_1_several_extension_lines_are_one_list_in_order() {
    let accepted = with(SEC_WEBSOCKET_EXTENSIONS, &["foo; x=1, bar", "permessage-deflate"]).unwrap();
    let names: Vec<_> = accepted.extensions().iter().map(|extension| extension.name.as_str()).collect();
    assert_eq!(names, ["foo", "bar", "permessage-deflate"]);
}

#[test]
fn rfc6455_9_1_answers_only_with_an_offered_extension() {
    let policy = ServerPolicy::default();
    let mut accepted = with(SEC_WEBSOCKET_EXTENSIONS, &["foo", "bar; permessage-deflate"]).unwrap();
    assert_eq!(accepted.choose_deflate(&policy), None);
    assert!(!accepted.response_headers().contains_key(SEC_WEBSOCKET_EXTENSIONS));

    let mut accepted = with(SEC_WEBSOCKET_EXTENSIONS, &["foo", "permessage-deflate"]).unwrap();
    assert!(!accepted.response_headers().contains_key(SEC_WEBSOCKET_EXTENSIONS), "not chosen yet");
    let params = accepted.choose_deflate(&policy).unwrap();
    assert!(params.server_no_context_takeover);
    let response = accepted.response_headers();
    assert_eq!(
        response[SEC_WEBSOCKET_EXTENSIONS],
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    );
}

#[test]
fn rfc6455_11_3_no_header_of_the_response_is_there_twice() {
    let mut headers = request();
    headers.append(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("a, b"));
    headers
        .append(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static("permessage-deflate, permessage-deflate"));
    let mut accepted = check(&headers).unwrap();
    accepted.choose_protocol(&["b", "a"]);
    accepted.choose_deflate(&ServerPolicy::default());
    let response = accepted.response_headers();
    assert_eq!((response.keys_len(), response.len()), (5, 5));
}

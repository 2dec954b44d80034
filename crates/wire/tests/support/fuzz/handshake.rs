//! Any bytes as a request, a response, a URL, an origin: nothing panics, cuts change nothing, and what is agreed on was
//! offered.

use http::{HeaderMap, Method, StatusCode, Uri, Version};
use wire::deflate::{ClientWindow, Offer, ServerPolicy, WindowBits};
use wire::handshake::{
    Addressed, AllowedOrigin, Authority, ClientHandshake, HeadError, HeadReader, Origin, OriginPolicy,
    Target, addressed_to, check_request,
};

use super::pieces;

const LIMIT: usize = 2000;

/// The first byte chooses what the rest is, and the cuts.
pub(crate) fn run(data: &[u8]) {
    let Some((&choice, bytes)) = data.split_first() else { return };
    match choice & 3 {
        0 => request(bytes, choice),
        1 => response(bytes, choice),
        2 => both(bytes),
        _ => texts(&String::from_utf8_lossy(bytes)),
    }
}

fn request(bytes: &[u8], seed: u8) {
    let whole =
        HeadReader::new(LIMIT).request(bytes).map(|found| found.map(|(head, used)| (head.headers, used)));
    let parts =
        cut(bytes, seed, |reader, piece| Ok(reader.request(piece)?.map(|(head, used)| (head.headers, used))));
    assert_eq!(parts, whole);
    if let Ok(Some((head, used))) = HeadReader::new(LIMIT).request(bytes) {
        assert!(used <= LIMIT);
        accept(&head.method, head.version, &head.headers);
    }
}

fn response(bytes: &[u8], seed: u8) {
    let whole =
        HeadReader::new(LIMIT).response(bytes).map(|found| found.map(|(head, used)| (head.headers, used)));
    let parts = cut(bytes, seed, |reader, piece| {
        Ok(reader.response(piece)?.map(|(head, used)| (head.headers, used)))
    });
    // In pieces a wrong start shows before the limit does.
    if whole != Err(HeadError::Malformed) {
        assert_eq!(parts, whole);
    }
    if let Ok(Some((head, _))) = HeadReader::new(LIMIT).response(bytes) {
        let client = ClientHandshake::new("ws://a".parse().expect("a URL"), *b"the sample nonce")
            .protocols(["a", "b"])
            .expect("distinct tokens")
            .offers([Offer::BROWSER]);
        match client.check_response(head.status, head.version, &head.headers) {
            Ok(established) => assert!(established.protocol.is_none_or(|name| name == "a" || name == "b")),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// A client and a server of ours, with settings out of the bytes.
fn both(bytes: &[u8]) {
    let [policy, requested, offers @ ..] = bytes else { return };
    let window = |bits: u8| WindowBits::new(8 + bits % 8).expect("8 to 15");
    let offers: Vec<Offer> = offers
        .chunks_exact(2)
        .take(5)
        .map(|bytes| Offer {
            server_no_context_takeover: bytes[0] & 1 != 0,
            client_no_context_takeover: bytes[0] & 2 != 0,
            server_max_window_bits: (bytes[0] & 4 != 0).then(|| window(bytes[1])),
            client_max_window_bits: match bytes[0] >> 6 {
                0 => ClientWindow::Fixed,
                1 => ClientWindow::Adjustable,
                _ => ClientWindow::AtMost(window(bytes[1] >> 4)),
            },
        })
        .collect();
    let policy = ServerPolicy {
        server_no_context_takeover: policy & 1 != 0,
        client_no_context_takeover: policy & 2 != 0,
        server_max_window_bits: window(policy >> 2),
        client_max_window_bits: window(policy >> 5),
    };
    let names = ["a", "b", "c", "d"].into_iter().enumerate();
    let names = names.filter(|(bit, _)| requested >> bit & 1 != 0).map(|(_, name)| name);
    let client = ClientHandshake::new("ws://a/b".parse().expect("a URL"), [*requested; 16])
        .protocols(names)
        .expect("distinct tokens")
        .offers(offers.iter().copied());
    let mut accepted =
        check_request(&Method::GET, Version::HTTP_11, &client.request_headers()).expect("our own request");
    let protocol = accepted.choose_protocol(&["d", "b"]).map(ToOwned::to_owned);
    let deflate = accepted.choose_deflate(&policy);
    let established = client
        .check_response(StatusCode::SWITCHING_PROTOCOLS, Version::HTTP_11, &accepted.response_headers())
        .expect("our own response");
    assert_eq!((established.protocol, established.deflate), (protocol, deflate));
    assert_eq!(deflate.is_some(), !offers.is_empty());
}

fn accept(method: &Method, version: Version, headers: &HeaderMap) {
    let target = "http://a.localhost:1/b".parse().expect("a target");
    for target in [&Uri::default(), &target] {
        if let Ok(authority) = addressed_to(version, target, headers) {
            if let Some(authority) = authority {
                assert_eq!(Authority::parse(&authority.to_string()), Some(authority));
            }
            let _ = OriginPolicy::default().check(headers, Addressed { authority, secure: false });
        }
    }
    match check_request(method, version, headers) {
        Ok(mut accepted) => {
            if let Some(protocol) = accepted.choose_protocol(&["chat", "a"]).map(ToOwned::to_owned) {
                assert!(accepted.protocols().contains(&protocol));
            }
            let deflate = accepted.choose_deflate(&ServerPolicy::default());
            let offered =
                accepted.extensions().iter().any(|extension| extension.name == "permessage-deflate");
            assert!(deflate.is_none() || offered);
            assert!(accepted.response_headers().len() <= 5);
        }
        Err(rejection) => assert!(rejection.status().is_client_error()),
    }
}

fn texts(text: &str) {
    if let Ok(target) = text.parse::<Target>() {
        assert_eq!(target.to_string().parse::<Target>().as_ref(), Ok(&target));
        let client = ClientHandshake::new(target, [0; 16]);
        let request = client.request();
        let (head, used) = HeadReader::new(1 << 20).request(&request).expect("a head").expect("a whole one");
        assert_eq!((used, head.target.as_str()), (request.len(), client.target().resource()));
        accept(&head.method, head.version, &head.headers);
    }
    if let Ok(origin) = text.parse::<Origin>() {
        assert_eq!(origin.to_string().parse::<Origin>(), Ok(origin));
    }
    let _ = text.parse::<AllowedOrigin>();
}

/// What a reader makes of bytes that come in pieces, `used` counted from the first of them.
fn cut<T>(
    bytes: &[u8],
    seed: u8,
    mut read: impl FnMut(&mut HeadReader, &[u8]) -> Result<Option<(T, usize)>, HeadError>,
) -> Result<Option<(T, usize)>, HeadError> {
    let mut reader = HeadReader::new(LIMIT);
    let mut before = 0;
    for piece in pieces(bytes, seed) {
        if let Some((head, used)) = read(&mut reader, piece)? {
            return Ok(Some((head, before + used)));
        }
        before += piece.len();
    }
    Ok(None)
}

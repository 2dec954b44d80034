use super::*;

const T: &Common = &Common::EN;

fn http() -> Origin {
    Origin { secure: false, host: "127.0.0.1:8080".to_owned() }
}

fn https() -> Origin {
    Origin { secure: true, host: "bench.example".to_owned() }
}

fn suggestion(input: &str, page: &Origin) -> Option<String> {
    check(input, page, T).expect_err(input).suggestion
}

#[test]
fn good_addresses_pass_as_written() {
    for address in [
        "ws://127.0.0.1:8080/ws",
        "wss://example.com",
        "WS://Example.com:81/a%20b?x=1&y=ws://z",
        "ws://[::1]:9001/",
        "ws://user:pass@host:90/..",
        "ws://host:/path",
        "ws://例え.jp/",
    ] {
        assert_eq!(check(&format!("  {address}\n"), &http(), T).as_deref(), Ok(address));
    }
}

#[test]
fn the_default_is_the_server_the_page_came_from() {
    assert_eq!(http().endpoint(), "ws://127.0.0.1:8080/ws");
    assert_eq!(https().endpoint(), "wss://bench.example/ws");
    assert_eq!(suggestion(" ", &https()).as_deref(), Some("wss://bench.example/ws"));
    assert_eq!(check(&http().endpoint(), &http(), T), Ok(http().endpoint()));
}

#[test]
fn other_schemes_get_the_address_they_meant() {
    assert_eq!(suggestion("http://h/p?q", &http()).as_deref(), Some("ws://h/p?q"));
    assert_eq!(suggestion("HTTPS://h", &http()).as_deref(), Some("wss://h"));
    assert_eq!(suggestion("ftp://h/p", &http()).as_deref(), Some("ws://h/p"));
    assert_eq!(suggestion("ftp://h/p", &https()).as_deref(), Some("wss://h/p"));
}

#[test]
fn a_missing_scheme_is_added() {
    assert_eq!(suggestion("localhost:9001/x", &https()).as_deref(), Some("ws://localhost:9001/x"));
    assert_eq!(suggestion("example.com", &https()).as_deref(), Some("wss://example.com"));
    assert_eq!(suggestion("//example.com", &http()).as_deref(), Some("ws://example.com"));
    assert_eq!(suggestion("/chat", &https()).as_deref(), Some("wss://bench.example/chat"));
    assert_eq!(suggestion("wss:/h/x", &http()).as_deref(), Some("wss://h/x"));
    assert_eq!(suggestion("ws:", &http()), None);
}

#[test]
fn every_suggestion_is_itself_a_good_address() {
    let inputs = [
        "",
        "/p",
        "h",
        "http://h",
        "https://h:8443/x",
        "ftp://h",
        "ws:h",
        "ws://h/#f",
        "::1",
        "::1:9001/x",
        "fe80::1",
        "ws://::1/x",
        "ws://[::1/x",
        "“ws://h/x”",
        "'h'",
        "<http://h>",
        "ws：//h/x",
        "ｗｓ://h",
        "h：8080／a",
        "ws://h/a b",
        "ws://h h/",
        "a b",
        "ws:\\\\h\\x",
        "ws://",
        "ws://h:99999",
        "h:99999",
        "\u{feff}h",
        "ws://h\u{202d}/x",
        "//",
        "?x",
        "mailto:a@b",
        "javascript:alert(1)",
        "ws://ws://h",
        "http:/h",
        "https//h",
        "ws://h:port",
        "h:80:90",
        "@",
        "u@",
        "[",
        "%",
        "1.2.3.4.5",
        "ws://h\n/x",
        "\"",
        "......",
        "ws://h#",
        "http://h:0",
        "WS:H",
        "data:,x",
    ];
    for page in [http(), https()] {
        for input in inputs {
            let Err(Problem { suggestion: Some(address), .. }) = check(input, &page, T) else { continue };
            assert_eq!(check(&address, &page, T), Ok(address.clone()), "{input}");
            let parsed =
                ::url::Url::parse(&address).unwrap_or_else(|error| panic!("{input}: {address}: {error}"));
            assert!(
                matches!(parsed.scheme(), "ws" | "wss") && parsed.fragment().is_none(),
                "{input}: {address}"
            );
        }
    }
}

/// Whatever is let through is an address for a browser, and names the host that the page shows.
#[test]
fn what_passes_is_what_a_browser_understands() {
    let pieces = [
        "ws", ":", "//", "h", "@", "/", "?", "\\", "[", "::1", "]", "80", ".", "1", "%", "\u{202e}", "＠",
        "：", "'", " ",
    ];
    let mut next = 7_u64;
    for _ in 0..50_000 {
        let mut address = String::from(if next.is_multiple_of(3) { "" } else { "ws://" });
        for _ in 0..6 {
            next = next.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            address.push_str(pieces[(next >> 33) as usize % pieces.len()]);
        }
        let passed = match check(&address, &http(), T) {
            Ok(passed) => Some(passed),
            Err(problem) => problem.suggestion,
        };
        let Some(passed) = passed else { continue };
        let parsed =
            ::url::Url::parse(&passed).unwrap_or_else(|error| panic!("{address}: {passed}: {error}"));
        let host = url::parts(&passed).map(|parts| parts.host.to_owned()).unwrap_or_default();
        let expected = ::url::Host::parse(&host).map(|host| host.to_string());
        assert_eq!(
            parsed.host_str().map(str::to_owned).ok_or(()),
            expected.map_err(drop),
            "{address}: {passed}"
        );
    }
}

#[test]
fn characters_that_cannot_be_seen_are_named_and_taken_out() {
    for (input, name) in [
        ("ws://h/\u{202d}x", "U+202D"),
        ("\u{feff}ws://h/x", "U+FEFF"),
        ("ws://h\u{200b}/x", "U+200B"),
        ("ws://h/\0x", "U+0000"),
        ("ws://h/x\u{ad}", "U+00AD"),
    ] {
        let problem = check(input, &http(), T).expect_err(input);
        assert!(problem.sentence.contains(name), "{input}: {}", problem.sentence);
        assert_eq!(problem.suggestion.as_deref(), Some("ws://h/x"), "{input}");
    }
    let twice = check("ws://h/\u{200b}\u{200b}", &http(), T).expect_err("invisible").sentence;
    assert_eq!(twice.matches("U+200B").count(), 1, "{twice}");
}

#[test]
fn slips_of_copying_and_typing_get_the_address_they_meant() {
    for (input, meant) in [
        ("\"ws://h/x\"", "ws://h/x"),
        ("“http://h”", "ws://h"),
        ("<wss://h/>", "wss://h/"),
        ("ws：//h/x", "ws://h/x"),
        ("ws：／／h：8080／a：b", "ws://h:8080/a：b"),
        ("h：8080", "ws://h:8080"),
        ("::1", "ws://[::1]"),
        ("ws://::1/x", "ws://[::1]/x"),
        ("ws://fe80:0:1:2:3:4:5:6:8080/x", "ws://[fe80:0:1:2:3:4:5:6]:8080/x"),
        ("ws://h/a b", "ws://h/a%20b"),
        ("ws://h/a\n  b", "ws://h/ab"),
        ("ws:\\\\h\\x", "ws://h\\x"),
    ] {
        assert_eq!(suggestion(input, &http()).as_deref(), Some(meant), "{input}");
    }
}

#[test]
fn a_tab_names_the_host_that_is_connected_to() {
    assert_eq!(short("wss://h.example/"), "h.example");
    assert_eq!(short("ws://user:pw@h:80/x?y=a@b"), "h:80/x?y=a@b");
    assert_eq!(short("ws://evil.example/?next=@bank.example"), "evil.example/?next=@bank.example");
    assert_eq!(short("\u{202e}elpmaxe.knab"), "⟨U+202E⟩elpmaxe.knab");
}

#[test]
fn addresses_that_a_browser_would_reject_are_explained() {
    for (input, word) in [
        ("ws://", "no server"),
        ("ws:///path", "no server"),
        ("ws://:8080", "no server"),
        ("ws://h:99999", "99999"),
        ("ws://h:80a", "80a"),
        ("ws://h:0", "Port 0"),
        ("ws://h:6667/", "6667"),
        ("ws://h h/", "space"),
        ("ws://h/#part", "fragment"),
        ("not a url", "space"),
    ] {
        let problem = check(input, &http(), T).expect_err(input);
        assert!(problem.sentence.contains(word), "{input}: {}", problem.sentence);
    }
}

#[test]
fn mixed_content_is_explained_before_it_is_tried() {
    let problem = check("ws://example.com/x", &https(), T).expect_err("mixed content");
    assert!(problem.sentence.contains("https") && problem.sentence.contains("mixed content"));
    assert_eq!(problem.suggestion.as_deref(), Some("wss://example.com/x"));
    for address in ["ws://localhost:1234", "ws://127.0.0.1", "ws://127.8.0.1:90", "ws://[::1]:90/", "wss://h"]
    {
        assert_eq!(check(address, &https(), T).as_deref(), Ok(address));
    }
    assert_eq!(check("ws://example.com/x", &http(), T).as_deref(), Ok("ws://example.com/x"));
}

#[test]
fn names_that_only_look_like_loopback_are_not() {
    for host in ["localhost.example.com", "127.0.0.1.example.com", "notlocalhost", "128.0.0.1"] {
        assert!(!is_loopback(host), "{host}");
    }
    assert!(is_loopback("app.localhost") && is_loopback("LOCALHOST."));
}

#[test]
fn servers_are_told_apart_by_scheme_host_and_port() {
    for (address, expected) in [
        ("ws://h/a?b", "ws://h"),
        (" WSS://H.Test:443/x ", "wss://h.test"),
        ("ws://user:pw@h:8080", "ws://h:8080"),
        ("ws://[::1]:9/x", "ws://[::1]:9"),
        ("wss://h:80/?next=@bank.example", "wss://h:80"),
        ("not an address", ""),
    ] {
        assert_eq!(server(address), expected, "{address}");
    }
}

#[test]
fn a_token_goes_to_watched_connections_of_the_own_server_alone() {
    let page = Origin { secure: true, host: "bench.example".to_owned() };
    for address in ["wss://bench.example/ws/watch/7", " wss://bench.example:443/ws/watch/7?delay=1ms"] {
        assert!(page.wants_token(address), "{address}");
    }
    for address in [
        "wss://bench.example/ws",
        "wss://bench.example/ws/via/watch/7",
        "wss://bench.example/ws?/ws/watch/7",
        "ws://bench.example/ws/watch/7",
        "wss://bench.example:8443/ws/watch/7",
        "wss://bench.example@evil.test/ws/watch/7",
        "wss://evil.test/ws/watch/7",
        "",
    ] {
        assert!(!page.wants_token(address), "{address}");
    }
}

#[test]
fn only_the_own_endpoint_is_known_to_echo() {
    let page = Origin { secure: false, host: "127.0.0.1:8080".to_owned() };
    for address in ["ws://127.0.0.1:8080/ws", " ws://127.0.0.1:8080/ws?close=4001"] {
        assert!(page.is_echo(address), "{address}");
    }
    for address in [
        "ws://127.0.0.1:8080/",
        "ws://127.0.0.1:8080/ws/via/other",
        "ws://127.0.0.1:8081/ws",
        "wss://127.0.0.1:8080/ws",
        "ws://127.0.0.1:8080@evil.test/ws",
        "ws://example.test/ws",
        "",
    ] {
        assert!(!page.is_echo(address), "{address}");
    }
}

//! Clients that choose their target, and are told all that happens there.

#[cfg(unix)]
use crate::process::{Process, heartwire};
use crate::support::{RawClient, TestServer, frame, upgrade_request};
use crate::via::{Target, TargetEnd};
use protocol::fault::Kind;
use protocol::relay::{Command, Connect, Encoded, Event, Frame, NO_TARGET, Opened, Step, TlsChoice};
use server::{Config, Resolver, TlsSource};
use socket::wire::raw;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PROTOCOL: &str = "+Sec-WebSocket-Protocol: heartwire.relay.v1";

pub(crate) struct Client(RawClient);

impl Client {
    pub(crate) fn new(server: &TestServer) -> Self {
        Self::on(server.connect())
    }

    fn on(client: RawClient) -> Self {
        Self::at(client, "/ws/relay")
    }

    fn at(mut client: RawClient, url: &str) -> Self {
        client.send(upgrade_request(url, &[PROTOCOL, "+Cookie: ambient=1"]).as_bytes());
        let response = client.response();
        assert_eq!(response.status, 101, "{}", response.text());
        assert_eq!(response.header("sec-websocket-protocol"), Some("heartwire.relay.v1"));
        Self(client)
    }

    pub(crate) fn say(&mut self, message: Encoded) {
        match message {
            Encoded::Text(text) => self.0.send(&frame(0x1, text.as_bytes())),
            Encoded::Binary(bytes) => self.0.send(&frame(0x2, &bytes)),
        }
    }

    pub(crate) fn event<R>(&mut self, look: impl FnOnce(Event<'_>) -> R) -> R {
        let (head, payload) = self.0.frame();
        let read = match head {
            0x81 => Frame::Text(std::str::from_utf8(&payload).unwrap()),
            0x82 => Frame::Binary(&payload),
            other => panic!("{other:#x} {payload:?}"),
        };
        look(Event::read(read).unwrap())
    }

    pub(crate) fn opened(&mut self) -> Opened {
        self.event(|event| match event {
            Event::Open(opened) => *opened,
            other => panic!("{other:?}"),
        })
    }

    /// Why there is no target, and what it answered.
    fn failure(mut self) -> (String, Option<u16>) {
        let failure = self.event(|event| match event {
            Event::Failed { error, response, .. } => (error, response.map(|(status, _)| status)),
            other => panic!("{other:?}"),
        });
        let (head, payload) = self.0.frame();
        assert_eq!((head, &payload[..2]), (0x88, &NO_TARGET.to_be_bytes()[..]));
        failure
    }
}

pub(crate) fn connect(client: &mut Client, target: &Target, connect: &Connect) -> (Opened, TargetEnd) {
    client.say(connect.write());
    let end = target.accept("X-Answer: yes\r\n");
    (client.opened(), end)
}

pub(crate) fn url(target: &Target) -> String {
    format!("ws://localhost:{}/feed?a=b", target.port())
}

fn failure(server: &TestServer, connect: &Connect) -> (String, Option<u16>) {
    let mut client = Client::new(server);
    client.say(connect.write());
    client.failure()
}

#[test]
fn a_client_is_told_the_handshake_and_nothing_of_its_own_goes_along() {
    let (server, target) = (TestServer::start(), Target::new());
    let mut client = Client::new(&server);
    let asked = Connect {
        headers: vec![
            ("Origin".to_owned(), "https://app.example".to_owned()),
            ("Authorization".to_owned(), "Bearer x".to_owned()),
        ],
        compression: false,
        ..Connect::new(url(&target))
    };
    let (opened, end) = connect(&mut client, &target, &asked);
    assert_eq!(end.asked.target, "/feed?a=b");
    assert_eq!(end.header("origin"), Some("https://app.example"));
    assert_eq!(end.header("authorization"), Some("Bearer x"));
    assert_eq!((end.header("cookie"), end.header("sec-websocket-extensions")), (None, None));
    assert_eq!(opened.request_line, "GET /feed?a=b HTTP/1.1");
    let has = |headers: &[(String, String)], name: &str, value: &str| {
        headers.iter().any(|(there, what)| there == name && what == value)
    };
    assert!(has(&opened.request_headers, "authorization", "Bearer x"));
    assert!(has(&opened.response_headers, "x-answer", "yes"));
    assert_eq!(opened.status, 101);
    assert_eq!(opened.address, format!("127.0.0.1:{}", target.port()));
    assert!(opened.timings.name.is_some() && opened.timings.tls.is_none() && opened.tls.is_none());
}

#[test]
fn what_comes_from_the_target_is_told_as_it_came() {
    let (server, target) = (TestServer::start(), Target::new());
    let mut client = Client::new(&server);
    let (_, mut end) = connect(&mut client, &target, &Connect::new(url(&target)));
    end.send(b"\x01\x02ab\x89\x01p\x80\x03cde\x82\x01\xff\x8a\x00");
    client.event(|event| assert!(matches!(event, Event::Ping { payload: b"p", .. }), "{event:?}"));
    client.event(|event| match event {
        Event::Message { kind, wire, frames, fragments, payload, compressed, .. } => {
            assert_eq!((kind, wire, frames, compressed), (Kind::Text, 9, 2, false));
            assert_eq!((&*fragments, payload), (&[2, 3][..], &b"abcde"[..]));
        }
        other => panic!("{other:?}"),
    });
    client.event(|event| match event {
        Event::Message { kind, wire, frames, payload, .. } => {
            assert_eq!((kind, wire, frames, payload), (Kind::Binary, 3, 1, &b"\xff"[..]));
        }
        other => panic!("{other:?}"),
    });
    client.event(|event| assert!(matches!(event, Event::Pong { payload: b"", .. }), "{event:?}"));
    // The Ping was answered, and so is the Close.
    assert_eq!(end.frame(), (0x8a, b"p".to_vec()));
    end.send(b"\x88\x05\x0f\xa1why");
    assert_eq!(end.frame(), (0x88, b"\x0f\xa1why".to_vec()));
    client.event(|event| match event {
        Event::Close { code, reason, .. } => assert_eq!((code, &*reason), (Some(4001), "why")),
        other => panic!("{other:?}"),
    });
    drop(end);
    client.event(|event| match event {
        Event::Ended { clean, reason, .. } => assert_eq!((clean, &*reason), (true, "peer closed")),
        other => panic!("{other:?}"),
    });
    assert_eq!(client.0.frame().1[..2], 1000_u16.to_be_bytes());
}

#[test]
fn commands_are_carried_out_in_order_also_before_there_is_a_target() {
    let (server, target) = (TestServer::start(), Target::new());
    let mut client = Client::new(&server);
    client.say(Connect { auto_pong: false, ..Connect::new(url(&target)) }.write());
    for command in [
        Command::Send { kind: Kind::Text, fragment: None, payload: b"text" },
        Command::Ping(b"x"),
        Command::Send { kind: Kind::Binary, fragment: Some(2), payload: b"abcde" },
        Command::Pong(b"y"),
    ] {
        client.say(command.write());
    }
    let mut end = target.accept("");
    client.opened();
    let seen: Vec<_> = (0..6).map(|_| end.frame()).collect();
    let expected: [(u8, &[u8]); 6] =
        [(0x81, b"text"), (0x89, b"x"), (0x02, b"ab"), (0x00, b"cd"), (0x80, b"e"), (0x8a, b"y")];
    assert_eq!(seen, expected.map(|(head, payload)| (head, payload.to_vec())));
    // Pings are left alone, until they no longer are.
    end.send(b"\x89\x01a");
    client.event(|event| {
        assert!(matches!(event, Event::Ping { payload: b"a", answered: false, .. }), "{event:?}");
    });
    client.say(Command::AutoPong(true).write());
    client.say(Command::Ping(b"on").write());
    assert_eq!(end.frame(), (0x89, b"on".to_vec()));
    end.send(b"\x89\x01b");
    assert_eq!(end.frame(), (0x8a, b"b".to_vec()));
    client.event(|event| {
        assert!(matches!(event, Event::Ping { payload: b"b", answered: true, .. }), "{event:?}");
    });
    // What can't be followed is told, and harms nothing.
    client.0.send(&frame(0x1, br#"{"type":"shout"}"#));
    client.event(|event| assert!(matches!(event, Event::Refused { .. }), "{event:?}"));
    client.say(Command::Close(Some((4002, "enough".to_owned()))).write());
    assert_eq!(end.frame(), (0x88, b"\x0f\xa2enough".to_vec()));
}

#[test]
fn the_target_is_left_in_order_when_the_client_leaves() {
    let (server, target) = (TestServer::start(), Target::new());
    let mut client = Client::new(&server);
    let (_, mut end) = connect(&mut client, &target, &Connect::new(url(&target)));
    drop(client);
    assert_eq!(end.frame().1[..2], 1001_u16.to_be_bytes());
    // Who leaves before there is a target takes the attempt along.
    let mut client = Client::new(&server);
    client.say(Connect::new(url(&target)).write());
    let mut end = target.asked();
    drop(client);
    assert_eq!(end.end(), Ok(vec![]));
}

#[test]
fn without_a_target_the_client_is_told_why() {
    let (server, target) = (TestServer::start(), Target::new());
    let mut client = Client::new(&server);
    client.say(Connect::new(url(&target)).write());
    target.asked().send(b"HTTP/1.1 302 Go\r\nLocation: ws://127.0.0.1:9/\r\n\r\n");
    let (error, status) = client.failure();
    assert!(status == Some(302) && error.contains("redirects"), "{error}");

    let mut client = Client::new(&server);
    client.say(Connect { timeout_ms: Some(50), ..Connect::new(url(&target)) }.write());
    let held = target.asked();
    assert!(client.failure().0.contains("no answer within 50ms"));
    drop(held);

    let with_header = |name: &str, value: &str| Connect {
        headers: vec![(name.to_owned(), value.to_owned())],
        ..Connect::new("ws://127.0.0.1:9/")
    };
    let tls = |roots: &str| Connect {
        tls: TlsChoice { roots: Some(roots.to_owned()), ..TlsChoice::default() },
        ..Connect::new("wss://127.0.0.1:9/")
    };
    for (asked, why) in [
        (Connect::new("http://a/"), "starts with ws:// or wss://"),
        (Connect::new("ws://me:pw@a/"), "has no user name"),
        (with_header("a b", "c"), "can't be sent"),
        (with_header("a", "b\r\nc: d"), "can't be sent"),
        (with_header("Host", "c"), "belongs to the handshake"),
        (tls("nonsense"), "no certificate in PEM"),
        (Connect { proxy: Some("socks://a".to_owned()), ..Connect::new("ws://a") }, "HTTP proxy"),
    ] {
        let (error, _) = failure(&server, &asked);
        assert!(error.contains(why), "{error}");
    }
    for query in ["", "?label=x"] {
        let mut client = Client::at(server.connect(), &format!("/ws/relay{query}"));
        client.0.send(&frame(0x1, b"hello"));
        assert!(client.failure().0.contains("a head is a JSON object"), "{query}");
    }
}

#[test]
fn a_proxy_is_asked_for_a_tunnel() {
    let (server, proxy) = (TestServer::start(), Target::new());
    let asked = Connect {
        proxy: Some(format!("http://localhost:{}", proxy.port())),
        proxy_authorization: Some("Basic eDp5".to_owned()),
        ..Connect::new("ws://nowhere.invalid/x")
    };
    let mut client = Client::new(&server);
    client.say(asked.write());
    let mut tunnel = proxy.asked();
    assert_eq!((tunnel.asked.method.as_str(), &*tunnel.asked.target), ("CONNECT", "nowhere.invalid:80"));
    assert_eq!(tunnel.header("proxy-authorization"), Some("Basic eDp5"));
    tunnel.send(b"HTTP/1.1 200 Fine\r\n\r\n");
    let mut end = TargetEnd::on(tunnel.stream);
    assert_eq!((end.header("host"), end.header("proxy-authorization")), (Some("nowhere.invalid"), None));
    end.accept("");
    assert!(client.opened().timings.proxy.is_some());
    let mut client = Client::new(&server);
    client.say(asked.write());
    proxy.asked().send(b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n");
    assert!(client.failure().0.contains("wants credentials (407)"));
}

/// A relay for others, behind a proxy on the same machine.
fn public(config: &mut Config) {
    config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    config.relay = true;
}

#[test]
fn a_relay_for_others_is_no_way_into_its_own_network() {
    let target = Target::new();
    let server = TestServer::start_with(public);
    let port = target.port();
    for host in [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "0.0.0.0",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::1]",
        "10.0.0.1",
        "169.254.169.254",
        "[fe80::1]",
    ] {
        let asked = Connect { timeout_ms: Some(5000), ..Connect::new(format!("ws://{host}:{port}/")) };
        let (error, _) = failure(&server, &asked);
        // What is no address to this system leads nowhere either.
        assert!(
            error.contains("a relay leaves alone") || error.contains("has no address"),
            "{host}: {error}"
        );
    }
    let through =
        Connect { proxy: Some(format!("http://127.0.0.1:{port}")), ..Connect::new("ws://1.1.1.1/") };
    assert!(failure(&server, &through).0.contains("a relay leaves alone"), "a proxy is no way in either");
    target.listener.set_nonblocking(true).unwrap();
    assert!(target.listener.accept().is_err(), "nobody came");
}

/// A name that answers otherwise the second time it is asked for, as one does that wants to be let in and then lead inside.
#[test]
fn a_name_is_asked_for_once_and_what_it_had_then_is_connected_to() {
    let target = Target::new();
    let port = target.port();
    // It would be reached at the same port of this address.
    let Ok(trap) = TcpListener::bind(("127.0.0.2", port)) else { return };
    trap.set_nonblocking(true).unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let questions = Arc::clone(&asked);
    let server = TestServer::start_with(|config| {
        public(config);
        config.relay_allow = vec![format!("127.0.0.1:{port}").parse().unwrap()];
        config.resolver = Resolver::new(move |host, port| {
            let mut questions = questions.lock().unwrap();
            questions.push(host.to_owned());
            let answer: &[&str] = match (host, questions.len()) {
                ("inside.example", _) => &["127.0.0.2", "10.0.0.1", "::ffff:127.0.0.2"],
                ("mixed.example", _) => &["127.0.0.2", "127.0.0.1"],
                (_, 1) => &["127.0.0.1"],
                _ => &["127.0.0.2"],
            };
            let answer = answer.iter().map(|text| SocketAddr::new(text.parse().unwrap(), port)).collect();
            std::future::ready(Ok(answer))
        });
    });
    let mut client = Client::new(&server);
    let (opened, _end) =
        connect(&mut client, &target, &Connect::new(format!("ws://rebinds.example:{port}/")));
    assert_eq!(opened.address, format!("127.0.0.1:{port}"));
    assert_eq!(*asked.lock().unwrap(), ["rebinds.example"]);
    // Of a name that has both, what is inside is left alone.
    let mut client = Client::new(&server);
    let (opened, _end) = connect(&mut client, &target, &Connect::new(format!("ws://mixed.example:{port}/")));
    assert_eq!(opened.address, format!("127.0.0.1:{port}"));
    for host in ["inside.example", "rebinds.example"] {
        let (error, _) = failure(&server, &Connect::new(format!("ws://{host}:{port}/")));
        assert!(error.contains("--relay-allow") && !error.contains("127.0.0"), "{error}");
    }
    // The same for a proxy on the way, whose name may lead inside as well.
    let proxy = Some(format!("http://inside.example:{port}"));
    let (error, _) =
        failure(&server, &Connect { proxy, ..Connect::new(format!("ws://mixed.example:{port}/")) });
    assert!(error.contains("--relay-allow"), "{error}");
    assert!(trap.accept().is_err(), "nobody came");
}

#[test]
fn a_url_that_looks_as_if_it_led_elsewhere_is_refused_or_judged_by_its_host() {
    let target = Target::new();
    let port = target.port();
    let server = TestServer::start_with(|config| {
        public(config);
        config.relay_allow = vec!["allowed.example".parse().unwrap()];
        config.resolver = Resolver::new(|_, port| {
            std::future::ready(Ok(vec![SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port)]))
        });
    });
    for url in [
        format!("ws://allowed.example@127.0.0.1:{port}/"),
        format!("ws://allowed.example:{port}@127.0.0.1:{port}/"),
        format!("ws://127.0.0.1:{port}#@allowed.example/"),
        format!("ws://127.0.0.1:{port}\\@allowed.example/"),
        format!("ws://127.0.0.1:{port}/@allowed.example"),
        format!("ws://127.0.0.1:{port}?@allowed.example/"),
        format!("ws://127.0.0.1%00.allowed.example:{port}/"),
        format!("ws://127.0.0.1 allowed.example:{port}/"),
        format!("ws://127.0.0.1\tallowed.example:{port}/"),
        format!("ws://allowed.example.127.0.0.1:{port}/"),
        format!("ws://allowed.example:{port}/"),
        format!("ws://ALLOWED.example.:{port}/"),
        format!("http://allowed.example:{port}/"),
        format!("file://allowed.example:{port}/"),
    ] {
        failure(&server, &Connect::new(&url));
    }
    target.listener.set_nonblocking(true).unwrap();
    assert!(target.listener.accept().is_err(), "nobody came");
}

#[test]
fn what_is_allowed_by_address_is_let_in_and_what_is_denied_is_not() {
    let target = Target::new();
    let server = TestServer::start_with(|config| {
        public(config);
        config.relay_allow = vec![format!("127.0.0.0/8:{}", target.port()).parse().unwrap()];
    });
    let mut client = Client::new(&server);
    connect(&mut client, &target, &Connect::new(format!("ws://127.0.0.1:{}/", target.port())));
    assert!(failure(&server, &Connect::new("ws://127.0.0.1:1/")).0.contains("--relay-allow"));
    let server = TestServer::start_with(|config| config.relay_deny = vec!["localhost".parse().unwrap()]);
    assert!(failure(&server, &Connect::new(url(&target))).0.contains("--relay-deny"));
}

#[test]
fn relaying_is_for_this_machine_alone_unless_others_are_let_in() {
    let refused = |server: &TestServer, changes: &[&str]| {
        let mut client = server.connect();
        client.send(upgrade_request("/ws/relay", changes).as_bytes());
        let response = client.response();
        (response.status, response.text().to_owned())
    };
    let server = TestServer::start();
    let (status, text) = refused(&server, &[]);
    assert!(status == 400 && text.contains("heartwire.relay.v1"), "{text}");
    let (status, text) = refused(&server, &[PROTOCOL, "+X-Forwarded-For: 192.0.2.1"]);
    assert!(status == 403 && text.contains("--relay"), "{text}");
    let (status, _) = refused(&server, &[PROTOCOL, "+Origin: https://evil.example"]);
    assert_eq!(status, 403);
    let (status, _) = refused(&server, &[PROTOCOL, "Host: evil.example", "+Origin: http://evil.example"]);
    assert_eq!(status, 403, "a name that was led here");
    let server = TestServer::start_with(|config| {
        public(config);
        config.relay = false;
    });
    assert_eq!(refused(&server, &[PROTOCOL]).0, 403);
    let server = TestServer::start_with(|config| {
        config.limits.max_connections_per_address = server::PerAddress::AtMost(2.try_into().unwrap());
    });
    let _two = [Client::new(&server), Client::new(&server)];
    assert_eq!(refused(&server, &[PROTOCOL]).0, 429);
}

/// Neither the process's environment nor the person's files have a say in where a relay connects to and as whom; and of what
/// its clients entrust to it nothing is in the log, whatever level that has.
#[cfg(unix)]
#[test]
fn nothing_but_what_was_asked_for_goes_along_and_no_secret_is_logged() {
    let (target, trap) = (Target::new(), TcpListener::bind("127.0.0.1:0").unwrap());
    trap.set_nonblocking(true).unwrap();
    let home = std::env::temp_dir().join(format!("heartwire-netrc-{}", std::process::id()));
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(home.join(".netrc"), "default login me password hidden-netrc\n").unwrap();
    let via = format!("api=ws://localhost:{}/feed?key=hidden-via", target.port());
    let mut command = heartwire(&["--listen=127.0.0.1:0", "--threads=1", "--log-level=trace"]);
    command.args(["--api-token=hidden-token-hidden", "--via", &via]);
    command.args(["--via-header", "api=Authorization: hidden-header"]);
    let proxy = format!("http://me:hidden-proxy@{}", trap.local_addr().unwrap());
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, &proxy);
    }
    command.env("HOME", &home);
    let mut process = Process::start(&mut command);
    let mut log = process.child.stderr.take().unwrap();
    // All of it, so that the process does not wait for its reader.
    let log = std::thread::spawn(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut log, &mut text).unwrap();
        text
    });
    let asked = Connect {
        headers: ["Authorization", "Cookie", "X-Api-Key"]
            .map(|name| (name.to_owned(), format!("hidden-{name}")))
            .to_vec(),
        ..Connect::new(format!("ws://localhost:{}/hidden-path?hidden-query=1", target.port()))
    };
    // With what it says itself, without anything, refused, and with what can't be followed.
    let mut client = Client::on(RawClient::connect(process.address));
    let (_, end) = connect(&mut client, &target, &asked);
    assert_eq!(end.header("authorization"), Some("hidden-Authorization"));
    let mut client = Client::on(RawClient::connect(process.address));
    let (_, mut end) = connect(&mut client, &target, &Connect::new(url(&target)));
    let credentials =
        ["authorization", "proxy-authorization", "cookie", "origin"].map(|name| end.header(name));
    assert_eq!(credentials, [None; 4]);
    end.send(b"\x81\x0ehidden-message");
    client.event(|event| assert!(matches!(event, Event::Message { .. }), "{event:?}"));
    let mut client = Client::on(RawClient::connect(process.address));
    client.say(asked.write());
    let challenge = b"HTTP/1.1 401 hidden-reason\r\nWWW-Authenticate: Basic realm=hidden-realm\r\nContent-Length: 0\r\n\r\n";
    target.asked().send(challenge);
    assert_eq!(client.failure().1, Some(401));
    let key = TlsChoice { key: Some("hidden-key".to_owned()), ..TlsChoice::default() };
    for connect in [
        Connect { tls: key, ..asked.clone() },
        Connect { proxy: Some("http://hidden-user:hidden-pass@127.0.0.1:1/".to_owned()), ..asked.clone() },
        Connect {
            proxy_authorization: Some("hidden-basic".to_owned()),
            ..Connect::new("ws://hidden-user@h/")
        },
    ] {
        let mut client = Client::on(RawClient::connect(process.address));
        client.say(connect.write());
        client.failure();
    }
    let mut client = RawClient::connect(process.address);
    client.send(upgrade_request("/ws/via/api?hidden-parameter=1", &["+Cookie: hidden-cookie"]).as_bytes());
    let end = target.accept("Set-Cookie: hidden-answer\r\n");
    assert_eq!(end.header("authorization"), Some("hidden-header"));
    assert_eq!(client.response().status, 101);
    let token = "+Sec-WebSocket-Protocol: heartwire.token.aGlkZGVuLXRva2VuLWhpZGRlbg";
    let mut client = RawClient::connect(process.address);
    client.send(upgrade_request("/ws/via/api", &[token]).as_bytes());
    let end = target.accept("");
    assert_eq!(end.header("sec-websocket-protocol"), None, "the server's own token is nobody else's");
    process.signal("TERM");
    drop((client, end));
    let (code, _) = process.wait();
    let log = log.join().unwrap();
    std::fs::remove_dir_all(&home).unwrap();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("localhost"), "there is a log: {log}");
    let told: Vec<_> =
        log.lines().filter(|line| line.contains("hidden") || line.contains("aGlkZGVu")).collect();
    assert!(told.is_empty(), "{told:#?}");
    assert!(trap.accept().is_err(), "nobody came");
}

#[test]
fn the_journal_of_a_label_has_none_of_the_credentials() {
    let (server, target) = (TestServer::start(), Target::new());
    let mut client = Client::at(server.connect(), "/ws/relay?label=r");
    let headers = vec![("Authorization".to_owned(), "hidden".to_owned())];
    connect(&mut client, &target, &Connect { headers, ..Connect::new(url(&target)) });
    let journal = server.get("/api/labels/r/wait-for?event=message&count=2", &[]);
    assert_eq!(journal.status, 200, "{}", journal.text());
    assert!(
        journal.text().contains("\"cut\":true") && !journal.text().contains("hidden"),
        "{}",
        journal.text()
    );
}

#[test]
fn a_failure_says_what_did_not_work_out() {
    let secure = TestServer::start_with(|config| config.tls = Some(TlsSource::SelfSigned));
    let server = TestServer::start_with(|config| config.relay_deny = vec!["denied.test".parse().unwrap()]);
    let own = server.address;
    let header = |connect: Connect| Connect { headers: vec![("X".to_owned(), "\n".to_owned())], ..connect };
    let proxy = |connect: Connect| Connect { proxy: Some(format!("http://{own}")), ..connect };
    for (connect, step) in [
        (Connect::new("http://a"), Step::Request),
        (header(Connect::new(format!("ws://{own}/ws"))), Step::Request),
        (Connect::new("ws://denied.test/"), Step::Guard),
        (Connect::new("ws://127.0.0.1:1/"), Step::Tcp),
        (proxy(Connect::new(format!("ws://{own}/ws"))), Step::Proxy),
        (Connect::new(format!("wss://localhost:{}/ws", secure.address.port())), Step::Tls),
        (Connect::new(format!("ws://{own}/none")), Step::Upgrade),
    ] {
        let mut client = Client::new(&server);
        client.say(connect.write());
        client.event(|event| match event {
            Event::Failed { step: told, error, .. } => assert_eq!(told, Some(step), "{error}"),
            other => panic!("{other:?}"),
        });
    }
}

#[test]
fn who_may_relay_is_told_before() {
    let asked = |server: &TestServer, headers: &[&str]| -> serde_json::Value {
        serde_json::from_slice(&server.get("/api/relay", headers).body).unwrap()
    };
    let server = TestServer::start();
    assert_eq!(asked(&server, &[])["allowed"], true);
    let through_a_proxy = asked(&server, &["X-Forwarded-For: 192.0.2.1"]);
    assert_eq!(through_a_proxy["allowed"], false);
    assert!(through_a_proxy["why"].as_str().unwrap().contains("--relay"), "{through_a_proxy}");
    let server = TestServer::start_with(public);
    assert_eq!(asked(&server, &[])["allowed"], true, "it has --relay");
}

#[test]
fn a_server_with_a_private_root_is_trusted_once_that_is_sent_along() {
    let echo = TestServer::start_with(|config| config.tls = Some(TlsSource::SelfSigned));
    let server = TestServer::start();
    let url = format!("wss://localhost:{}/ws", echo.address.port());
    let (error, _) = failure(&server, &Connect::new(&url));
    assert!(error.contains("TLS with localhost failed"), "{error}");
    let mut client = Client::new(&server);
    let tls = TlsChoice { accept_invalid: true, ..TlsChoice::default() };
    client.say(Connect { tls, ..Connect::new(&url) }.write());
    let opened = client.opened();
    let tls = opened.tls.unwrap();
    assert_eq!((&*tls.version, tls.certificates.len()), ("TLSv1_3", 1));
    assert!(opened.timings.tls.is_some() && opened.compression.is_some());
    client.say(Command::Send { kind: Kind::Text, fragment: None, payload: &[b'x'; 1000] }.write());
    client.event(|event| match event {
        Event::Message { compressed, wire, payload, .. } => {
            assert!(compressed && wire < 100 && payload == [b'x'; 1000], "{wire}");
        }
        other => panic!("{other:?}"),
    });
}

#[test]
fn a_client_that_does_not_read_stalls_its_target() {
    let (server, target) = (TestServer::start(), Target::new());
    let mut client = Client::new(&server);
    let (_, end) = connect(&mut client, &target, &Connect::new(url(&target)));
    let mut end = RawClient::over(end.stream);
    let message = raw::fragments(socket::wire::MessageKind::Binary, &[7; 0x4000], []);
    let mut bytes = Vec::new();
    message.iter().for_each(|frame| frame.encode(&mut bytes));
    let sent = end.send_until_blocked(&bytes);
    assert!(sent < 64 << 20);
    std::thread::sleep(Duration::ZERO);
    client.event(|event| assert!(matches!(event, Event::Message { .. }), "{event:?}"));
}

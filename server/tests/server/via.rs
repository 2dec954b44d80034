//! Clients that are carried to a target: what each end sees of the other.

use crate::support::{PATIENCE, RawClient, TestServer, frame, frame_with_head, upgrade_request};
use server::Driver;
use socket::wire::OpCode;
use socket::wire::handshake::{HeadReader, RequestHead, check_request};
use socket::wire::raw::RawFrame;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

/// A server that says exactly what a test wants said.
pub(crate) struct Target {
    pub(crate) listener: TcpListener,
}

/// A connection that it got.
pub(crate) struct TargetEnd {
    pub(crate) stream: TcpStream,
    pub(crate) asked: RequestHead,
}

impl Target {
    pub(crate) fn new() -> Self {
        Self { listener: TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap() }
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    /// A server that carries clients here.
    fn behind(&self, driver: Driver) -> TestServer {
        let mounts = [format!("t=ws://127.0.0.1:{}/feed?v=1", self.port())];
        TestServer::start_with(|config| {
            config.via = mounts.iter().map(|mount| mount.parse().unwrap()).collect();
            config.driver = driver;
            config.limits.handshake_timeout = Duration::from_millis(500);
        })
    }

    pub(crate) fn asked(&self) -> TargetEnd {
        TargetEnd::on(self.listener.accept().unwrap().0)
    }

    pub(crate) fn accept(&self, more: &str) -> TargetEnd {
        let mut end = self.asked();
        end.accept(more);
        end
    }
}

impl TargetEnd {
    /// A connection that begins here, with the request that comes on it.
    pub(crate) fn on(mut stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut reader = HeadReader::new(16 << 10);
        let mut byte = [0];
        loop {
            stream.read_exact(&mut byte).unwrap();
            if let Some((asked, _)) = reader.request(&byte).unwrap() {
                return Self { stream, asked };
            }
        }
    }

    pub(crate) fn accept(&mut self, more: &str) {
        let asked = &self.asked;
        let accepted = check_request(&asked.method, asked.version, &asked.headers).unwrap();
        let accept = accepted.accept().to_str().unwrap().to_owned();
        self.send(
            format!(
                "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: {accept}\r\n{more}\r\n"
            )
            .as_bytes(),
        );
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// The first byte of the next frame, and its payload.
    pub(crate) fn frame(&mut self) -> (u8, Vec<u8>) {
        let mut head = [0; 2];
        self.stream.read_exact(&mut head).unwrap();
        assert!(head[1] >= 0x80, "masked: {head:?}");
        let (short, bytes) = match head[1] & 0x7f {
            126 => (0, 2),
            127 => (0, 8),
            short => (usize::from(short), 0),
        };
        let mut len = vec![0; bytes];
        self.stream.read_exact(&mut len).unwrap();
        let len = len.iter().fold(short, |len, byte| len << 8 | usize::from(*byte));
        let mut rest = vec![0; 4 + len];
        self.stream.read_exact(&mut rest).unwrap();
        let (key, payload) = rest.split_at(4);
        (head[0], payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.asked.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// How the connection ends.
    pub(crate) fn end(&mut self) -> Result<Vec<u8>, ErrorKind> {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).map(|_| rest).map_err(|error| error.kind())
    }
}

fn connect(server: &TestServer, target: &Target, url: &str, changes: &[&str]) -> (RawClient, TargetEnd) {
    let mut client = server.connect();
    client.send(upgrade_request(url, changes).as_bytes());
    let end = target.accept("");
    let response = client.response();
    assert_eq!(response.status, 101, "{response:?}");
    (client, end)
}

fn with_each_driver(test: impl Fn(&TestServer, &Target)) {
    for driver in [Driver::Reactor, Driver::Tokio] {
        let target = Target::new();
        test(&target.behind(driver), &target);
    }
}

#[test]
fn frames_pings_and_pongs_pass_as_they_are_in_both_directions() {
    with_each_driver(|server, target| {
        let (mut client, mut end) = connect(server, target, "/ws/via/t", &[]);
        for (head, payload) in [
            (0x81, &b"text"[..]),
            (0x82, b"\0\xff"),
            (0x01, b"in "),
            (0x00, b""),
            (0x80, b"pieces"),
            (0x89, b"ping"),
            (0x8a, b"nobody asked"),
        ] {
            client.send(&frame_with_head(head, payload));
            end.send(&[&[head, payload.len() as u8], payload].concat());
        }
        for seen in [&mut || end.frame(), &mut || client.frame()] as [&mut dyn FnMut() -> (u8, Vec<u8>); 2] {
            // No Pong comes that the other end did not send.
            let seen: Vec<_> = (0..7).map(|_| seen()).collect();
            let heads: Vec<_> = seen.iter().map(|(head, _)| *head).collect();
            assert_eq!(heads, [0x81, 0x82, 0x01, 0x00, 0x80, 0x89, 0x8a]);
            assert_eq!(seen[4].1, b"pieces");
            assert_eq!(seen[6].1, b"nobody asked");
        }
    });
}

#[test]
fn long_messages_pass_whole_and_in_order_in_both_directions() {
    with_each_driver(|server, target| {
        let (mut client, mut end) = connect(server, target, "/ws/via/t", &[]);
        let bytes = |len: usize| (0..len).map(|at| (at % 251) as u8).collect::<Vec<_>>();
        let said = [
            (OpCode::Binary, bytes(70_000)),
            (OpCode::Ping, b"between".to_vec()),
            (OpCode::Binary, bytes(5000)),
            (OpCode::Text, vec![b'x'; 0xffff]),
            (OpCode::Binary, bytes(3)),
            (OpCode::Binary, bytes(300_000)),
        ];
        for (opcode, payload) in &said {
            client.send(&frame(*opcode as u8, payload));
            end.send(&RawFrame::new(*opcode, &**payload).to_bytes());
        }
        for (opcode, payload) in said {
            let expected = (0x80 | opcode as u8, payload);
            // Not shown, since they are long.
            assert!(end.frame() == expected, "{opcode:?} to the target");
            assert!(client.frame() == expected, "{opcode:?} to the client");
        }
    });
}

#[test]
fn what_the_target_says_at_once_comes_behind_the_101() {
    with_each_driver(|server, target| {
        let mut client = server.connect();
        client.send(upgrade_request("/ws/via/t", &[]).as_bytes());
        target.accept("").send(b"\x81\x05hello\x88\x02\x0f\xa1");
        assert_eq!(client.response().status, 101);
        assert_eq!(client.frame(), (0x81, b"hello".to_vec()));
        assert_eq!(client.frame(), (0x88, vec![0x0f, 0xa1]));
    });
}

#[test]
fn a_close_is_carried_with_its_code_and_reason_and_answered_by_the_other_end() {
    with_each_driver(|server, target| {
        let (mut client, mut end) = connect(server, target, "/ws/via/t", &[]);
        client.send(&frame(0x8, b"\x0f\xa1bye"));
        assert_eq!(end.frame(), (0x88, b"\x0f\xa1bye".to_vec()));
        // Until it answers, the target may go on.
        end.send(b"\x81\x01x\x88\x05\x0f\xa2see");
        assert_eq!(client.frame().1, b"x");
        assert_eq!(client.expect_close(4002), "see");

        let (mut client, mut end) = connect(server, target, "/ws/via/t", &[]);
        end.send(b"\x88\x00");
        assert_eq!(client.frame(), (0x88, vec![]));
        client.send(&frame(0x8, b""));
        assert_eq!(end.frame(), (0x88, vec![]));
    });
}

#[test]
fn an_end_without_a_close_is_one_for_the_other_end_too() {
    with_each_driver(|server, target| {
        let (mut client, end) = connect(server, target, "/ws/via/t", &[]);
        drop(end);
        client.expect_end();

        let (mut client, end) = connect(server, target, "/ws/via/t", &[]);
        RawClient::over(end.stream).reset();
        assert_eq!(client.try_read_to_end().unwrap_err().kind(), ErrorKind::ConnectionReset);

        let (client, mut end) = connect(server, target, "/ws/via/t", &[]);
        drop(client);
        assert_eq!(end.end(), Ok(vec![]));

        let (client, mut end) = connect(server, target, "/ws/via/t", &[]);
        client.reset();
        assert_eq!(end.end(), Err(ErrorKind::ConnectionReset));
    });
}

#[test]
fn a_target_that_breaks_the_protocol_is_a_bad_gateway() {
    with_each_driver(|server, target| {
        let (mut client, mut end) = connect(server, target, "/ws/via/t", &[]);
        end.send(b"\x83\x00");
        // The target is told what was wrong.
        assert_eq!(end.frame().1[..2], 1002_u16.to_be_bytes());
        drop(end);
        let (head, payload) = client.frame();
        let (code, reason) = payload.split_at(2);
        assert_eq!((head, u16::from_be_bytes(code.try_into().unwrap())), (0x88, 1014));
        assert!(reason.starts_with(b"the target: "), "{}", String::from_utf8_lossy(reason));
    });
}

#[test]
fn the_handshake_is_the_clients_to_the_target_and_the_targets_to_the_client() {
    let target = Target::new();
    let headers = ["u=Origin: https://set", "t=Authorization: Bearer set"];
    let port = target.port();
    let server = TestServer::start_with(|config| {
        config.via = vec![format!("t=ws://localhost:{port}/feed?v=1").parse().unwrap()];
        config.via_headers = headers.map(|header| header.parse().unwrap()).into();
    });
    let mut client = server.connect();
    let own = format!("Origin:http://{}", server.address);
    let changes = [
        "+Sec-WebSocket-Protocol: a, b",
        &own,
        &format!("Host:{}", server.address),
        "+Cookie: c=d",
        "+Authorization: Bearer mine",
        "+X-Hop: 1",
        "Connection:Upgrade, X-Hop",
    ];
    let url = "/ws/via/t/more?delay=1ms&target.delay=5&token=%20x&label=l";
    client.send(upgrade_request(url, &changes).as_bytes());
    let end = target.accept("Sec-WebSocket-Protocol: b\r\nSet-Cookie: e=f\r\nKeep-Alive: 5\r\n");
    assert_eq!(end.asked.target, "/feed/more?v=1&delay=5&token=%20x");
    assert_eq!(end.header("host"), Some(&*format!("localhost:{port}")));
    assert_eq!(end.header("origin"), own.strip_prefix("Origin:"));
    assert_eq!(end.header("cookie"), Some("c=d"));
    assert_eq!(end.header("authorization"), Some("Bearer set"));
    assert_eq!(end.header("x-hop"), None);
    assert_eq!(end.header("sec-websocket-protocol"), Some("a, b"));
    assert_eq!(end.header("sec-websocket-extensions"), None, "the client offers none");
    let response = client.response();
    assert_eq!((response.status, response.header("sec-websocket-protocol")), (101, Some("b")));
    assert_eq!((response.header("set-cookie"), response.header("keep-alive")), (Some("e=f"), None));
}

#[test]
fn a_target_that_is_not_to_be_had_is_said_with_what_it_said() {
    let target = Target::new();
    let server = target.behind(Driver::default());
    let refused = |url: &str, act: &dyn Fn()| {
        let mut client = server.connect();
        client.send(upgrade_request(url, &[]).as_bytes());
        act();
        let response = client.response();
        (response.status, response.text().to_owned())
    };
    let say = |head: &'static str| {
        let target = &target;
        move || target.asked().send(head.as_bytes())
    };
    let (status, text) = refused("/ws/via/t", &say("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"));
    assert!(status == 502 && text.starts_with("the target t: the server answered 403"), "{text}");
    let (status, text) = refused("/ws/via/t", &say("HTTP/1.1 302 Go\r\nLocation: ws://127.0.0.1:1/\r\n\r\n"));
    assert!(status == 502 && text.contains("ws://127.0.0.1:1/"), "redirects are not followed: {text}");
    let (status, text) = refused("/ws/via/t", &say("nonsense\r\n\r\n"));
    assert!(status == 502 && text.contains("is this a web server?"), "{text}");
    let held = std::cell::RefCell::new(Vec::new());
    let (status, text) = refused("/ws/via/t", &|| held.borrow_mut().push(target.asked()));
    assert!(status == 504 && text.contains("no answer within 500ms"), "{text}");
    let (status, text) = refused("/ws/via/other", &|| {});
    assert!(status == 404 && text.contains("--via"), "{text}");
    let (status, text) = refused("/ws/via/t/../x", &|| {});
    assert!(status == 400 && text.contains(".."), "{text}");
    // What is almost a fault's name may be the target's.
    for query in ["mode=live", "strict=on&mine=1"] {
        let (status, text) = refused(&format!("/ws/via/t?{query}"), &|| {});
        assert!(status == 400 && text.contains("; if it is the target's own, write target.m"), "{text}");
    }
    drop(target.listener);
    let mut client = server.connect();
    client.send(upgrade_request("/ws/via/t?label=gone", &[]).as_bytes());
    let response = client.response();
    assert!(response.status == 502 && response.text().contains("can't connect"), "{}", response.text());
    let journal = server.get("/api/labels/gone/wait-for?event=refused", &[]);
    assert!(journal.status == 200 && journal.text().contains("\"with\":\"502\""), "{}", journal.text());
}

#[test]
fn an_end_that_does_not_read_stalls_the_other_one_and_loses_nothing() {
    with_each_driver(|server, target| {
        let (mut client, mut end) = connect(server, target, "/ws/via/t", &[]);
        let message = [&[0x82, 126, 0x40, 0x00][..], &[7; 0x4000]].concat();
        end.stream.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
        let mut sent = 0;
        while let Ok(count) = end.stream.write(&message[sent % message.len()..]) {
            sent += count;
            assert!(sent < 64 << 20, "there is no end to it");
        }
        let end = std::thread::spawn(move || {
            end.stream.set_write_timeout(Some(PATIENCE)).unwrap();
            let rest = &message[sent % message.len()..];
            if sent % message.len() > 0 {
                end.send(rest);
            }
            end.send(b"\x81\x04last");
            end
        });
        let mut messages = 0;
        loop {
            match client.frame() {
                (0x82, payload) => {
                    assert_eq!(payload.len(), 0x4000);
                    messages += 1;
                }
                last => break assert_eq!(last, (0x81, b"last".to_vec())),
            }
        }
        assert_eq!(messages, sent.div_ceil(0x4004));
        drop(end.join().unwrap());
    });
}

#[test]
fn faults_stand_between_the_client_and_the_target() {
    with_each_driver(|server, target| {
        let (mut client, mut end) = connect(server, target, "/ws/via/t?drop=in:100%&until=1msg", &[]);
        client.send(&frame(0x1, b"lost"));
        client.send(&frame(0x1, b"kept"));
        assert_eq!(end.frame(), (0x81, b"kept".to_vec()));

        // Pings and the Close are the target's to answer.
        let (mut client, mut end) = connect(server, target, "/ws/via/t?label=x&delay=1ms", &[]);
        client.send(&frame(0x9, b"?"));
        assert_eq!(end.frame(), (0x89, b"?".to_vec()));
        end.send(b"\x8a\x01!");
        assert_eq!(client.frame(), (0x8a, b"!".to_vec()));
        client.send(&frame(0x8, b"\x03\xe8"));
        assert_eq!(end.frame(), (0x88, b"\x03\xe8".to_vec()));
        end.send(b"\x81\x04late\x88\x02\x0f\xa0");
        assert_eq!(client.frame(), (0x81, b"late".to_vec()));
        client.expect_close(4000);

        // What the target says last is what the client hears last, also where the target's end is known by then.
        let (mut client, mut end) = connect(server, target, "/ws/via/t?label=x", &[]);
        end.send(b"\x88\x05\x0f\xa1bye");
        drop(end);
        assert_eq!(client.expect_close(4001), "bye");
        let (mut client, mut end) = connect(server, target, "/ws/via/t?delay=100ms", &[]);
        end.send(b"\x81\x04last\x88\x05\x0f\xa2bye");
        client.send(&frame(0x8, b"\x03\xe8"));
        assert_eq!(end.frame().0, 0x88);
        drop(end);
        assert_eq!(client.frame(), (0x81, b"last".to_vec()));
        assert_eq!(client.expect_close(4002), "bye");

        let (mut client, mut end) = connect(server, target, "/ws/via/t?no-pong=on&ignore-close=on", &[]);
        client.send(&frame(0x9, b"?"));
        client.send(&frame(0x8, b"\x03\xe8"));
        end.send(b"\x81\x05still");
        assert_eq!(client.frame(), (0x81, b"still".to_vec()));
        drop(client);
        assert_eq!(end.end().map(|rest| rest.len()), Ok(0), "neither went on");

        // What the client meets, the target sees of it.
        let (mut client, mut end) = connect(server, target, "/ws/via/t?reset-after=1msg", &[]);
        client.send(&frame(0x1, b"boom"));
        assert_eq!(client.try_read_to_end().unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(end.frame(), (0x81, b"boom".to_vec()));
        assert_eq!(end.end(), Err(ErrorKind::ConnectionReset));
    });
}

#[test]
fn messages_that_wait_for_a_fault_stall_the_target_and_lose_nothing() {
    with_each_driver(|server, target| {
        let (mut client, mut end) = connect(server, target, "/ws/via/t?rate=20MB/s", &[]);
        let sent = std::thread::spawn(move || {
            for number in 0..60_u8 {
                end.send(&[&[0x82, 126, 0xff, 0xff][..], &[number; 0xffff]].concat());
            }
            end
        });
        for number in 0..60 {
            let (head, payload) = client.frame();
            assert!(head == 0x82 && payload == [number; 0xffff], "{number}");
        }
        drop(sent.join().unwrap());
    });
}

#[test]
fn a_stop_tells_both_ends() {
    with_each_driver(|server, target| {
        let (mut client, mut end) = connect(server, target, "/ws/via/t", &[]);
        server.stop.begin();
        assert_eq!(client.frame().1[..2], 1012_u16.to_be_bytes());
        assert_eq!(end.frame().1[..2], 1001_u16.to_be_bytes());
    });
}

#[test]
fn a_targets_connection_has_a_place_of_its_own_among_the_clients() {
    let target = Target::new();
    let mounts = [format!("t=ws://127.0.0.1:{}", target.port())];
    let server = TestServer::start_with(|config| {
        config.via = mounts.iter().map(|mount| mount.parse().unwrap()).collect();
        config.limits.max_connections = 2.try_into().unwrap();
    });
    let (client, mut end) = connect(&server, &target, "/ws/via/t", &[]);
    let _second = connect(&server, &target, "/ws/via/t", &[]);
    drop(client);
    assert_eq!(end.end(), Ok(vec![]));
    let page = String::from_utf8(server.get("/metrics", &[]).body).unwrap();
    assert!(page.contains("heartwire_connections 1\n"), "targets are not clients: {page}");
    let _third = connect(&server, &target, "/ws/via/t", &[]);
}

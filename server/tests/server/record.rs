//! A recorder between raw clients and a server: nothing of the bytes changes, and what is written down plays back.

use crate::process::heartwire;
use crate::support::{KEY, PATIENCE, RawClient, TestServer, frame_with_head, upgrade_request};
use crate::tls::Files;
use server::{Output, RecordConfig, RecordError, Recorder, Stop, TrustFiles};
use socket::wire::Role;
use socket::wire::deflate::{self, Deflater, Params, Pool};
use socket::{ConnectOptions, OwnedMessage, connect};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::JoinHandle;

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;

struct TestRecorder {
    address: SocketAddr,
    file: PathBuf,
    stop: Stop,
    thread: JoinHandle<Result<(), RecordError>>,
}

impl TestRecorder {
    fn start(name: &str, to: &str) -> Self {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.jsonl"));
        let _ = std::fs::remove_file(&file);
        let recorder = Recorder::bind(RecordConfig {
            listen: ([127, 0, 0, 1], 0).into(),
            to: to.parse().unwrap(),
            output: Output::File(file.clone()),
            trust: TrustFiles::default(),
            tls: None,
            secrets: false,
        })
        .unwrap();
        let (address, stop) = (recorder.address(), Stop::new());
        let ending = stop.clone();
        let thread = std::thread::spawn(move || recorder.run(&ending));
        Self { address, file, stop, thread }
    }

    /// Ends it, and gives what it wrote.
    fn finish(self) -> String {
        self.stop.begin();
        self.thread.join().unwrap().unwrap();
        std::fs::read_to_string(self.file).unwrap()
    }
}

fn open(address: SocketAddr, target: &str, changes: &[&str]) -> RawClient {
    let mut client = RawClient::connect(address);
    client.send(upgrade_request(target, changes).as_bytes());
    let response = client.response();
    assert_eq!(response.status, 101, "{}", response.text());
    client
}

#[test]
fn what_passes_is_written_down_and_plays_back() {
    let server = TestServer::start();
    let recorder = TestRecorder::start("passes", &format!("ws://{}", server.address));
    let mut client =
        open(recorder.address, "/ws?token=hush", &["Sec-WebSocket-Protocol: chat", "Cookie: a=secret"]);
    client.send(&frame_with_head(TEXT, "é".as_bytes()));
    assert_eq!(client.frame(), (TEXT, "é".as_bytes().to_vec()));
    // In fragments, with a Ping between them.
    client.send(&frame_with_head(0x02, &[0, 1]));
    client.send(&frame_with_head(PING, b"hi"));
    client.send(&frame_with_head(0x80, &[0xff]));
    assert_eq!(client.frame(), (0x8a, b"hi".to_vec()));
    assert_eq!(client.frame(), (BINARY, vec![0, 1, 0xff]));
    client.send(&frame_with_head(CLOSE, b"\x03\xe8done"));
    assert_eq!(client.frame(), (CLOSE, b"\x03\xe8done".to_vec()));
    client.expect_end();
    let recording = recorder.finish();
    for part in [
        r#""dir":"out","kind":"message","data":"é","delivery":"sent""#,
        r#""dir":"in","kind":"message","data":"é""#,
        r#""dir":"out","kind":"message","base64":"AAH/""#,
        r#""dir":"out","kind":"ping","data":"hi""#,
        r#""dir":"in","kind":"pong","data":"hi""#,
        r#""dir":"out","kind":"disconnected","what":"closed-here","code":1000,"data":"done""#,
        r#""offered":["chat"],"protocol":"chat""#,
        r#"/ws?token={{token}}""#,
        r#"["cookie",""]"#,
        r#""ended":"#,
    ] {
        assert!(recording.contains(part), "{part}\n{recording}");
    }
    assert!(!recording.contains("hush") && !recording.contains("secret"), "{recording}");

    let mounted = server.post("/api/replays/passes", "application/jsonl", recording.as_bytes());
    assert_eq!(mounted.status, 200, "{}", mounted.text());
    for (mode, speaks) in [("mode=lockstep", true), ("max-gap=0s", false)] {
        let mut client =
            open(server.address, &format!("/ws/replay/passes?{mode}"), &["Sec-WebSocket-Protocol: chat"]);
        for (head, payload) in [(TEXT, "é".as_bytes()), (BINARY, &[0, 1, 0xff])] {
            if speaks {
                client.send(&frame_with_head(head, payload));
            }
            assert_eq!(client.frame(), (head, payload.to_vec()), "{mode}");
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_command_takes_tls_from_clients_and_trusts_a_root_of_its_own() {
    let files = Files::new();
    let server = TestServer::start_with(|config| config.tls = Some(files.source()));
    let (cert, key) = (files.folder.join("cert.pem"), files.folder.join("key.pem"));
    let file = files.folder.join("conversation.jsonl");
    let to = format!("wss://localhost:{}", server.address.port());
    let paths = [&cert, &key, &file].map(|path| path.to_str().unwrap());
    let mut command = heartwire(&["record", "--listen=127.0.0.1:0", "--to", &to, "--root", paths[0]]);
    command.args(["--tls-cert", paths[0], "--tls-key", paths[1], "--output", paths[2]]);
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address: SocketAddr = line.trim_end().rsplit(' ').next().unwrap().parse().unwrap();

    let options = ConnectOptions { tls: Some(files.client()), ..ConnectOptions::default() };
    let url = format!("wss://localhost:{}/ws", address.port());
    let mut channel = connect(&url, &options).await.unwrap().channel();
    let said = [OwnedMessage::Text("é".to_owned()), OwnedMessage::Binary(vec![7; 100_000])];
    for message in said {
        channel.send(message.clone()).await.unwrap();
        assert!(channel.recv().await == Some(message));
    }
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    let ended = tokio::task::spawn_blocking(move || child.wait()).await.unwrap();
    assert_eq!(ended.unwrap().code(), Some(0));
    let recording = std::fs::read_to_string(file).unwrap();
    assert!(recording.contains(&format!(r#""address":"{to}/ws""#)), "{recording}");
    assert_eq!(recording.matches(r#""data":"é""#).count(), 2, "{recording}");
    assert!(recording.contains("BwcHBwcHBwcHBwcH"));
}

#[test]
fn compressed_traffic_passes_byte_by_byte_and_is_written_down_inflated() {
    let server = TestServer::start_with(|config| config.socket.compression = server::Compression::Takeover);
    let recorder = TestRecorder::start("compressed", &format!("ws://{}", server.address));
    let offer = ["Sec-WebSocket-Extensions: permessage-deflate"];
    // The second refers to the first.
    let text = (0..50).map(|n| format!("line {n} of what is said. ")).collect::<String>();
    let (mut pool, params) = (Pool::new(1), Params::default());
    let mut deflater = Deflater::new(&params, Role::Client, deflate::Settings::default());
    let [first, second] = [(); 2].map(|()| {
        let mut payload = Vec::new();
        deflater.deflate(&mut pool, text.as_bytes(), true, &mut payload);
        frame_with_head(0xc1, &payload)
    });
    assert!(second.len() < first.len() / 2);
    let heard = [server.address, recorder.address].map(|address| {
        let mut client = open(address, "/ws", &offer);
        client.send(&first);
        let one = client.frame();
        client.send(&second);
        (one, client.frame())
    });
    assert_eq!(heard[0], heard[1]);
    assert_eq!(heard[0].0.0, 0xc1, "the echo is compressed");
    let recording = recorder.finish();
    assert_eq!(
        recording.matches(&format!(r#""dir":"out","kind":"message","data":"{text}""#)).count(),
        2,
        "{recording}"
    );
    assert_eq!(
        recording.matches(&format!(r#""dir":"in","kind":"message","data":"{text}""#)).count(),
        2,
        "{recording}"
    );
    assert!(recording.contains("permessage-deflate"), "{recording}");
}

#[test]
fn what_can_not_be_followed_passes_and_is_said_once() {
    // A server that speaks something of its own behind the 101.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                      Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        stream.write_all(answer.as_bytes()).unwrap();
        stream.write_all(&[0xff; 3]).unwrap();
        let mut more = [0; 4];
        stream.read_exact(&mut more).unwrap();
        stream.write_all(&[0xff; 5]).unwrap();
        (String::from_utf8(head).unwrap(), more)
    });
    let recorder = TestRecorder::start("odd", &format!("ws://{address}"));
    let mut client = open(recorder.address, "/odd", &[]);
    assert_eq!(client.read_exact(3), [0xff; 3]);
    client.send(b"oops");
    assert_eq!(client.read_exact(5), [0xff; 5]);
    let (head, more) = server.join().unwrap();
    assert_eq!(&more, b"oops");
    let sent = upgrade_request("/odd", &[]);
    let host = sent.lines().find(|line| line.to_ascii_lowercase().starts_with("host:")).unwrap();
    assert_eq!(
        head,
        sent.replace(host, &format!("{}: {address}", &host[..4])),
        "all but Host is the client's"
    );
    assert!(head.contains(KEY));
    client.expect_end();
    let recording = recorder.finish();
    assert_eq!(recording.matches("from here on is not recorded").count(), 2, "once a direction\n{recording}");
}

#[test]
fn who_can_not_be_carried_on_is_told_why() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let recorder = TestRecorder::start("nobody", &format!("ws://{free}"));
    let mut client = RawClient::connect(recorder.address);
    client.send(upgrade_request("/ws", &[]).as_bytes());
    let response = client.response();
    assert_eq!(response.status, 502);
    assert!(response.text().contains("can't connect"), "{}", response.text());
    let recording = recorder.finish();
    assert!(recording.contains(r#""kind":"error""#) && recording.contains("can't connect"), "{recording}");

    // What is no WebSocket passes as well.
    let server = TestServer::start();
    let recorder = TestRecorder::start("plain", &format!("ws://{}", server.address));
    let mut client = RawClient::connect(recorder.address);
    client.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_eq!(client.response().text(), "ok\n");
    assert!(recorder.finish().contains("the server answered 200 OK"));
}

#[test]
fn a_stop_writes_what_passed_and_an_old_file_is_not_touched() {
    let server = TestServer::start();
    let recorder = TestRecorder::start("stopped", &format!("ws://{}", server.address));
    let mut client = open(recorder.address, "/ws", &[]);
    client.send(&frame_with_head(TEXT, b"hello"));
    client.frame();
    let file = recorder.file.clone();
    let recording = recorder.finish();
    assert_eq!(recording.matches("hello").count(), 2, "{recording}");
    assert!(recording.contains("the recorder was stopped here"), "{recording}");
    let again = Recorder::bind(RecordConfig {
        listen: ([127, 0, 0, 1], 0).into(),
        to: "ws://localhost".parse().unwrap(),
        output: Output::File(file.clone()),
        trust: TrustFiles::default(),
        tls: None,
        secrets: false,
    });
    assert!(again.unwrap_err().to_string().contains("is there already"));
    assert_eq!(std::fs::read_to_string(file).unwrap(), recording);
}

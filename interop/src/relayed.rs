//! Through a relay to npm `ws`: whole conversations, every fault of the catalogue, and TLS with certificates at both ends.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use protocol::fault::{Group, Kind, Parameter, Violation};
use protocol::relay::{Command, Connect, Encoded, Event, Frame, SUBPROTOCOL, TlsChoice};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use server::{Driver, TrustFiles};
use socket::{ConnectOptions, OwnedMessage, connect};
use wire::raw::RawFrame;
use wire::{MessageKind, OpCode};

use crate::heartwire::Heartwire;
use crate::peer::Peer;
use crate::report::Suite;
use crate::{DRIVERS, driver_name};

/// A connection that says nothing for so long has said all, as far as a comparison goes.
const QUIET: Duration = Duration::from_millis(400);
/// A connection that goes on is listened to for so long.
const LISTENED: Duration = Duration::from_secs(2);

/// Adds all of it, or skips it for want of the peer.
pub fn add(suite: &mut Suite, peer: Result<Arc<Peer>, String>) {
    let via = |driver| format!("via::to a server of its own, {}", driver_name(driver));
    let (faults, secure) = ("via::every fault on the way", "relay::wss with certificates at both ends");
    let peer = match peer {
        Ok(peer) => peer,
        Err(missing) => {
            DRIVERS.iter().for_each(|&driver| suite.skip(via(driver), &missing));
            return [faults, secure].into_iter().for_each(|name| suite.skip(name, &missing));
        }
    };
    for &driver in DRIVERS {
        let peer = Arc::clone(&peer);
        suite.test(via(driver), move || visit_itself(&peer, driver));
    }
    let serving = Arc::clone(&peer);
    suite.test(faults, move || every_fault(&serving));
    suite.test(secure, move || certificates_at_both_ends(&peer));
}

fn mount(port: &Value, driver: Driver) -> anyhow::Result<Heartwire> {
    let mount = format!("t=ws://127.0.0.1:{port}/").parse()?;
    Heartwire::start(driver, |config| config.via = vec![mount])
}

/// The peer's client talks to the peer's server, and neither notices who is in between.
fn visit_itself(peer: &Peer, driver: Driver) -> anyhow::Result<()> {
    const MESSAGES: usize = 300;
    for (number, options, fragments) in
        [(0, json!(false), true), (1, json!(true), false), (2, json!(true), true)]
    {
        let served = peer
            .ask(json!({ "do": "serve", "options": options, "fragments": fragments, "seed": 7 + number }))?;
        let heartwire = mount(&served["port"], driver)?;
        let visited = peer.ask(json!({
            "do": "visit", "url": format!("ws://{}/ws/via/t", heartwire.address), "options": options,
            "seed": 70 + number, "messages": MESSAGES, "fragments": fragments,
            "close": { "there": false, "code": 3000 + number, "reason": "tot ziens" },
        }))?;
        ensure!(visited["messages"] == MESSAGES, "the peer got {visited}");
        let compressed = if options == json!(true) { wire::deflate::NAME } else { "" };
        ensure!(visited["compressed"] == compressed, "the peer says {visited}");
        ensure!(
            visited["code"] == 3000 + number && visited["reason"] == "tot ziens",
            "it ended with {visited}"
        );
        let ended = peer.ask(json!({ "do": "ended", "port": served["port"] }))?;
        ensure!(
            ended["code"] == 3000 + number && ended["reason"] == "tot ziens",
            "the other one with {ended}"
        );
        ensure!(ended["messages"] == MESSAGES && ended["pings"] == ended["pongs"], "{ended}");
        ensure!(ended["compressed"] == compressed, "the other one says {ended}");
    }
    Ok(())
}

/// What a client meets with a fault in its URL, as far as it goes within [`LISTENED`].
#[derive(Debug, PartialEq, Eq)]
struct Met {
    status: String,
    headers: BTreeSet<String>,
    /// What came behind the head, without what is the target's affair: where a Pong comes, and whether an answer comes
    /// before the end.
    bytes: Vec<u8>,
    end: Option<End>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Fin,
    Reset,
}

/// Each example of the catalogue, and each broken rule, has the client meet the same, whether the echo is the server's own or
/// the peer's.
fn every_fault(peer: &Peer) -> anyhow::Result<()> {
    let served = peer.ask(json!({ "do": "serve", "options": false, "fragments": false, "seed": 1 }))?;
    let (direct, relayed) =
        (mount(&served["port"], Driver::default())?, mount(&served["port"], Driver::default())?);
    // An end that counts messages does not wait for a target's answers to them.
    let examples =
        Parameter::all().map(|parameter| (parameter.example.to_owned(), parameter.group == Group::Ends));
    let rules = Violation::all().map(|violation| (format!("violate={violation}"), false));
    let examples: BTreeSet<_> = examples.chain(rules).collect();
    std::thread::scope(|scope| {
        let tries: Vec<_> = examples
            .into_iter()
            .map(|(example, ends)| {
                let query =
                    if example.contains("seed=") { example.clone() } else { format!("{example}&seed=1") };
                let (direct, relayed) = (direct.address, relayed.address);
                scope.spawn(move || {
                    let one = meet(direct, &format!("/ws?{query}"), ends).with_context(|| example.clone())?;
                    let other = meet(relayed, &format!("/ws/via/t?{query}"), ends)
                        .with_context(|| example.clone())?;
                    same(&one, &other).with_context(|| format!("{example}: {one:?} {other:?}"))
                })
            })
            .collect();
        tries
            .into_iter()
            .try_for_each(|tried| tried.join().unwrap_or_else(|_| bail!("a comparison panicked")))
    })
}

/// The same, as far as both were listened to.
fn same(one: &Met, other: &Met) -> anyhow::Result<()> {
    ensure!(one.status == other.status, "status");
    ensure!(one.headers == other.headers, "headers");
    let both = one.bytes.len().min(other.bytes.len());
    ensure!(one.bytes[..both] == other.bytes[..both], "messages");
    ensure!(one.bytes.is_empty() == other.bytes.is_empty(), "only one of them said something");
    if let (Some(one_end), Some(other_end)) = (one.end, other.end) {
        ensure!(one_end == other_end && one.bytes.len() == other.bytes.len(), "ends");
    }
    Ok(())
}

fn meet(address: SocketAddr, target: &str, ends: bool) -> anyhow::Result<Met> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut asked = format!(
        "GET {target} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into_bytes();
    // Rules are broken before anything is said, and behind some of them no frame can be told from another.
    if !target.contains("violate=") {
        for text in ["one", "two", "three"] {
            RawFrame::new(OpCode::Text, text).masked([1, 2, 3, 4]).encode(&mut asked);
        }
        RawFrame::new(OpCode::Ping, "last").masked([4, 3, 2, 1]).encode(&mut asked);
    }
    // Who resets at once has not read it all.
    let _ = stream.write_all(&asked);
    let (all, end) = listen(&mut stream)?;
    let behind = all.windows(4).position(|window| window == b"\r\n\r\n").map_or(all.len(), |place| place + 4);
    let head = String::from_utf8_lossy(&all[..behind]);
    let mut lines = head.lines().map(str::to_owned);
    let status = lines.next().unwrap_or_default();
    let headers = lines.filter(|line| !line.to_ascii_lowercase().starts_with("date:")).collect();
    Ok(Met { status, headers, bytes: kept(&all[behind..], ends), end })
}

fn listen(stream: &mut TcpStream) -> anyhow::Result<(Vec<u8>, Option<End>)> {
    stream.set_read_timeout(Some(QUIET))?;
    let until = Instant::now() + LISTENED;
    let (mut all, mut buffer) = (Vec::new(), [0; 16 << 10]);
    while Instant::now() < until {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok((all, Some(End::Fin))),
            Ok(count) => all.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok((all, Some(End::Reset))),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok((all, None))
}

/// All but Pongs, and but messages where only `ends` count, as far as frames can be told apart; what follows may break every
/// rule, and stays.
fn kept(mut bytes: &[u8], ends: bool) -> Vec<u8> {
    let mut kept = Vec::new();
    while let Ok((header, len)) = wire::frame::Header::read(bytes) {
        let Some(frame) = usize::try_from(header.len).ok().and_then(|payload| bytes.get(..len + payload))
        else {
            break;
        };
        let passed_over = header.opcode == OpCode::Pong as u8 || ends && header.opcode <= 2;
        if !passed_over || header.mask.is_some() {
            kept.extend_from_slice(frame);
        }
        bytes = &bytes[frame.len()..];
    }
    kept.extend_from_slice(bytes);
    kept
}

/// An authority of our own, and what it vouches for: PEM each.
struct Certificates {
    root: String,
    server: (String, String),
    client: (String, String),
}

impl Certificates {
    fn new() -> anyhow::Result<Certificates> {
        let (mut params, key) = (CertificateParams::new([])?, KeyPair::generate()?);
        // Who is called as its issuer is taken for one that vouches for itself.
        params.distinguished_name.push(DnType::CommonName, "root");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key)?.pem();
        let issuer = Issuer::new(params, key);
        let issue = |name: &str, usage| {
            let (mut params, key) = (CertificateParams::new([name.to_owned()])?, KeyPair::generate()?);
            params.distinguished_name.push(DnType::CommonName, name);
            params.extended_key_usages = vec![usage];
            anyhow::Ok((params.signed_by(&key, &issuer)?.pem(), key.serialize_pem()))
        };
        Ok(Certificates {
            root,
            server: issue("localhost", ExtendedKeyUsagePurpose::ServerAuth)?,
            client: issue("client", ExtendedKeyUsagePurpose::ClientAuth)?,
        })
    }
}

/// The peer's server trusts nobody but who shows a certificate, and is trusted by nobody who does not know its authority.
fn certificates_at_both_ends(peer: &Peer) -> anyhow::Result<()> {
    let certificates = Certificates::new()?;
    let (cert, key) = &certificates.server;
    let served = peer.ask(json!({
        "do": "serve", "options": { "threshold": 0 }, "fragments": true, "seed": 3,
        "tls": { "cert": cert, "key": key, "ca": certificates.root },
    }))?;
    let url = format!("wss://localhost:{}/", served["port"]);
    let heartwire = Heartwire::start(Driver::default(), |_| {})?;
    let (cert, key) = &certificates.client;
    let root = || Some(certificates.root.clone());
    let full = TlsChoice {
        roots: root(),
        certificate: Some(cert.clone()),
        key: Some(key.clone()),
        accept_invalid: false,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let relay = format!("ws://{}/ws/relay", heartwire.address);
    runtime.block_on(async {
        let unknown = converse(&relay, Connect::new(&url)).await?;
        ensure!(unknown.iter().any(|said| said.contains("TLS with localhost failed")), "{unknown:?}");
        let nobody = TlsChoice { roots: root(), ..TlsChoice::default() };
        let nobody = converse(&relay, Connect { tls: nobody, ..Connect::new(&url) }).await?;
        ensure!(nobody.iter().all(|said| said != "message"), "it asks for a certificate: {nobody:?}");
        // The peer sends the authority's certificate behind its own.
        let said = converse(&relay, Connect { tls: full, ..Connect::new(&url) }).await?;
        ensure!(
            said == ["open TLSv1_3 2 compressed", "pong", "message", "message", "close 4000", "ended true"],
            "{said:?}"
        );
        mounted_with_certificates(&url, &certificates).await
    })
}

/// The same server as a mounted target: with the certificates in files, and mounted while the server runs.
async fn mounted_with_certificates(url: &str, certificates: &Certificates) -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("heartwire-certificates-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).map(|()| path)
    };
    let (cert, key) = &certificates.client;
    let files = TrustFiles {
        roots: vec![write("root.pem", &certificates.root)?],
        identity: Some((write("cert.pem", cert)?, write("key.pem", key)?)),
    };
    let mount = format!("files={url}").parse()?;
    let heartwire = Heartwire::start(Driver::default(), |config| {
        config.via = vec![mount];
        config.via_tls = Some(files);
    })?;
    std::fs::remove_dir_all(&folder)?;
    let tls = json!({ "roots": certificates.root, "certificate": cert, "key": key });
    let body = json!({ "url": url, "tls": tls }).to_string();
    let mut api = TcpStream::connect(heartwire.address)?;
    write!(
        api,
        "POST /api/vias/made HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    api.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    for name in ["files", "made"] {
        let carried = format!("ws://{}/ws/via/{name}", heartwire.address);
        let mut channel = connect(&carried, &ConnectOptions::default()).await.context(name)?.channel();
        channel.send(OwnedMessage::Text("over TLS".to_owned())).await?;
        let answer = channel.recv().await.context("it answers")?;
        ensure!(answer.as_bytes() == b"over TLS", "{name}: {answer:?}");
    }
    Ok(())
}

/// A conversation through the relay: what was told, in short.
async fn converse(relay: &str, target: Connect) -> anyhow::Result<Vec<String>> {
    let options = ConnectOptions { protocols: vec![SUBPROTOCOL.to_owned()], ..ConnectOptions::default() };
    let mut channel = connect(relay, &options).await?.channel();
    let long = "compressible ".repeat(1000);
    let send = |payload| Command::Send { kind: Kind::Text, fragment: Some(1000), payload };
    for command in
        [target.write(), Command::Ping(b"?").write(), send(b"short").write(), send(long.as_bytes()).write()]
    {
        tell(&mut channel, command).await?;
    }
    let mut said: Vec<String> = Vec::new();
    while let Some(message) = channel.recv().await {
        let frame = match message.kind() {
            MessageKind::Text => Frame::Text(std::str::from_utf8(message.as_bytes())?),
            MessageKind::Binary => Frame::Binary(message.as_bytes()),
        };
        match Event::read(frame)? {
            Event::Open(opened) => {
                let tls = opened.tls.context("it is wss")?;
                let compression = if opened.compression.is_some() { "compressed" } else { "plain" };
                said.push(format!("open {} {} {compression}", tls.version, tls.certificates.len()));
            }
            Event::Message { payload, wire, frames, fragments, .. } => {
                ensure!(payload == b"short" || payload == long.as_bytes(), "the echo is another");
                ensure!(fragments.is_empty() == (frames == 1), "{frames} frames of {fragments:?}");
                ensure!(fragments.is_empty() || fragments.iter().sum::<u64>() == payload.len() as u64);
                ensure!(wire > 0);
                said.push("message".to_owned());
                if said.iter().filter(|said| *said == "message").count() == 2 {
                    tell(&mut channel, Command::Close(Some((4000, "enough".to_owned()))).write()).await?;
                }
            }
            // How many Pings the peer sends between its fragments is its own affair.
            Event::Ping { .. } => {}
            Event::Pong { payload: b"?", .. } => said.push("pong".to_owned()),
            Event::Pong { .. } => {}
            Event::Close { code, .. } => said.push(format!("close {}", code.unwrap_or_default())),
            Event::Ended { clean, .. } => said.push(format!("ended {clean}")),
            Event::Failed { error, .. } | Event::Refused { error } => said.push(error),
        }
    }
    Ok(said)
}

async fn tell(channel: &mut socket::Channel<socket::MaybeTls>, message: Encoded) -> anyhow::Result<()> {
    let message = match message {
        Encoded::Text(text) => OwnedMessage::Text(text),
        Encoded::Binary(bytes) => OwnedMessage::Binary(bytes),
    };
    // The relay may be done already.
    let _ = channel.send(message).await;
    Ok(())
}

//! Against `tungstenite`, both roles. It has no compression: offers are declined, or none is made.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread::JoinHandle;

use anyhow::{Context as _, bail, ensure};
use fastrand::Rng;
use interop::host::{Host, HostOptions};
use interop::report::Suite;
use interop::settings::MESSAGES;
use interop::traffic::{Traffic, compare};
use interop::visitor::{Closing, Style, Visit};
use interop::{CLOSE_REQUEST, DRIVERS, PATIENCE, close_request, driver_name};
use server::Driver;
use socket::OwnedMessage;
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::{Message, WebSocket};
use wire::deflate::{ClientWindow, Offer, WindowBits};
use wire::{CloseCode, End, MessageKind};

/// Connections per role and style.
const CONNECTIONS: usize = 8;

fn main() -> ExitCode {
    let mut suite = Suite::default();
    let messages = MESSAGES.div_ceil(2 * CONNECTIONS);
    for style in [Style::Calls, Style::Frames] {
        for number in 0..CONNECTIONS {
            suite.test(format!("server::{style:?} {number}"), move || visit_peer(style, number, messages));
            for &driver in DRIVERS {
                let name = format!("client::{style:?} {number}, {}", driver_name(driver));
                suite.test(name, move || host_peer(driver, style, number, messages));
            }
        }
    }
    suite.run()
}

fn offers(number: usize) -> Vec<Offer> {
    match number % 3 {
        0 => Vec::new(),
        1 => vec![Offer::BROWSER],
        _ => vec![Offer {
            server_no_context_takeover: true,
            client_no_context_takeover: true,
            server_max_window_bits: WindowBits::new(9),
            client_max_window_bits: ClientWindow::AtMost(WindowBits::MIN),
        }],
    }
}

/// `tungstenite` is the server.
fn visit_peer(style: Style, number: usize, messages: usize) -> anyhow::Result<()> {
    let (address, peer) = echo(style, number as u64)?;
    let closing = match number % 3 {
        0 => Closing::Here(1001, "weiter geht's"),
        1 => Closing::There(3000, "до свидания"),
        _ => Closing::HereEmpty,
    };
    let visit = Visit {
        url: format!("ws://{address}/"),
        offers: offers(number),
        deflate: wire::deflate::Settings::default(),
        style,
        seed: number as u64,
        messages,
        closing,
    };
    let visited = visit.run()?;
    ensure!(visited.established.deflate.is_none(), "{:?}", visited.established);
    let ended = peer.join().map_err(|_| anyhow::anyhow!("the peer panicked"))??;
    let (expected, requests) = match closing {
        Closing::Here(code, reason) => (Some((code, reason.to_owned())), 0),
        Closing::HereEmpty => (None, 0),
        // What answers its Close says the same.
        Closing::There(code, reason) => (Some((code, reason.to_owned())), 1),
    };
    ensure!(
        ended == (messages + requests, expected.clone()),
        "the peer ended with {ended:?}, not {expected:?}"
    );
    Ok(())
}

type Ended = (usize, Option<(u16, String)>);

/// An echo for one connection: how many messages it got, and the Close that came.
fn echo(style: Style, seed: u64) -> anyhow::Result<(SocketAddr, JoinHandle<anyhow::Result<Ended>>)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let thread = std::thread::spawn(move || {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut rng = Rng::with_seed(seed);
        let mut peer = tungstenite::accept(stream)?;
        let mut messages = 0;
        let mut close = None;
        loop {
            match peer.read() {
                Ok(Message::Close(frame)) => {
                    close = frame.map(|frame| (frame.code.into(), frame.reason.to_string()));
                }
                Ok(message) => {
                    let Some(message) = owned(message) else { continue };
                    messages += 1;
                    if let Some((code, reason)) = close_request(message.as_bytes()) {
                        let frame = CloseFrame { code: code.0.into(), reason: reason.into() };
                        peer.close(Some(frame))?;
                        continue;
                    }
                    send(&mut peer, &mut rng, &message, style)?;
                }
                Err(tungstenite::Error::ConnectionClosed) => return Ok((messages, close)),
                Err(error) => return Err(error.into()),
            }
        }
    });
    Ok((address, thread))
}

/// `tungstenite` is the client.
fn host_peer(driver: Driver, style: Style, number: usize, messages: usize) -> anyhow::Result<()> {
    let seed = 100 + number as u64;
    let host = Host::start(HostOptions { style, seed, driver, ..HostOptions::default() })?;
    let stream = TcpStream::connect(host.address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let (mut peer, _) = tungstenite::client(host.url(), stream)?;

    let mut rng = Rng::with_seed(seed);
    let mut to_send = Traffic::new(seed).take(messages);
    let mut waiting: VecDeque<OwnedMessage> = VecDeque::new();
    let (mut pings, mut pongs) = (0, 0);
    loop {
        // This end doesn't read while it writes: what is under way must fit the buffers in between.
        if waiting.iter().map(|message| message.as_bytes().len()).sum::<usize>() < 16 << 10
            && let Some(message) = to_send.next()
        {
            pings += send(&mut peer, &mut rng, &message, style)?;
            waiting.push_back(message);
            continue;
        }
        if waiting.is_empty() && pongs == pings {
            break;
        }
        match peer.read()? {
            Message::Pong(payload) => pongs += usize::from(&payload[..] != interop::fragmenter::UNASKED),
            message => {
                let Some(message) = owned(message) else { continue };
                let expected = waiting.pop_front().context("more came than was sent")?;
                compare(message.kind(), message.as_bytes(), &expected)?;
            }
        }
    }

    let there = number % 3 == 1;
    let (code, reason) = (4000 + number as u16, "ciao, 再见");
    if there {
        peer.send(Message::text(format!("{CLOSE_REQUEST}{code} {reason}")))?;
    } else {
        peer.close(Some(CloseFrame { code: code.into(), reason: reason.into() }))?;
    }
    let Message::Close(Some(close)) = peer.read().context("no Close came")? else {
        bail!("something came instead of a Close with a code");
    };
    ensure!(u16::from(close.code) == code && close.reason.as_str() == reason, "{close:?}");
    let end = peer.read().expect_err("nothing follows a Close");
    ensure!(matches!(end, tungstenite::Error::ConnectionClosed), "no clean end: {end}");

    // The server lingers until this end of TCP is closed, too.
    drop(peer);
    let ended = host.ended()?;
    let code = Some(Some(CloseCode(code)));
    ensure!(ended.params.is_none(), "{ended:?}");
    ensure!(ended.close_sent == code && ended.close_received == code, "no clean close: {ended:?}");
    let expected = if there { End::Finished } else { End::PeerClosed };
    ensure!(ended.end == expected && ended.cause.is_none(), "no clean close: {ended:?}");
    Ok(())
}

/// Sends whole, or in fragments with control frames in between. Tells how many Pings went out.
fn send(
    peer: &mut WebSocket<TcpStream>,
    rng: &mut Rng,
    message: &OwnedMessage,
    style: Style,
) -> tungstenite::Result<usize> {
    let payload = message.as_bytes();
    let mut pings = 0;
    if style == Style::Calls {
        peer.send(match message {
            OwnedMessage::Text(text) => Message::text(text),
            OwnedMessage::Binary(bytes) => Message::binary(bytes.clone()),
        })?;
        if rng.u32(..8) == 0 {
            pings += 1;
            peer.send(Message::Ping(vec![0x5a; rng.usize(..=125)].into()))?;
        }
        return Ok(pings);
    }
    let mut cuts: Vec<usize> = (0..rng.usize(..8)).map(|_| rng.usize(..=payload.len())).collect();
    cuts.sort_unstable();
    cuts.push(payload.len());
    let mut start = 0;
    for (index, end) in cuts.iter().copied().enumerate() {
        let opcode = match message.kind() {
            _ if index > 0 => Data::Continue,
            MessageKind::Text => Data::Text,
            MessageKind::Binary => Data::Binary,
        };
        let last = index + 1 == cuts.len();
        let frame = Frame::message(payload[start..end].to_vec(), OpCode::Data(opcode), last);
        peer.write(Message::Frame(frame))?;
        start = end;
        if !last && rng.u32(..6) == 0 {
            pings += 1;
            peer.write(Message::Ping(vec![0x5a; rng.usize(..=125)].into()))?;
        }
    }
    peer.flush()?;
    Ok(pings)
}

fn owned(message: Message) -> Option<OwnedMessage> {
    match message {
        Message::Text(text) => Some(OwnedMessage::Text(text.to_string())),
        Message::Binary(bytes) => Some(OwnedMessage::Binary(bytes.to_vec())),
        _ => None,
    }
}

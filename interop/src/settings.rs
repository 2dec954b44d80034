//! Every choice of compression that both ends can make, as one list per peer and role.

use std::sync::Arc;

use anyhow::ensure;
use serde_json::{Value, json};
use server::{Compression, Driver};
use wire::deflate::{ClientWindow, Offer, Params, Retain, ServerPolicy, Settings, WindowBits};

use crate::heartwire::Heartwire;
use crate::host::{Host, HostOptions};
use crate::peer::Peer;
use crate::report::Suite;
use crate::visitor::{Closing, Style, Visit};
use crate::{DRIVERS, driver_name};

/// Messages each way, per peer and role, over all its settings.
pub const MESSAGES: usize = 10_000;

/// What `--compression` can be.
const MODES: [Compression; 3] = [Compression::Off, Compression::On, Compression::Takeover];

/// A setting in which our client visits the peer's echo.
pub struct Outbound {
    /// For the test's name.
    pub name: String,
    /// The peer's options; `false`: no compression.
    pub peer: Value,
    /// What we offer.
    pub offers: Vec<Offer>,
    /// How we compress.
    pub deflate: Settings,
    /// What both have to agree on.
    pub agreed: Option<Params>,
}

/// A setting in which the peer's client visits our echo.
pub struct Inbound {
    /// For the test's name.
    pub name: String,
    /// The peer's options; `false`: no compression.
    pub peer: Value,
    /// How we answer offers.
    pub policy: Option<ServerPolicy>,
    /// How we compress.
    pub deflate: Settings,
    /// What both have to agree on.
    pub agreed: Option<Params>,
}

/// Window bits, in tables of settings.
///
/// # Panics
/// Outside 8 to 15.
#[must_use]
pub fn bits(bits: u8) -> WindowBits {
    WindowBits::new(bits).expect("tables have 8 to 15")
}

/// What is agreed on, as `(server_no_context_takeover, client_no_context_takeover, server bits, client bits)`.
#[must_use]
pub fn agreed(server_alone: bool, client_alone: bool, server_bits: u8, client_bits: u8) -> Option<Params> {
    Some(Params {
        server_no_context_takeover: server_alone,
        client_no_context_takeover: client_alone,
        server_max_window_bits: bits(server_bits),
        client_max_window_bits: bits(client_bits),
    })
}

/// An offer that leaves the client's window to the server.
#[must_use]
pub fn offer() -> Offer {
    Offer { client_max_window_bits: ClientWindow::Adjustable, ..Offer::default() }
}

/// Compressors of every kind, chosen by a number.
#[must_use]
pub fn compressor(number: usize) -> Settings {
    Settings {
        level: [1, 6, 9][number % 3],
        threshold: [0, 64, 1024][number / 2 % 3],
        retain: if number.is_multiple_of(2) { Retain::State } else { Retain::Window },
    }
}

/// How a connection ends; each way in turn.
fn closing(number: usize) -> Closing {
    match number % 4 {
        0 => Closing::Here(1000, "done"),
        1 => Closing::There(4321, "auf Wiedersehen, до свидания, さようなら"),
        2 => Closing::HereEmpty,
        _ => Closing::Here(3999, "genug für heute"),
    }
}

/// Adds the tests of both roles: each setting once with whole messages and once with fragments. `default` are the options
/// with which the peer's client offers compression. Gives back the peer, or what is missing to run it.
///
/// # Errors
/// What is missing.
pub fn add(
    suite: &mut Suite,
    peer: anyhow::Result<Peer>,
    default: &Value,
    outbound: Vec<Outbound>,
    inbound: Vec<Inbound>,
) -> Result<Arc<Peer>, String> {
    let peer = match peer {
        Ok(peer) => Arc::new(peer),
        Err(missing) => {
            let missing = format!("{missing:#}");
            outbound.iter().for_each(|setting| suite.skip(format!("server::{}", setting.name), &missing));
            for setting in &inbound {
                DRIVERS.iter().for_each(|&driver| suite.skip(inbound_test(setting, driver), &missing));
            }
            for (compression, driver) in heartwires() {
                suite.skip(heartwire_test(compression, driver), &missing);
            }
            return Err(missing);
        }
    };
    let messages = MESSAGES.div_ceil(outbound.len() * 2);
    for (number, setting) in outbound.into_iter().enumerate() {
        let peer = Arc::clone(&peer);
        let name = format!("server::{}", setting.name);
        suite.test(name, move || {
            visit_peer(&peer, &setting, Style::Calls, 2 * number, messages)?;
            visit_peer(&peer, &setting, Style::Frames, 2 * number + 1, messages)
        });
    }
    let messages = MESSAGES.div_ceil(inbound.len() * 2);
    for (number, setting) in inbound.into_iter().enumerate() {
        let setting = Arc::new(setting);
        for &driver in DRIVERS {
            let (peer, setting) = (Arc::clone(&peer), Arc::clone(&setting));
            suite.test(inbound_test(&setting, driver), move || {
                host_peer(&peer, &setting, driver, Style::Calls, 2 * number, messages)?;
                host_peer(&peer, &setting, driver, Style::Frames, 2 * number + 1, messages)
            });
        }
    }
    for (compression, driver) in heartwires() {
        let (peer, default) = (Arc::clone(&peer), default.clone());
        let name = heartwire_test(compression, driver);
        suite.test(name, move || visit_heartwire(&peer, &default, compression, driver));
    }
    Ok(peer)
}

/// The servers as users run them.
fn heartwires() -> impl Iterator<Item = (Compression, Driver)> {
    DRIVERS.iter().flat_map(|&driver| MODES.map(|compression| (compression, driver)))
}

fn heartwire_test(compression: Compression, driver: Driver) -> String {
    format!("client::of heartwire itself, compression {compression:?}, {}", driver_name(driver))
}

/// The test of a setting in which our echo is visited.
fn inbound_test(setting: &Inbound, driver: Driver) -> String {
    format!("client::{}, {}", setting.name, driver_name(driver))
}

/// The peer's client visits the echo of the server as users run it.
fn visit_heartwire(
    peer: &Peer,
    default: &Value,
    compression: Compression,
    driver: Driver,
) -> anyhow::Result<()> {
    const EACH: usize = 500;
    let heartwire = Heartwire::start(driver, |config| config.socket.compression = compression)?;
    let compressed = if compression == Compression::Off { "" } else { wire::deflate::NAME };
    for (number, fragments) in (1..).zip([false, true]) {
        let visited = peer.ask(json!({
            "do": "visit", "url": format!("ws://{}/ws", heartwire.address), "options": default,
            "seed": 3000 + number, "messages": EACH, "fragments": fragments,
            "close": { "there": false, "code": 3000 + number, "reason": "tot ziens" },
        }))?;
        ensure!(visited["messages"] == EACH, "the peer got {} messages", visited["messages"]);
        ensure!(visited["compressed"] == compressed, "the peer says {visited}");
        ensure!(
            visited["code"] == 3000 + number && visited["reason"] == "tot ziens",
            "it ended with {visited}"
        );
    }
    let visited = peer.ask(json!({
        "do": "visit", "url": format!("ws://{}/ws?close=4001&reason=why", heartwire.address), "options": default,
        "seed": 1, "messages": 1, "fragments": false, "close": { "there": true, "code": 1000, "reason": "not asked" },
    }))?;
    ensure!(visited["code"] == 4001 && visited["reason"] == "why", "it ended with {visited}");
    Ok(())
}

fn visit_peer(
    peer: &Peer,
    setting: &Outbound,
    style: Style,
    number: usize,
    messages: usize,
) -> anyhow::Result<()> {
    let seed = 1000 + number as u64;
    let fragments = style == Style::Frames;
    let served =
        peer.ask(json!({ "do": "serve", "options": setting.peer, "fragments": fragments, "seed": seed }))?;
    let port = &served["port"];
    let closing = closing(number / 2 + number % 2);
    let visit = Visit {
        url: format!("ws://127.0.0.1:{port}/"),
        offers: setting.offers.clone(),
        deflate: setting.deflate,
        style,
        seed,
        messages,
        closing,
    };
    let visited = visit.run()?;
    let agreed = visited.established.deflate;
    ensure!(agreed == setting.agreed, "{agreed:?} agreed, not {:?}", setting.agreed);
    check_savings(agreed, visited.counts.payload_in, visited.counts.wire_in)?;

    let ended = peer.ask(json!({ "do": "ended", "port": port }))?;
    let (code, reason, requests) = match closing {
        Closing::Here(code, reason) => (code, reason, 0),
        Closing::HereEmpty => (1005, "", 0),
        Closing::There(code, reason) => (code, reason, 1),
    };
    ensure!(ended["code"] == code && ended["reason"] == reason, "the peer ended with {ended}");
    ensure!(ended["messages"] == messages + requests, "the peer got {} messages", ended["messages"]);
    // A Close of the peer's own leaves it no time to wait for its last Pongs.
    ensure!(requests == 1 || ended["pings"] == ended["pongs"], "not all Pongs came: {ended}");
    Ok(())
}

fn host_peer(
    peer: &Peer,
    setting: &Inbound,
    driver: Driver,
    style: Style,
    number: usize,
    messages: usize,
) -> anyhow::Result<()> {
    let seed = 2000 + number as u64;
    let fragments = style == Style::Frames;
    let settings = Arc::new(wire::ConnectionSettings {
        deflate: setting.deflate,
        ..wire::ConnectionSettings::default()
    });
    let host = Host::start(HostOptions { policy: setting.policy, settings, style, seed, driver })?;
    let there = number % 3 == 1;
    let (code, reason) = if there { (4444, "bis bald, 再见") } else { (1000, "fertig, готово") };
    let visited = peer.ask(json!({
        "do": "visit", "url": host.url(), "options": setting.peer, "seed": seed, "messages": messages,
        "fragments": fragments, "close": { "there": there, "code": code, "reason": reason },
    }))?;
    ensure!(visited["messages"] == messages, "the peer got {} messages", visited["messages"]);
    ensure!(visited["code"] == code && visited["reason"] == reason, "the peer ended with {visited}");

    let ended = host.ended()?;
    ensure!(ended.params == setting.agreed, "{:?} agreed, not {:?}", ended.params, setting.agreed);
    let code = Some(Some(wire::CloseCode(code)));
    ensure!(ended.close_sent == code && ended.close_received == code, "no clean close: {ended:?}");
    let end = if there { wire::End::Finished } else { wire::End::PeerClosed };
    ensure!(ended.end == end && ended.cause.is_none(), "no clean close: {ended:?}");
    ensure!(ended.counts.messages_in == messages as u64 + u64::from(there), "{ended:?}");
    check_savings(ended.params, ended.counts.payload_in, ended.counts.wire_in)
}

/// Much of the traffic compresses well: if it didn't get shorter, nothing was compressed, whatever was agreed on.
fn check_savings(agreed: Option<Params>, payload: u64, wire: u64) -> anyhow::Result<()> {
    let saved = wire < payload / 10 * 9;
    ensure!(saved == agreed.is_some(), "{payload} bytes of messages took {wire} bytes with {agreed:?}");
    Ok(())
}

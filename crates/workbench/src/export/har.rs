use std::fmt::Write as _;

use super::Privacy;
use super::jsonl::{write_handshake, write_wire};
use crate::bytes::to_base64_into;
use crate::connection::Connection;
use crate::entry::{Body, Delivery, Direction, Entry, Kind, What};
use crate::json::quote_into;
use crate::words::Word;

pub(super) fn write_header(out: &mut String) {
    let creator = concat!("{\"name\":\"Heartwire\",\"version\":\"", env!("CARGO_PKG_VERSION"), "\"}");
    let _ = write!(out, "{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"pages\":[],\"entries\":[");
}

pub(super) fn write_footer(out: &mut String) {
    out.push_str("]}}\n");
}

/// The members that HAR 1.2 demands, then the open list of messages. A connection that never opened has status 0, as
/// browsers write it.
pub(super) fn write_connection_start(
    out: &mut String,
    first: bool,
    connection: &Connection,
    privacy: &Privacy,
) {
    if !first {
        out.push(',');
    }
    let empty = "\"headersSize\":-1,\"bodySize\":-1";
    let millis = |from: crate::time::Micros, to: Option<crate::time::Micros>| {
        to.map_or(0, |to| to.since(from).max(0) / 1000)
    };
    let began = connection.began;
    let (wait, whole) = (millis(began, connection.opened), millis(began, connection.ended));
    let _ = write!(
        out,
        "{{\"startedDateTime\":\"{}\",\"time\":{whole},\"request\":{{\"method\":\"GET\",\"url\":",
        began.iso()
    );
    let url = privacy.url(connection);
    let url = if url.is_empty() { privacy.address(connection) } else { url.into() };
    quote_into(out, &url);
    out.push_str(",\"httpVersion\":\"HTTP/1.1\",\"queryString\":[],\"cookies\":[],\"headers\":");
    headers(out, &connection.headers, ("Sec-WebSocket-Protocol", &connection.offered.join(", ")), privacy);
    let handshake = connection.handshake.as_deref();
    let (status, words) = match handshake.map_or(0, |handshake| handshake.status) {
        0 | 101 if connection.opened.is_some() => (101, "Switching Protocols"),
        status => (status, ""),
    };
    let _ = write!(
        out,
        ",{empty}}},\"response\":{{\"status\":{status},\"statusText\":\"{words}\",\"httpVersion\":\"HTTP/1.1\",\
         \"content\":{{\"size\":0,\"mimeType\":\"x-unknown\"}},\"redirectURL\":\"\",\"cookies\":[],\"headers\":"
    );
    headers(out, &connection.answer, ("Sec-WebSocket-Protocol", &connection.protocol), privacy);
    let _ = write!(
        out,
        ",{empty}}},\"cache\":{{}},\"timings\":{{\"send\":0,\"wait\":{wait},\"receive\":{}}}",
        whole - wait.min(whole)
    );
    if let Some(handshake) = handshake {
        if let Some((host, _)) = handshake.address.rsplit_once(':') {
            let host = host.trim_matches(['[', ']']);
            out.push_str(",\"serverIPAddress\":");
            quote_into(out, host);
        }
        out.push_str(",\"_handshake\":");
        write_handshake(out, handshake);
    }
    out.push_str(",\"_resourceType\":\"websocket\",\"_webSocketMessages\":[");
}

/// A list of header fields, and one more unless it is empty or there already.
fn headers(out: &mut String, fields: &[(String, String)], more: (&str, &str), privacy: &Privacy) {
    let known = more.1.is_empty() || fields.iter().any(|(name, _)| name.eq_ignore_ascii_case(more.0));
    let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    out.push('[');
    for (i, (name, value)) in fields.chain((!known).then_some(more)).enumerate() {
        out.push_str(if i > 0 { ",{\"name\":" } else { "{\"name\":" });
        quote_into(out, name);
        out.push_str(",\"value\":");
        quote_into(out, &privacy.header(name, value));
        out.push('}');
    }
    out.push(']');
}

pub(super) fn write_connection_end(out: &mut String) {
    out.push_str("]}");
}

/// The opcode of an entry; `None` where HAR has no place for it. What never went out was no message of the
/// connection.
pub(super) fn opcode(entry: &Entry<'_>) -> Option<i8> {
    if matches!(entry.delivery, Some(Delivery::Queued | Delivery::Dropped)) {
        return None;
    }
    match (entry.kind, entry.body) {
        (Kind::Message, Body::Text(_)) => Some(1),
        (Kind::Message, Body::Binary(_)) => Some(2),
        (Kind::Ping, _) => Some(9),
        (Kind::Pong, _) => Some(10),
        (Kind::Error, _) => Some(-1),
        (Kind::Connected | Kind::Disconnected | Kind::Note, _) => None,
    }
}

/// Appends a message as Chromium does: seconds since the epoch, binary in base64, errors with opcode -1; and what is
/// known of its frames in members of our own.
/// Returns whether HAR has a place for this entry.
pub(super) fn write_message(out: &mut String, entry: &Entry<'_>, first: bool, privacy: &Privacy) -> bool {
    let Some(opcode) = opcode(entry) else { return false };
    let sort = match (entry.kind, entry.direction) {
        (Kind::Error, _) => "error",
        (_, Direction::Out) => "send",
        _ => "receive",
    };
    let (seconds, micros) = (entry.time.0 / 1_000_000, entry.time.0 % 1_000_000);
    let comma = if first { "" } else { "," };
    let _ = write!(
        out,
        "{comma}\n{{\"type\":\"{sort}\",\"time\":{seconds}.{micros:06},\"opcode\":{opcode},\"data\":"
    );
    match entry.body {
        // An error of the page's own has no words; its name says as much.
        Body::Text(_) if entry.kind == Kind::Error && entry.fact.what != What::Said => {
            quote_into(out, entry.fact.what.word());
        }
        Body::Text(text) => quote_into(out, &privacy.text(text)),
        Body::Binary(bytes) => {
            out.push('"');
            to_base64_into(out, &privacy.bytes(bytes));
            out.push('"');
        }
    }
    write_wire(out, "_", entry.wire);
    out.push('}');
    true
}

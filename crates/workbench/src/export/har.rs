use std::fmt::Write as _;

use super::ConnectionInfo;
use crate::bytes::to_base64_into;
use crate::entry::{Body, Direction, Entry, Kind};
use crate::json::quote_into;
use crate::time::Micros;

pub(super) fn write_header(out: &mut String) {
    let creator = concat!("{\"name\":\"Heartwire\",\"version\":\"", env!("CARGO_PKG_VERSION"), "\"}");
    let _ = write!(out, "{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"pages\":[],\"entries\":[");
}

pub(super) fn write_footer(out: &mut String) {
    out.push_str("]}}\n");
}

/// The members that HAR 1.2 demands, then the open list of messages.
pub(super) fn write_connection_start(
    out: &mut String,
    first: bool,
    connection: &ConnectionInfo,
    started: Micros,
) {
    if !first {
        out.push(',');
    }
    let empty = "\"cookies\":[],\"headers\":[],\"headersSize\":-1,\"bodySize\":-1";
    let started = started.iso();
    let _ = write!(
        out,
        "{{\"startedDateTime\":\"{started}\",\"time\":0,\"request\":{{\"method\":\"GET\",\"url\":"
    );
    quote_into(out, &connection.url);
    let _ = write!(
        out,
        ",\"httpVersion\":\"HTTP/1.1\",\"queryString\":[],{empty}}},\"response\":{{\"status\":101,\
         \"statusText\":\"Switching Protocols\",\"httpVersion\":\"HTTP/1.1\",\"content\":{{\"size\":0,\
         \"mimeType\":\"x-unknown\"}},\"redirectURL\":\"\",{empty}}},\"cache\":{{}},\
         \"timings\":{{\"send\":0,\"wait\":0,\"receive\":0}},\"_resourceType\":\"websocket\",\
         \"_webSocketMessages\":["
    );
}

pub(super) fn write_connection_end(out: &mut String) {
    out.push_str("]}");
}

/// Appends a message as Chromium does: seconds since the epoch, binary in base64, errors with opcode -1.
/// Returns whether HAR has a place for this entry.
pub(super) fn write_message(out: &mut String, entry: &Entry<'_>, first: bool) -> bool {
    let opcode = match (entry.kind, entry.body) {
        (Kind::Message, Body::Text(_)) => 1,
        (Kind::Message, Body::Binary(_)) => 2,
        (Kind::Ping, _) => 9,
        (Kind::Pong, _) => 10,
        (Kind::Error, _) => -1,
        (Kind::Connected | Kind::Disconnected | Kind::Note, _) => return false,
    };
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
        Body::Text(text) => quote_into(out, text),
        Body::Binary(bytes) => {
            out.push('"');
            to_base64_into(out, bytes);
            out.push('"');
        }
    }
    out.push('}');
    true
}

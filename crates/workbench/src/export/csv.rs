use std::fmt::Write as _;

use super::{delivery_word, direction_word, kind_word, push_millis};
use crate::bytes::to_base64_into;
use crate::entry::{Body, Entry};
use crate::time::Micros;

/// The header row. `time` is for people, `time_ms` is what is read back.
pub(crate) const COLUMNS: &str =
    "id,time,time_ms,connection,direction,kind,size,delivery,heartbeat,code,clean,pair,rtt_ms,encoding,data";

pub(super) fn write_header(out: &mut String) {
    out.push_str(COLUMNS);
    out.push_str("\r\n");
}

pub(super) fn write_entry(out: &mut String, entry: &Entry<'_>) {
    let _ = write!(out, "{},{},", entry.id, entry.time.iso());
    push_millis(out, entry.time);
    let (direction, kind) = (direction_word(entry.direction), kind_word(entry.kind));
    let delivery = entry.delivery.map_or("", delivery_word);
    let _ = write!(
        out,
        ",{},{direction},{kind},{},{delivery},{},",
        entry.connection.0,
        entry.size(),
        entry.heartbeat
    );
    if entry.code != 0 {
        let _ = write!(out, "{}", entry.code);
    }
    let _ = write!(out, ",{},", entry.clean);
    if let Some(pair) = entry.pair {
        let _ = write!(out, "{pair}");
    }
    out.push(',');
    if let Some(rtt) = entry.rtt_micros {
        push_millis(out, Micros(rtt.into()));
    }
    match entry.body {
        Body::Text(text) => {
            out.push_str(",text,");
            field(out, text);
        }
        Body::Binary(bytes) => {
            out.push_str(",base64,");
            to_base64_into(out, bytes);
        }
    }
    out.push_str("\r\n");
}

/// RFC 4180, section 2: fields with line ends, quotes or commas are quoted, quotes are doubled. Fields with
/// white space at an end are quoted too, as some readers trim.
fn field(out: &mut String, text: &str) {
    let quoted = text.contains(['"', ',', '\r', '\n']) || text.trim().len() != text.len();
    if !quoted {
        out.push_str(text);
        return;
    }
    out.push('"');
    for (i, part) in text.split('"').enumerate() {
        if i > 0 {
            out.push_str("\"\"");
        }
        out.push_str(part);
    }
    out.push('"');
}

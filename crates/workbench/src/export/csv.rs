use std::fmt::Write as _;

use super::{Privacy, push_millis};
use crate::bytes::to_base64_into;
use crate::entry::{Body, Entry, Origin, What, Wire};
use crate::time::Micros;
use crate::words::Word;

/// The header row. `time` is for people, `time_ms` is what is read back. `fragments` has the sizes of a message's frames
/// where there are several, with spaces, and behind a plus how many more there were.
pub(crate) const COLUMNS: &str = "id,time,time_ms,connection,direction,kind,what,ms,n,size,delivery,origin,code,\
                                  clean,pair,rtt_ms,wire,compressed,fragments,encoding,data";

/// What a spreadsheet takes for the beginning of a formula, and the apostrophe that keeps it from doing so.
pub(crate) const FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\''];

pub(super) fn write_header(out: &mut String) {
    // Without it spreadsheets read the file in the encoding of the system.
    out.push('\u{FEFF}');
    out.push_str(COLUMNS);
    out.push_str("\r\n");
}

pub(super) fn write_entry(out: &mut String, entry: &Entry<'_>, privacy: &Privacy) {
    let _ = write!(out, "{},{},", entry.id, entry.time.iso());
    push_millis(out, entry.time);
    let (direction, kind) = (entry.direction.word(), entry.kind.word());
    let _ = write!(out, ",{},{direction},{kind},", entry.connection.0);
    if entry.fact.what != What::Said {
        out.push_str(entry.fact.what.word());
    }
    for number in [entry.fact.millis, entry.fact.count] {
        out.push(',');
        if number != 0 {
            let _ = write!(out, "{number}");
        }
    }
    let delivery = entry.delivery.map_or("", Word::word);
    let origin = if entry.origin == Origin::Plain { "" } else { entry.origin.word() };
    let _ = write!(out, ",{},{delivery},{origin},", entry.size());
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
    match entry.wire {
        Some(Wire { bytes, compressed, frames, fragments }) => {
            let _ = write!(out, ",{bytes},{compressed},");
            let sizes = fragments.iter().map(u32::to_string).collect::<Vec<_>>();
            out.push_str(&sizes.join(" "));
            let more = frames.saturating_sub(sizes.len().max(1) as u64);
            if more > 0 {
                let _ = write!(out, " +{more}");
            }
        }
        None => out.push_str(",,,"),
    }
    match entry.body {
        Body::Text(text) => {
            out.push_str(",text,");
            field(out, &privacy.body(entry.fact.what, text));
        }
        Body::Binary(bytes) => {
            out.push_str(",base64,");
            to_base64_into(out, &privacy.bytes(bytes));
        }
    }
    out.push_str("\r\n");
}

/// RFC 4180, section 2: fields with line ends, quotes or commas are quoted, quotes are doubled. Fields with
/// white space at an end are quoted too, as some readers trim. A field that a spreadsheet would take for a formula
/// gets an apostrophe in front, and so does one that begins with an apostrophe, so that the first can be taken off
/// again.
fn field(out: &mut String, text: &str) {
    let apostrophe = if text.starts_with(FORMULA) { "'" } else { "" };
    let quoted = text.contains(['"', ',', '\r', '\n']) || text.trim().len() != text.len();
    if !quoted {
        out.push_str(apostrophe);
        out.push_str(text);
        return;
    }
    out.push('"');
    out.push_str(apostrophe);
    for (i, part) in text.split('"').enumerate() {
        if i > 0 {
            out.push_str("\"\"");
        }
        out.push_str(part);
    }
    out.push('"');
}

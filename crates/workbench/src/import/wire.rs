//! What files say of frames and handshakes.

use crate::connection::{Handshake, Timings, TlsSeen};
use crate::entry::{LISTED_FRAGMENTS, Wire};
use crate::json::Value;
use crate::time::Micros;

/// How an entry went over the wire, as members of an object whose names begin with `mark`; `None` where it says
/// nothing.
pub(super) fn wire(of: &Value<'_>, mark: &str) -> Option<Wire> {
    let names = ["wire", "compressed", "frames", "fragments"];
    let [bytes, compressed, frames, fragments] = names.map(|name| of.get(&format!("{mark}{name}")));
    let bytes = bytes?.as_u64()?;
    let fragments = fragments.map_or(&[][..], Value::items).iter().take(LISTED_FRAGMENTS);
    Some(Wire {
        bytes,
        compressed: compressed.and_then(Value::as_bool).unwrap_or(false),
        frames: frames.and_then(Value::as_u64).unwrap_or(1).max(1),
        fragments: fragments.filter_map(|len| u32::try_from(len.as_u64()?).ok()).collect(),
    })
}

/// What is told of a handshake.
pub(super) fn handshake(of: &Value<'_>) -> Handshake {
    let timings = of.get("timings");
    let tls = of.get("tls").map(|tls| TlsSeen {
        version: text(tls, "version"),
        cipher: text(tls, "cipher"),
        certificates: certificates(tls, "certificates"),
    });
    Handshake {
        address: text(of, "address"),
        status: status(of, "status"),
        timings: Timings::of(|name| millis(timings?.get(name)?)),
        tls,
    }
}

fn text(of: &Value<'_>, name: &str) -> String {
    of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn status(of: &Value<'_>, name: &str) -> u16 {
    of.get(name).and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok()).unwrap_or(0)
}

fn certificates(of: &Value<'_>, name: &str) -> Vec<String> {
    let all = of.get(name).map_or(&[][..], Value::items).iter();
    all.filter_map(|der| Some(der.as_str()?.to_owned())).collect()
}

/// Milliseconds, as microseconds.
fn millis(value: &Value<'_>) -> Option<u64> {
    match value {
        Value::Number(digits) => Micros::parse_millis(digits).map(|micros| micros.0),
        _ => None,
    }
}

mod ends;
mod handshake;
mod traffic;
mod when;

use serde::Serialize;

use super::plan::{CloseCode, FaultPlan, Flood, ProtocolAnswer, ResetStep, Ways};
use crate::units::{self, Progress, Rate};

/// The largest message that is made up here, in bytes.
const MAX_MESSAGE: u64 = 16 << 20;
/// The largest head of an answer, in bytes.
const MAX_HEAD: u64 = 1 << 20;
/// More headers than this are refused.
const MAX_HEADERS: usize = 32;

/// A parameter of every WebSocket endpoint.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Parameter {
    /// As it stands in the query.
    pub name: &'static str,
    /// What it has to do with.
    pub group: Group,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Which values it takes.
    pub values: &'static str,
    /// What holds without it.
    pub default: &'static str,
    /// How it is used.
    pub example: &'static str,
    /// Whether it may be there more than once.
    pub repeats: bool,
    #[serde(skip)]
    pub(super) read: fn(&mut FaultPlan, &str) -> Read,
    /// Its values in a plan; none where it is not in it.
    #[serde(skip)]
    pub(super) write: fn(&FaultPlan) -> Vec<String>,
}

/// What a parameter has to do with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// The opening handshake.
    Handshake,
    /// Messages.
    Traffic,
    /// How the connection ends, and what it leaves undone.
    Ends,
    /// Rules that are broken.
    Violations,
    /// For which connections and messages.
    When,
    /// The connection as a whole.
    Connection,
}

/// What became of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    Done,
    Wrong,
    /// For this direction there is one already.
    Twice,
}

impl Parameter {
    /// Every parameter, in the order in which people read about them.
    pub fn all() -> impl Iterator<Item = &'static Parameter> + Clone {
        [handshake::HANDSHAKE, traffic::TRAFFIC, ends::ENDS, when::WHEN].into_iter().flatten()
    }
}

const ON_OFF: &str = "on or off";
const CHANCES: &str = "a percentage such as 10% or 0.5%; \
                       in: in front means from the client, both: both ways, out: (or nothing) to the client";
const AFTER: &str = "messages from the client, their bytes or a time, such as 3msg, 10KiB or 2s";
const POINT: &str = "a message's number or a time, such as 10msg or 5s";
const CODES: &str = "1000-1003, 1007-1014, 3000-4999, or none";
const PROTOCOLS: [(&str, ProtocolAnswer); 3] = [
    ("wrong", ProtocolAnswer::Wrong),
    ("unrequested", ProtocolAnswer::Unrequested),
    ("missing", ProtocolAnswer::Missing),
];
const STEPS: [(&str, ResetStep); 3] =
    [("request", ResetStep::Request), ("head", ResetStep::Head), ("open", ResetStep::Open)];

fn done(act: impl FnOnce()) -> Read {
    act();
    Read::Done
}

fn set<T>(slot: &mut Option<T>, value: Option<T>) -> Read {
    match value {
        Some(value) => done(|| *slot = Some(value)),
        None => Read::Wrong,
    }
}

fn switch(slot: &mut bool, value: &str) -> Read {
    match value {
        "on" | "1" | "true" | "" => done(|| *slot = true),
        "off" | "0" | "false" => done(|| *slot = false),
        _ => Read::Wrong,
    }
}

fn ways<T: Copy>(slot: &mut Ways<T>, value: &str, parse: fn(&str) -> Option<T>) -> Read {
    let prefixes = [("in:", true, false), ("out:", false, true), ("both:", true, true), ("", false, true)];
    let Some((rest, incoming, outgoing)) = prefixes.into_iter().find_map(|(prefix, incoming, outgoing)| {
        value.strip_prefix(prefix).map(|rest| (rest, incoming, outgoing))
    }) else {
        return Read::Wrong;
    };
    let Some(parsed) = parse(rest) else { return Read::Wrong };
    for (wanted, slot) in [(incoming, &mut slot.incoming), (outgoing, &mut slot.outgoing)] {
        if wanted && slot.replace(parsed).is_some() {
            return Read::Twice;
        }
    }
    Read::Done
}

fn both_ways<T: ToString + PartialEq>(ways: Ways<T>) -> Vec<String> {
    match (ways.incoming, ways.outgoing) {
        (Some(incoming), Some(outgoing)) if incoming == outgoing => {
            vec![format!("both:{}", incoming.to_string())]
        }
        (incoming, outgoing) => {
            let incoming = incoming.map(|value| format!("in:{}", value.to_string()));
            incoming.into_iter().chain(outgoing.map(|value| value.to_string())).collect()
        }
    }
}

fn one(value: Option<impl ToString>) -> Vec<String> {
    value.map(|value| value.to_string()).into_iter().collect()
}

fn flag(on: bool) -> Vec<String> {
    one(on.then_some("on"))
}

fn named<T: Copy>(names: &[(&str, T)], value: &str) -> Option<T> {
    names.iter().find(|(name, _)| *name == value).map(|(_, meaning)| *meaning)
}

fn name_of<T: PartialEq>(names: &[(&'static str, T)], meaning: T) -> Option<&'static str> {
    names.iter().find(|(_, candidate)| *candidate == meaning).map(|(name, _)| *name)
}

fn size(value: &str, min: u64, max: u64) -> Option<u32> {
    let size = units::parse_size(value).filter(|size| (min..=max).contains(size))?;
    u32::try_from(size).ok()
}

fn point(value: &str) -> Option<Progress> {
    Progress::parse(value).filter(|point| !matches!(point, Progress::Bytes(_) | Progress::Messages(0)))
}

/// A code that may travel (RFC 6455 §7.4), or `none`.
fn code(value: &str) -> Option<CloseCode> {
    if value == "none" {
        return Some(CloseCode::None);
    }
    let code = value.parse().ok()?;
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999).then_some(CloseCode::Code(code))
}

fn header(value: &str) -> Option<(String, String)> {
    let (name, value) = value.split_once(':')?;
    let value = value.trim_matches(' ');
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let fine = !name.is_empty()
        && name.bytes().all(token)
        && value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
        && name.len() + value.len() <= 4096;
    let name = name.to_ascii_lowercase();
    // These say where the answer ends, which is not for a header to say that is only added.
    let framing = ["content-length", "transfer-encoding"].contains(&name.as_str());
    (fine && !framing).then(|| (name, value.to_owned()))
}

fn flood(value: &str) -> Option<Flood> {
    let mut parts = value.split(',');
    let size = size(parts.next()?, 1, MAX_MESSAGE)?;
    let mut flood = Flood { size, rate: Rate::parse("10msg/s")?, count: None };
    let mut next = parts.next();
    if let Some(rate) = next.and_then(Rate::parse) {
        flood.rate = rate;
        next = parts.next();
    }
    if let Some(count) = next {
        flood.count = Some(count.parse().ok().filter(|count| *count > 0)?);
    }
    parts.next().is_none().then_some(flood)
}

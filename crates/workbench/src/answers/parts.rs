//! What the placeholders of a message stand for.

use super::MAX_PART_BYTES;
use crate::bytes::to_hex;
use crate::entry::Body;
use crate::filter::Filter;
use crate::json::{self, Path, Token};
use crate::template::Variables;
use crate::view::Format;

/// Whether a placeholder of a reply stands for a part of the message that is answered:
///
/// | written | becomes |
/// |---|---|
/// | `{{message}}` | the whole message; a binary one in hex |
/// | `{{match}}` | what the first text or pattern of the filter matched |
/// | `{{match.1}}`, `{{match.name}}` | what a group of the pattern matched; empty if it took no part |
/// | `{{json.id}}`, `{{json.items.0.id}}` | a value of a JSON message, as it is written there, a string without its quotes |
///
/// In a reply of the format JSON the first three are escaped as within a JSON string. Variables of the person's with
/// such names are not looked at.
#[must_use]
pub fn is_part(name: &str) -> bool {
    matches!(name, "message" | "match" | "json") || name.starts_with("match.") || name.starts_with("json.")
}

/// The parts that are named. What the message does not have, or more than [`MAX_PART_BYTES`], is left out.
pub(super) fn of(body: Body<'_>, filter: &Filter, format: Format, names: &[String]) -> Variables {
    let mut parts = Variables::default();
    for name in names {
        if let Some(value) = part(body, filter, format, name).filter(|value| value.len() <= MAX_PART_BYTES) {
            parts.insert(name.clone(), value);
        }
    }
    parts
}

fn part(body: Body<'_>, filter: &Filter, format: Format, name: &str) -> Option<String> {
    if name == "message" && body.bytes().len() > MAX_PART_BYTES {
        return None;
    }
    let Body::Text(text) = body else {
        return (name == "message").then(|| to_hex(body.bytes()));
    };
    let found = match name.split_once('.').unwrap_or((name, "")) {
        ("json", path) => return value(text, path),
        ("match", group) => filter.highlights().first()?.part(text, group)?,
        _ => text,
    };
    if format != Format::Json {
        return Some(found.to_owned());
    }
    let quoted = json::quote(found);
    Some(quoted[1..quoted.len() - 1].to_owned())
}

fn value(text: &str, path: &str) -> Option<String> {
    let mut full = "$".to_owned();
    for step in path.split('.').filter(|step| !step.is_empty()) {
        let is_index = step.bytes().all(|byte| byte.is_ascii_digit());
        full.push('[');
        full.push_str(&if is_index { step.to_owned() } else { json::quote(step) });
        full.push(']');
    }
    let found = Path::parse(&full).ok()?.first(text)?;
    Some(match found.token {
        Token::String => found.raw[1..found.raw.len() - 1].to_owned(),
        _ => found.raw.to_owned(),
    })
}

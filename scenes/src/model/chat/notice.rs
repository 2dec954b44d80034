//! What a room tells beside its session, read, and what is said there, written.

use protocol::room::Member;
use protocol::session::{Message, Public, ServerMessage, json};
use workbench::json::{Value, quote};

/// Is about to say something.
pub(super) const TYPING: &str = r#"{"type":"typing"}"#;

/// What a room tells.
#[derive(Debug, PartialEq)]
pub(super) enum Notice {
    /// Who is there.
    Present { members: Vec<Member>, here: usize },
    /// Who came, is called something else, or left.
    Presence { joined: Vec<Member>, left: Vec<Public>, here: usize },
    /// Somebody is about to say something.
    Typing(Member),
    /// What was said before, and the offset of the first message that there is.
    History { messages: Vec<Message>, first: u64 },
}

/// Is called so.
pub(super) fn name(name: &str) -> String {
    format!(r#"{{"type":"name","name":{}}}"#, quote(name))
}

/// Wants what was said before a message.
pub(super) fn history(before: u64, limit: usize) -> String {
    format!(r#"{{"type":"history","before":{before},"limit":{limit}}}"#)
}

impl Notice {
    /// Reads it. `None`: it is of a later version.
    pub(super) fn read(text: &str) -> Option<Notice> {
        let value = Value::parse(text).ok()?;
        let here = || Some(usize::try_from(value.get("here")?.as_u64()?).unwrap_or(usize::MAX));
        let members = |name| {
            let items = value.get(name).map(Value::items).unwrap_or_default();
            items.iter().filter_map(|item| member(item, "id")).collect()
        };
        match value.get("type")?.as_str()? {
            "present" => Some(Notice::Present { members: members("members"), here: here()? }),
            "presence" => {
                let left = value.get("left").map(Value::items).unwrap_or_default();
                let left = left.iter().filter_map(|id| public(id.as_str()?)).collect();
                Some(Notice::Presence { joined: members("joined"), left, here: here()? })
            }
            "typing" => Some(Notice::Typing(member(&value, "by")?)),
            "history" => {
                let message = |item: &Value<'_>| {
                    let mut text = String::new();
                    item.write(&mut text);
                    match json::read_server(&text) {
                        Ok(ServerMessage::Message(message)) => Some(message),
                        _ => None,
                    }
                };
                let messages = value.get("messages")?.items().iter().filter_map(message).collect();
                Some(Notice::History { messages, first: value.get("first")?.as_u64()? })
            }
            _ => None,
        }
    }
}

fn member(value: &Value<'_>, id: &str) -> Option<Member> {
    Some(Member { client: public(value.get(id)?.as_str()?)?, name: value.get("name")?.as_str()?.to_owned() })
}

fn public(digits: &str) -> Option<Public> {
    u64::from_str_radix(digits, 16).ok().map(Public)
}

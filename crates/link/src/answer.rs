//! What counts as the answer to a heartbeat.

use crate::{Message, MessageRef, TOKEN, json};

/// A heartbeat's answer is short; searching every long message for one would cost more than it is worth.
const MAX_JSON_BYTES: usize = 64 << 10;

/// What counts as the answer to a heartbeat. [`TOKEN`](crate::TOKEN) in a text stands for the token of the
/// heartbeat that is being answered.
///
/// A message is taken for an answer only while a heartbeat is unanswered, and each heartbeat takes at most one, so a
/// user who sends the same text as the heartbeat still sees as many messages as there should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The heartbeat's own payload coming back, as an echo endpoint does.
    Echo,
    /// A text message equal to this.
    Exact(String),
    /// A text message that contains this.
    Contains(String),
    /// A text message that is a JSON object with this member. `value` is compared with a string's content, or with
    /// any other scalar as it is written. Messages over 64 KiB are not looked into.
    JsonField {
        /// The name of a member of the outermost object, such as `type`.
        name: String,
        /// Its value, such as `pong`.
        value: String,
    },
    /// Any message at all, since any traffic proves life. Nothing is kept out of the user's messages and no
    /// round-trip time is taken, since it may not have been a reply.
    AnyMessage,
    /// None is expected: the heartbeat only keeps the path open, there is no deadline, and a half-open connection
    /// goes unnoticed.
    None,
}

impl Answer {
    /// Whether silence after a heartbeat means that something is wrong.
    pub(crate) fn is_expected(&self) -> bool {
        *self != Answer::None
    }

    /// What to look for after a heartbeat with this payload and token; nothing if no message is told apart.
    pub(crate) fn expectation(&self, payload: &Message, token: &str) -> Option<Expectation> {
        let fill = |text: &str| text.replace(TOKEN, token);
        let unique = |text: &str| text.contains(TOKEN);
        let (pattern, unique) = match self {
            Answer::Echo => match payload {
                Message::Text(text) => (Pattern::Exact(Message::Text(fill(text))), unique(text)),
                Message::Binary(_) => (Pattern::Exact(payload.clone()), false),
            },
            Answer::Exact(text) => (Pattern::Exact(Message::Text(fill(text))), unique(text)),
            Answer::Contains(text) => (Pattern::Contains(fill(text)), unique(text)),
            Answer::JsonField { name, value } => {
                (Pattern::JsonField { name: name.clone(), value: fill(value) }, unique(value))
            }
            Answer::AnyMessage | Answer::None => return None,
        };
        Some(Expectation { pattern, unique })
    }
}

/// What the answer to one particular heartbeat looks like.
#[derive(Clone, Debug)]
pub(crate) struct Expectation {
    pattern: Pattern,
    /// Whether only the answer to this very heartbeat can look like that.
    pub(crate) unique: bool,
}

#[derive(Clone, Debug)]
enum Pattern {
    Exact(Message),
    Contains(String),
    JsonField { name: String, value: String },
}

impl Expectation {
    pub(crate) fn matches(&self, message: MessageRef<'_>) -> bool {
        match (&self.pattern, message) {
            (Pattern::Exact(expected), message) => expected.as_ref() == message,
            (Pattern::Contains(part), MessageRef::Text(text)) => text.contains(part),
            (Pattern::JsonField { name, value }, MessageRef::Text(text)) => {
                text.len() <= MAX_JSON_BYTES && json::has_member(text, name, value)
            }
            (Pattern::Contains(_) | Pattern::JsonField { .. }, MessageRef::Binary(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(answer: Answer, payload: &str, reply: &str) -> bool {
        let expectation = answer.expectation(&payload.into(), "42").expect("a message is told apart");
        expectation.matches(MessageRef::Text(reply))
    }

    #[test]
    fn an_echo_carries_the_token_of_its_heartbeat() {
        assert!(matches(Answer::Echo, "ping {token}", "ping 42"));
        assert!(!matches(Answer::Echo, "ping {token}", "ping 41"));
        assert!(!matches(Answer::Echo, "ping {token}", "ping {token}"));
    }

    #[test]
    fn an_echo_keeps_its_kind() {
        let expectation = Answer::Echo.expectation(&Message::Binary(vec![1]), "42").expect("told apart");
        assert!(expectation.matches(MessageRef::Binary(&[1])));
        assert!(!expectation.matches(MessageRef::Text("\u{1}")));
        assert!(!expectation.unique);
    }

    #[test]
    fn other_servers_answer_in_other_ways() {
        assert!(matches(Answer::Exact("pong".into()), "ping", "pong"));
        assert!(!matches(Answer::Exact("pong".into()), "ping", "pong!"));
        assert!(matches(Answer::Contains("pong".into()), "ping", "[pong]"));
        let field = Answer::JsonField { name: "re".into(), value: "{token}".into() };
        assert!(matches(field.clone(), "{\"id\":{token}}", "{\"re\":42}"));
        assert!(!matches(field, "{\"id\":{token}}", "{\"re\":43}"));
    }

    #[test]
    fn a_long_message_is_not_searched_for_a_member() {
        let field = Answer::JsonField { name: "type".into(), value: "pong".into() };
        let long = format!("{{\"pad\":\"{}\",\"type\":\"pong\"}}", "x".repeat(MAX_JSON_BYTES));
        assert!(!matches(field, "ping", &long));
    }
}

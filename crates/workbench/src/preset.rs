//! What well-known protocols over WebSocket expect of a client, as settings: heartbeat, answers, opening messages and
//! subprotocol together.

use crate::answers::Rule;
use crate::draft::Draft;
use crate::json::Path;
use crate::profile::{Answer, Heartbeat, Options, Switch};

/// A protocol that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Engine.IO 4 and Socket.IO: the server pings with `2` and drops whoever does not answer with `3`; `40` joins the
    /// main namespace. Source: <https://socket.io/docs/v4/engine-io-protocol/>.
    SocketIo,
    /// GraphQL over WebSocket, subprotocol `graphql-transport-ws`: begins with `connection_init`, and both sides may
    /// ping. Source: <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.
    GraphqlWs,
    /// Phoenix channels, serializer 2.0.0: the client sends a heartbeat message within each 60 s.
    /// Source: <https://hexdocs.pm/phoenix/writing_a_channels_client.html>.
    Phoenix,
    /// STOMP 1.0 to 1.2: begins with CONNECT, and a newline is a heartbeat. Source: <https://stomp.github.io>.
    Stomp,
    /// `{"type":"ping"}` is answered with `{"type":"pong"}`, in both directions.
    JsonPing,
}

/// What a connection looks like, to tell its protocol by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Looks<'a> {
    /// The address.
    pub address: &'a str,
    /// The subprotocols that are offered, or the one that was chosen.
    pub protocols: &'a str,
    /// A text message of the server's.
    pub message: Option<&'a str>,
}

impl Preset {
    /// Each preset there is.
    pub const ALL: [Preset; 5] =
        [Preset::SocketIo, Preset::GraphqlWs, Preset::Phoenix, Preset::Stomp, Preset::JsonPing];

    /// A short stable name, for attributes.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Preset::SocketIo => "socket-io",
            Preset::GraphqlWs => "graphql-ws",
            Preset::Phoenix => "phoenix",
            Preset::Stomp => "stomp",
            Preset::JsonPing => "json-ping",
        }
    }

    /// What people call it; the same in every language.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Preset::SocketIo => "Socket.IO / Engine.IO",
            Preset::GraphqlWs => "GraphQL over WebSocket",
            Preset::Phoenix => "Phoenix",
            Preset::Stomp => "STOMP",
            Preset::JsonPing => "ping / pong (JSON)",
        }
    }

    /// Makes settings what the protocol expects. What it says nothing about stays, and so do rules and messages of the
    /// person's own. Applied twice it changes nothing more.
    pub fn apply(self, options: &mut Options, protocols: &mut Vec<String>) {
        for protocol in self.protocols() {
            if !protocols.iter().any(|known| known == protocol) {
                protocols.push((*protocol).to_owned());
            }
        }
        options.heartbeat = self.heartbeat(&options.heartbeat);
        if let Some(text) = self.opening() {
            add(&mut options.opening, draft(text));
        }
        if let Some((filter, reply)) = self.answer() {
            let rule = Rule { filter: filter.to_owned(), reply: draft(reply), ..Rule::default() };
            add(&mut options.answers, rule);
        }
    }

    /// Whether settings are what the protocol expects already.
    #[must_use]
    pub fn is_applied(self, options: &Options) -> bool {
        let mut applied = options.clone();
        self.apply(&mut applied, &mut Vec::new());
        applied == *options
    }

    /// The protocol that a connection looks like, if any.
    #[must_use]
    pub fn suggest(looks: &Looks<'_>) -> Option<Preset> {
        let message = looks.message.unwrap_or_default();
        let has = |path: &str, value: &str| {
            Path::parse(path).is_ok_and(|path| path.first(message).is_some_and(|found| found.raw == value))
        };
        let speaks = |word: &str| looks.protocols.contains(word);
        let leads = |part: &str| looks.address.contains(part);
        Some(if leads("/socket.io/") || leads("EIO=4") || message.starts_with("0{\"sid\":") {
            Preset::SocketIo
        } else if speaks("graphql-transport-ws") || has("$.type", "\"connection_ack\"") {
            Preset::GraphqlWs
        } else if leads("/websocket?") && leads("vsn=2.") || has("$[3]", "\"phx_reply\"") {
            Preset::Phoenix
        } else if speaks(".stomp") || matches!(message.lines().next(), Some("CONNECTED")) {
            Preset::Stomp
        } else if has("$.type", "\"ping\"") {
            Preset::JsonPing
        } else {
            return None;
        })
    }

    fn protocols(self) -> &'static [&'static str] {
        match self {
            Preset::GraphqlWs => &["graphql-transport-ws"],
            Preset::Stomp => &["v12.stomp", "v11.stomp", "v10.stomp"],
            Preset::SocketIo | Preset::Phoenix | Preset::JsonPing => &[],
        }
    }

    fn opening(self) -> Option<&'static str> {
        match self {
            Preset::SocketIo => Some("40"),
            Preset::GraphqlWs => Some("{\"type\":\"connection_init\"}"),
            Preset::Stomp => {
                Some("CONNECT\naccept-version:1.2,1.1,1.0\nheart-beat:10000,10000\nhost:/\n\n\0")
            }
            Preset::Phoenix | Preset::JsonPing => None,
        }
    }

    fn answer(self) -> Option<(&'static str, &'static str)> {
        match self {
            Preset::SocketIo => Some(("/^2$/", "3")),
            Preset::GraphqlWs | Preset::JsonPing => Some(("$.type == \"ping\"", "{\"type\":\"pong\"}")),
            Preset::Phoenix | Preset::Stomp => None,
        }
    }

    fn heartbeat(self, before: &Heartbeat) -> Heartbeat {
        let beat = |payload: &str, answer| Heartbeat {
            enabled: Switch::On,
            payload: draft(payload),
            answer,
            ..Heartbeat::default()
        };
        let pong = Answer::JsonField { name: "type".to_owned(), value: "pong".to_owned() };
        match self {
            // The server asks, and closes a connection whose client is gone.
            Preset::SocketIo => Heartbeat { enabled: Switch::Off, ..before.clone() },
            Preset::GraphqlWs | Preset::JsonPing => beat("{\"type\":\"ping\"}", pong),
            Preset::Phoenix => Heartbeat {
                interval_millis: 30_000,
                even_when_busy: true,
                ..beat(
                    "[null,\"{token}\",\"phoenix\",\"heartbeat\",{}]",
                    Answer::Contains("\"{token}\",\"phoenix\",\"phx_reply\"".to_owned()),
                )
            },
            // The opening message promises one at least every 10 s, and asks for as many.
            Preset::Stomp => Heartbeat {
                interval_millis: 8_000,
                deadline_millis: 20_000,
                even_when_busy: true,
                ..beat("\n", Answer::AnyMessage)
            },
        }
    }
}

fn draft(text: &str) -> Draft {
    Draft { text: text.to_owned(), ..Draft::default() }
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggest(address: &str, protocols: &str, message: Option<&str>) -> Option<Preset> {
        Preset::suggest(&Looks { address, protocols, message })
    }

    #[test]
    fn each_is_told_by_what_it_looks_like() {
        assert_eq!(suggest("ws://h/socket.io/?EIO=4&transport=websocket", "", None), Some(Preset::SocketIo));
        assert_eq!(
            suggest("ws://h/", "", Some("0{\"sid\":\"x\",\"pingInterval\":25000}")),
            Some(Preset::SocketIo)
        );
        assert_eq!(suggest("ws://h/graphql", "graphql-transport-ws", None), Some(Preset::GraphqlWs));
        assert_eq!(suggest("ws://h/", "", Some("{\"type\":\"connection_ack\"}")), Some(Preset::GraphqlWs));
        assert_eq!(suggest("wss://h/live/websocket?vsn=2.0.0", "", None), Some(Preset::Phoenix));
        assert_eq!(
            suggest("ws://h", "", Some("[null,\"1\",\"phoenix\",\"phx_reply\",{}]")),
            Some(Preset::Phoenix)
        );
        assert_eq!(suggest("ws://h/ws", "v12.stomp, v11.stomp", None), Some(Preset::Stomp));
        // Version 1.2 may end lines with a carriage return as well.
        for connected in ["CONNECTED\nversion:1.1\n\n\0", "CONNECTED\r\nversion:1.2\r\n\r\n\0"] {
            assert_eq!(suggest("ws://h/ws", "", Some(connected)), Some(Preset::Stomp));
        }
        assert_eq!(suggest("ws://h/ws", "", Some("{\"id\":1, \"type\": \"ping\"}")), Some(Preset::JsonPing));
        for message in [None, Some("2"), Some("{\"type\":\"pong\"}"), Some("ping")] {
            assert_eq!(suggest("ws://127.0.0.1:8080/ws", "mqtt", message), None, "{message:?}");
        }
    }

    #[test]
    fn each_can_be_followed_and_is_applied_once() {
        for preset in Preset::ALL {
            let mine = Rule { filter: "mine".to_owned(), ..Rule::default() };
            let mut options = Options { answers: vec![mine.clone()], ..Options::default() };
            let mut protocols = vec!["mine".to_owned()];
            assert!(!preset.is_applied(&options), "{preset:?}");
            preset.apply(&mut options, &mut protocols);
            assert!(options.answers.iter().all(|rule| rule.check().is_ok()), "{preset:?}");
            assert_eq!((&options.answers[0], protocols[0].as_str()), (&mine, "mine"));
            let (once, offered) = (options.clone(), protocols.clone());
            preset.apply(&mut options, &mut protocols);
            assert_eq!((options, protocols), (once.clone(), offered), "{preset:?}");
            assert!(preset.is_applied(&once));
        }
    }
}

//! Recordings, targets, and what is held on its way to them.

use super::{Holding, Operation, Route};
use http::Method;

const VIA: (&str, &str) = ("via", "Only connections that are carried to the target of this name.");
const OF_LABEL: (&str, &str) = ("label", "Only connections with this label.");
const OF_NUMBER: (&str, &str) = (
    "connection",
    "Only the connection of this number, as GET /api/connections lists it: a client's at /ws/via or /ws/relay, or its target's.",
);
const DIRECTION: (&str, &str) = ("direction", "to-target, to-client or both; both without it.");
const HELD_FILTER: (&str, &str) = (
    "filter",
    "Only messages that this filter shows, in the language of the page's filter bar; dir:out is what the client sent.",
);
const HEARTBEATS: (&str, &str) = (
    "heartbeats",
    "on or off: whether messages are held, too, that applications use for heartbeats, such as ping or {\"type\":\"ping\"}; off without it. Pings and Pongs are never held.",
);
const DEADLINE: (&str, &str) =
    ("deadline", "How long a message is held before it goes on by itself: 1ms to 1h, 60s without it.");
const ON: (&str, &str) = ("on", "on or off: whether any are held; on without it.");
const MESSAGE: Option<(&str, &str)> = Some((
    "text/plain",
    "The message, at most 16 MiB: a text, or bytes with Content-Type: application/octet-stream.",
));

/// All of them.
pub(super) static ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/api/replays",
        operation: Operation::Replays,
        summary: "Every recording at /ws/replay/NAME with its connections, and every parameter of that URL",
        parameters: &[],
        body: None,
    },
    Route {
        method: Method::POST,
        path: "/api/replays/{name}",
        operation: Operation::Upload,
        summary: "Mounts a recording at /ws/replay/NAME, in place of an uploaded one of the same name; 64 of them, 256 MiB together",
        parameters: &[],
        body: Some((
            "application/octet-stream",
            "A file of at most 16 MiB: JSON Lines from the page or heartwire record, or HAR with _webSocketMessages.",
        )),
    },
    Route {
        method: Method::DELETE,
        path: "/api/replays/{name}",
        operation: Operation::Remove,
        summary: "Forgets an uploaded recording",
        parameters: &[],
        body: None,
    },
    Route {
        method: Method::GET,
        path: "/api/vias",
        operation: Operation::Vias,
        summary: "Every target at /ws/via/NAME, without what may be secret in it",
        parameters: &[],
        body: None,
    },
    Route {
        method: Method::POST,
        path: "/api/vias/{name}",
        operation: Operation::MakeVia,
        summary: "Mounts a target at /ws/via/NAME until the server ends, in place of one that was made before; 64 of them, for \
                  whom /ws/relay is there and to where it may connect",
        parameters: &[],
        body: Some((
            "application/json",
            r#"url; headers, in place of the client's, as pairs; tls, with roots, certificate and key in PEM, and acceptInvalid. {"url":"wss://api.example.com/feed","headers":[["Origin","https://example.com"]]}"#,
        )),
    },
    Route {
        method: Method::DELETE,
        path: "/api/vias/{name}",
        operation: Operation::RemoveVia,
        summary: "Forgets a target that was made while the server runs; who was carried there stays",
        parameters: &[],
        body: None,
    },
    Route {
        method: Method::GET,
        path: "/api/breakpoints",
        operation: Operation::Hold(Holding::Breakpoints),
        summary: "Every breakpoint: which messages are held on their way through /ws/via and /ws/relay",
        parameters: &[],
        body: None,
    },
    Route {
        method: Method::POST,
        path: "/api/breakpoints",
        operation: Operation::Hold(Holding::Set),
        summary: "Sets a breakpoint, on connections that are open and those to come; 64 of them",
        parameters: &[VIA, OF_LABEL, OF_NUMBER, DIRECTION, HELD_FILTER, HEARTBEATS, DEADLINE, ON],
        body: None,
    },
    Route {
        method: Method::POST,
        path: "/api/breakpoints/{number}",
        operation: Operation::Hold(Holding::Alter),
        summary: "Alters a breakpoint: what is not named stays. What it holds goes on if it is off",
        parameters: &[VIA, OF_LABEL, OF_NUMBER, DIRECTION, HELD_FILTER, HEARTBEATS, DEADLINE, ON],
        body: None,
    },
    Route {
        method: Method::DELETE,
        path: "/api/breakpoints/{number}",
        operation: Operation::Hold(Holding::Remove),
        summary: "Removes a breakpoint. What it holds goes on",
        parameters: &[],
        body: None,
    },
    Route {
        method: Method::GET,
        path: "/api/held",
        operation: Operation::Hold(Holding::List),
        summary: "What is held, the oldest first, at most 200 messages and 16 KiB of each; the breakpoints; how many messages wait behind held ones; and the latest 64 that nobody decided on",
        parameters: &[
            VIA,
            OF_LABEL,
            OF_NUMBER,
            ("after", "The revision of a list: answers once there is another one, or after the timeout."),
            ("timeout", "How long to wait for that; 10s without it, at most 60s."),
        ],
        body: None,
    },
    Route {
        method: Method::GET,
        path: "/api/held/{id}",
        operation: Operation::Hold(Holding::Message),
        summary: "The whole of a held message",
        parameters: &[],
        body: None,
    },
    Route {
        method: Method::POST,
        path: "/api/release",
        operation: Operation::Hold(Holding::Release),
        summary: "Has everything that is held go on",
        parameters: &[VIA, OF_LABEL, OF_NUMBER],
        body: None,
    },
    Route {
        method: Method::POST,
        path: "/api/held/{id}/pass",
        operation: Operation::Hold(Holding::Pass),
        summary: "Has a held message go on as it is",
        parameters: &[],
        body: None,
    },
    Route {
        method: Method::POST,
        path: "/api/held/{id}/drop",
        operation: Operation::Hold(Holding::Drop),
        summary: "Throws a held message away",
        parameters: &[],
        body: None,
    },
    Route {
        method: Method::POST,
        path: "/api/held/{id}/edit",
        operation: Operation::Hold(Holding::Edit),
        summary: "Has another message go on in place of a held one",
        parameters: &[],
        body: MESSAGE,
    },
    Route {
        method: Method::POST,
        path: "/api/held/{id}/answer",
        operation: Operation::Hold(Holding::Answer),
        summary: "Throws a held message away, and sends another one back where it came from",
        parameters: &[],
        body: MESSAGE,
    },
    Route {
        method: Method::POST,
        path: "/api/inject",
        operation: Operation::Hold(Holding::Inject),
        summary: "Sends a message that neither end has said, ahead of what is held",
        parameters: &[("to", "client or target."), VIA, OF_LABEL, OF_NUMBER],
        body: MESSAGE,
    },
];

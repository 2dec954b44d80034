//! The table of all URLs below `/api`.

use http::Method;
use protocol::fault::{Group, Parameter};

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Faults,
    CheckFaults,
    OpenApi,
    Relay,
    Connections,
    Labels,
    Label,
    Journal,
    WaitFor,
    Verify,
    Kill,
    Close,
    Silence,
    Resume,
    Send,
    Ping,
    SetFaults,
    Cases,
    Verdicts,
    SessionCases,
    SessionVerdicts,
    Replays,
    Upload,
    Remove,
    Vias,
    MakeVia,
    RemoveVia,
    Hold(Holding),
}

/// The same, about what breakpoints hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holding {
    Breakpoints,
    Set,
    Alter,
    Remove,
    List,
    Message,
    Release,
    Pass,
    Drop,
    Edit,
    Answer,
    Inject,
}

/// A URL and a method.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) method: Method,
    /// `{label}` stands for a label, `{name}` for the name of a recording or a target, `{number}` for that of a breakpoint and `{id}` for
    /// a held message.
    pub(super) path: &'static str,
    pub(super) operation: Operation,
    pub(super) summary: &'static str,
    /// Name and meaning of each query parameter, but for [faults](Operation::takes).
    pub(super) parameters: &'static [(&'static str, &'static str)],
    /// What the body is, if there is one.
    pub(super) body: Option<(&'static str, &'static str)>,
}

const FOR: (&str, &str) = (
    "for",
    "How long it holds, such as 10s: connections that open within that time do it too, and afterwards all is as before.",
);
const CONNECTION: (&str, &str) = ("connection", "Only the connection of this number.");
const EVENT: (&str, &str) = (
    "event",
    "Entries of this event: handshake, refused, open, message, dropped, ping, pong, close, violation, mismatch, hold, steered or ended.",
);
const FILTER: (&str, &str) = (
    "filter",
    "Entries that this filter shows, in the language of the page's filter bar; dir:in is from the client.",
);
const FORMAT: (&str, &str) = ("format", "json, or junit for XML; json without it.");
const AFTER: (&str, &str) = ("after", "Entries behind this number.");

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
pub(super) static ROUTES: [Route; 39] = [
    Route {
        method: Method::GET,
        path: "/api/faults",
        operation: Operation::Faults,
        summary: "Every parameter of the WebSocket endpoints, and every rule that can be broken",
        parameters: &[],
        body: None,
    },
    Route {
        method: Method::GET,
        path: "/api/faults/check",
        operation: Operation::CheckFaults,
        summary: "Whether a query of faults can be followed: faults, as they are understood, or else error, which says what would be right",
        parameters: &[],
        body: None,
    },
    Route {
        method: Method::GET,
        path: "/api/openapi.json",
        operation: Operation::OpenApi,
        summary: "This description",
        parameters: &[],
        body: None,
    },
    Route {
        method: Method::GET,
        path: "/api/relay",
        operation: Operation::Relay,
        summary: "Whether the caller may use /ws/relay: allowed, or else why not",
        parameters: &[],
        body: None,
    },
    Route {
        method: Method::GET,
        path: "/api/conformance/{label}/cases",
        operation: Operation::Cases,
        summary: "Every rule that a client has to enforce, and where to connect for each: one after the other, until the server is done",
        parameters: &[],
        body: None,
    },
    Route {
        method: Method::GET,
        path: "/api/conformance/{label}",
        operation: Operation::Verdicts,
        summary: "What a client made of the cases that it ran under this label",
        parameters: &[FORMAT],
        body: None,
    },
    Route {
        method: Method::GET,
        path: "/api/conformance/{label}/session/cases",
        operation: Operation::SessionCases,
        summary: "What heartwire.session.v1 asks of a client, case by case: where to connect for each, and what to publish; the server closes with 4409 when one is over",
        parameters: &[],
        body: None,
    },
    Route {
        method: Method::GET,
        path: "/api/conformance/{label}/session",
        operation: Operation::SessionVerdicts,
        summary: "What a client of heartwire.session.v1 made of the cases that it ran under this label",
        parameters: &[FORMAT],
        body: None,
    },
    Route {
        method: Method::GET,
        path: "/api/connections",
        operation: Operation::Connections,
        summary: "The connections there are, newest first, with what they carried; GET /ws/watch/NUMBER shows what passes on one",
        parameters: &[("limit", "So many; 200 without it, at most 10000.")],
        body: None,
    },
    Route {
        method: Method::GET,
        path: "/api/labels",
        operation: Operation::Labels,
        summary: "Every label and its connections",
        parameters: &[],
        body: None,
    },
    Route {
        method: Method::GET,
        path: "/api/labels/{label}",
        operation: Operation::Label,
        summary: "A label's connections with their counters and why they ended",
        parameters: &[],
        body: None,
    },
    Route {
        method: Method::GET,
        path: "/api/labels/{label}/journal",
        operation: Operation::Journal,
        summary: "What happened under a label: the latest 4,096 entries with at most 512 KiB of payload",
        parameters: &[EVENT, FILTER, AFTER],
        body: None,
    },
    Route {
        method: Method::GET,
        path: "/api/labels/{label}/wait-for",
        operation: Operation::WaitFor,
        summary: "Answers once something happened so often: 200, or 409 after the timeout",
        parameters: &[
            EVENT,
            FILTER,
            AFTER,
            ("count", "So many entries; 1 without it."),
            ("within", "No longer apart than this, from the first to the last, such as 5s."),
            ("timeout", "How long to wait; 10s without it, at most 60s."),
        ],
        body: None,
    },
    Route {
        method: Method::POST,
        path: "/api/labels/{label}/verify",
        operation: Operation::Verify,
        summary: "Checks counts and order of what happened: 200, or 409 where something is not as expected",
        parameters: &[],
        body: Some((
            "application/json",
            r#"expect: a list of event, filter and count, or min and max; order: filters whose matches follow each other; after: only entries behind this number. {"expect":[{"filter":"dir:in hello","count":1}],"order":["kind:connected","hello"]}"#,
        )),
    },
    Route {
        method: Method::POST,
        path: "/api/labels/{label}/kill",
        operation: Operation::Kill,
        summary: "Ends connections without a Close",
        parameters: &[
            ("how", "reset (RST), or fin for an end of TCP in order; reset without it."),
            FOR,
            CONNECTION,
        ],
        body: None,
    },
    Route {
        method: Method::POST,
        path: "/api/labels/{label}/close",
        operation: Operation::Close,
        summary: "Sends a Close",
        parameters: &[
            ("code", "1000-1003, 1007-1014, 3000-4999, or none; 1000 without it."),
            ("reason", "At most 123 bytes."),
            FOR,
            CONNECTION,
        ],
        body: None,
    },
    Route {
        method: Method::POST,
        path: "/api/labels/{label}/silence",
        operation: Operation::Silence,
        summary: "Has connections send and read nothing, Pings and Closes included, until resume or for a while",
        parameters: &[FOR, CONNECTION],
        body: None,
    },
    Route {
        method: Method::POST,
        path: "/api/labels/{label}/resume",
        operation: Operation::Resume,
        summary: "Ends a silence",
        parameters: &[CONNECTION],
        body: None,
    },
    Route {
        method: Method::POST,
        path: "/api/labels/{label}/send",
        operation: Operation::Send,
        summary: "Sends a message, with the faults that the connection has",
        parameters: &[FOR, CONNECTION],
        body: Some((
            "text/plain",
            "The message: a text, or bytes with Content-Type: application/octet-stream.",
        )),
    },
    Route {
        method: Method::POST,
        path: "/api/labels/{label}/ping",
        operation: Operation::Ping,
        summary: "Sends a Ping",
        parameters: &[FOR, CONNECTION],
        body: Some(("text/plain", "Its payload, at most 125 bytes.")),
    },
    Route {
        method: Method::POST,
        path: "/api/labels/{label}/faults",
        operation: Operation::SetFaults,
        summary: "Puts other faults of traffic, ends and violations into force; without any, none",
        parameters: &[FOR, CONNECTION],
        body: None,
    },
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

impl Operation {
    /// Whether a fault is among its query parameters.
    pub(super) fn takes(self, fault: &Parameter) -> bool {
        match self {
            Operation::CheckFaults => true,
            Operation::SetFaults => sets(fault),
            _ => false,
        }
    }
}

/// Whether a fault can be set once a connection is open. What says when to come back is said in a Close, too.
pub(super) fn sets(fault: &Parameter) -> bool {
    match fault.name {
        "retry-after" => true,
        "label" | "times" => false,
        _ => fault.group != Group::Handshake,
    }
}

/// Looks for what is no parameter of an operation, or there twice. What is said of faults is their own to judge.
///
/// # Errors
/// The first such name.
pub(super) fn check_query(
    operation: Operation,
    parameters: &[(&str, &str)],
    query: &str,
) -> Result<(), String> {
    let takes_faults = matches!(operation, Operation::CheckFaults | Operation::SetFaults);
    let mut seen: Vec<&str> = Vec::new();
    for (name, _) in form_urlencoded::parse(query.as_bytes()) {
        match parameters.iter().find(|(known, _)| *known == name) {
            Some((known, _)) if seen.contains(known) => return Err(format!("{name} is there twice")),
            Some((known, _)) => seen.push(known),
            None if takes_faults => {}
            None => {
                return Err(format!("{name} is no parameter here: GET /api/openapi.json lists them"));
            }
        }
    }
    Ok(())
}

impl Route {
    /// What stands for the label, the name or the number in a path below `/api/`; empty where there is none. `None`: another path.
    pub(super) fn label_in<'p>(&self, path: &'p str) -> Option<&'p str> {
        let mut label = "";
        let mut parts = path.split('/');
        for wanted in self.path.trim_start_matches("/api/").split('/') {
            let part = parts.next()?;
            match wanted {
                wanted if wanted.starts_with('{') => label = part,
                _ if wanted == part => {}
                _ => return None,
            }
        }
        parts.next().is_none().then_some(label)
    }
}

/// The methods that a path with these routes has; none where there are no routes.
pub(super) fn methods<'r>(routes: impl Iterator<Item = &'r Route> + Clone) -> Option<&'static str> {
    let has = |method: Method| routes.clone().any(|route| route.method == method);
    match (has(Method::GET), has(Method::POST), has(Method::DELETE)) {
        (true, true, _) => Some("GET, HEAD, POST, OPTIONS"),
        (true, ..) => Some("GET, HEAD, OPTIONS"),
        (_, true, true) => Some("POST, DELETE, OPTIONS"),
        (_, true, _) => Some("POST, OPTIONS"),
        _ => None,
    }
}

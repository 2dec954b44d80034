//! Faults, conformance, connections, and what is done with labels.

use super::{Operation, Route};
use http::Method;

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

/// All of them.
pub(super) static ROUTES: &[Route] = &[
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
];

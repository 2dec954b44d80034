//! Parameters of the opening handshake.

use super::{
    Group, MAX_HEAD, MAX_HEADERS, ON_OFF, PROTOCOLS, Parameter, Read, STEPS, done, flag, header, name_of,
    named, one, set, size, switch,
};
use crate::units::{self, TimeRange};

pub(super) const HANDSHAKE: &[Parameter] = &[
    Parameter {
        name: "handshake-delay",
        group: Group::Handshake,
        summary: "The answer to the handshake takes this long.",
        values: "a time or a range of times, such as 2s or 100..500ms; at most 24h",
        default: "none",
        example: "handshake-delay=2s",
        repeats: false,
        read: |plan, value| set(&mut plan.handshake.delay, TimeRange::parse(value)),
        write: |plan| one(plan.handshake.delay),
    },
    Parameter {
        name: "handshake-status",
        group: Group::Handshake,
        summary: "Answers with this HTTP status instead of the 101.",
        values: "a status from 300 to 599, such as 503",
        default: "101",
        example: "handshake-status=503&retry-after=5s",
        repeats: false,
        read: |plan, value| {
            set(&mut plan.handshake.status, value.parse().ok().filter(|status| (300..=599).contains(status)))
        },
        write: |plan| one(plan.handshake.status),
    },
    Parameter {
        name: "retry-after",
        group: Group::Handshake,
        summary: "When to come back: the Retry-After of handshake-status, or the hint of restart-after.",
        values: "whole seconds as a time, such as 5s; at most 24h",
        default: "none; 5s with restart-after",
        example: "handshake-status=429&retry-after=10s",
        repeats: false,
        read: |plan, value| {
            let whole = units::parse_time(value).filter(|time| time.subsec_nanos() == 0);
            set(&mut plan.handshake.retry_after, whole.and_then(|time| u32::try_from(time.as_secs()).ok()))
        },
        write: |plan| one(plan.handshake.retry_after.map(|seconds| format!("{seconds}s"))),
    },
    Parameter {
        name: "location",
        group: Group::Handshake,
        summary: "The Location of a handshake-status from 300 to 399.",
        values: "a URL of printable ASCII, at most 2,048 bytes",
        default: "none",
        example: "handshake-status=302&location=wss://elsewhere.example/ws",
        repeats: false,
        read: |plan, value| {
            let fine =
                !value.is_empty() && value.len() <= 2048 && value.bytes().all(|byte| byte.is_ascii_graphic());
            set(&mut plan.handshake.location, fine.then(|| value.to_owned()))
        },
        write: |plan| one(plan.handshake.location.as_ref()),
    },
    Parameter {
        name: "handshake-hang",
        group: Group::Handshake,
        summary: "Never answers the handshake; gives up after 10 minutes.",
        values: ON_OFF,
        default: "off",
        example: "handshake-hang=on",
        repeats: false,
        read: |plan, value| switch(&mut plan.handshake.hang, value),
        write: |plan| flag(plan.handshake.hang),
    },
    Parameter {
        name: "handshake-accept",
        group: Group::Handshake,
        summary: "Answers with a Sec-WebSocket-Accept that is for another key.",
        values: "wrong or right",
        default: "right",
        example: "handshake-accept=wrong",
        repeats: false,
        read: |plan, value| match value {
            "wrong" => done(|| plan.handshake.wrong_accept = true),
            "right" => Read::Done,
            _ => Read::Wrong,
        },
        write: |plan| one(plan.handshake.wrong_accept.then_some("wrong")),
    },
    Parameter {
        name: "handshake-protocol",
        group: Group::Handshake,
        summary: "Answers with a subprotocol that was not asked for, although some were (wrong) or in any case (unrequested), \
                  or leaves the client's request for one unanswered (missing).",
        values: "wrong, unrequested or missing",
        default: "the first one that was asked for",
        example: "handshake-protocol=wrong",
        repeats: false,
        read: |plan, value| set(&mut plan.handshake.protocol, named(&PROTOCOLS, value)),
        write: |plan| one(plan.handshake.protocol.and_then(|answer| name_of(&PROTOCOLS, answer))),
    },
    Parameter {
        name: "handshake-extension",
        group: Group::Handshake,
        summary: "Answers with an extension that nobody asked for.",
        values: "unrequested",
        default: "none; permessage-deflate where it was offered",
        example: "handshake-extension=unrequested",
        repeats: false,
        read: |plan, value| match value {
            "unrequested" => done(|| plan.handshake.extension = true),
            _ => Read::Wrong,
        },
        write: |plan| one(plan.handshake.extension.then_some("unrequested")),
    },
    Parameter {
        name: "handshake-header",
        group: Group::Handshake,
        summary: "Adds a header to the answer, as a line of its own.",
        values: "a name, a colon and a value of printable ASCII, together at most 4,096 bytes, but not Content-Length or Transfer-Encoding; up to 32 of them",
        default: "none",
        example: "handshake-header=X-Served-By:%20blue",
        repeats: true,
        read: |plan, value| {
            let headers = &mut plan.handshake.headers;
            match header(value).filter(|_| headers.len() < MAX_HEADERS) {
                Some(header) => done(|| headers.push(header)),
                None => Read::Wrong,
            }
        },
        write: |plan| plan.handshake.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect(),
    },
    Parameter {
        name: "handshake-head",
        group: Group::Handshake,
        summary: "Fills the head of the answer up to this size.",
        values: "a size up to 1MiB, such as 64KiB",
        default: "what it needs",
        example: "handshake-head=64KiB",
        repeats: false,
        read: |plan, value| set(&mut plan.handshake.head, size(value, 1, MAX_HEAD)),
        write: |plan| one(plan.handshake.head.map(|len| units::write_size(len.into()))),
    },
    Parameter {
        name: "handshake-reset",
        group: Group::Handshake,
        summary: "Resets TCP once the request is read, within the answer's head, or right behind the 101.",
        values: "request, head or open",
        default: "never",
        example: "handshake-reset=head",
        repeats: false,
        read: |plan, value| set(&mut plan.handshake.reset, named(&STEPS, value)),
        write: |plan| one(plan.handshake.reset.and_then(|step| name_of(&STEPS, step))),
    },
];

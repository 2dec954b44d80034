//! Parameters of how a connection ends, and of the rules that are broken.

use super::{AFTER, CODES, Group, ON_OFF, Parameter, Read, code, done, flag, one, set, switch};
use crate::fault::Violation;
use crate::fault::plan::CloseCode;
use crate::units::Progress;

pub(super) const ENDS: &[Parameter] = &[
    Parameter {
        name: "close-after",
        group: Group::Ends,
        summary: "Sends a Close, with code and reason, once so much came and was answered, or so long after the start.",
        values: AFTER,
        default: "never",
        example: "close-after=3msg&code=4001&reason=enough",
        repeats: false,
        read: |plan, value| match Progress::parse(value) {
            // Of `close`.
            Some(_) if plan.ends.close_after.is_some() => Read::Twice,
            after => set(&mut plan.ends.close_after, after),
        },
        write: |plan| one(plan.ends.close_after),
    },
    Parameter {
        name: "close",
        group: Group::Ends,
        summary: "Short for close-after=1msg with this code.",
        values: CODES,
        default: "never",
        example: "close=4001&reason=why",
        repeats: false,
        read: |plan, value| match code(value) {
            Some(_) if plan.ends.close_after.is_some() || plan.ends.status.code.is_some() => Read::Twice,
            Some(code) => {
                plan.ends.status.code = Some(code);
                set(&mut plan.ends.close_after, Some(Progress::Messages(1)))
            }
            None => Read::Wrong,
        },
        write: |_| Vec::new(),
    },
    Parameter {
        name: "code",
        group: Group::Ends,
        summary: "The code of close-after; none leaves the Close empty.",
        values: CODES,
        default: "1000",
        example: "close-after=10s&code=none",
        repeats: false,
        read: |plan, value| match code(value) {
            Some(_) if plan.ends.status.code.is_some() => Read::Twice,
            code => set(&mut plan.ends.status.code, code),
        },
        write: |plan| {
            one(plan.ends.status.code.map(|code| match code {
                CloseCode::None => "none".to_owned(),
                CloseCode::Code(code) => code.to_string(),
            }))
        },
    },
    Parameter {
        name: "reason",
        group: Group::Ends,
        summary: "The reason of close-after or close.",
        values: "a text of at most 123 bytes",
        default: "empty",
        example: "close=4001&reason=why",
        repeats: false,
        read: |plan, value| {
            if value.len() > 123 {
                return Read::Wrong;
            }
            done(|| plan.ends.status.reason = value.to_owned())
        },
        write: |plan| one((!plan.ends.status.reason.is_empty()).then_some(&plan.ends.status.reason)),
    },
    Parameter {
        name: "restart-after",
        group: Group::Ends,
        summary: "Sends a Close with 1012 (service restart), whose reason says when to come back: retry-after=5.",
        values: AFTER,
        default: "never",
        example: "restart-after=10s&retry-after=3s",
        repeats: false,
        read: |plan, value| set(&mut plan.ends.restart_after, Progress::parse(value)),
        write: |plan| one(plan.ends.restart_after),
    },
    Parameter {
        name: "reset-after",
        group: Group::Ends,
        summary: "Resets TCP (RST) without a Close.",
        values: AFTER,
        default: "never",
        example: "reset-after=2s",
        repeats: false,
        read: |plan, value| set(&mut plan.ends.reset_after, Progress::parse(value)),
        write: |plan| one(plan.ends.reset_after),
    },
    Parameter {
        name: "fin-after",
        group: Group::Ends,
        summary: "Ends TCP in order (FIN) without a Close.",
        values: AFTER,
        default: "never",
        example: "fin-after=5msg",
        repeats: false,
        read: |plan, value| set(&mut plan.ends.fin_after, Progress::parse(value)),
        write: |plan| one(plan.ends.fin_after),
    },
    Parameter {
        name: "vanish-after",
        group: Group::Ends,
        summary: "Sends and reads nothing any more, Pings and Closes included, and leaves TCP open: a half-open connection. \
                  It is reset after 10 minutes.",
        values: AFTER,
        default: "never",
        example: "vanish-after=1msg",
        repeats: false,
        read: |plan, value| set(&mut plan.ends.vanish_after, Progress::parse(value)),
        write: |plan| one(plan.ends.vanish_after),
    },
    Parameter {
        name: "ignore-close",
        group: Group::Ends,
        summary: "Leaves the client's Close unanswered.",
        values: ON_OFF,
        default: "off",
        example: "ignore-close=on",
        repeats: false,
        read: |plan, value| switch(&mut plan.ends.ignore_close, value),
        write: |plan| flag(plan.ends.ignore_close),
    },
    Parameter {
        name: "no-pong",
        group: Group::Ends,
        summary: "Leaves the client's Pings unanswered.",
        values: ON_OFF,
        default: "off",
        example: "no-pong=on",
        repeats: false,
        read: |plan, value| switch(&mut plan.ends.no_pong, value),
        write: |plan| flag(plan.ends.no_pong),
    },
    Parameter {
        name: "violate",
        group: Group::Violations,
        summary: "Breaks rules of the protocol that a client has to enforce: once the connection is open, or before answering the \
                  messages that from, until and every name.",
        values: "names from the list of violations at /api/faults, with commas, such as rsv1 or bad-utf8,masked-frame; up to 64",
        default: "none",
        example: "violate=masked-frame",
        repeats: true,
        read: |plan, value| {
            let names: Option<Vec<_>> = value.split(',').map(Violation::named).collect();
            match names.filter(|names| plan.violations.len() + names.len() <= 64) {
                Some(names) => done(|| plan.violations.extend(names)),
                None => Read::Wrong,
            }
        },
        write: |plan| {
            let names: Vec<_> = plan.violations.iter().map(ToString::to_string).collect();
            one((!names.is_empty()).then(|| names.join(",")))
        },
    },
];

//! Parameters of what becomes of messages.

use super::{
    CHANCES, Group, MAX_MESSAGE, ON_OFF, Parameter, Read, both_ways, done, flood, one, set, size, switch,
    ways,
};
use crate::fault::Template;
use crate::fault::plan::{Answers, Flood, Fragments, Stall, TricklePace};
use crate::units::{self, Chance, Rate, TimeRange};

pub(super) const TRAFFIC: &[Parameter] = &[
    Parameter {
        name: "delay",
        group: Group::Traffic,
        summary: "Each message waits this long; they keep their order.",
        values: "a time, a range or a time and its jitter, such as 200ms, 50..200ms or 100ms~20ms, at most 24h; \
                 in: in front means from the client, both: both ways, out: (or nothing) to the client",
        default: "none",
        example: "delay=50..200ms",
        repeats: true,
        read: |plan, value| ways(&mut plan.traffic.delay, value, TimeRange::parse),
        write: |plan| both_ways(plan.traffic.delay),
    },
    Parameter {
        name: "rate",
        group: Group::Traffic,
        summary: "No more than this passes in a second; what comes sooner waits.",
        values: "messages or bytes per second, such as 100msg/s or 64KiB/s; \
                 in: in front means from the client, both: both ways, out: (or nothing) to the client",
        default: "any",
        example: "rate=in:10msg/s",
        repeats: true,
        read: |plan, value| ways(&mut plan.traffic.rate, value, Rate::parse),
        write: |plan| both_ways(plan.traffic.rate),
    },
    Parameter {
        name: "drop",
        group: Group::Traffic,
        summary: "So many of the messages vanish.",
        values: CHANCES,
        default: "0%",
        example: "drop=10%25",
        repeats: true,
        read: |plan, value| ways(&mut plan.traffic.drop, value, Chance::parse),
        write: |plan| both_ways(plan.traffic.drop),
    },
    Parameter {
        name: "duplicate",
        group: Group::Traffic,
        summary: "So many of the messages come twice.",
        values: CHANCES,
        default: "0%",
        example: "duplicate=both:5%25",
        repeats: true,
        read: |plan, value| ways(&mut plan.traffic.duplicate, value, Chance::parse),
        write: |plan| both_ways(plan.traffic.duplicate),
    },
    Parameter {
        name: "reorder",
        group: Group::Traffic,
        summary: "So many of the messages come behind the one that follows, or a second later where none does.",
        values: CHANCES,
        default: "0%",
        example: "reorder=20%25",
        repeats: true,
        read: |plan, value| ways(&mut plan.traffic.reorder, value, Chance::parse),
        write: |plan| both_ways(plan.traffic.reorder),
    },
    Parameter {
        name: "corrupt",
        group: Group::Traffic,
        summary: "In so many of the messages one byte is another one; a text stays a text.",
        values: CHANCES,
        default: "0%",
        example: "corrupt=1%25",
        repeats: true,
        read: |plan, value| ways(&mut plan.traffic.corrupt, value, Chance::parse),
        write: |plan| both_ways(plan.traffic.corrupt),
    },
    Parameter {
        name: "echo",
        group: Group::Traffic,
        summary: "Takes messages without answering them or passing them on.",
        values: ON_OFF,
        default: "on",
        example: "echo=off",
        repeats: false,
        read: |plan, value| {
            let mut on = false;
            match (switch(&mut on, value), on) {
                (Read::Done, false) if plan.traffic.answers == Answers::Usual => {
                    done(|| plan.traffic.answers = Answers::Off)
                }
                (Read::Done, false) => Read::Twice,
                (read, _) => read,
            }
        },
        write: |plan| one((plan.traffic.answers == Answers::Off).then_some("off")),
    },
    Parameter {
        name: "respond",
        group: Group::Traffic,
        summary: "Answers each message with this text, in which {{message}} is the message, {{n}} its number and {{size}} its bytes.",
        values: "a text of at most 4,096 bytes; not together with echo=off",
        default: "the echo",
        example: "respond=%7B%22n%22:%7B%7Bn%7D%7D%7D",
        repeats: false,
        read: |plan, value| match Template::parse(value) {
            Some(_) if plan.traffic.answers != Answers::Usual => Read::Twice,
            Some(template) => done(|| plan.traffic.answers = Answers::Template(template)),
            None => Read::Wrong,
        },
        write: |plan| match &plan.traffic.answers {
            Answers::Template(template) => vec![template.to_string()],
            _ => Vec::new(),
        },
    },
    Parameter {
        name: "big",
        group: Group::Traffic,
        summary: "Sends a text of this size once the connection is open.",
        values: "a size up to 16MiB, such as 1MiB",
        default: "none",
        example: "big=1MiB",
        repeats: false,
        read: |plan, value| set(&mut plan.traffic.big, size(value, 0, MAX_MESSAGE)),
        write: |plan| one(plan.traffic.big.map(|len| units::write_size(len.into()))),
    },
    Parameter {
        name: "flood",
        group: Group::Traffic,
        summary: "Sends texts that nobody asked for, each with its number, from the start.",
        values: "a size up to 16MiB, perhaps a rate, perhaps a number of messages, with commas, such as 1KiB,100msg/s,500",
        default: "none; 10msg/s without a rate, until the end without a number",
        example: "flood=1KiB,100msg/s,500",
        repeats: false,
        read: |plan, value| set(&mut plan.traffic.flood, flood(value)),
        write: |plan| {
            one(plan.traffic.flood.map(|Flood { size, rate, count }| {
                let count = count.map_or(String::new(), |count| format!(",{count}"));
                format!("{},{rate}{count}", units::write_size(size.into()))
            }))
        },
    },
    Parameter {
        name: "fragment",
        group: Group::Traffic,
        summary: "Sends messages in fragments of this size, with a Ping between any two if wanted.",
        values: "a size from 1B to 16MiB, perhaps with ,ping behind it, such as 100 or 1KiB,ping; larger where a message would have more than 65,536",
        default: "whole",
        example: "fragment=100,ping",
        repeats: false,
        read: |plan, value| {
            let (len, pings) = value.strip_suffix(",ping").map_or((value, false), |len| (len, true));
            set(&mut plan.traffic.fragment, size(len, 1, MAX_MESSAGE).map(|size| Fragments { size, pings }))
        },
        write: |plan| {
            one(plan.traffic.fragment.map(|Fragments { size, pings }| {
                format!("{}{}", units::write_size(size.into()), if pings { ",ping" } else { "" })
            }))
        },
    },
    Parameter {
        name: "trickle",
        group: Group::Traffic,
        summary: "Sends messages a few bytes at a time, this long apart, header included.",
        values: "a size from 1B to 16MiB and a time up to 1m with a comma, such as 1,50ms",
        default: "at once",
        example: "trickle=1,50ms",
        repeats: false,
        read: |plan, value| {
            let pace = value.split_once(',').and_then(|(bytes, every)| {
                let every =
                    units::parse_time(every).filter(|every| (1..=60_000_000).contains(&every.as_micros()))?;
                Some(TricklePace { bytes: size(bytes, 1, MAX_MESSAGE)?, every })
            });
            set(&mut plan.traffic.trickle, pace)
        },
        write: |plan| {
            one(plan.traffic.trickle.map(|TricklePace { bytes, every }| {
                format!("{},{}", units::write_size(bytes.into()), units::write_time(every))
            }))
        },
    },
    Parameter {
        name: "stall-read",
        group: Group::Traffic,
        summary: "Stops reading, for good or for this long, so that the client's sending stalls; from= says from when. \
                  For good ends with a reset after 10 minutes.",
        values: "on, or a time such as 10s, at most 24h",
        default: "off",
        example: "stall-read=10s",
        repeats: false,
        read: |plan, value| {
            let stall = match value {
                "on" => Some(Stall::ForGood),
                _ => units::parse_time(value).map(Stall::For),
            };
            set(&mut plan.traffic.stall_read, stall)
        },
        write: |plan| {
            one(plan.traffic.stall_read.map(|stall| match stall {
                Stall::ForGood => "on".to_owned(),
                Stall::For(time) => units::write_time(time),
            }))
        },
    },
];

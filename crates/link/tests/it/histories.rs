//! Random calls in any order: after every one of them the invariants hold and the naive model agrees.

use link::Hint;
use proptest::prelude::*;

use crate::checker::{Checker, Op, Output};

/// How many random histories every run of the tests goes through.
const HISTORIES: u64 = 120_000;
/// Calls in each.
const LENGTH: usize = 48;

const HINTS: [Hint; 7] =
    [Hint::Online, Hint::Offline, Hint::Visible, Hint::Hidden, Hint::PageHide, Hint::PageShow, Hint::Resume];
const CODES: [u16; 12] = [1000, 1001, 1002, 1005, 1006, 1008, 1011, 1012, 1013, 3000, 4001, 1009];
/// How late timers fire: on time, a little, past the threshold for lateness, after a night's sleep.
const LATE: [u32; 8] = [0, 0, 0, 0, 900, 2_100, 45_000, 30_000_000];

/// One random call. Those that let a connection live are the more frequent, or histories would be all endings.
fn random_op(rng: &mut fastrand::Rng) -> Op {
    let code = CODES[rng.usize(..CODES.len())];
    match rng.u8(..100) {
        0..6 => Op::Open,
        6..26 => Op::Send(rng.u8(..)),
        26..28 => Op::Close([None, Some(1000), Some(4000), Some(1001)][rng.usize(..4)]),
        28..30 => Op::ReconnectNow,
        30..32 => Op::Configure(rng.u8(..)),
        32..44 => Op::SocketOpens,
        44..52 => Op::Message,
        52..60 => Op::Answer,
        60..61 => Op::Error,
        61..65 => Op::SocketCloses(code, rng.bool()),
        65 => Op::Refused,
        66..74 => Op::Buffered([0, 0, 100, 255][rng.usize(..4)]),
        74..86 => Op::Timeout(LATE[rng.usize(..LATE.len())]),
        86 => Op::Spurious,
        87..92 => Op::Advance([1, 30, 700, 6_000, 25_000][rng.usize(..5)]),
        92 => Op::StepBack([1, 5_000, 3_600_000][rng.usize(..3)]),
        93..97 => Op::Hint(HINTS[rng.usize(..HINTS.len())]),
        97 => Op::SendNow(rng.u8(..)),
        98 => Op::Withheld,
        _ => Op::Stale(rng.u8(..6)),
    }
}

fn history(seed: u64) -> (u8, Vec<Op>) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let variant = rng.u8(..);
    (variant, std::iter::repeat_with(|| random_op(&mut rng)).take(LENGTH).collect())
}

fn check(variant: u8, seed: u64, ops: &[Op]) -> Result<Output, String> {
    let mut checker = Checker::new(variant, seed);
    for (step, op) in ops.iter().enumerate() {
        checker.apply(op).map_err(|why| format!("step {step}, {op:?}: {why}"))?;
    }
    Ok(checker.output)
}

/// Leaves out whatever the failure doesn't need.
fn shrink(variant: u8, seed: u64, mut ops: Vec<Op>) -> Vec<Op> {
    let mut index = 0;
    while index < ops.len() {
        let mut fewer = ops.clone();
        fewer.remove(index);
        if check(variant, seed, &fewer).is_err() {
            ops = fewer;
            index = 0;
        } else {
            index += 1;
        }
    }
    ops
}

#[test]
fn invariants_hold_through_random_histories() {
    for seed in 0..HISTORIES {
        let (variant, ops) = history(seed);
        if check(variant, seed, &ops).is_err() {
            let ops = shrink(variant, seed, ops);
            let why = check(variant, seed, &ops).err();
            panic!("history {seed}, settings {variant}, shrunk to {ops:#?}\n{why:?}");
        }
    }
}

#[test]
fn the_same_seed_and_calls_give_the_same_trace() {
    for seed in 0..2_000 {
        let (variant, ops) = history(seed);
        assert_eq!(check(variant, seed, &ops), check(variant, seed, &ops), "history {seed}");
    }
    let (variant, ops) = history(1);
    assert_ne!(check(variant, 1, &ops), check(variant, 2, &ops), "the seed matters");
}

#[test]
fn histories_reach_what_they_are_meant_to_reach() {
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for seed in 0..5_000 {
        let (variant, ops) = history(seed);
        let output = check(variant, seed, &ops).expect("checked elsewhere");
        for event in output.events() {
            let name = match event {
                link::Event::PhaseChanged(phase) => format!("{phase:?}"),
                link::Event::Disconnected { why, .. } => format!("{why:?}"),
                other => format!("{other:?}"),
            };
            let name = name.split([' ', '{', '(']).next().unwrap_or_default().to_owned();
            *seen.entry(name).or_default() += 1;
        }
    }
    for name in [
        "Connecting",
        "Open",
        "Closing",
        "Waiting",
        "Offline",
        "Suspended",
        "Closed",
        "Connected",
        "Refused",
        "ConnectFailed",
        "ConnectTimedOut",
        "PeerClosed",
        "TransportFailed",
        "HeartbeatMissed",
        "ClosedByUser",
        "CloseTimedOut",
        "PageHidden",
        "Replaced",
        "Withheld",
        "TransportError",
        "MessageSent",
        "OpeningSent",
        "MessagesConfirmed",
        "MessagesUnknown",
        "MessageDropped",
        "HeartbeatSent",
        "HeartbeatAnswered",
        "HeartbeatLate",
        "TimerLate",
    ] {
        assert!(seen.get(name).is_some_and(|count| *count >= 10), "{name} is rare: {seen:#?}");
    }
}

fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => Just(Op::Open),
        6 => any::<u8>().prop_map(Op::Send),
        2 => any::<u8>().prop_map(Op::SendNow),
        1 => prop_oneof![Just(None), Just(Some(1000)), (2990u16..=5010).prop_map(Some)].prop_map(Op::Close),
        1 => Just(Op::ReconnectNow),
        1 => any::<u8>().prop_map(Op::Configure),
        5 => Just(Op::SocketOpens),
        3 => Just(Op::Message),
        3 => Just(Op::Answer),
        1 => Just(Op::Error),
        2 => (1000u16..=4999, any::<bool>()).prop_map(|(code, clean)| Op::SocketCloses(code, clean)),
        1 => Just(Op::Refused),
        1 => Just(Op::Withheld),
        3 => any::<u8>().prop_map(Op::Buffered),
        5 => (0u32..50_000).prop_map(Op::Timeout),
        1 => Just(Op::Spurious),
        2 => (0u32..100_000).prop_map(Op::Advance),
        1 => (0u32..100_000_000).prop_map(Op::StepBack),
        2 => (0..HINTS.len()).prop_map(|index| Op::Hint(HINTS[index])),
        1 => (0u8..6).prop_map(Op::Stale),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_whatever_the_values(
        variant in any::<u8>(),
        seed in any::<u64>(),
        ops in prop::collection::vec(any_op(), 0..120),
    ) {
        if let Err(why) = check(variant, seed, &ops) {
            return Err(TestCaseError::fail(why));
        }
    }
}

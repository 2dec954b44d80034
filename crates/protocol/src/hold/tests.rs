//! Whatever is held, decided and forgotten: each message comes out once and in order, or as was decided.

use super::*;
use crate::fault::Kind;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// The deadline of the simulated breakpoint.
const DEADLINE: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
enum Op {
    /// A message, which the breakpoint stops or not, with so many bytes beside its number.
    Message {
        way: Way,
        stopped: bool,
        len: usize,
        room: usize,
    },
    /// A Close, for instance.
    Other(Way),
    /// About one of those that are held.
    Decide(prop::sample::Index, Choice),
    PassAll,
    Inject(Way),
    Wait(u64),
    Switch(bool),
    Gone(Way),
}

#[derive(Clone, Copy, Debug)]
enum Choice {
    Pass,
    Edit,
    Drop,
    Answer,
}

fn op() -> impl Strategy<Value = Op> {
    let way = || prop::sample::select(&Way::ALL[..]);
    let room = prop_oneof![4 => Just(usize::MAX), 1 => 0_usize..600];
    let choice = prop::sample::select(&[Choice::Pass, Choice::Edit, Choice::Drop, Choice::Answer][..]);
    prop_oneof![
        12 => (way(), any::<bool>(), 0_usize..40, room)
            .prop_map(|(way, stopped, len, room)| Op::Message { way, stopped, len, room }),
        1 => way().prop_map(Op::Other),
        6 => (any::<prop::sample::Index>(), choice).prop_map(|(index, choice)| Op::Decide(index, choice)),
        1 => Just(Op::PassAll),
        2 => way().prop_map(Op::Inject),
        3 => (0_u64..15_000).prop_map(Op::Wait),
        1 => any::<bool>().prop_map(Op::Switch),
        1 => way().prop_map(Op::Gone),
    ]
}

/// A gate between two ends, with a clock of its own and a memory of all that came and went. What is carried along with
/// everything that comes is its number in its direction.
struct Sim {
    gate: Gate<usize>,
    now: Duration,
    ids: u64,
    /// What came, in each direction: whether it is a message.
    came: [Vec<bool>; 2],
    /// What went out, by number, and with which payload if it is a message.
    went: [Vec<(usize, Option<Message>)>; 2],
    said: [Vec<Message>; 2],
    /// The number of each message that was held, and every fate of it.
    fates: BTreeMap<u64, (Way, usize, Vec<Fate>)>,
    gone: [bool; 2],
    on: bool,
}

fn payload(number: usize, stopped: bool, len: usize) -> String {
    format!("{}{number} {}", if stopped { "stop" } else { "go" }, "x".repeat(len))
}

impl Sim {
    fn new() -> Sim {
        let gate = Gate::default();
        let mut sim = Sim {
            gate,
            now: Duration::ZERO,
            ids: 0,
            came: Default::default(),
            went: Default::default(),
            said: Default::default(),
            fates: BTreeMap::new(),
            gone: [false; 2],
            on: false,
        };
        sim.switch(true);
        sim
    }

    fn switch(&mut self, on: bool) {
        self.on = on;
        let breakpoint = Breakpoint { number: 1, on, deadline: DEADLINE, ..Breakpoint::default() };
        self.gate.set_breakpoints(vec![Arc::new(breakpoint.with_query("filter=stop").unwrap())]);
        self.settle();
    }

    fn message(&mut self, way: Way, stopped: bool, len: usize, room: usize) {
        let number = self.came[way as usize].len();
        self.came[way as usize].push(true);
        let text = payload(number, stopped, len);
        let passing = Passing { way, kind: Kind::Text, payload: text.as_bytes(), at: Micros(0) };
        let (before, ids) = (self.gate.bytes(), &mut self.ids);
        let next = || {
            *ids += 1;
            *ids
        };
        let mut held = None;
        let extra = |is_held| {
            held = Some(is_held);
            number
        };
        let by_itself = self.gate.handle_message(&passing, extra, next, room, self.now);
        assert!(self.gate.bytes() <= before.saturating_add(room));
        let stops = stopped && self.on && !self.gone[way as usize];
        assert_eq!(held == Some(true), stops);
        if by_itself {
            self.went[way as usize].push((number, Some(Message::text(text))));
        } else if stops {
            self.fates.insert(self.ids, (way, number, Vec::new()));
        }
        self.settle();
    }

    fn other(&mut self, way: Way) {
        let number = self.came[way as usize].len();
        self.came[way as usize].push(false);
        if self.gate.handle_other(way, number, 0).is_some() {
            self.went[way as usize].push((number, None));
        }
        self.settle();
    }

    fn decide(&mut self, index: &prop::sample::Index, choice: Choice) {
        let held: Vec<u64> =
            Way::ALL.iter().flat_map(|way| self.gate.held(*way)).map(|held| held.id).collect();
        let Some(id) = held.get(index.index(held.len().max(1))) else { return };
        let decision = match choice {
            Choice::Pass => Decision::Pass,
            Choice::Edit => Decision::Edit(Message::binary([0xff, 0x00])),
            Choice::Drop => Decision::Drop,
            Choice::Answer => Decision::Answer(Message::text("answer")),
        };
        self.gate.decide(*id, decision.clone()).unwrap();
        assert_eq!(self.gate.decide(*id, decision), Err(NotHeld(*id)));
        self.settle();
    }

    /// Lets time pass, and stops wherever the gate asks to.
    fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let due = Way::ALL
                .into_iter()
                .filter_map(|way| Some((self.gate.next_timeout(way)?, way)))
                .min_by_key(|due| due.0);
            let Some((at, way)) = due.filter(|(at, _)| *at <= end) else { break };
            self.now = self.now.max(at);
            self.gate.handle_timeout(way, self.now);
            assert!(self.gate.next_timeout(way).is_none_or(|next| next > self.now));
            self.settle();
        }
        self.now = end;
    }

    fn settle(&mut self) {
        while let Some(output) = self.gate.poll() {
            match output {
                Output::Message { way, message, extra, edited } => {
                    assert_eq!(edited, message.kind == Kind::Binary);
                    self.went[way as usize].push((extra, Some(message)));
                }
                Output::Other { way, extra } => self.went[way as usize].push((extra, None)),
                Output::Said { way, message } => self.said[way as usize].push(message),
                Output::Told(Told { fate: Fate::Held, .. }) => {}
                Output::Told(told) => {
                    let (way, _, fates) = self.fates.get_mut(&told.id).unwrap();
                    assert_eq!((told.way, told.breakpoint), (*way, 1));
                    fates.push(told.fate);
                }
            }
        }
        let held = |way| self.gate.held(way).count();
        for way in Way::ALL {
            assert!(held(way) > 0 || self.gate.waiting(way) == 0, "something waits for nothing");
        }
        assert!(self.gate.bytes() <= MAX_BYTES);
    }

    fn run(&mut self, op: &Op) {
        match op {
            Op::Message { way, stopped, len, room } => self.message(*way, *stopped, *len, *room),
            Op::Other(way) => self.other(*way),
            Op::Decide(index, choice) => self.decide(index, *choice),
            Op::PassAll => {
                let held: usize = Way::ALL.into_iter().map(|way| self.gate.held(way).count()).sum();
                assert_eq!(self.gate.pass_all(), held);
                self.settle();
                assert_eq!(Way::ALL.map(|way| self.gate.waiting(way)), [0, 0]);
            }
            Op::Inject(way) => {
                let before = self.said[*way as usize].len();
                self.gate.inject(*way, Message::text("injected"));
                self.settle();
                let said = self.said[*way as usize].len() - before;
                assert_eq!(said, usize::from(!self.gone[*way as usize]), "it goes out at once");
            }
            Op::Wait(millis) => self.wait(Duration::from_millis(*millis)),
            Op::Switch(on) => self.switch(*on),
            Op::Gone(way) => {
                self.gone[*way as usize] = true;
                self.gate.handle_gone(*way);
                self.settle();
            }
        }
    }

    /// Nobody does anything any more.
    fn end(&mut self) {
        let deadlines = u32::try_from(self.ids + 1).unwrap();
        self.wait(DEADLINE * deadlines);
        assert_eq!((self.gate.bytes(), Way::ALL.map(|way| self.gate.waiting(way))), (0, [0, 0]));
        let mut kept_back: [Vec<usize>; 2] = Default::default();
        for (way, number, fates) in self.fates.values() {
            let [fate] = fates[..] else { panic!("{fates:?}") };
            let went = self.went[*way as usize].iter().find(|(other, _)| other == number);
            match fate {
                Fate::Dropped | Fate::Answered | Fate::Gone => {
                    assert!(went.is_none(), "{fate:?}");
                    kept_back[*way as usize].push(*number);
                }
                Fate::Edited if went.is_some() => {
                    assert_eq!(went.unwrap().1, Some(Message::binary([0xff, 0x00])));
                }
                fate => assert!(went.is_some() || self.gone[*way as usize], "{fate:?}"),
            }
        }
        for way in Way::ALL {
            let went = &self.went[way as usize];
            assert!(went.windows(2).all(|pair| pair[0].0 < pair[1].0), "the order changed: {went:?}");
            for (number, message) in went {
                assert_eq!(message.is_some(), self.came[way as usize][*number]);
                if let Some(message) = message.as_ref().filter(|message| message.kind == Kind::Text) {
                    let text = String::from_utf8_lossy(&message.payload);
                    assert!(text.contains(&format!("{number} ")), "{text} is not {number}");
                }
            }
            if !self.gone[way as usize] {
                let expected = self.came[way as usize].len() - kept_back[way as usize].len();
                assert_eq!(went.len(), expected);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn every_message_comes_out_once_in_order_or_as_was_decided(ops in prop::collection::vec(op(), 0..80)) {
        let mut sim = Sim::new();
        for op in &ops {
            sim.run(op);
        }
        sim.end();
    }
}

/// What went to the target, and `|` where somebody put something in.
fn went(sim: &Sim) -> Vec<String> {
    let text = |message: &Option<Message>| {
        message
            .as_ref()
            .map_or("close".to_owned(), |message| String::from_utf8_lossy(&message.payload).trim().to_owned())
    };
    sim.went[Way::ToTarget as usize].iter().map(|(_, message)| text(message)).collect()
}

#[test]
fn what_is_behind_a_held_message_waits_for_it_and_the_other_direction_goes_on() {
    let mut sim = Sim::new();
    let way = Way::ToTarget;
    sim.message(way, false, 0, usize::MAX);
    sim.message(way, true, 0, usize::MAX);
    sim.message(way, false, 0, usize::MAX);
    sim.message(way, true, 0, usize::MAX);
    sim.other(way);
    sim.message(Way::ToClient, false, 0, usize::MAX);
    assert_eq!((went(&sim), sim.went[1].len()), (vec!["go0".to_owned()], 1));
    // What is decided keeps its place.
    sim.gate.decide(2, Decision::Edit(Message::text("other3 "))).unwrap();
    sim.gate.inject(way, Message::text("now"));
    while let Some(output) = sim.gate.poll() {
        assert!(matches!(output, Output::Told(_) | Output::Said { .. }), "{output:?}");
    }
    sim.gate.decide(1, Decision::Pass).unwrap();
    let mut order = Vec::new();
    while let Some(output) = sim.gate.poll() {
        order.push(match output {
            Output::Message { message, edited, .. } => {
                format!("{} {edited}", String::from_utf8_lossy(&message.payload).trim())
            }
            Output::Told(told) => told.fate.as_str().to_owned(),
            other => format!("{other:?}"),
        });
    }
    let close = "Other { way: ToTarget, extra: 4 }";
    assert_eq!(order, ["passed", "stop1 false", "go2 false", "other3 true", close]);
}

#[test]
fn an_answer_goes_back_at_once_and_the_message_is_gone() {
    let mut sim = Sim::new();
    sim.message(Way::ToClient, true, 0, usize::MAX);
    sim.message(Way::ToTarget, true, 0, usize::MAX);
    sim.gate.decide(2, Decision::Answer(Message::binary([1]))).unwrap();
    sim.settle();
    assert_eq!(sim.said[Way::ToClient as usize], [Message::binary([1])]);
    assert_eq!(sim.gate.waiting(Way::ToTarget), 0);
    assert_eq!(sim.gate.waiting(Way::ToClient), 1);
}

#[test]
fn the_deadline_of_the_first_counts() {
    let mut sim = Sim::new();
    sim.message(Way::ToTarget, true, 0, usize::MAX);
    sim.wait(DEADLINE / 2);
    sim.message(Way::ToTarget, true, 0, usize::MAX);
    sim.wait(DEADLINE / 2);
    assert_eq!(went(&sim), ["stop0"]);
    sim.wait(DEADLINE / 2 - Duration::from_micros(1));
    assert_eq!(went(&sim).len(), 1);
    sim.wait(Duration::from_micros(1));
    assert_eq!(went(&sim), ["stop0", "stop1"]);
    assert!(sim.fates.values().all(|(_, _, fates)| *fates == [Fate::Deadline]));
}

#[test]
fn over_the_limits_the_oldest_goes_on() {
    let mut sim = Sim::new();
    for _ in 0..MAX_MESSAGES + 5 {
        sim.message(Way::ToClient, true, 0, usize::MAX);
    }
    assert_eq!(sim.gate.waiting(Way::ToClient), MAX_MESSAGES);
    assert_eq!(sim.went[Way::ToClient as usize].len(), 5);
    // Those that wait behind count too, and one that is larger than all the room is not held at all.
    sim.message(Way::ToClient, false, MAX_BYTES, usize::MAX);
    assert_eq!((sim.gate.waiting(Way::ToClient), sim.gate.bytes()), (0, 0));
    sim.end();
    assert_eq!(sim.fates.values().filter(|(_, _, fates)| *fates == [Fate::Limit]).count(), MAX_MESSAGES + 5);
}

#[test]
fn without_breakpoints_a_gate_is_open_once_nothing_waits() {
    let mut sim = Sim::new();
    assert!(!sim.gate.is_open());
    sim.message(Way::ToTarget, true, 0, usize::MAX);
    sim.switch(false);
    assert_eq!(went(&sim), ["stop0"]);
    assert_eq!(sim.fates[&1].2, [Fate::Released]);
    assert!(sim.gate.is_open());
}

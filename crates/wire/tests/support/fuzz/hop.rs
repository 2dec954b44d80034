//! Two connections of one thread, of which the second sends what the first has read, lent where it lies or copied: however
//! bytes are cut, turns end and output is taken, its peer gets what a plain model says.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::sync::Arc;

use wire::{
    Connection, ConnectionSettings, Incoming, Lent, MessageKind, NotSent, Outgoing, Overheard, Time, Turn,
    deflate,
};

use super::echo::plainly;
use super::{LIMITS, Random, choice, read_some};
use crate::support::driver::Whole;
use crate::support::masks;
use crate::support::model::{self, Outcome};

/// The second connection, in the driver's numbers.
const TO: u32 = 7;

pub(crate) fn run(data: &[u8]) {
    let &[first, seed, ref bytes @ ..] = data else { return };
    hop(first, bytes, Random::new(seed), Random::len);
}

/// A message on its way.
enum Item {
    Lent(Lent),
    Kept(MessageKind, Vec<u8>),
}

struct Hop {
    from: Connection,
    to: Connection,
    turn: Turn,
    borrower: Turn,
    now: Time,
    random: Random,
    lane: VecDeque<Item>,
    /// What the second one's transport got.
    output: Vec<u8>,
    /// What was overheard of it.
    overheard: Vec<Whole>,
    /// The latest message that was lent, which is worth nothing once it was taken back.
    stale: Option<Lent>,
}

/// Passes on what the peer of the end that `first` chooses sends; `read_len` limits each read.
pub(crate) fn hop(first: u8, bytes: &[u8], random: Random, mut read_len: impl FnMut(&mut Random) -> usize) {
    let (role, compression) = choice(first);
    let from = settings(1 << 20);
    let to = settings(if first & 8 == 0 { 1 << 20 } else { 300 });
    let to_role = if first & 16 == 0 { role.peer() } else { role };
    let to_compression = if first & 64 == 0 { None } else { Some(deflate::Params::default()) };
    let now = Time::from_micros(0);
    let mut hop = Hop {
        from: Connection::new(role, compression, from, now),
        to: Connection::new(to_role, to_compression, to, now),
        turn: Turn::new(masks),
        borrower: Turn::borrower(masks),
        now,
        random,
        lane: VecDeque::new(),
        output: Vec::new(),
        overheard: Vec::new(),
        stale: None,
    };
    hop.from.outgoing(&mut hop.turn, now).keep_in_place(first & 32 == 0);
    let mut rest = bytes;
    loop {
        let before = rest.len();
        rest = hop.have_turn(rest, &mut read_len);
        hop.send_on();
        let waits = hop.from.wants_turn(&hop.turn) || hop.from.has_output(&hop.turn);
        let goes_on = rest.len() < before || (!rest.is_empty() && hop.from.wants_input(&hop.turn));
        if !waits && !goes_on && hop.lane.is_empty() && hop.to.queued_bytes() == 0 {
            break;
        }
    }
    let reading = model::read(role, compression.as_ref(), &LIMITS, bytes);
    let is_message = |whole: &Whole| matches!(whole, Whole::Message(..));
    let expected = reading.wholes.into_iter().filter(is_message).collect::<Vec<_>>();
    let sent = model::flawless(to_role, to_compression.as_ref(), &hop.output);
    if to_compression.is_none() {
        assert_eq!(hop.output, plainly(to_role, &sent), "the same bytes");
    }
    assert_eq!(hop.overheard, sent);
    match reading.outcome {
        // What is wrong with compressed data may show sooner or later.
        Outcome::BadData | Outcome::Unknown => assert!(sent.starts_with(&expected)),
        _ => assert_eq!(sent, expected),
    }
}

fn settings(queue_bytes: usize) -> Arc<ConnectionSettings> {
    Arc::new(ConnectionSettings {
        limits: LIMITS,
        queue_bytes,
        deflate: deflate::Settings { threshold: 64, ..deflate::Settings::default() },
        ..ConnectionSettings::default()
    })
}

impl Hop {
    /// The first connection's turn: reads, decodes, and has the second one send what is lent to it.
    fn have_turn<'b>(
        &mut self,
        mut rest: &'b [u8],
        read_len: &mut impl FnMut(&mut Random) -> usize,
    ) -> &'b [u8] {
        loop {
            self.take_messages();
            write_all(&mut self.from, &mut self.turn, self.now);
            if self.turn.lent_to().is_some() {
                assert_eq!(self.turn.lent_to(), Some(TO));
                self.pass_on();
            }
            if rest.is_empty() || !self.from.wants_input(&self.turn) || self.random.one_in(4) {
                break;
            }
            let most = read_len(&mut self.random);
            rest = read_some(&mut self.from, &mut self.turn, rest, most, self.now);
        }
        self.from.end_turn(&mut self.turn, true, self.now);
        rest
    }

    fn take_messages(&mut self) {
        while let Some((incoming, mut out)) = self.from.poll(&mut self.turn, self.now) {
            if let Incoming::Message(message) = incoming {
                let lent = if self.random.one_in(5) { None } else { out.lend(&message, TO) };
                let twice = out.lend(&message, TO);
                assert!(lent.is_none() || twice.is_none(), "a message is lent once");
                assert!(out.lend(&message, TO + 1).is_none(), "or to one");
                if let Some(lent) = lent.as_ref().or(twice.as_ref()) {
                    assert_eq!(out.send_lent(lent), Err(NotSent::TakenBack), "not by who lends it");
                }
                self.lane.push_back(match lent.or(twice) {
                    Some(lent) => {
                        assert_eq!((lent.kind(), lent.len()), (message.kind, message.payload.len()));
                        Item::Lent(lent)
                    }
                    None => Item::Kept(message.kind, message.payload.to_vec()),
                });
            }
            if self.random.one_in(8) {
                break;
            }
        }
    }

    fn pass_on(&mut self) {
        self.turn.lend(&mut self.borrower);
        let Hop { to, borrower, now, random, lane, overheard, stale, .. } = self;
        let mut out = to.outgoing(borrower, *now);
        if let Some(stale) = stale {
            assert_eq!(out.send_lent(stale), Err(NotSent::TakenBack));
            assert_eq!(out.lent_payload(stale), None);
        }
        while let Some(item) = lane.front() {
            if random.one_in(6) || !send(item, &mut out, overheard) {
                break;
            }
            if let Some(Item::Lent(lent)) = lane.pop_front() {
                *stale = Some(lent);
            }
        }
        for item in lane {
            if let Item::Lent(lent) = item {
                let payload = out.lent_payload(lent).expect("it is lent yet").to_vec();
                *item = Item::Kept(lent.kind(), payload);
            }
        }
        self.write(true);
        self.to.end_turn(&mut self.borrower, true, self.now);
        self.turn.take_back(&mut self.borrower);
    }

    /// A turn of the second connection's own.
    fn send_on(&mut self) {
        self.write(false);
        let mut out = self.to.outgoing(&mut self.turn, self.now);
        while let Some(item) = self.lane.front() {
            assert!(matches!(item, Item::Kept(..)), "what is lent was sent or kept");
            if !send(item, &mut out, &mut self.overheard) {
                break;
            }
            self.lane.pop_front();
        }
        self.write(false);
        self.to.end_turn(&mut self.turn, true, self.now);
    }

    /// The transport takes all there is, or a part of it and then no more for now.
    fn write(&mut self, borrows: bool) {
        let Hop { to, turn, borrower, now, random, output, .. } = self;
        let turn = if borrows { borrower } else { turn };
        while to.has_output(turn) {
            if random.one_in(5) {
                return to.queue_output(turn, *now);
            }
            let mut slices = [IoSlice::new(&[]); 3];
            let count = to.slices(turn, &mut slices);
            let offered = slices[..count].iter().flat_map(|slice| slice.iter().copied()).collect::<Vec<_>>();
            let taken = if random.one_in(2) { offered.len() } else { random.len().min(offered.len()) };
            output.extend_from_slice(&offered[..taken]);
            to.handle_written(turn, taken, *now);
        }
    }
}

/// False: there is no room for it.
fn send(item: &Item, out: &mut Outgoing<'_>, overheard: &mut Vec<Whole>) -> bool {
    let mut sent = Ok(());
    let mut hear = |said: Overheard<'_>| {
        let Overheard::Message(kind, payload) = said else { panic!("{said:?}") };
        overheard.push(Whole::Message(kind, payload.to_vec()));
    };
    out.overhear(&mut hear, |out| {
        sent = match item {
            Item::Lent(lent) => out.send_lent(lent),
            Item::Kept(kind, payload) => out.send(*kind, payload),
        };
    });
    if sent == Err(NotSent::QueueFull) {
        return false;
    }
    sent.expect("an open connection sends what is text or bytes");
    true
}

/// What the first connection says of its own accord goes nowhere.
fn write_all(connection: &mut Connection, turn: &mut Turn, now: Time) {
    while connection.has_output(turn) {
        let mut slices = [IoSlice::new(&[]); 3];
        let count = connection.slices(turn, &mut slices);
        let len = slices[..count].iter().map(|slice| slice.len()).sum();
        connection.handle_written(turn, len, now);
    }
}

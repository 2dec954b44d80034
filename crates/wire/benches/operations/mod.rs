//! What is measured, for criterion's clock and for callgrind's count alike.

use std::hint::black_box;
use std::io::IoSlice;
use std::sync::Arc;

use wire::deflate::{Deflater, Inflater, Params, Pool, Settings};
use wire::raw::RawFrame;
use wire::utf8::Utf8;
use wire::{Connection, ConnectionSettings, Incoming, MessageKind, OpCode, Outgoing, Role, Time, Turn, mask};

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
const SIZES: [usize; 4] = [16, 125, 1024, 65_536];

/// Something to repeat. One call is one operation on `bytes` bytes of payload.
pub(crate) struct Operation {
    pub(crate) name: String,
    pub(crate) bytes: usize,
    pub(crate) run: Box<dyn FnMut()>,
}

pub(crate) fn operations() -> Vec<Operation> {
    let mut operations = Vec::new();
    let mut add = |name: String, bytes: usize, run: Box<dyn FnMut()>| {
        operations.push(Operation { name, bytes, run });
    };
    for size in SIZES {
        add(format!("unmask/{size}"), size, unmask(size));
        add(format!("unmask-moving/{size}"), size, unmask_moving(size));
        add(format!("utf8-ascii/{size}"), size, utf8("The quick brown fox. ", size));
        add(format!("utf8-mixed/{size}"), size, utf8("Grüße, κόσμε, 世界 🎈. ", size));
        add(format!("decode-binary/{size}"), size, decode(OpCode::Binary, size, 1));
        add(format!("decode-text/{size}"), size, decode(OpCode::Text, size, 1));
        add(format!("encode-server/{size}"), size, encode(Role::Server, size));
        add(format!("encode-client/{size}"), size, encode(Role::Client, size));
        add(format!("echo/{size}"), size, echo(size, 1));
        add(format!("deflate/{size}"), size, deflate(size, Settings::default().level, 1));
        add(format!("deflate-level6/{size}"), size, deflate(size, 6, 1));
        add(format!("inflate/{size}"), size, inflate(size));
    }
    add("decode-text/16x16".into(), 256, decode(OpCode::Text, 16, 16));
    add("deflate-2-pieces/1024".into(), 1024, deflate(1024, Settings::default().level, 2));
    add("echo/16x16".into(), 256, echo(16, 16));
    add("echo/16x1024".into(), 16 * 1024, echo(1024, 16));
    operations
}

fn text(pattern: &str, size: usize) -> String {
    let mut text = pattern.repeat(size / pattern.len() + 1);
    text.truncate(text.floor_char_boundary(size));
    text
}

/// Something like what real-time applications send.
fn json(size: usize) -> Vec<u8> {
    let mut json = String::from("[");
    for id in 0.. {
        json += &format!(r#"{{"id":{id},"price":{}.{:02},"side":"buy"}},"#, 100 + id * 7 % 13, id * 31 % 100);
        if json.len() >= size {
            break;
        }
    }
    json.truncate(size);
    json.into_bytes()
}

/// A connection whose transport takes everything.
struct Driven {
    connection: Connection,
    turn: Turn,
    now: Time,
}

impl Driven {
    fn new(role: Role) -> Driven {
        let now = Time::from_micros(0);
        let connection = Connection::new(role, None, Arc::new(ConnectionSettings::default()), now);
        Driven { connection, turn: Turn::new(|| KEY), now }
    }

    /// A read of these bytes, and what an endpoint makes of them. Includes the copy that stands for the read.
    fn read(&mut self, bytes: &[u8], mut endpoint: impl FnMut(&Incoming<'_>, &mut Outgoing<'_>)) {
        let buffer = self.connection.read_buffer(&mut self.turn);
        buffer[..bytes.len()].copy_from_slice(bytes);
        self.connection.handle_input(&mut self.turn, bytes.len(), self.now);
        while let Some((incoming, mut out)) = self.connection.poll(&mut self.turn, self.now) {
            endpoint(&incoming, &mut out);
        }
    }

    /// Writes everything at once, and gives the turn back.
    fn write(&mut self) -> usize {
        let mut slices = [IoSlice::new(&[]); 32];
        let count = self.connection.slices(&mut self.turn, &mut slices);
        let len = slices[..count].iter().map(|slice| black_box(slice).len()).sum();
        self.connection.handle_written(&mut self.turn, len, self.now);
        self.connection.end_turn(&mut self.turn, true, self.now);
        len
    }
}

/// `count` frames as a client sends them.
fn batch(opcode: OpCode, size: usize, count: usize) -> Vec<u8> {
    let frame = RawFrame::new(opcode, text("The quick brown fox. ", size)).masked(KEY).to_bytes();
    frame.repeat(count)
}

fn unmask(size: usize) -> Box<dyn FnMut()> {
    let mut payload = vec![1; size];
    Box::new(move || mask::apply(black_box(&mut payload), black_box(KEY)))
}

fn unmask_moving(size: usize) -> Box<dyn FnMut()> {
    let mut buf = vec![1; size + 4];
    Box::new(move || mask::apply_shifted(black_box(&mut buf), 4, 0, size, black_box(KEY)))
}

fn utf8(pattern: &str, size: usize) -> Box<dyn FnMut()> {
    let text = text(pattern, size);
    Box::new(move || {
        let mut utf8 = Utf8::new();
        let valid = utf8.push(black_box(text.as_bytes())).is_ok() && utf8.finish().is_ok();
        assert!(black_box(valid));
    })
}

fn decode(opcode: OpCode, size: usize, count: usize) -> Box<dyn FnMut()> {
    let arrived = batch(opcode, size, count);
    let mut driven = Driven::new(Role::Server);
    Box::new(move || {
        let mut messages = 0;
        driven.read(black_box(&arrived), |incoming, _| {
            black_box(incoming);
            messages += 1;
        });
        driven.connection.end_turn(&mut driven.turn, true, driven.now);
        assert_eq!(messages, count);
    })
}

/// What the echo does with a read: decode, move together, write headers, hand out for one write.
fn echo(size: usize, count: usize) -> Box<dyn FnMut()> {
    let arrived = batch(OpCode::Text, size, count);
    let echoed = RawFrame::new(OpCode::Text, text("The quick brown fox. ", size)).to_bytes().len() * count;
    let mut driven = Driven::new(Role::Server);
    Box::new(move || {
        driven.read(black_box(&arrived), |incoming, out| {
            if let Incoming::Message(message) = incoming {
                assert!(out.echo(message).is_ok());
            }
        });
        assert_eq!(driven.write(), echoed);
    })
}

fn encode(role: Role, size: usize) -> Box<dyn FnMut()> {
    let payload = vec![1; size];
    let mut driven = Driven::new(role);
    Box::new(move || {
        let mut out = driven.connection.outgoing(&mut driven.turn, driven.now);
        assert!(out.send(MessageKind::Binary, black_box(&payload)).is_ok());
        assert!(driven.write() > size);
    })
}

fn no_takeover() -> Params {
    Params { server_no_context_takeover: true, client_no_context_takeover: true, ..Params::default() }
}

fn deflate(size: usize, level: u8, pieces: usize) -> Box<dyn FnMut()> {
    let message = json(size);
    let mut pool = Pool::default();
    let mut deflater = Deflater::new(&no_takeover(), Role::Server, Settings { level, ..Settings::default() });
    let mut out = Vec::with_capacity(size + 64);
    Box::new(move || {
        out.clear();
        for (at, piece) in black_box(&message).chunks(size.div_ceil(pieces)).enumerate() {
            deflater.deflate(&mut pool, piece, at + 1 == pieces, &mut out);
        }
        black_box(&out);
    })
}

fn inflate(size: usize) -> Box<dyn FnMut()> {
    let mut pool = Pool::default();
    let mut compressed = Vec::new();
    let mut deflater = Deflater::new(&no_takeover(), Role::Client, Settings::default());
    deflater.deflate(&mut pool, &json(size), true, &mut compressed);
    let mut inflater = Inflater::new(&no_takeover(), Role::Server);
    let mut out = Vec::with_capacity(size + 64);
    Box::new(move || {
        out.clear();
        let done = inflater.inflate(&mut pool, black_box(&compressed), true, &mut out, size);
        assert!(done.is_ok() && out.len() == size);
    })
}

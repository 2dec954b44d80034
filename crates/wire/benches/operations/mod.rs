//! What is measured, for criterion's clock and for callgrind's count alike.

use std::hint::black_box;
use std::sync::Arc;

use wire::deflate::{Deflater, Inflater, Params, Pool, Settings};
use wire::frame::write_in_front;
use wire::raw::RawFrame;
use wire::utf8::Utf8;
use wire::{Event, Limits, OpCode, Receiver, Role, Sender, Step, mask};

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

/// `count` masked frames. With a key of zeros, decoding them in place leaves them as they are, so that they can be
/// decoded again; the work is the same.
fn batch(opcode: OpCode, size: usize, count: usize, key: [u8; 4]) -> Vec<u8> {
    let frame = RawFrame::new(opcode, text("The quick brown fox. ", size)).masked(key).to_bytes();
    frame.repeat(count)
}

fn receiver() -> Receiver {
    Receiver::new(Role::Server, Arc::new(Limits::default()))
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
    let mut buf = batch(opcode, size, count, [0; 4]);
    let mut receiver = receiver();
    Box::new(move || {
        let mut at = 0;
        while let Ok(Step::Event { consumed, event }) = receiver.step(black_box(&mut buf[at..])) {
            black_box(event);
            at += consumed;
        }
        assert_eq!(at, buf.len());
    })
}

/// What the echo does with a read: decode, move together, write headers. Includes the copy that stands for the read.
fn echo(size: usize, count: usize) -> Box<dyn FnMut()> {
    let arrived = batch(OpCode::Text, size, count, KEY);
    let mut buf = vec![0; arrived.len()];
    let mut receiver = receiver();
    Box::new(move || {
        buf.copy_from_slice(black_box(&arrived));
        let (mut from, mut to) = (0, 0);
        while from < buf.len() {
            let (consumed, payload) = match receiver.step_whole(&mut buf, from, to) {
                Ok(Some(whole)) => (whole.consumed, whole.payload),
                _ => match receiver.step_compact(&mut buf, from, to) {
                    Ok(Step::Event { consumed, event: Event::Data(data) }) => (consumed, data.payload),
                    other => panic!("{other:?}"),
                },
            };
            black_box(write_in_front(&mut buf, OpCode::Text, &payload));
            from += consumed;
            to = payload.end;
        }
        black_box(&buf[..to]);
    })
}

fn encode(role: Role, size: usize) -> Box<dyn FnMut()> {
    let payload = vec![1; size];
    let mut sender = Sender::new(role);
    let mut out = Vec::with_capacity(size + 14);
    Box::new(move || {
        out.clear();
        let sent = sender.binary(black_box(&payload), || black_box(KEY), &mut out);
        assert!(black_box(sent).is_ok());
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

//! Messages, and the exact bytes a connection writes over and over.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use wire::MessageKind;

use crate::config::Point;
use crate::frames::client_frame;

/// The tail RFC 7692 section 7.2.1 has the sender remove and the receiver put back.
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// The messages of one measurement, framed once.
#[derive(Debug)]
pub struct Cycle {
    /// The messages before compression; the connection sends them in this order, again and again.
    pub messages: Vec<Vec<u8>>,
    /// Text or binary.
    pub kind: MessageKind,
    /// All frames in a row, **twice**, so that any run of up to all messages is one slice from any start.
    pub bytes: Vec<u8>,
    /// Where each frame ends within one cycle; the last is the cycle's length.
    pub ends: Vec<usize>,
}

impl Cycle {
    /// Frames as many messages as a connection keeps in flight, each with other content.
    pub fn new(point: Point, kind: MessageKind) -> Self {
        let mut random = Random(0x5DEE_CE66_D1CE_4E5B);
        let mut bytes = Vec::new();
        let mut ends = Vec::new();
        let messages: Vec<_> = (0..point.in_flight).map(|_| message(point, &mut random)).collect();
        for message in &messages {
            let mask = random.next_u64().to_le_bytes();
            let mask = [mask[0], mask[1], mask[2], mask[3]];
            if point.deflate {
                client_frame(&mut bytes, kind.into(), true, mask, &deflate(message));
            } else {
                client_frame(&mut bytes, kind.into(), false, mask, message);
            }
            ends.push(bytes.len());
        }
        bytes.extend_from_within(..);
        Self { messages, kind, bytes, ends }
    }

    /// The length of one cycle in bytes.
    pub fn period(&self) -> usize {
        self.bytes.len() / 2
    }

    /// The size of frame `index`.
    pub fn frame_len(&self, index: usize) -> usize {
        self.ends[index] - index.checked_sub(1).map_or(0, |before| self.ends[before])
    }
}

/// Compresses one message as RFC 7692 section 7.2.1 asks, with a fresh window.
pub fn deflate(message: &[u8]) -> Vec<u8> {
    let mut compress = Compress::new(Compression::default(), false);
    let mut out = Vec::with_capacity(message.len() + 64);
    // A full buffer may hide more output, so only a call that leaves room has flushed everything.
    loop {
        let start = usize::try_from(compress.total_in()).unwrap_or(usize::MAX);
        let done = compress.compress_vec(&message[start..], &mut out, FlushCompress::Sync);
        if done.is_err() || out.len() < out.capacity() {
            break;
        }
        out.reserve(4096);
    }
    out.truncate(out.len().saturating_sub(TAIL.len()));
    out
}

/// A receiver's window over one connection: kept between messages, for servers that do.
#[derive(Debug)]
pub struct Inflater(Decompress);

impl Default for Inflater {
    fn default() -> Self {
        Self(Decompress::new(false))
    }
}

impl Inflater {
    /// Restores one message of at most `limit` bytes; `None` when the data is damaged or longer.
    pub fn inflate(&mut self, payload: &[u8], limit: usize) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(limit + 1);
        for mut input in [payload, &TAIL] {
            while !input.is_empty() {
                let before = self.0.total_in();
                let status = self.0.decompress_vec(input, &mut out, FlushDecompress::Sync).ok()?;
                let used = usize::try_from(self.0.total_in() - before).ok()?;
                if out.len() > limit || status == Status::StreamEnd || used == 0 {
                    return None;
                }
                input = &input[used..];
            }
        }
        Some(out)
    }
}

/// SplitMix64: payloads and masks only need to be different from run to run of bytes.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// ASCII for plain messages (valid as text too); records like an application's JSON for compressed ones.
fn message(point: Point, random: &mut Random) -> Vec<u8> {
    if point.deflate {
        return json(point.bytes, random);
    }
    (0..point.bytes).map(|_| b' ' + u8::try_from(random.next_u64() % 95).unwrap_or_default()).collect()
}

/// `bytes` bytes of JSON-like records with repeated keys and varied values.
pub fn json(bytes: usize, random: &mut Random) -> Vec<u8> {
    let mut text = String::with_capacity(bytes + 128);
    text.push('[');
    while text.len() < bytes {
        text.push_str(&trade(random));
        text.push_str("},");
    }
    let mut text = text.into_bytes();
    text.truncate(bytes);
    text
}

/// A JSON object of about `bytes` bytes, at least some eighty: a trade, and a note that makes up for the rest.
pub fn record(bytes: usize, random: &mut Random) -> String {
    const WORDS: [&str; 8] = ["filled ", "at ", "market ", "after ", "partial ", "by ", "order ", "desk "];
    let mut text = trade(random);
    text.push_str(r#","note":""#);
    while text.len() + 2 < bytes {
        text.push_str(WORDS[(random.next_u64() & 7) as usize]);
    }
    text.push_str("\"}");
    text
}

/// A JSON object without its end.
fn trade(random: &mut Random) -> String {
    const SYMBOLS: [&str; 8] = ["ACME", "GLBX", "INIT", "HOOL", "UMBR", "STRK", "WAYN", "CYBR"];
    let bits = random.next_u64();
    let symbol = SYMBOLS[(bits & 7) as usize];
    let (price, cents, volume) = ((bits >> 8) % 900 + 100, (bits >> 24) % 100, (bits >> 32) % 10_000);
    format!(
        r#"{{"type":"trade","symbol":"{symbol}","price":{price}.{cents:02},"volume":{volume},"side":"buy""#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(bytes: usize, in_flight: usize, deflate: bool) -> Point {
        Point { connections: 1, bytes, in_flight, deflate }
    }

    #[test]
    fn cycles_hold_every_frame_twice() {
        let cycle = Cycle::new(point(1024, 16, false), MessageKind::Binary);
        assert_eq!(cycle.period(), 16 * (1024 + 8));
        assert_eq!(cycle.bytes[..cycle.period()], cycle.bytes[cycle.period()..]);
        assert_eq!(cycle.ends.last(), Some(&cycle.period()));
        assert!((0..16).all(|index| cycle.frame_len(index) == 1032));
        assert_ne!(cycle.messages[0], cycle.messages[1]);
        assert!(cycle.messages.iter().all(|message| message.is_ascii()));
    }

    #[test]
    fn compressed_messages_come_back() {
        for bytes in [1, 16, 1024, 65_536] {
            let messages = Cycle::new(point(bytes, 3, true), MessageKind::Text).messages;
            let mut inflater = Inflater::default();
            for message in &messages {
                assert_eq!(message.len(), bytes);
                let packed = deflate(message);
                assert!(bytes < 1024 || packed.len() * 3 < bytes, "{bytes} became {}", packed.len());
                assert_eq!(inflater.inflate(&packed, bytes).as_ref(), Some(message));
            }
        }
    }

    #[test]
    fn incompressible_messages_come_back() {
        let mut random = Random(1);
        let noise: Vec<u8> = (0..100_000).map(|_| random.next_u64() as u8).collect();
        assert_eq!(Inflater::default().inflate(&deflate(&noise), noise.len()), Some(noise));
    }

    #[test]
    fn records_are_json_of_about_the_size_that_is_asked_for() {
        let mut random = Random(3);
        for bytes in [0, 100, 256, 4096] {
            let text = record(bytes, &mut random);
            assert!(serde_json::from_str::<serde_json::Value>(&text).unwrap().is_object(), "{text}");
            assert!((bytes.max(75)..bytes.max(100) + 16).contains(&text.len()), "{bytes}: {}", text.len());
        }
    }

    #[test]
    fn inflation_ends_at_the_limit_and_at_damage() {
        let packed = deflate(&vec![0; 1_000_000]);
        assert_eq!(Inflater::default().inflate(&packed, 999_999), None);
        assert_eq!(Inflater::default().inflate(&[0xFF; 8], 1000), None);
    }
}

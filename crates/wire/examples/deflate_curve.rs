//! Bytes against time of every compression level, over messages as applications send them, as tables in Markdown.
//!
//! ```text
//! cargo run --release -p wire --example deflate_curve
//! ```
//!
//! A time is that of the fastest of many short rounds, so that other programs on the machine matter little.

#![allow(clippy::print_stdout, reason = "a command-line tool")]

use std::hint::black_box;
use std::time::Instant;

use flate2::{Compress, Compression, FlushCompress};
use wire::Role;
use wire::deflate::{Deflater, Params, Pool, Settings};

const ROUNDS: usize = 60;
const WORDS: &[&str] = &[
    "the",
    "of",
    "and",
    "to",
    "in",
    "is",
    "you",
    "that",
    "it",
    "he",
    "was",
    "for",
    "on",
    "are",
    "with",
    "as",
    "his",
    "they",
    "at",
    "be",
    "this",
    "from",
    "have",
    "or",
    "by",
    "one",
    "had",
    "not",
    "but",
    "what",
    "all",
    "were",
    "when",
    "we",
    "there",
    "can",
    "an",
    "your",
    "which",
    "their",
    "said",
    "if",
    "do",
    "will",
    "each",
    "about",
    "how",
    "meeting",
    "deploy",
    "release",
    "tomorrow",
    "thanks",
    "server",
    "connection",
    "please",
    "review",
    "looks",
    "great",
    "later",
];
const SYMBOLS: [&str; 8] = ["ACME", "GLBX", "INIT", "HOOL", "UMBR", "STRK", "WAYN", "CYBR"];

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

/// One line of a conversation.
fn chat(len: usize, random: &mut Random) -> Vec<u8> {
    let id = random.below(1 << 48);
    let mut text = format!(
        r#"{{"id":"{id:012x}","room":"general","from":"user{}","at":{},"text":""#,
        random.below(500),
        1_700_000_000_000 + random.below(10_000_000_000),
    );
    while text.len() + 2 < len {
        text += WORDS[random.below(WORDS.len() as u64) as usize];
        text.push(' ');
    }
    text.truncate(len - 2);
    text += r#""}"#;
    text.into_bytes()
}

/// An array of trades, cut off where it is long enough.
fn ticker(len: usize, random: &mut Random) -> Vec<u8> {
    let mut text = String::from("[");
    while text.len() < len {
        text += &format!(
            r#"{{"type":"trade","symbol":"{}","price":{}.{:02},"volume":{},"side":"{}"}},"#,
            SYMBOLS[random.below(8) as usize],
            100 + random.below(900),
            random.below(100),
            random.below(10_000),
            ["buy", "sell"][random.below(2) as usize],
        );
    }
    text.truncate(len);
    text.into_bytes()
}

/// What was compressed or encrypted before.
fn noise(len: usize, random: &mut Random) -> Vec<u8> {
    (0..len).map(|_| random.below(256) as u8).collect()
}

/// The mean length of what `compress` makes of a message, and the microseconds it takes.
fn measure(messages: &[Vec<u8>], mut compress: impl FnMut(&[u8], &mut Vec<u8>)) -> (usize, f64) {
    let mut out = Vec::with_capacity(1 << 20);
    let (mut bytes, mut fastest) = (0, f64::MAX);
    for _ in 0..ROUNDS {
        bytes = 0;
        let start = Instant::now();
        for message in messages {
            out.clear();
            compress(black_box(message), &mut out);
            bytes += black_box(&out).len();
        }
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    (bytes / messages.len(), fastest * 1e6 / messages.len() as f64)
}

fn ours(messages: &[Vec<u8>], level: u8) -> (usize, f64) {
    let params = Params { server_no_context_takeover: true, ..Params::default() };
    let mut deflater = Deflater::new(&params, Role::Server, Settings { level, ..Settings::default() });
    let mut pool = Pool::default();
    measure(messages, |message, out| deflater.deflate(&mut pool, message, true, out))
}

fn zlib_rs(messages: &[Vec<u8>], level: u32) -> (usize, f64) {
    let mut compress = Compress::new(Compression::new(level), false);
    let (bytes, micros) = measure(messages, |message, out| {
        compress.reset();
        compress.compress_vec(message, out, FlushCompress::Sync).expect("there is room");
    });
    // Four bytes are the tail that isn't sent.
    (bytes - 4, micros)
}

type Generator = fn(usize, &mut Random) -> Vec<u8>;

const PAYLOADS: [(&str, Generator, &[usize]); 3] = [
    ("chat", chat, &[128, 256, 512, 1024]),
    ("ticker", ticker, &[1024, 4096, 16_384, 65_536]),
    ("noise", noise, &[1024, 65_536]),
];

fn main() {
    println!("| message | with | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for (name, generate, sizes) in PAYLOADS {
        for size in sizes {
            let mut random = Random(1);
            let count = (65_536 / size).clamp(1, 32);
            let messages: Vec<_> = (0..count).map(|_| generate(*size, &mut random)).collect();
            let row = |with: &str, compress: &dyn Fn(u8) -> (usize, f64)| {
                let cells =
                    (1..=9).map(compress).map(|(bytes, micros)| format!("| {bytes} B, {micros:.1} µs "));
                println!("| {name}, {size} B | {with} {}|", cells.collect::<String>());
            };
            row("`wire`", &|level| ours(&messages, level));
            row("zlib-rs", &|level| zlib_rs(&messages, level.into()));
        }
    }
    println!("\n| chat message | deflated at the default level |\n|---|---|");
    for size in [96, 112, 128, 160, 192, 256] {
        let mut random = Random(2);
        let messages: Vec<_> = (0..64).map(|_| chat(size, &mut random)).collect();
        let (bytes, micros) = ours(&messages, Settings::default().level);
        println!("| {size} B | {bytes} B, {micros:.1} µs |");
    }
}

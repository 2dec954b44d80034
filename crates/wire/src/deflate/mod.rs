//! permessage-deflate (RFC 7692): negotiation for both roles, and messages through DEFLATE.
//!
//! | item | for |
//! |---|---|
//! | [`Offer`], [`Response`], [`Params`] | the four parameters as offered, as answered, as agreed |
//! | [`ServerPolicy::answer`] | the server's choice among the offers (§5.1, §7.1) |
//! | [`check_answer`] | the client's check of what the server chose (§5.1, §7.1) |
//! | [`Deflater`], [`Inflater`] | one direction of one connection |
//! | [`Pool`] | DEFLATE states that connections take for the length of a message |
//!
//! # Compressors
//! A DEFLATE library's compressor is made for streams: it copies what it gets into a window, and to start anew it clears
//! tables made for 32 KiB, 128 KiB of them in zlib-rs whatever the window, which is most of the work for a message of
//! 1 KiB. A WebSocket message mostly is at hand as a whole and, without context takeover, starts with an empty window. For
//! that case, by far the most frequent, there is a compressor of our own. It looks for matches in the message where it
//! lies, clears nothing between messages, and uses as much of its hash table as the message has bytes. The rest goes
//! through zlib-rs: messages in pieces, context takeover, and what is so long that zlib-rs is the faster one, which is
//! beyond 16 KiB from level 4 on and beyond 1 MiB below it. docs/compression.md has both side by side.
//!
//! # Memory
//! Without context takeover a connection holds nothing between messages: a message takes a state from the [`Pool`] and
//! gives it back with its last byte. [`ServerPolicy`] asks for that by default. With context takeover
//! - an [`Inflater`] keeps the end of what it inflated so far, at most the peer's window: 2^bits bytes, so at most
//!   32 KiB, and less as long as less was said;
//! - a [`Deflater`] keeps its state, about 370 KiB at 15 bits, or with [`Retain::Window`] what it last deflated: at
//!   most its window.
//!
//! A state that a fragmented message holds from its first to its last fragment is about 47 KiB for inflation.
//!
//! # Time
//! [`Inflater::inflate_within`] takes a budget of output for each call and is continued in the next turn. A
//! [`Deflater`] is bounded by the pieces that it is given. A connection gives it 256 KiB in a turn, and at once only what
//! takes some milliseconds: 256 KiB at any level, and 1 MiB without context takeover below level 4.
//!
//! # Failures
//! What can't be inflated fails with [`InvalidDeflate`](crate::FailureKind::InvalidDeflate), close code 1007: the
//! data is not consistent with what the frame says it is (RFC 6455 §7.4.1). What inflates past the limit fails with
//! [`MessageTooLarge`](crate::FailureKind::MessageTooLarge), close code 1009.

mod deflater;
mod encoder;
mod inflater;
mod negotiate;
mod params;
mod pool;

pub use deflater::{Deflater, Retain, Settings};
pub use inflater::{Inflater, Progress};
pub use negotiate::{AnswerError, ServerPolicy, check_answer};
pub use params::{ClientWindow, Offer, ParamError, Params, Response, WindowBits};
pub use pool::Pool;

/// The extension's name in `Sec-WebSocket-Extensions` (RFC 7692 §7).
pub const NAME: &str = "permessage-deflate";

/// What a sender removes from the end of every message and a receiver puts back: an empty stored block without its
/// first byte (RFC 7692 §7.2.1, §7.2.2).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

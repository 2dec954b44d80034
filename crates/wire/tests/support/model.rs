//! A plain reading of RFC 6455 and RFC 7692, to judge by: all bytes at once, one rule after the other, nothing in place.

use wire::deflate::Params;
use wire::{FailureKind, Limits, MessageKind, Role};

use super::driver::Whole;
use super::puff;

const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
const WINDOW: usize = 1 << 15;

/// A frame, unmasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) fin: bool,
    pub(crate) reserved: u8,
    pub(crate) opcode: u8,
    pub(crate) key: Option<[u8; 4]>,
    pub(crate) payload: Vec<u8>,
}

/// What bytes say, as far as they go.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) wholes: Vec<Whole>,
    pub(crate) outcome: Outcome,
    /// A message or a frame has begun and is not whole.
    pub(crate) unfinished: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// More may come.
    #[default]
    Open,
    /// A Close came: nothing counts behind it.
    Closed,
    Failed(FailureKind),
    /// A compressed message failed, by whichever of its faults showed first. Nothing is known of control frames within.
    BadData,
    /// A compressed message that is not whole, or that this model doesn't inflate: it may have failed or not.
    Unknown,
}

/// A message as far as it has come.
struct Begun {
    text: bool,
    compressed: bool,
    frames: u32,
    /// Payload bytes that the frames have declared.
    declared: u64,
    /// So many came before it.
    wholes_before: usize,
    data: Vec<u8>,
}

struct Reader<'a> {
    role: Role,
    compression: Option<&'a Params>,
    limits: &'a Limits,
    window: Vec<u8>,
    begun: Option<Begun>,
    reading: Reading,
}

/// Why reading stopped.
enum Stop {
    /// The bytes end here.
    Short,
    Outcome(Outcome),
}

impl From<FailureKind> for Stop {
    fn from(kind: FailureKind) -> Stop {
        Stop::Outcome(Outcome::Failed(kind))
    }
}

/// What the end in `role` must make of its peer's bytes.
pub(crate) fn read(role: Role, compression: Option<&Params>, limits: &Limits, bytes: &[u8]) -> Reading {
    let mut reader =
        Reader { role, compression, limits, window: Vec::new(), begun: None, reading: Reading::default() };
    let mut rest = bytes;
    reader.reading.outcome = loop {
        match reader.frame(rest) {
            Ok(len) => rest = &rest[len..],
            Err(Stop::Short) => break Outcome::Open,
            Err(Stop::Outcome(outcome)) => break outcome,
        }
    };
    reader.reading.unfinished = !rest.is_empty() || reader.begun.is_some();
    if let Some(begun) = reader.begun.filter(|begun| begun.compressed) {
        reader.reading.outcome = Outcome::Unknown;
        reader.reading.wholes.truncate(begun.wholes_before);
    }
    reader.reading
}

/// The messages and control frames in the output of the end in `role`, which must be flawless, end with a frame and have
/// no data behind a Close.
#[track_caller]
pub(crate) fn flawless(role: Role, compression: Option<&Params>, output: &[u8]) -> Vec<Whole> {
    let frames = frames(output);
    let closed = frames.iter().position(|frame| frame.opcode == 8).unwrap_or(frames.len());
    let behind = frames.iter().skip(closed + 1);
    // A Pong still answers a Ping behind a Close of one's own.
    let mut pongs = Vec::new();
    for frame in behind {
        assert!(frame.opcode == 10 && frame.fin && frame.reserved == 0, "{frame:?} behind a Close");
        assert_eq!(frame.key.is_some(), role == Role::Client);
        pongs.push(Whole::Pong(frame.payload.clone()));
    }
    let reading = read(role.peer(), compression, &Limits::NONE, output);
    let flawless = matches!(reading.outcome, Outcome::Open | Outcome::Closed);
    assert!(flawless || (reading.outcome == Outcome::Unknown && reading.unfinished), "{reading:?}");
    [reading.wholes, pongs].concat()
}

/// The frames in bytes that end with one.
#[track_caller]
pub(crate) fn frames(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let Some((frame, len)) = frame(bytes) else { panic!("cut off: {bytes:x?}") };
        frames.push(frame);
        bytes = &bytes[len..];
    }
    frames
}

/// The frame at the front, if it is whole.
pub(crate) fn frame(bytes: &[u8]) -> Option<(Frame, usize)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (len, mut at) = match second & 0x7f {
        126 => (u64::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)), 4),
        127 => (u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?), 10),
        len => (u64::from(len), 2),
    };
    let mut key = None;
    if second & 0x80 != 0 {
        key = Some(*bytes.get(at..)?.first_chunk()?);
        at += 4;
    }
    let end = at.checked_add(usize::try_from(len).ok()?)?;
    let payload = unmask(bytes.get(at..end)?, key);
    Some((Frame { fin: first & 0x80 != 0, reserved: first & 0x70, opcode: first & 0x0f, key, payload }, end))
}

fn unmask(payload: &[u8], key: Option<[u8; 4]>) -> Vec<u8> {
    let key = key.unwrap_or_default();
    payload.iter().enumerate().map(|(at, byte)| byte ^ key[at % 4]).collect()
}

/// No continuation can make UTF-8 of it.
fn doomed(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_err_and(|error| error.error_len().is_some())
}

impl Reader<'_> {
    /// Reads a frame at the front, or as much of one as is there.
    fn frame(&mut self, bytes: &[u8]) -> Result<usize, Stop> {
        let first = *bytes.first().ok_or(Stop::Short)?;
        self.check_first(first)?;
        let (fin, opcode) = (first & 0x80 != 0, first & 0x0f);
        let second = *bytes.get(1).ok_or(Stop::Short)?;
        match (self.role, second & 0x80 != 0) {
            (Role::Server, false) => return Err(FailureKind::UnmaskedFrame.into()),
            (Role::Client, true) => return Err(FailureKind::MaskedFrame.into()),
            _ => {}
        }
        let control = opcode >= 8;
        if control && second & 0x7f > 125 {
            return Err(FailureKind::ControlTooLong.into());
        }
        let (len, mut at) = match second & 0x7f {
            126 => {
                let len = u16::from_be_bytes(*bytes[2..].first_chunk().ok_or(Stop::Short)?);
                if len < 126 {
                    return Err(FailureKind::NonMinimalLength.into());
                }
                (u64::from(len), 4)
            }
            127 => {
                let len = u64::from_be_bytes(*bytes[2..].first_chunk().ok_or(Stop::Short)?);
                if len > i64::MAX as u64 {
                    return Err(FailureKind::LengthTopBit.into());
                }
                if len < 65_536 {
                    return Err(FailureKind::NonMinimalLength.into());
                }
                (len, 10)
            }
            len => (u64::from(len), 2),
        };
        if !control {
            self.check_limits(first, len)?;
        }
        let mut key = None;
        if second & 0x80 != 0 {
            key = Some(*bytes[at..].first_chunk().ok_or(Stop::Short)?);
            at += 4;
        }
        let there = (bytes.len() - at).min(usize::try_from(len).unwrap_or(usize::MAX));
        let payload = unmask(&bytes[at..at + there], key);
        let whole = there as u64 == len;
        if control {
            if !whole {
                return Err(Stop::Short);
            }
            self.control(opcode, payload)?;
        } else {
            // A header alone begins nothing while its payload is to come.
            if !whole && there == 0 {
                return Err(Stop::Short);
            }
            self.data(first, fin, opcode, len, &payload, whole)?;
            if !whole {
                return Err(Stop::Short);
            }
        }
        Ok(at + there)
    }

    fn check_first(&self, first: u8) -> Result<(), Stop> {
        let (fin, opcode, reserved) = (first & 0x80 != 0, first & 0x0f, first & 0x70);
        if !matches!(opcode, 0 | 1 | 2 | 8 | 9 | 10) {
            return Err(FailureKind::ReservedOpcode.into());
        }
        if reserved & 0x30 != 0 || (reserved != 0 && self.compression.is_none()) {
            return Err(FailureKind::ReservedBits.into());
        }
        if reserved != 0 && !matches!(opcode, 1 | 2) {
            return Err(FailureKind::MisplacedCompressedBit.into());
        }
        match (opcode, &self.begun) {
            (8.., _) if !fin => Err(FailureKind::FragmentedControl.into()),
            (1 | 2, Some(_)) => Err(FailureKind::ExpectedContinuation.into()),
            (0, None) => Err(FailureKind::UnexpectedContinuation.into()),
            _ => Ok(()),
        }
    }

    fn check_limits(&self, first: u8, len: u64) -> Result<(), Stop> {
        let (compressed, declared, frames) = match &self.begun {
            Some(begun) => (begun.compressed, begun.declared, begun.frames),
            None => (first & 0x40 != 0, 0, 0),
        };
        let limit = if compressed { self.limits.compressed_len() } else { self.limits.message_len };
        if len > self.limits.frame_len {
            Err(FailureKind::FrameTooLarge.into())
        } else if declared.saturating_add(len) > limit {
            Err(FailureKind::MessageTooLarge.into())
        } else if frames >= self.limits.fragments {
            Err(FailureKind::TooManyFragments.into())
        } else {
            Ok(())
        }
    }

    fn control(&mut self, opcode: u8, payload: Vec<u8>) -> Result<(), Stop> {
        match opcode {
            9 => self.reading.wholes.push(Whole::Ping(payload)),
            10 => self.reading.wholes.push(Whole::Pong(payload)),
            _ => {
                let close = match &payload[..] {
                    [] => Whole::Close(None, Vec::new()),
                    [_] => return Err(FailureKind::CloseBodyTooShort.into()),
                    [a, b, reason @ ..] => {
                        let code = u16::from_be_bytes([*a, *b]);
                        if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
                            return Err(FailureKind::InvalidCloseCode.into());
                        }
                        if std::str::from_utf8(reason).is_err() {
                            return Err(FailureKind::InvalidCloseReason.into());
                        }
                        Whole::Close(Some(code), reason.into())
                    }
                };
                self.reading.wholes.push(close);
                return Err(Stop::Outcome(Outcome::Closed));
            }
        }
        Ok(())
    }

    fn data(
        &mut self,
        first: u8,
        fin: bool,
        opcode: u8,
        len: u64,
        payload: &[u8],
        whole: bool,
    ) -> Result<(), Stop> {
        let wholes_before = self.reading.wholes.len();
        let begun = self.begun.get_or_insert_with(|| Begun {
            text: opcode == 1,
            compressed: first & 0x40 != 0,
            frames: 0,
            declared: 0,
            wholes_before,
            data: Vec::new(),
        });
        begun.frames += 1;
        begun.declared += len;
        begun.data.extend_from_slice(payload);
        if begun.text && !begun.compressed && doomed(&begun.data) {
            return Err(FailureKind::InvalidUtf8.into());
        }
        if !(whole && fin) {
            return Ok(());
        }
        let Some(Begun { text, compressed, wholes_before, mut data, .. }) = self.begun.take() else {
            return Ok(());
        };
        if compressed {
            data = self.inflate(data, text).inspect_err(|_| self.reading.wholes.truncate(wholes_before))?;
        } else if text && std::str::from_utf8(&data).is_err() {
            return Err(FailureKind::InvalidUtf8.into());
        }
        let kind = if text { MessageKind::Text } else { MessageKind::Binary };
        self.reading.wholes.push(Whole::Message(kind, data));
        Ok(())
    }

    fn inflate(&mut self, mut payload: Vec<u8>, text: bool) -> Result<Vec<u8>, Stop> {
        if payload.is_empty() {
            return Ok(Vec::new());
        }
        payload.extend_from_slice(&TAIL);
        let Some(inflated) = puff::inflate(&payload, &self.window) else {
            return Err(Stop::Outcome(Outcome::BadData));
        };
        if inflated.ended {
            return Err(Stop::Outcome(Outcome::Unknown));
        }
        let too_large = inflated.bytes.len() as u64 > self.limits.message_len;
        if too_large || (text && std::str::from_utf8(&inflated.bytes).is_err()) {
            return Err(Stop::Outcome(Outcome::BadData));
        }
        if self.compression.is_some_and(|params| params.context_takeover(self.role.peer())) {
            self.window.extend_from_slice(&inflated.bytes);
            let excess = self.window.len().saturating_sub(WINDOW);
            self.window.drain(..excess);
        }
        Ok(inflated.bytes)
    }
}

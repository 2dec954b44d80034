use super::turn::{Output, Turn};
use super::{Connection, Habits, Rare, Timer};
use crate::deflate::{Inflater, Progress};
use crate::frame::LengthForm;
use crate::receive::Data;
use crate::utf8::{self, Utf8};
use crate::{Failure, FailureKind, MessageKind, Role, Time};

/// Memory set aside for a frame whose length was only declared, in bytes: beyond this it grows as data arrives.
const TRUSTED_LEN: u64 = 128 << 10;
/// What a turn inflates at the most, in bytes, before the others have theirs.
const INFLATED_AT_ONCE: usize = 1 << 20;

/// A message that came in more than one piece, as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    pub(super) data: Vec<u8>,
    /// For text that came compressed: how far it is checked.
    utf8: Utf8,
    made_of: Frames,
}

/// What a message came in.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// Where each frame ends in the payload, for as many as were told apart.
    pub(super) ends: Vec<usize>,
    /// Bytes of all its frames, headers included.
    pub(super) wire_len: u64,
}

/// A piece of a compressed message that is not all inflated, because the turn was over.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) bytes: Vec<u8>,
    /// The message ends with it.
    last: bool,
    /// Its frame does.
    ends_frame: bool,
    pub(super) kind: MessageKind,
}

impl Connection {
    pub(super) fn begin_message(&mut self, now: Time) {
        self.rare().assembly = Some(Assembly::default());
        self.arm_message(now);
    }

    /// Adds a piece to the message in assembly. True: it is whole, and lies in [`Turn::message`].
    pub(super) fn assemble(&mut self, turn: &mut Turn, data: &Data) -> bool {
        let piece = &turn.input[data.payload.clone()];
        let (role, notes_frames) = (self.role(), self.flags.habits.has(Habits::NOTES_FRAMES));
        let Some(Rare { assembly: Some(assembly), .. }) = self.rare.as_deref_mut() else { return false };
        assembly.made_of.wire_len += data.wire_len(role);
        if data.frame_first {
            let declared = (piece.len() as u64).saturating_add(data.frame_remaining).min(TRUSTED_LEN);
            assembly.data.reserve(declared as usize);
        }
        assembly.data.extend_from_slice(piece);
        if notes_frames && data.frame_remaining == 0 {
            assembly.made_of.ends.push(assembly.data.len());
        }
        if data.last {
            turn.message = std::mem::take(&mut assembly.data);
            turn.made_of = std::mem::take(&mut assembly.made_of);
            self.rare().assembly = None;
        }
        data.last
    }

    /// Inflates a piece of a message. True: it is whole, and lies in [`Turn::message`].
    pub(super) fn inflate(&mut self, turn: &mut Turn, data: &Data) -> Result<bool, Failure> {
        let Some(params) = &self.compression else { return Err(FailureKind::Internal.into()) };
        let role = self.sender.role();
        let takeover = params.context_takeover(role.peer());
        let limit = self.inflated_limit();
        let wire_len = data.wire_len(role);
        let Turn { input, message, made_of, out: Output { codec, worked, .. }, .. } = turn;
        let piece = &input[data.payload.clone()];
        let rest = if data.first && data.last && !takeover {
            message.clear();
            *made_of = Frames { wire_len, ..Frames::default() };
            let mut inflater = Inflater::new(params, role);
            let progress =
                inflater.inflate_within(&mut codec.pool, piece, true, message, limit, INFLATED_AT_ONCE)?;
            *worked += message.len();
            let Progress::OutOfBudget { consumed } = progress else {
                return match data.kind {
                    MessageKind::Text if !utf8::is_valid(message) => Err(FailureKind::InvalidUtf8.into()),
                    _ => Ok(true),
                };
            };
            let mut assembly = Assembly {
                data: std::mem::take(message),
                made_of: std::mem::take(made_of),
                ..Assembly::default()
            };
            if data.kind == MessageKind::Text {
                assembly.utf8.push(&assembly.data)?;
            }
            let rare = self.rare();
            (rare.inflater, rare.assembly) = (Some(inflater), Some(assembly));
            &piece[consumed..]
        } else {
            let rare = self.rare.get_or_insert_default();
            rare.inflater.get_or_insert_with(|| Inflater::new(params, role));
            rare.assembly.get_or_insert_default().made_of.wire_len += wire_len;
            piece
        };
        let ends_frame = data.frame_remaining == 0;
        let pending = Pending { bytes: rest.to_vec(), last: data.last, ends_frame, kind: data.kind };
        self.rare().pending = Some(pending);
        self.inflate_on(turn)
    }

    /// Goes on with a piece of a message that is not all inflated. True: the message is whole, and lies in
    /// [`Turn::message`].
    pub(super) fn inflate_on(&mut self, turn: &mut Turn) -> Result<bool, Failure> {
        let takeover = self.compression.is_some_and(|params| params.context_takeover(self.role().peer()));
        let limit = self.inflated_limit();
        let notes_frames = self.flags.habits.has(Habits::NOTES_FRAMES);
        let rare = self.rare.get_or_insert_default();
        let (Some(mut pending), Some(inflater), Some(assembly)) =
            (rare.pending.take(), &mut rare.inflater, &mut rare.assembly)
        else {
            return Ok(false);
        };
        let budget = INFLATED_AT_ONCE.saturating_sub(turn.out.worked);
        let done = assembly.data.len();
        let progress = inflater.inflate_within(
            &mut turn.out.codec.pool,
            &pending.bytes,
            pending.last,
            &mut assembly.data,
            limit,
            budget,
        )?;
        turn.out.worked += assembly.data.len() - done;
        if pending.kind == MessageKind::Text {
            assembly.utf8.push(&assembly.data[done..])?;
        }
        if let Progress::OutOfBudget { consumed } = progress {
            pending.bytes.drain(..consumed);
            self.flags.inflating = true;
            if pending.last {
                // It has arrived: what it still takes is this end's.
                self.timers.clear(Timer::Message);
            }
            self.rare().pending = Some(pending);
            return Ok(false);
        }
        self.flags.inflating = false;
        if notes_frames && pending.ends_frame {
            assembly.made_of.ends.push(assembly.data.len());
        }
        if pending.last {
            assembly.utf8.finish()?;
            turn.message = std::mem::take(&mut assembly.data);
            turn.made_of = std::mem::take(&mut assembly.made_of);
            rare.assembly = None;
            if !takeover {
                rare.inflater = None;
            }
        }
        Ok(pending.last)
    }

    fn inflated_limit(&self) -> usize {
        usize::try_from(self.settings.limits.message_len).unwrap_or(usize::MAX)
    }
}

impl Assembly {
    /// Memory that it holds, in bytes.
    pub(super) fn held_bytes(&self) -> usize {
        self.data.capacity() + self.made_of.ends.capacity() * size_of::<usize>()
    }
}

impl Data {
    /// Bytes of its frame, header included, where that begins here.
    fn wire_len(&self, role: Role) -> u64 {
        if !self.frame_first {
            return 0;
        }
        let payload = (self.payload.len() as u64).saturating_add(self.frame_remaining);
        frame_len(role.peer(), payload)
    }
}

/// Bytes of a frame that this end sends, header included.
pub(super) fn frame_len(role: Role, payload: u64) -> u64 {
    let mask = if role == Role::Client { 4 } else { 0 };
    payload.saturating_add(LengthForm::minimal(payload).header_len() as u64 + mask)
}

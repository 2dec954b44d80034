mod assembly;
mod backlog;
mod batch;
mod closing;
mod deflating;
mod diversion;
mod end;
mod incoming;
mod lending;
mod outgoing;
mod rate;
mod settings;
mod shared;
mod timeouts;
mod timers;
mod turn;
mod way_out;

pub use closing::Direction;
pub use diversion::{Overheard, Sent};
pub use end::{Cause, Counts, End, Summary};
pub use incoming::{Incoming, Message};
pub use lending::Lent;
pub use outgoing::{NotSent, Outgoing};
pub use settings::ConnectionSettings;
pub use shared::SharedMessage;
pub use turn::Turn;

use std::sync::Arc;

use self::assembly::{Assembly, Pending};
use self::backlog::Backlog;
use self::batch::Batch;
use self::deflating::Deflating;
use self::rate::Rate;
use self::timers::{Timer, Timers};
use crate::deflate::{Deflater, Inflater, Params};
use crate::receive::Receiver;
use crate::send::Sender;
use crate::{CloseCode, Role, Time};

/// A server reads on while no more than this waits for the peer, in bytes, so that its Pings are still answered.
const READ_WHILE_WAITING: usize = 64 << 10;
/// What is read and thrown away after the closing handshake, in bytes, so that the peer sees our Close and not a reset.
const LINGER_BYTES: u32 = 4 << 20;

/// One connection from the first byte behind the opening handshake to its end, either role, without IO or clock: what
/// is behind it gets whole messages and sends some, and everything else is its own affair. It puts messages together and
/// inflates them, answers Pings, closes in every order, beats, and keeps deadlines, limits and counts.
///
/// ```text
///          Close sent first          Close came
///   Open ------------------> Closing ----------+
///    |                          |              v
///    +-- Close came, answered; or a failure, Close sent --> Flushing --written--> Lingering
///    |                          |                              |                     |
///    +-- IO error, heartbeat ---+-- deadline, abort -----------+-- deadline, EOF ----+--> Done
/// ```
///
/// # Driving it
/// A driver has a transport, a clock, and one [`Turn`] per thread. When the transport may have something, when
/// [`next_timeout`](Self::next_timeout) has come, or when something is to be sent, the connection gets the turn:
///
/// 1. Write what waits: [`slices`](Self::slices), then [`handle_written`](Self::handle_written), until
///    [`has_output`](Self::has_output) is false or the transport takes no more: then
///    [`queue_output`](Self::queue_output).
///    If it [`wants_deflating`](Self::wants_deflating), [`deflate_on`](Self::deflate_on), and write that too.
/// 2. While [`wants_input`](Self::wants_input): read into [`read_buffer`](Self::read_buffer) and tell
///    [`handle_input`](Self::handle_input), or [`handle_eof`](Self::handle_eof), or
///    [`handle_lost`](Self::handle_lost).
/// 3. Take what came from [`poll`](Self::poll) until it gives none, answer through the [`Outgoing`] beside it, and write as in
///    1. One read that is answered with one write is as cheap as it gets.
/// 4. If a timeout has passed and there is nothing more to read: [`handle_timeout`](Self::handle_timeout), and write. What
///    arrived in time counts, however late it is read.
/// 5. Shut the sending side down if [`wants_shutdown`](Self::wants_shutdown), and say
///    [`handle_shutdown`](Self::handle_shutdown); or, after a clean end, [`handle_closed`](Self::handle_closed).
/// 6. [`end_turn`](Self::end_turn). If [`wants_turn`](Self::wants_turn) or [`wants_deflating`](Self::wants_deflating),
///    another is due once the others had theirs.
///
/// All of these may be called at any time and in any order: a timeout that comes too early or input after the end does
/// nothing. Once [`is_done`](Self::is_done), close the transport and ask for the [`summary`](Self::summary).
#[derive(Debug)]
pub struct Connection {
    settings: Arc<ConnectionSettings>,
    /// What only busy, closing or peculiar connections need.
    rare: Option<Box<Rare>>,
    receiver: Receiver,
    timers: Timers,
    counts: Counts,
    sender: Sender,
    compression: Option<Params>,
    /// When the latest Ping of the heartbeat was sent, in microseconds, as far as 32 bits tell. It carries this number.
    ping_sent: u32,
    close_sent: Option<Option<CloseCode>>,
    close_received: Option<Option<CloseCode>>,
    end: End,
    phase: Phase,
    flags: Flags,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// A Close was sent, the peer's is awaited.
    Closing,
    /// Nothing is decoded any more; what waits is written.
    Flushing,
    /// All is said; the peer's end of TCP is awaited.
    Lingering,
    Done,
}

/// How a connection's transport is closed before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abort {
    /// As TCP closes in order (FIN). The peer sees the end of the stream without a Close frame.
    Fin,
    /// With a TCP reset (RST). The peer sees an error, and what is on its way may be lost.
    Reset,
}

#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent of each other, one byte each")]
struct Flags {
    /// What is done without the endpoint, and what for it alone.
    habits: Habits,
    /// Pings are sent when nothing arrives.
    heartbeat: bool,
    /// The endpoint wants nothing to be read.
    paused: bool,
    /// Nothing was read at the end of the latest turn, because this end or the peer has to catch up; so silence proves
    /// nothing.
    resting: bool,
    /// Messages have a rate, or are missed after a while.
    counts_messages: bool,
    /// [`Rare::carry`] may hold whole frames: decode it before anything is read.
    undecoded: bool,
    /// [`Rare::pending`] is there: go on with it before anything is decoded or read.
    inflating: bool,
    /// The endpoint was refused, or output had to wait: it is told once the way out has drained.
    behind: bool,
    /// The Ping of [`Connection::ping_sent`] is not answered.
    ping_pending: bool,
    abort: Option<Abort>,
}

/// What few endpoints change, in one byte: every idle connection has it.
#[derive(Clone, Copy, Debug)]
struct Habits(u8);

impl Habits {
    /// Pings are answered here (RFC 6455 §5.5.2).
    const AUTO_PONG: u8 = 1;
    /// A Close is answered here (RFC 6455 §5.5.1).
    const AUTO_CLOSE: u8 = 2;
    /// Messages are taken behind this end's Close, up to the peer's.
    const HEARS_OUT: u8 = 4;
    /// Messages are told with the frames that they came in.
    const NOTES_FRAMES: u8 = 8;

    #[inline]
    fn has(self, habit: u8) -> bool {
        self.0 & habit != 0
    }

    fn set(&mut self, habit: u8, on: bool) {
        self.0 = if on { self.0 | habit } else { self.0 & !habit };
    }
}

/// What a connection has only while it needs it, and what only few ever need.
#[derive(Debug, Default)]
struct Rare {
    /// Input that is not decoded: the beginning of a frame's header, of a control frame, or what had to wait.
    carry: Vec<u8>,
    assembly: Option<Assembly>,
    pending: Option<Pending>,
    backlog: Backlog,
    /// The answer to a Ping that came when more waited than may.
    owed_pong: Option<Box<[u8]>>,
    /// With context takeover, or while a message comes in pieces.
    inflater: Option<Inflater>,
    /// With context takeover.
    deflater: Option<Deflater>,
    deflating: Option<Box<Deflating>>,
    rate: Option<Box<Rate>>,
    cause: Option<Cause>,
    /// Bytes discarded after the closing handshake.
    lingered: u32,
    /// Output that was thrown away.
    unsent: usize,
}

impl Connection {
    /// A connection whose opening handshake is done; `compression` is what it agreed on.
    #[must_use]
    pub fn new(
        role: Role,
        compression: Option<Params>,
        settings: Arc<ConnectionSettings>,
        now: Time,
    ) -> Connection {
        let mut connection = Connection {
            receiver: Receiver::new(role, &settings.limits, compression.is_some()),
            sender: Sender::new(role),
            rare: None,
            timers: Timers::default(),
            counts: Counts::default(),
            compression,
            ping_sent: 0,
            close_sent: None,
            close_received: None,
            end: End::ReceiveFailed,
            phase: Phase::Open,
            flags: Flags {
                habits: Habits(Habits::AUTO_PONG | Habits::AUTO_CLOSE),
                heartbeat: true,
                paused: false,
                resting: false,
                counts_messages: settings.counts_messages(),
                undecoded: false,
                inflating: false,
                behind: false,
                ping_pending: false,
                abort: None,
            },
            settings,
        };
        connection.arm_heartbeat(now);
        connection.arm_idle(now);
        connection
    }

    /// Takes what arrived right behind the opening handshake. The next [`poll`](Self::poll) decodes it.
    pub fn handle_early(&mut self, turn: &mut Turn, bytes: &[u8]) {
        if !bytes.is_empty() {
            turn.out.counts.wire_in += bytes.len() as u64;
            self.rare().carry.extend_from_slice(bytes);
            self.flags.undecoded = true;
        }
    }

    /// This end's role.
    #[must_use]
    pub fn role(&self) -> Role {
        self.sender.role()
    }

    /// How it behaves.
    #[must_use]
    pub fn settings(&self) -> &Arc<ConnectionSettings> {
        &self.settings
    }

    /// Whether it has ended and the transport is to be closed.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    /// Whether a Close was sent, so that no message may follow.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.close_sent.is_some() || self.phase != Phase::Open
    }

    /// How the transport is to be closed, if not in the ordinary way.
    #[must_use]
    pub fn abort(&self) -> Option<Abort> {
        self.flags.abort
    }

    /// What it carried up to its latest turn.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Bytes that wait because the peer does not read fast enough, or to be deflated.
    #[inline]
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.rare
            .as_ref()
            .map_or(0, |rare| rare.backlog.bytes() + rare.deflating.as_ref().map_or(0, |long| long.bytes()))
    }

    /// Memory that the connection holds beside itself, in bytes: input that is not decoded, a message in assembly, output
    /// that waits, and what context takeover keeps.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.rare.as_ref().map_or(0, |rare| {
            rare.carry.capacity()
                + rare.assembly.as_ref().map_or(0, Assembly::held_bytes)
                + rare.pending.as_ref().map_or(0, |pending| pending.bytes.capacity())
                + rare.backlog.bytes()
                + rare.inflater.as_ref().map_or(0, Inflater::held_bytes)
                + rare.deflater.as_ref().map_or(0, Deflater::held_bytes)
                + rare.deflating.as_ref().map_or(0, |long| long.held_bytes())
        })
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) if nothing happens before. It may have passed, and it may be
    /// too early: then the call does nothing, and the next time is another one.
    #[inline]
    #[must_use]
    pub fn next_timeout(&self, now: Time) -> Option<Time> {
        self.timers.next(now)
    }

    /// How it ended; to be asked once, when it is done.
    #[must_use]
    pub fn summary(&mut self) -> Summary {
        let rare = self.rare.as_mut();
        let unsent = rare.as_ref().map_or(0, |rare| rare.backlog.bytes() + rare.unsent);
        Summary {
            end: self.end,
            cause: rare.and_then(|rare| rare.cause.take()),
            close_sent: self.close_sent,
            close_received: self.close_received,
            unsent,
            counts: self.counts,
        }
    }

    #[inline]
    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    #[inline]
    fn carried(&self) -> usize {
        self.rare.as_ref().map_or(0, |rare| rare.carry.len())
    }

    #[inline]
    fn has_backlog(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| !rare.backlog.is_empty())
    }

    /// Whether more waits for the peer than may, this turn's copies included.
    #[inline]
    fn is_full(&self, batch: &Batch) -> bool {
        self.queued_bytes() + batch.beside_input() > self.settings.queue_bytes
    }

    #[inline]
    fn is_speaking(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Closing)
    }

    #[inline]
    fn arm_heartbeat(&mut self, now: Time) {
        if self.flags.heartbeat
            && let Some(interval) = self.settings.ping_interval
            // Behind its Close a peer answers nothing.
            && self.close_received.is_none()
        {
            self.timers.set(Timer::Heartbeat, now, interval);
        } else {
            self.timers.clear(Timer::Heartbeat);
            self.timers.clear(Timer::Pong);
        }
    }

    #[inline]
    fn arm_idle(&mut self, now: Time) {
        if let Some(timeout) = self.settings.idle_timeout {
            self.timers.set(Timer::Idle, now, timeout);
        }
    }

    fn arm_message(&mut self, now: Time) {
        if let Some(timeout) = self.settings.message_timeout {
            self.timers.set(Timer::Message, now, timeout);
        }
    }

    /// Gives back what an idle connection does not need.
    fn tidy(&mut self) {
        if self.rare.as_ref().is_some_and(|rare| rare.is_idle()) {
            self.rare = None;
        }
    }
}

impl Rare {
    fn is_idle(&self) -> bool {
        self.carry.is_empty()
            && self.backlog.is_empty()
            && self.owed_pong.is_none()
            && self.assembly.is_none()
            && self.inflater.is_none()
            && self.deflater.is_none()
            && self.deflating.is_none()
            && self.rate.is_none()
            && self.cause.is_none()
            && self.lingered == 0
            && self.unsent == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_connection_is_small() {
        let size = size_of::<Connection>();
        assert!(size <= 168, "{size}");
    }
}

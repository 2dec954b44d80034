use std::io::{self, ErrorKind, IoSlice};

use wire::{Connection, Direction, Incoming, Summary, Time, Turn};

use crate::transport::Transport;
use crate::{Control, Endpoint, Mailbox};

/// Slices given to one vectored write.
const SLICES: usize = 32;
/// What one turn may cost in bytes read, inflated and deflated before it reads no more and the others have theirs. What was
/// read is decoded, as far as inflating and deflating it costs no more than this, and one message.
const BUDGET: usize = 1 << 20;
/// As much is read before a deadline is judged: more than a socket's buffer holds, so that whatever came in time is seen.
const BUDGET_WHEN_DUE: usize = 16 << 20;

/// A connection and what is behind it: all that both drivers do alike.
#[derive(Debug)]
pub(crate) struct Conversation<E> {
    pub(crate) connection: Connection,
    pub(crate) endpoint: E,
}

/// Why a conversation has its turn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Occasion {
    /// The transport may have input.
    pub(crate) readable: bool,
    /// It came to its end, or will: a short read is not the last one.
    pub(crate) read_closed: bool,
    /// It may take output.
    pub(crate) writable: bool,
    /// The endpoint may have something to say.
    pub(crate) woken: bool,
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// All is done that can be done. Another turn is due when something happens, or at this time.
    Wait(Option<Time>),
    /// There is more to do, but the others come first.
    Again,
    /// The connection has ended.
    Done,
}

/// What a turn found out about the transport.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Exhausted {
    /// It has no more input for now.
    pub(crate) read: bool,
    /// It takes no more output for now.
    pub(crate) write: bool,
}

impl<E: Endpoint> Conversation<E> {
    /// Begins. `early` is what arrived right behind the opening handshake.
    pub(crate) fn open(&mut self, early: &[u8], turn: &mut Turn, mailbox: &dyn Fn() -> Mailbox, now: Time) {
        self.connection.handle_early(turn, early);
        self.endpoint.opened(mailbox, &mut self.connection.outgoing(turn, now));
    }

    /// Does what can be done without waiting. The caller gives the turn back with [`end_turn`](Self::end_turn).
    ///
    /// Where messages are [lent](Turn::lent_to) then, whom they are lent to [passes them on](Self::pass_on) first; and if more is
    /// to be read or decoded, this one is to be called again.
    #[inline]
    pub(crate) fn have_turn<T: Transport>(
        &mut self,
        io: &mut T,
        occasion: Occasion,
        turn: &mut Turn,
        now: Time,
    ) -> (Exhausted, bool) {
        let mut found = Exhausted { read: !occasion.readable, write: !occasion.writable };
        let Conversation { connection, endpoint } = self;
        if occasion.woken {
            endpoint.woken(&mut connection.outgoing(turn, now));
        }
        let due = is_due(connection.next_timeout(now), now) || is_due(endpoint.deadline(), now);
        let budget = if due { BUDGET_WHEN_DUE } else { BUDGET };
        // A deadline is judged by what has arrived and what could be sent, whether the transport has said so yet or not.
        found.read &= !due;
        found.write &= !due;
        let mut drained = false;
        if self.connection.wants_deflating() {
            self.write(io, turn, &mut found, now);
            self.connection.deflate_on(turn, now);
        }
        let spent = loop {
            self.write(io, turn, &mut found, now);
            self.take_messages(turn, budget, now);
            self.write(io, turn, &mut found, now);
            let Conversation { connection, endpoint } = &mut *self;
            if turn.spent() >= budget {
                break true;
            }
            if found.read || !connection.wants_input(turn) || !endpoint.ready() {
                break false;
            }
            if turn.lent_to().is_some() {
                // It reads on when what was read is sent on.
                return (found, true);
            }
            let buffer = connection.read_buffer(turn);
            let room = buffer.len();
            match io.read(buffer) {
                Ok(0) => connection.handle_eof(now),
                Ok(count) => {
                    connection.handle_input(turn, count, now);
                    drained = T::SHORT_READ_DRAINS && count < room;
                    found.read = drained && !occasion.read_closed;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => (drained, found.read) = (true, true),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => connection.handle_lost(Direction::In, error, now),
            }
        };
        if due {
            self.judge(turn, now);
            self.write(io, turn, &mut found, now);
        }
        let Conversation { connection, endpoint } = &mut *self;
        let mut more = spent;
        let room = connection.take_drained(turn);
        if room {
            endpoint.drained(&mut connection.outgoing(turn, now));
            more |= connection.has_output(turn);
            self.write(io, turn, &mut found, now);
        }
        let shut = self.connection.wants_shutdown(turn);
        if shut {
            self.shut_down(io, drained, now);
        }
        // Reading that only now may go on has no event to wait for: what came before it is not told again.
        let Conversation { connection, endpoint } = &*self;
        let unread = (due || room || shut) && !found.read && connection.wants_input(turn) && endpoint.ready();
        (found, (more && !found.write) || unread)
    }

    /// Has the endpoint send what is lent to it, and does nothing else: the turn is a [borrower](Turn::borrower)'s. Tells
    /// whether the transport takes no more, and whether another turn is due.
    #[cfg(unix)]
    #[inline]
    pub(crate) fn pass_on<T: Transport>(
        &mut self,
        io: &mut T,
        writable: bool,
        turn: &mut Turn,
        now: Time,
    ) -> (bool, bool) {
        let mut found = Exhausted { read: true, write: !writable };
        self.endpoint.woken(&mut self.connection.outgoing(turn, now));
        self.write(io, turn, &mut found, now);
        let room = self.connection.take_drained(turn);
        if room {
            self.endpoint.drained(&mut self.connection.outgoing(turn, now));
            self.write(io, turn, &mut found, now);
        }
        (found.write, room || self.connection.wants_shutdown(turn))
    }

    /// Gives the turn back and tells what is next.
    #[inline]
    pub(crate) fn end_turn(&mut self, turn: &mut Turn, more: bool, now: Time) -> Progress {
        let carried = *turn.counts();
        let ready = self.endpoint.ready();
        self.connection.end_turn(turn, ready, now);
        let held = self.held_bytes();
        let Conversation { connection, endpoint } = self;
        endpoint.turned(&carried, connection.queued_bytes(), held);
        if connection.is_done() {
            return Progress::Done;
        }
        if more || connection.wants_deflating() || (ready && connection.wants_turn(turn)) {
            return Progress::Again;
        }
        let next = match (connection.next_timeout(now), endpoint.deadline()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Progress::Wait(next)
    }

    /// Memory that the connection and its endpoint hold, in bytes.
    pub(crate) fn held_bytes(&self) -> usize {
        self.connection.held_bytes() + self.endpoint.held()
    }

    /// Tells the endpoint how it ended, and gives that to the caller.
    pub(crate) fn conclude(&mut self) -> Summary {
        let summary = self.connection.summary();
        self.endpoint.closed(&summary);
        summary
    }

    #[inline]
    fn take_messages(&mut self, turn: &mut Turn, budget: usize, now: Time) {
        let Conversation { connection, endpoint } = self;
        while endpoint.ready() && turn.worked() < budget {
            let Some((incoming, mut out)) = connection.poll(turn, now) else { return };
            match incoming {
                Incoming::Message(message) => endpoint.message(message, &mut out),
                Incoming::Ping(payload) => endpoint.control(Control::Ping(payload), &mut out),
                Incoming::Pong { payload, rtt } => endpoint.control(Control::Pong(payload, rtt), &mut out),
                Incoming::Close { code, reason } => {
                    endpoint.control(Control::Close(code, reason), &mut out);
                }
            }
        }
    }

    fn judge(&mut self, turn: &mut Turn, now: Time) {
        let Conversation { connection, endpoint } = self;
        if is_due(endpoint.deadline(), now) {
            endpoint.timeout(&mut connection.outgoing(turn, now));
        }
        connection.handle_timeout(turn, now);
    }

    #[inline]
    fn write<T: Transport>(&mut self, io: &mut T, turn: &mut Turn, found: &mut Exhausted, now: Time) {
        let connection = &mut self.connection;
        if !connection.has_output(turn) {
            return;
        }
        if found.write {
            return connection.queue_output(turn, now);
        }
        let mut result = Ok(());
        while connection.has_output(turn) && !connection.is_done() {
            let written = match connection.only_slice(turn) {
                Some(only) => io.write(&[IoSlice::new(only)]),
                None => {
                    let mut slices = [IoSlice::new(&[]); SLICES];
                    let count = connection.slices(turn, &mut slices);
                    io.write(&slices[..count])
                }
            };
            match written {
                Ok(0) => result = Err(ErrorKind::WriteZero.into()),
                Ok(count) => connection.handle_written(turn, count, now),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    found.write = true;
                    connection.queue_output(turn, now);
                    break;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => result = Err(error),
            }
            if result.is_err() {
                break;
            }
        }
        match result.and_then(|()| flushed(io.flush())) {
            Ok(()) => {}
            Err(error) => connection.handle_lost(Direction::Out, error, now),
        }
    }

    /// `drained`: nothing that the peer sent is unread.
    fn shut_down<T: Transport>(&mut self, io: &mut T, drained: bool, now: Time) {
        let connection = &mut self.connection;
        if T::DROP_ENDS_IT && drained {
            connection.handle_closed();
            if connection.is_done() {
                return;
            }
        }
        if connection.closes_first() {
            match io.shut_down() {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => return connection.handle_lost(Direction::Out, error, now),
            }
        }
        connection.handle_shutdown(now);
    }
}

#[inline]
fn is_due(deadline: Option<Time>, now: Time) -> bool {
    deadline.is_some_and(|due| due <= now)
}

/// What a transport of many layers has not passed on yet will be, once it can.
fn flushed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::mask_key;
    use wire::raw::{RawFrame, RawMask};
    use wire::{ConnectionSettings, Message, OpCode, Outgoing, Role};

    struct Echo;

    impl Endpoint for Echo {
        fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
            out.echo(&message).unwrap();
        }
    }

    /// Has as much to read as anybody wants, over and over the same, and takes all that is written.
    struct Endless {
        bytes: Vec<u8>,
        read: usize,
        written: usize,
    }

    impl Transport for Endless {
        const SHORT_READ_DRAINS: bool = true;
        const DROP_ENDS_IT: bool = true;

        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            for byte in &mut *buf {
                *byte = self.bytes[self.read % self.bytes.len()];
                self.read += 1;
            }
            Ok(buf.len())
        }

        fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
            let count = slices.iter().map(|slice| slice.len()).sum();
            self.written += count;
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }

        fn shut_down(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What a turn left undecoded because it had read enough would be copied, and copied back in the next one.
    #[test]
    fn a_turn_answers_what_it_has_read() {
        for payload_len in [16, 1 << 10, 64 << 10] {
            let mut bytes = Vec::new();
            let mask = RawMask::Applied([1, 2, 3, 4]);
            RawFrame { mask, ..RawFrame::new(OpCode::Binary, vec![7; payload_len]) }.encode(&mut bytes);
            let mut io = Endless { bytes, read: 0, written: 0 };
            let now = Time::from_micros(1);
            let connection =
                Connection::new(Role::Server, None, Arc::new(ConnectionSettings::default()), now);
            let mut conversation = Conversation { connection, endpoint: Echo };
            let mut turn = Turn::new(mask_key);
            let occasion = Occasion { readable: true, writable: true, ..Occasion::default() };
            for _ in 0..3 {
                let (_, more) = conversation.have_turn(&mut io, occasion, &mut turn, now);
                assert_eq!(conversation.end_turn(&mut turn, more, now), Progress::Again);
                // No more than the beginning of a message.
                let whole = io.read / io.bytes.len();
                let reply = io.bytes.len() - 4;
                assert_eq!(io.written, whole * reply);
                assert!(conversation.held_bytes() <= io.bytes.len() + 130, "{}", conversation.held_bytes());
            }
        }
    }
}

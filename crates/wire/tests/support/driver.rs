//! A connection with a turn of its own and a transport that takes everything: what it makes of bytes, in a form that
//! doesn't depend on how they were cut.

use std::io::IoSlice;
use std::sync::Arc;
use std::time::Duration;

use wire::deflate::Params;
use wire::{
    Cause, CloseCode, Connection, ConnectionSettings, End, FailureKind, Incoming, Limits, MessageKind,
    Outgoing, Role, Summary, Time, Turn,
};

use super::model;

/// A message or control frame as an endpoint sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    Message(MessageKind, Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, Vec<u8>),
}

/// All that became of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trace {
    pub(crate) wholes: Vec<Whole>,
    pub(crate) failure: Option<FailureKind>,
    /// What it sent, as its peer reads it.
    pub(crate) sent: Vec<Whole>,
    pub(crate) end: End,
    pub(crate) close_sent: Option<Option<CloseCode>>,
    pub(crate) close_received: Option<Option<CloseCode>>,
}

pub(crate) struct Driver {
    pub(crate) connection: Connection,
    pub(crate) turn: Turn,
    pub(crate) now: Time,
    /// What the endpoint got.
    pub(crate) wholes: Vec<Whole>,
    /// What the transport got.
    pub(crate) output: Vec<u8>,
    compression: Option<Params>,
}

impl Whole {
    pub(crate) fn new(incoming: &Incoming<'_>) -> Whole {
        match *incoming {
            Incoming::Message(ref message) => Whole::Message(message.kind, message.payload.into()),
            Incoming::Ping(payload) => Whole::Ping(payload.into()),
            Incoming::Pong { payload, .. } => Whole::Pong(payload.into()),
            Incoming::Close { code, reason } => Whole::Close(code.map(|code| code.0), reason.into()),
        }
    }
}

impl Driver {
    pub(crate) fn new(role: Role) -> Driver {
        Driver::with(role, None, ConnectionSettings::default())
    }

    pub(crate) fn limited(role: Role, limits: Limits) -> Driver {
        Driver::with(role, None, ConnectionSettings { limits, ..ConnectionSettings::default() })
    }

    pub(crate) fn with(role: Role, compression: Option<Params>, settings: ConnectionSettings) -> Driver {
        let now = Time::from_micros(1_000_000);
        Driver {
            connection: Connection::new(role, compression, Arc::new(settings), now),
            turn: Turn::new(match role {
                Role::Server => || panic!("a server masks nothing"),
                Role::Client => super::masks,
            }),
            now,
            wholes: Vec::new(),
            output: Vec::new(),
            compression,
        }
    }

    pub(crate) fn role(&self) -> Role {
        self.connection.role()
    }

    /// Bytes arrive, as many at once as are wanted; what is not wanted stays unread.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.feed_to(bytes, |_, _| {});
    }

    /// As [`feed`](Driver::feed), with an endpoint.
    pub(crate) fn feed_to(
        &mut self,
        mut bytes: &[u8],
        mut endpoint: impl FnMut(&Incoming<'_>, &mut Outgoing<'_>),
    ) {
        while !bytes.is_empty() && self.connection.wants_input(&self.turn) {
            let buffer = self.connection.read_buffer(&mut self.turn);
            let (piece, rest) = bytes.split_at(bytes.len().min(buffer.len()));
            buffer[..piece.len()].copy_from_slice(piece);
            bytes = rest;
            self.connection.handle_input(&mut self.turn, piece.len(), self.now);
            self.have_turn(&mut endpoint);
        }
    }

    /// Takes everything that is decodable, and ends the turn.
    pub(crate) fn have_turn(&mut self, endpoint: &mut impl FnMut(&Incoming<'_>, &mut Outgoing<'_>)) {
        loop {
            while let Some((incoming, mut out)) = self.connection.poll(&mut self.turn, self.now) {
                self.wholes.push(Whole::new(&incoming));
                endpoint(&incoming, &mut out);
            }
            self.end_turn();
            if !self.connection.wants_turn(&self.turn) {
                break;
            }
        }
    }

    /// One use of the way out; what it wrote is on its way afterwards.
    pub(crate) fn send<R>(&mut self, write: impl FnOnce(&mut Outgoing<'_>) -> R) -> R {
        let result = write(&mut self.connection.outgoing(&mut self.turn, self.now));
        self.end_turn();
        result
    }

    pub(crate) fn write(&mut self) {
        while self.connection.has_output(&self.turn) {
            let mut slices = [IoSlice::new(&[]); 4];
            let count = self.connection.slices(&mut self.turn, &mut slices);
            let before = self.output.len();
            slices[..count].iter().for_each(|slice| self.output.extend_from_slice(slice));
            let written = self.output.len() - before;
            assert!(written > 0, "has output and gives none");
            self.connection.handle_written(&mut self.turn, written, self.now);
        }
    }

    pub(crate) fn end_turn(&mut self) {
        self.write();
        while self.connection.wants_deflating() {
            self.connection.deflate_on(&mut self.turn, self.now);
            self.write();
        }
        self.connection.end_turn(&mut self.turn, true, self.now);
        assert_eq!(self.connection.queued_bytes(), 0, "all was written");
    }

    /// Time passes and nothing happens: every timeout is acted on when it is due.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.connection.next_timeout(self.now).filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.time_out();
        }
        self.now = end;
    }

    /// Acts on what is due at this moment.
    pub(crate) fn time_out(&mut self) {
        self.connection.handle_timeout(&mut self.turn, self.now);
        self.end_turn();
        let next = self.connection.next_timeout(self.now);
        assert!(next.is_none_or(|next| next > self.now), "a timeout that was acted on is still due");
    }

    /// Whether all is said and written, so that TCP is to be closed, by this end or the other.
    pub(crate) fn has_finished(&self) -> bool {
        self.connection.wants_shutdown(&self.turn)
    }

    /// The output since the last call, as the peer reads it.
    #[track_caller]
    pub(crate) fn sent(&mut self) -> Vec<Whole> {
        let output = std::mem::take(&mut self.output);
        model::flawless(self.role(), self.compression.as_ref(), &output)
    }

    /// The transport ends, if the connection has not before.
    pub(crate) fn summary(&mut self) -> Summary {
        if self.has_finished() {
            self.connection.handle_shutdown(self.now);
        }
        self.connection.handle_eof(self.now);
        self.end_turn();
        assert!(self.connection.is_done());
        assert_eq!(self.connection.next_timeout(self.now), None, "it has ended");
        self.connection.summary()
    }

    /// The transport ends: what became of it all.
    #[track_caller]
    pub(crate) fn trace(mut self) -> Trace {
        let summary = self.summary();
        let failure = match summary.cause {
            Some(Cause::Protocol(failure)) => Some(failure.kind),
            _ => None,
        };
        let trace = Trace {
            sent: self.sent(),
            wholes: self.wholes,
            failure,
            end: summary.end,
            close_sent: summary.close_sent,
            close_received: summary.close_received,
        };
        if let Some(kind) = failure {
            // Whatever the failure, it is said in a Close, and the summary knows it.
            let close = Whole::Close(Some(kind.close_code().0), kind.explanation().into());
            assert_eq!(trace.sent.last(), Some(&close));
            assert_eq!(trace.close_sent, Some(Some(kind.close_code())));
            let limit = kind.close_code() == CloseCode::TOO_BIG;
            assert_eq!(trace.end, if limit { End::LimitExceeded } else { End::ReceiveFailed });
            assert!(trace.close_received.is_none());
        }
        trace
    }
}

/// What a connection makes of bytes that arrive in these pieces.
#[track_caller]
pub(crate) fn trace<'a>(mut driver: Driver, pieces: impl IntoIterator<Item = &'a [u8]>) -> Trace {
    for piece in pieces {
        driver.feed(piece);
    }
    driver.trace()
}

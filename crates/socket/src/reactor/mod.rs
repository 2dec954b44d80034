//! The driver for plain TCP on Unix: a thread with one poll for all its connections.

mod inbox;
mod timetable;

use std::collections::VecDeque;
use std::io::{self, IoSlice, Read as _, Write as _};
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use slab::Slab;
use socket2::SockRef;
use tokio::sync::{Notify, oneshot};
use wire::deflate::Params;
use wire::{Abort, Connection, ConnectionSettings, Counts, Direction, End, Role, Time, Turn};

pub(crate) use self::inbox::Bell;
use self::inbox::Inbox;
use self::timetable::Timetable;
use crate::clock::{Clock, mask_key};
use crate::conversation::{Conversation, Exhausted, Occasion, Progress};
use crate::transport::Transport;
use crate::{Endpoint, Mailbox};

/// Events taken from the system at once.
const EVENTS: usize = 1024;
/// Requests that are served before the poll is looked at again.
const REQUESTS: usize = 128;
/// Connections that are woken, likewise. One that speaks to 10,000 wakes them all; the rest of the thread is served in between,
/// and what is said meanwhile leaves in the same write.
const WOKEN: usize = 128;
/// As many may come right behind one that has had its turn.
const NEXT: usize = 2;
/// Connections that there is room for from the start. What is not used takes no memory but addresses, where growing
/// leaves the allocator with what was outgrown: 1 MB at 5,000 connections.
const SLOTS: usize = 16 << 10;
/// Of the inbox.
const INBOX: Token = Token(usize::MAX);

/// Plain TCP connections by the million: a thread of its own, which waits in one poll (edge-triggered) for all of them. A
/// connection is a place in a slab: it has no task, no timer and no registration with a runtime.
///
/// This is the handle, which any thread may use; the thread [`run`](Run::run)s the other half.
#[derive(Debug)]
pub struct Reactor<E> {
    shared: Arc<Shared<E>>,
}

/// The half of a [`Reactor`] that does the work.
#[derive(Debug)]
pub struct Run<E> {
    shared: Arc<Shared<E>>,
    core: Core<E>,
}

/// A connection whose opening handshake is done.
#[derive(Debug)]
pub struct Arrival<E> {
    /// The transport; it must not block.
    pub stream: std::net::TcpStream,
    /// This end's role.
    pub role: Role,
    /// What arrived behind the handshake.
    pub early: bytes::Bytes,
    /// What the handshake agreed on.
    pub compression: Option<Params>,
    /// How it behaves.
    pub settings: Arc<ConnectionSettings>,
    /// What is behind it.
    pub endpoint: E,
}

#[derive(Debug)]
struct Shared<E> {
    inbox: Arc<Inbox<Request<E>>>,
    /// Connections, those included that are on their way.
    connections: AtomicUsize,
    emptied: Notify,
}

/// What is asked of the thread.
#[derive(Debug)]
enum Request<E> {
    Add(Box<Arrival<E>>),
    /// Tell the next connection to leave; the answer is whether there was one.
    TellNext(oneshot::Sender<bool>),
    /// How much the heaviest connection holds.
    Heaviest(oneshot::Sender<usize>),
    CutHeaviest(End, &'static str),
    Each(Call<E>),
    End,
}

/// What is to be done with each endpoint.
struct Call<E>(Box<Each<E>>);

type Each<E> = dyn FnMut(&mut E, &Counts) + Send;

impl<E> std::fmt::Debug for Call<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Call")
    }
}

#[derive(Debug)]
struct Core<E> {
    poll: Poll,
    slots: Slab<Slot<E>>,
    timetable: Timetable,
    inbox: Arc<Inbox<Request<E>>>,
    /// What was taken from the inbox and is not served yet.
    requests: VecDeque<Request<E>>,
    /// The same of slots that are woken. It is empty between two rounds.
    woken: Vec<u32>,
    /// Connections that have more to do, and get their next turn once the others had theirs.
    again: Vec<usize>,
    /// The connections in the slots before this one have been told to leave.
    told: usize,
    /// Who comes is told to leave.
    leaving: bool,
    /// Connections that have ended since they were last counted.
    gone: usize,
    clock: Clock,
    turn: Turn,
    /// For those who send what another one has read.
    borrower: Turn,
}

#[derive(Debug)]
struct Slot<E> {
    conversation: Conversation<E>,
    stream: TcpStream,
    readable: bool,
    read_closed: bool,
    way_out: WayOut,
    /// It is in [`Core::again`].
    again: bool,
}

/// Whether the transport takes output, and whether the poll tells so. Most never have to wait, and telling costs an event
/// right at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WayOut {
    Unwatched,
    Free,
    Blocked,
}

impl<E> Clone for Reactor<E> {
    fn clone(&self) -> Self {
        Reactor { shared: Arc::clone(&self.shared) }
    }
}

impl<E: Endpoint + Send + 'static> Reactor<E> {
    /// A reactor without connections, and what its thread has to run.
    ///
    /// # Errors
    /// The system has no descriptor for a poll.
    pub fn new() -> io::Result<(Reactor<E>, Run<E>)> {
        let poll = Poll::new()?;
        let inbox = Inbox::new(mio::Waker::new(poll.registry(), INBOX)?);
        let shared = Arc::new(Shared {
            inbox: Arc::clone(&inbox),
            connections: AtomicUsize::new(0),
            emptied: Notify::new(),
        });
        let core = Core {
            poll,
            slots: Slab::with_capacity(SLOTS),
            timetable: Timetable::default(),
            inbox,
            requests: VecDeque::new(),
            woken: Vec::with_capacity(WOKEN),
            again: Vec::new(),
            told: 0,
            leaving: false,
            gone: 0,
            clock: Clock::start(),
            turn: Turn::new(mask_key),
            borrower: Turn::borrower(mask_key),
        };
        Ok((Reactor { shared: Arc::clone(&shared) }, Run { shared, core }))
    }

    /// Hands a connection over. Call [`wake`](Self::wake) when there are no more for the moment: one for many costs less
    /// than one each.
    pub fn add(&self, arrival: Arrival<E>) {
        self.shared.connections.fetch_add(1, Ordering::Relaxed);
        self.shared.inbox.put(Request::Add(Box::new(arrival)));
    }

    /// Has the thread look at what was handed over.
    pub fn wake(&self) {
        self.shared.inbox.bell().wake_thread();
    }

    /// How many connections there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Whether there is no connection.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until there is no connection.
    pub async fn emptied(&self) {
        loop {
            let emptied = self.shared.emptied.notified();
            if self.is_empty() {
                return;
            }
            emptied.await;
        }
    }

    /// Tells the next connection to leave that has not been told, by [`Endpoint::leave`]. False: all have been, and who
    /// comes later is told at once.
    pub async fn tell_next(&self) -> bool {
        self.ask(Request::TellNext).await.unwrap_or(false)
    }

    /// The most memory that one connection holds, in bytes.
    pub async fn heaviest(&self) -> usize {
        self.ask(Request::Heaviest).await.unwrap_or(0)
    }

    /// Cuts the connection that holds the most memory.
    pub fn cut_heaviest(&self, end: End, note: &'static str) {
        self.shared.inbox.push(Request::CutHeaviest(end, note));
    }

    /// Calls `f` with the endpoint of every connection, and what that has carried so far. It is dropped once it has been
    /// called with all of them, and should be quick: the thread does nothing else meanwhile.
    pub fn each(&self, f: impl FnMut(&mut E, &Counts) + Send + 'static) {
        self.shared.inbox.push(Request::Each(Call(Box::new(f))));
    }

    /// Ends the thread. Connections that are left are dropped.
    pub fn end(&self) {
        self.shared.inbox.push(Request::End);
    }

    /// None once the thread has ended.
    async fn ask<R>(&self, request: impl FnOnce(oneshot::Sender<R>) -> Request<E>) -> Option<R> {
        let (answer, answered) = oneshot::channel();
        self.shared.inbox.push(request(answer));
        answered.await.ok()
    }
}

impl<E: Endpoint + Send + 'static> Run<E> {
    /// Serves connections until [`Reactor::end`]. Blocks the thread.
    ///
    /// # Errors
    /// The system's poll failed: nothing can be served any more.
    pub fn run(mut self) -> io::Result<()> {
        let Run { shared, core } = &mut self;
        let mut events = Events::with_capacity(EVENTS);
        loop {
            match core.poll.poll(&mut events, core.patience()) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            core.inbox.bell().is_awake();
            let now = core.clock.now();
            core.serve_again(now);
            // An event of the inbox has nothing to say but that the wait is over: no slot has its number.
            for event in &events {
                core.serve_event(event, now);
                core.serve_next(now);
            }
            core.inbox.take(&mut core.requests, WOKEN, &mut core.woken);
            for _ in 0..REQUESTS {
                match core.requests.pop_front() {
                    None => break,
                    Some(Request::End) => return Ok(()),
                    Some(request) => core.serve_request(request, now),
                }
            }
            core.serve_woken(now);
            core.serve_due(now);
            let gone = std::mem::take(&mut core.gone);
            if gone > 0 && shared.connections.fetch_sub(gone, Ordering::Relaxed) == gone {
                shared.emptied.notify_waiters();
            }
        }
    }
}

impl<E: Endpoint + Send + 'static> Core<E> {
    /// How long the poll may wait for events.
    fn patience(&self) -> Option<Duration> {
        if !self.again.is_empty() || !self.requests.is_empty() || !self.inbox.bell().may_wait() {
            return Some(Duration::ZERO);
        }
        Some(self.timetable.next()?.since(self.clock.now()))
    }

    fn serve_event(&mut self, event: &Event, now: Time) {
        let Token(key) = event.token();
        let Some(slot) = self.slots.get_mut(key) else { return };
        slot.readable |= event.is_readable() || event.is_error();
        slot.read_closed |= event.is_read_closed();
        if event.is_writable() || event.is_error() {
            slot.way_out = slot.way_out.freed();
        }
        self.have_turn(key, false, now);
    }

    /// Serves those who come right behind the one that was served last. Whom they wake in turn comes with the others, so that
    /// no two can have the thread for themselves.
    #[inline]
    fn serve_next(&mut self, now: Time) {
        for _ in 0..NEXT {
            let Some(slot) = self.inbox.bell().take_next() else { return };
            self.have_turn(slot as usize, true, now);
        }
    }

    fn serve_again(&mut self, now: Time) {
        for key in std::mem::take(&mut self.again) {
            // Who took the slot of one that ended is not in line.
            if self.slots.get_mut(key).is_some_and(|slot| std::mem::take(&mut slot.again)) {
                self.have_turn(key, false, now);
            }
        }
    }

    fn serve_request(&mut self, request: Request<E>, now: Time) {
        match request {
            Request::Add(arrival) => self.admit(*arrival, now),
            // Whoever asked may have given up.
            Request::TellNext(answer) => _ = answer.send(self.tell_next(now)),
            Request::Heaviest(answer) => {
                let held = self.slots.iter().map(|(_, slot)| slot.conversation.held_bytes());
                let _ = answer.send(held.max().unwrap_or(0));
            }
            Request::CutHeaviest(end, note) => {
                let held = |slot: &Slot<E>| slot.conversation.held_bytes();
                if let Some((key, _)) = self.slots.iter().max_by_key(|(_, slot)| held(slot)) {
                    self.slots[key].conversation.connection.cut(Abort::Reset, end, note);
                    self.have_turn(key, false, now);
                }
            }
            Request::Each(Call(mut call)) => {
                for (_, Slot { conversation: Conversation { connection, endpoint }, .. }) in &mut self.slots {
                    call(endpoint, connection.counts());
                }
            }
            Request::End => {}
        }
    }

    fn serve_woken(&mut self, now: Time) {
        let mut woken = std::mem::take(&mut self.woken);
        for slot in woken.drain(..) {
            self.have_turn(slot as usize, true, now);
        }
        self.woken = woken;
    }

    fn serve_due(&mut self, now: Time) {
        if self.timetable.next().is_none_or(|next| next > now) {
            return;
        }
        let mut due = Vec::new();
        let began = self.clock.now();
        self.timetable.expired(now, &mut due);
        self.timetable.took(self.clock.now().since(began), now);
        for key in due {
            self.have_turn(key, false, now);
        }
    }

    fn admit(&mut self, arrival: Arrival<E>, now: Time) {
        let Arrival { stream, role, early, compression, settings, endpoint } = arrival;
        let connection = Connection::new(role, compression, settings, now);
        let entry = self.slots.vacant_entry();
        let key = entry.key();
        self.timetable.clear(key);
        let slot = entry.insert(Slot {
            conversation: Conversation { connection, endpoint },
            stream: TcpStream::from_std(stream),
            // The poll tells, as soon as it knows the connection.
            readable: false,
            read_closed: false,
            way_out: WayOut::Unwatched,
            again: false,
        });
        let (inbox, turn) = (&self.inbox, &mut self.turn);
        let mailbox = || Mailbox::of_slot(inbox.bell(), key as u32);
        slot.conversation.open(&early, turn, &mailbox, now);
        if let Err(error) = self.poll.registry().register(&mut slot.stream, Token(key), Interest::READABLE) {
            slot.conversation.connection.handle_lost(Direction::In, error, now);
        } else if self.leaving {
            let Conversation { connection, endpoint } = &mut slot.conversation;
            endpoint.leave(&mut connection.outgoing(turn, now));
        }
        self.have_turn(key, false, now);
    }

    fn tell_next(&mut self, now: Time) -> bool {
        while self.told < self.slots.capacity() {
            let key = self.told;
            self.told += 1;
            if let Some(slot) = self.slots.get_mut(key) {
                let Conversation { connection, endpoint } = &mut slot.conversation;
                endpoint.leave(&mut connection.outgoing(&mut self.turn, now));
                self.have_turn(key, false, now);
                return true;
            }
        }
        self.leaving = true;
        false
    }

    #[inline]
    fn have_turn(&mut self, key: usize, woken: bool, now: Time) {
        let Core { poll, slots, turn, .. } = self;
        let Some(slot) = slots.get_mut(key) else { return };
        let occasion = Occasion { woken, ..slot.occasion() };
        let had = slot.conversation.have_turn(&mut Tcp(&mut slot.stream), occasion, turn, now);
        if turn.lent_to().is_some() {
            return self.lend(key, had, now);
        }
        let progress = slot.end_turn(had, poll, turn, key, now);
        self.go_on(key, progress, now);
    }

    /// Has what this one has read sent on, as often as it reads more, and ends its turn.
    #[inline(never)]
    fn lend(&mut self, key: usize, mut had: (Exhausted, bool), now: Time) {
        while let Some(to) = self.turn.lent_to() {
            self.turn.lend(&mut self.borrower);
            self.pass_on(to as usize, now);
            self.turn.take_back(&mut self.borrower);
            let (found, _) = had;
            // What had to wait for room may find some.
            if found.read && self.turn.is_decoded() {
                break;
            }
            let Some(slot) = self.slots.get_mut(key) else { break };
            let occasion = Occasion { readable: !found.read, writable: !found.write, ..slot.occasion() };
            had = slot.conversation.have_turn(&mut Tcp(&mut slot.stream), occasion, &mut self.turn, now);
        }
        let Core { poll, slots, turn, .. } = self;
        let Some(slot) = slots.get_mut(key) else { return };
        let progress = slot.end_turn(had, poll, turn, key, now);
        self.go_on(key, progress, now);
    }

    /// Has a connection send what is lent to it.
    #[inline]
    fn pass_on(&mut self, key: usize, now: Time) {
        // If it has ended, nobody misses what is lent to it.
        let Some(slot) = self.slots.get_mut(key) else { return };
        let (writable, turn) = (slot.way_out != WayOut::Blocked, &mut self.borrower);
        let (blocked, more) = slot.conversation.pass_on(&mut Tcp(&mut slot.stream), writable, turn, now);
        slot.note_write(blocked, &self.poll, key, now);
        let progress = slot.conversation.end_turn(turn, more, now);
        self.go_on(key, progress, now);
    }

    #[inline]
    fn go_on(&mut self, key: usize, progress: Progress, now: Time) {
        match progress {
            Progress::Wait(next) => self.timetable.set(key, next, now),
            Progress::Again => {
                if let Some(slot) = self.slots.get_mut(key)
                    && !std::mem::replace(&mut slot.again, true)
                {
                    self.again.push(key);
                }
            }
            Progress::Done => {
                let Some(slot) = self.slots.get_mut(key) else { return };
                // Who sees the end finds it told already.
                slot.conversation.conclude();
                match slot.conversation.connection.abort() {
                    // Closing it then resets it. Where that can't be had it is closed in order.
                    Some(Abort::Reset) => {
                        let _ = SockRef::from(&slot.stream).set_linger(Some(Duration::ZERO));
                    }
                    // Input that nobody read would otherwise have it reset. A peer that is gone needs no end.
                    Some(Abort::Fin) => _ = Tcp(&mut slot.stream).shut_down(),
                    None => {}
                }
                self.timetable.clear(key);
                self.slots.remove(key);
                self.gone += 1;
            }
        }
    }
}

impl<E: Endpoint> Slot<E> {
    #[inline]
    fn end_turn(
        &mut self,
        (found, more): (Exhausted, bool),
        poll: &Poll,
        turn: &mut Turn,
        key: usize,
        now: Time,
    ) -> Progress {
        self.readable = !found.read;
        self.note_write(found.write, poll, key, now);
        self.conversation.end_turn(turn, more, now)
    }

    #[inline]
    fn occasion(&self) -> Occasion {
        let Slot { readable, read_closed, way_out, .. } = *self;
        Occasion { readable, read_closed, writable: way_out != WayOut::Blocked, woken: false }
    }

    /// Notes whether the transport takes no more output, and has the poll tell when it does again.
    #[inline]
    fn note_write(&mut self, blocked: bool, poll: &Poll, key: usize, now: Time) {
        if !blocked {
            self.way_out = self.way_out.freed();
        } else if std::mem::replace(&mut self.way_out, WayOut::Blocked) == WayOut::Unwatched {
            let interest = Interest::READABLE | Interest::WRITABLE;
            if let Err(error) = poll.registry().reregister(&mut self.stream, Token(key), interest) {
                self.conversation.connection.handle_lost(Direction::Out, error, now);
            }
        }
    }
}

impl WayOut {
    fn freed(self) -> WayOut {
        match self {
            WayOut::Unwatched => WayOut::Unwatched,
            WayOut::Free | WayOut::Blocked => WayOut::Free,
        }
    }
}

struct Tcp<'a>(&'a mut TcpStream);

impl Transport for Tcp<'_> {
    const SHORT_READ_DRAINS: bool = true;
    const DROP_ENDS_IT: bool = true;

    #[inline]
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }

    #[inline]
    fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match slices {
            [only] => self.0.write(only),
            several => self.0.write_vectored(several),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn shut_down(&mut self) -> io::Result<()> {
        match self.0.shutdown(Shutdown::Write) {
            // The peer has gone already.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(dead_code, reason = "only its size counts")]
    struct Small([u64; 8]);

    impl Endpoint for Small {
        fn message(&mut self, _: wire::Message<'_>, _: &mut wire::Outgoing<'_>) {}
    }

    #[test]
    fn a_connection_is_small() {
        // With 64 bytes of the endpoint's own.
        let size = size_of::<Slot<Small>>();
        assert!(size <= 248, "{size}");
    }
}

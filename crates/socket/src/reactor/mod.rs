//! The driver for plain TCP on Unix: all connections of a thread behind one poll of its own.

mod inbox;
mod timetable;

use std::cell::{Cell, RefCell};
use std::future::{Future as _, poll_fn};
use std::io::{self, IoSlice, Read as _, Write as _};
use std::net::Shutdown;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Events, Interest, Token};
use slab::Slab;
use socket2::SockRef;
use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep, sleep_until};
use wire::deflate::Params;
use wire::{Abort, Connection, ConnectionSettings, Direction, End, Role, Time, Turn};

use self::inbox::{Address, Inbox};
use self::timetable::Timetable;
use crate::clock::{Clock, lend_turn};
use crate::conversation::{Conversation, Occasion, Progress};
use crate::transport::Transport;
use crate::{Endpoint, Mailbox};

/// Events taken from the system at once.
const EVENTS: usize = 1024;
/// Of the inbox.
const INBOX: Token = Token(usize::MAX);

/// All plain TCP connections of one thread, with their endpoints, behind one poll of its own (edge-triggered), which
/// the thread's tokio runtime watches as a single descriptor. A connection is a place in a slab: it has no task, no
/// timer and no registration with the runtime.
///
/// A handle: clones are the same reactor. It belongs to the thread whose runtime [`run`](Reactor::run)s it.
#[derive(Debug)]
pub struct Reactor<E> {
    shared: Rc<Shared<E>>,
}

/// A connection whose opening handshake is done.
#[derive(Debug)]
pub struct Arrival<E> {
    /// The transport; it must not block.
    pub stream: std::net::TcpStream,
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
    core: RefCell<Core<E>>,
    /// Who came while a connection had its turn.
    waiting: RefCell<Vec<Arrival<E>>>,
    /// There is something to do that the poll does not tell of.
    nudged: Cell<bool>,
    /// The task that runs the reactor.
    runner: RefCell<Option<Waker>>,
    emptied: Notify,
    clock: Clock,
}

#[derive(Debug)]
struct Core<E> {
    poll: AsyncFd<mio::Poll>,
    slots: Slab<Slot<E>>,
    timetable: Timetable,
    inbox: Arc<Inbox>,
    /// Connections that have more to do, and get their next turn once the others had theirs.
    again: Vec<usize>,
    /// The connections in the slots before this one have been told to leave.
    told: usize,
    leaving: bool,
    generation: u32,
    /// How long it took to go through the timetable.
    timers_took: Duration,
}

#[derive(Debug)]
struct Slot<E> {
    conversation: Conversation<E>,
    stream: TcpStream,
    generation: u32,
    readable: bool,
    read_closed: bool,
    writable: bool,
    /// It is in [`Core::again`].
    again: bool,
}

impl<E> Clone for Reactor<E> {
    fn clone(&self) -> Self {
        Reactor { shared: Rc::clone(&self.shared) }
    }
}

impl<E: Endpoint> Reactor<E> {
    /// A reactor without connections, on the current thread's runtime.
    ///
    /// # Errors
    /// The system has no descriptor for another poll.
    pub fn new() -> io::Result<Reactor<E>> {
        let poll = mio::Poll::new()?;
        let inbox = Inbox::new(mio::Waker::new(poll.registry(), INBOX)?);
        #[expect(
            deprecated,
            reason = "its successor is unsafe; a poll keeps its descriptor for as long as it lives, which is what it asks for"
        )]
        let poll = AsyncFd::with_interest(poll, tokio::io::Interest::READABLE)?;
        let core = Core {
            poll,
            slots: Slab::new(),
            timetable: Timetable::default(),
            inbox,
            again: Vec::new(),
            told: 0,
            leaving: false,
            generation: 0,
            timers_took: Duration::ZERO,
        };
        let shared = Shared {
            core: RefCell::new(core),
            waiting: RefCell::default(),
            nudged: Cell::new(false),
            runner: RefCell::default(),
            emptied: Notify::new(),
            clock: Clock::start(),
        };
        Ok(Reactor { shared: Rc::new(shared) })
    }

    /// The reactor's clock: that of its connections.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.shared.clock
    }

    /// Takes a connection over.
    pub fn add(&self, arrival: Arrival<E>) {
        let shared = &*self.shared;
        let Ok(mut core) = shared.core.try_borrow_mut() else {
            // An endpoint brought it, during its own turn.
            shared.waiting.borrow_mut().push(arrival);
            return shared.nudge();
        };
        let next = core.timetable.next();
        lend_turn(|turn| core.admit(arrival, turn, shared.clock));
        if core.timetable.next() != next || !core.again.is_empty() {
            shared.nudge();
        }
    }

    /// How many connections there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.core.borrow().slots.len() + self.shared.waiting.borrow().len()
    }

    /// Whether there is no connection.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until there is no connection.
    pub async fn emptied(&self) {
        while !self.is_empty() {
            let emptied = self.shared.emptied.notified();
            if self.is_empty() {
                return;
            }
            emptied.await;
        }
    }

    /// Tells up to `most` connections to leave that have not been told, by [`Endpoint::leave`]. False: all have been, and
    /// who comes later is told at once.
    pub fn tell(&self, most: usize) -> bool {
        let shared = &*self.shared;
        let mut core = shared.core.borrow_mut();
        lend_turn(|turn| core.tell(most, turn, shared.clock.now()));
        core.leaving = core.told >= core.slots.capacity();
        let left = !core.leaving;
        drop(core);
        shared.settle();
        left
    }

    /// The most memory that one connection holds, in bytes.
    #[must_use]
    pub fn heaviest(&self) -> usize {
        let core = self.shared.core.borrow();
        core.slots.iter().map(|(_, slot)| slot.conversation.connection.held_bytes()).max().unwrap_or(0)
    }

    /// Cuts the connection that holds the most memory.
    pub fn cut_heaviest(&self, end: End, note: &'static str) {
        let shared = &*self.shared;
        let mut core = shared.core.borrow_mut();
        let heaviest = core.slots.iter().max_by_key(|(_, slot)| slot.conversation.connection.held_bytes());
        let Some((slot, _)) = heaviest else { return };
        core.slots[slot].conversation.connection.cut(Abort::Reset, end, note);
        lend_turn(|turn| core.have_turn(slot, false, turn, shared.clock.now()));
        drop(core);
        shared.settle();
    }

    /// Serves the connections. It does not end by itself.
    ///
    /// # Errors
    /// The system's poll failed: nothing can be served any more.
    pub async fn run(&self) -> io::Result<()> {
        let shared = &*self.shared;
        let mut events = Events::with_capacity(EVENTS);
        let mut sleep = pin!(sleep_until(Instant::now()));
        loop {
            let (again, next) = {
                let core = shared.core.borrow();
                (!core.again.is_empty(), core.timetable.next().map(|next| shared.clock.instant(next)))
            };
            if again {
                tokio::task::yield_now().await;
            } else {
                if let Some(next) = next
                    && sleep.deadline() != next
                {
                    sleep.as_mut().reset(next);
                }
                poll_fn(|cx| shared.poll_occasion(cx, sleep.as_mut(), next.is_some())).await?;
            }
            shared.step(&mut events)?;
            shared.settle();
        }
    }
}

impl<E: Endpoint> Shared<E> {
    /// Ready: a connection may have something to do.
    fn poll_occasion(
        &self,
        cx: &mut Context<'_>,
        sleep: Pin<&mut Sleep>,
        timer: bool,
    ) -> Poll<io::Result<()>> {
        let mut core = self.core.borrow_mut();
        // Forgotten before the poll is asked: what happens in between is told again.
        if let Poll::Ready(ready) = core.poll.poll_read_ready_mut(cx) {
            ready?.clear_ready();
            return Poll::Ready(Ok(()));
        }
        if self.nudged.take() || (timer && sleep.poll(cx).is_ready()) {
            return Poll::Ready(Ok(()));
        }
        let mut runner = self.runner.borrow_mut();
        if !runner.as_ref().is_some_and(|runner| runner.will_wake(cx.waker())) {
            *runner = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// A turn for everyone who has something to do.
    fn step(&self, events: &mut Events) -> io::Result<()> {
        let mut core = self.core.borrow_mut();
        match core.poll.get_mut().poll(events, Some(Duration::ZERO)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        if events.iter().nth(EVENTS - 1).is_some() {
            // There may be more.
            self.nudged.set(true);
        }
        let now = self.clock.now();
        lend_turn(|turn| {
            for arrival in self.waiting.take() {
                core.admit(arrival, turn, self.clock);
            }
            core.serve_again(turn, now);
            for event in &*events {
                core.serve_event(event, turn, now);
            }
            if core.timetable.next().is_some_and(|next| next <= now) {
                core.serve_due(turn, self.clock, now);
            }
        });
        Ok(())
    }

    fn nudge(&self) {
        self.nudged.set(true);
        if let Some(runner) = &*self.runner.borrow() {
            runner.wake_by_ref();
        }
    }

    fn settle(&self) {
        if self.core.borrow().slots.is_empty() {
            self.emptied.notify_waiters();
        }
    }
}

impl<E: Endpoint> Core<E> {
    fn admit(&mut self, arrival: Arrival<E>, turn: &mut Turn, clock: Clock) {
        let Arrival { stream, early, compression, settings, endpoint } = arrival;
        let now = clock.now();
        let connection = Connection::new(Role::Server, compression, settings, now);
        self.generation = self.generation.wrapping_add(1);
        let generation = self.generation;
        let entry = self.slots.vacant_entry();
        let key = entry.key();
        self.timetable.clear(key);
        let slot = entry.insert(Slot {
            conversation: Conversation { connection, endpoint },
            stream: TcpStream::from_std(stream),
            generation,
            // The poll tells, as soon as it knows the connection.
            readable: false,
            read_closed: false,
            writable: true,
            again: false,
        });
        let inbox = &self.inbox;
        let mailbox = || Mailbox::of_slot(inbox.address(key, generation));
        slot.conversation.open(&early, turn, &mailbox, now);
        let interest = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self.poll.get_ref().registry().register(&mut slot.stream, Token(key), interest) {
            slot.conversation.connection.handle_lost(Direction::In, error, now);
        } else if self.leaving {
            let Conversation { connection, endpoint } = &mut slot.conversation;
            endpoint.leave(&mut connection.outgoing(turn, now));
        }
        self.have_turn(key, false, turn, now);
    }

    fn serve_event(&mut self, event: &Event, turn: &mut Turn, now: Time) {
        if event.token() == INBOX {
            for address in self.inbox.take() {
                let Address { slot, generation, .. } = *address;
                if self.slots.get(slot).is_some_and(|slot| slot.generation == generation) {
                    self.have_turn(slot, true, turn, now);
                }
            }
            return;
        }
        let Token(key) = event.token();
        let Some(slot) = self.slots.get_mut(key) else { return };
        slot.readable |= event.is_readable() || event.is_error();
        slot.read_closed |= event.is_read_closed();
        slot.writable |= event.is_writable() || event.is_error();
        self.have_turn(key, false, turn, now);
    }

    fn serve_again(&mut self, turn: &mut Turn, now: Time) {
        for key in std::mem::take(&mut self.again) {
            // Who took the slot of one that ended is not in line.
            if self.slots.get_mut(key).is_some_and(|slot| std::mem::take(&mut slot.again)) {
                self.have_turn(key, false, turn, now);
            }
        }
    }

    fn serve_due(&mut self, turn: &mut Turn, clock: Clock, now: Time) {
        let mut due = Vec::new();
        let began = clock.now();
        self.timetable.expired(now, self.timers_took, &mut due);
        self.timers_took = clock.now().since(began);
        for key in due {
            self.have_turn(key, false, turn, now);
        }
    }

    fn tell(&mut self, most: usize, turn: &mut Turn, now: Time) {
        let mut left = most;
        while left > 0 && self.told < self.slots.capacity() {
            let key = self.told;
            self.told += 1;
            let Some(slot) = self.slots.get_mut(key) else { continue };
            left -= 1;
            let Conversation { connection, endpoint } = &mut slot.conversation;
            endpoint.leave(&mut connection.outgoing(turn, now));
            self.have_turn(key, false, turn, now);
        }
    }

    #[inline]
    fn have_turn(&mut self, key: usize, woken: bool, turn: &mut Turn, now: Time) {
        let Some(slot) = self.slots.get_mut(key) else { return };
        let Slot { conversation, stream, readable, read_closed, writable, .. } = slot;
        let occasion =
            Occasion { readable: *readable, read_closed: *read_closed, writable: *writable, woken };
        let (found, more) = conversation.have_turn(&mut Tcp(stream), occasion, turn, now);
        (*readable, *writable) = (!found.read, !found.write);
        match conversation.end_turn(turn, more, now) {
            Progress::Wait(next) => self.timetable.set(key, next, now),
            Progress::Again => {
                if !std::mem::replace(&mut slot.again, true) {
                    self.again.push(key);
                }
            }
            Progress::Done => {
                if conversation.connection.abort() == Some(Abort::Reset) {
                    // Closing it then resets it. Where that can't be had it is closed in order.
                    let _ = SockRef::from(&*stream).set_linger(Some(Duration::ZERO));
                }
                conversation.conclude();
                self.timetable.clear(key);
                self.slots.remove(key);
            }
        }
    }
}

struct Tcp<'a>(&'a mut TcpStream);

impl Transport for Tcp<'_> {
    const SHORT_READ_DRAINS: bool = true;

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

//! The one place where a scene meets the browser: it owns the link, the socket, the clock and the timer.
//!
//! Every entry point does the same: change link or scene, carry out what both want until there is nothing more, arm one
//! timer, and say that something may have changed.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::time::Duration;

use gloo_timers::callback::Timeout;
use link::{
    Action, Close, CloseRequest, Config, Event, Hint, Inbound, Link, Message, Phase, Queue, Reconnect,
    SocketId, Time,
};
use page::clock::Clock;
use page::hints::Hints;
use page::socket::{Signal, Socket};

use crate::model::recovery::{Outage, Recovery, Span};
use crate::model::talk::{Does, Talk};

/// Browsers fire timers of more than 24.8 days at once; one that is early is harmless.
const LONGEST_TIMER_MILLIS: u32 = 60 * 60 * 1000;
/// The code that a scene's connection is lost with when the person cuts it, as when the network does.
const ABNORMAL: u16 = 1006;

/// A scene's connection. Dropping it closes the socket and stops every timer and listener.
pub struct Line {
    core: Rc<RefCell<Core>>,
    _hints: Option<Hints>,
}

/// How it stands with the connection.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The link's phase.
    pub phase: Phase,
    /// The person has cut it.
    pub is_cut: bool,
    /// The code of the latest Close.
    pub code: Option<u16>,
    /// Until the next attempt.
    pub wait: Option<Duration>,
    /// The present time.
    pub now: Duration,
    /// Losses, the latest first.
    pub outages: Vec<Outage>,
    /// The last minute.
    pub spans: Vec<Span>,
}

struct Core {
    this: Weak<RefCell<Core>>,
    talk: Rc<RefCell<dyn Talk>>,
    link: Link,
    clock: Clock,
    address: String,
    protocols: [String; 1],
    socket: Option<(SocketId, Socket)>,
    timer: Option<Timeout>,
    recovery: Recovery,
    is_cut: bool,
    on_change: Box<dyn Fn()>,
}

impl Line {
    /// Connects a scene, for as long as it is kept. `on_change` is called when something may be shown differently, and may
    /// not call back.
    pub fn open(
        address: &str,
        protocol: &str,
        talk: Rc<RefCell<dyn Talk>>,
        on_change: impl Fn() + 'static,
    ) -> Line {
        let clock = Clock::new();
        let seed = (js_sys::Math::random() * f64::from(u32::MAX)) as u64;
        let link = Link::new(config(), seed, clock.now());
        let core = Rc::new_cyclic(|this| {
            RefCell::new(Core {
                this: this.clone(),
                talk,
                link,
                clock,
                address: address.to_owned(),
                protocols: [protocol.to_owned()],
                socket: None,
                timer: None,
                recovery: Recovery::default(),
                is_cut: false,
                on_change: Box::new(on_change),
            })
        });
        let weak = Rc::downgrade(&core);
        let window = web_sys::window();
        let document = window.as_ref().and_then(web_sys::Window::document);
        let hints = window.zip(document).map(|(window, document)| {
            Hints::listen(&window, &document, move |hint| {
                turn(&weak, |core, now| {
                    // A network that is back does not undo what the person did.
                    if !(core.is_cut && hint == Hint::Online) {
                        core.link.handle_hint(now, hint);
                    }
                });
            })
        });
        let line = Line { core, _hints: hints };
        line.turn(|core, now| core.link.open(now));
        line
    }

    /// Carries out what the scene wants, after something was asked of it.
    pub fn drive(&self) {
        self.turn(|_, _| {});
    }

    /// The present time.
    pub fn now(&self) -> Duration {
        since_start(self.core.borrow().clock.now())
    }

    /// Cuts the connection as a network does, without a word, until it is mended.
    pub fn cut(&self) {
        self.turn(|core, now| {
            core.is_cut = true;
            core.link.handle_hint(now, Hint::Offline);
            core.drop_socket(now, ABNORMAL);
        });
    }

    /// Mends the connection.
    pub fn mend(&self) {
        self.turn(|core, now| {
            core.is_cut = false;
            core.link.handle_hint(now, Hint::Online);
            match core.link.phase() {
                phase if phase.is_final() => core.link.open(now),
                _ => core.link.reconnect_now(now),
            }
        });
    }

    /// How it stands with the connection.
    pub fn view(&self) -> View {
        let core = self.core.borrow();
        let now = core.clock.now();
        let phase = core.link.phase();
        let wait = match phase {
            Phase::Waiting { until, .. } => Some(until.saturating_since(now)),
            _ => None,
        };
        let now = since_start(now);
        View {
            phase,
            is_cut: core.is_cut,
            code: core.link.last_close().map(|close| close.code),
            wait,
            now,
            outages: core.recovery.outages().cloned().collect(),
            spans: core.recovery.spans(now),
        }
    }

    fn turn(&self, change: impl FnOnce(&mut Core, Time)) {
        turn(&Rc::downgrade(&self.core), change);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // What is queued was said; the server has what went out, and a close without a code is always valid.
        self.turn(|core, now| {
            let _ = core.link.close(now, CloseRequest::default());
        });
    }
}

/// The scene has its own queue, counts its messages and resumes: the link only says when to connect.
fn config() -> Config {
    Config {
        heartbeat: None,
        queue: Queue { max_buffered_bytes: u64::MAX, ..Queue::default() },
        reconnect: Reconnect {
            max_delay: Duration::from_secs(15),
            // 4408 means to come back and resume.
            stop_codes: vec![1002..=1003, 1007..=1010, 4000..=4407, 4409..=4999],
            ..Reconnect::default()
        },
        ..Config::default()
    }
}

fn since_start(time: Time) -> Duration {
    Duration::from_micros(time.as_micros())
}

fn turn(core: &Weak<RefCell<Core>>, change: impl FnOnce(&mut Core, Time)) {
    let Some(core) = core.upgrade() else { return };
    let mut core = core.borrow_mut();
    let now = core.clock.now();
    change(&mut core, now);
    core.carry_out(now);
    core.arm(now);
    (core.on_change)();
}

impl Core {
    fn signal(&mut self, id: SocketId, signal: Signal, now: Time) {
        match signal {
            Signal::Open { .. } => self.link.handle_open(now, id),
            Signal::Message(message) => self.received(id, &message, now),
            Signal::Burst(messages) => messages.iter().for_each(|message| self.received(id, message, now)),
            Signal::Error => self.link.handle_error(now, id),
            Signal::Close(close) => {
                self.link.handle_close(now, id, close);
                self.socket.take_if(|(present, _)| *present == id);
            }
        }
    }

    fn received(&mut self, id: SocketId, message: &Message, now: Time) {
        if self.link.handle_message(now, id, message.as_ref()) != Inbound::Stale {
            // What opened the connection comes before what came over it.
            self.take_events(now);
            self.talk.borrow_mut().received(message.as_ref(), since_start(now));
        }
    }

    /// Carries out what link and scene want, each thing before asking for the next.
    fn carry_out(&mut self, now: Time) {
        loop {
            while let Some(action) = self.link.poll_action() {
                self.act(action, now);
            }
            self.take_events(now);
            let does = match self.link.phase() {
                Phase::Open => self.talk.borrow_mut().poll(since_start(now)),
                _ => None,
            };
            match does {
                Some(Does::Send(message)) => {
                    self.link.send_now(now, message);
                }
                Some(Does::Close(code, reason)) => {
                    if let Some((_, socket)) = &self.socket {
                        socket.close(Some(code), reason);
                    }
                    self.drop_socket(now, code);
                }
                None if self.link.phase() != Phase::Open => {
                    // A socket that was dropped may have left the link with something to do.
                    match self.link.poll_action() {
                        Some(action) => self.act(action, now),
                        None => break,
                    }
                }
                None => break,
            }
        }
        let talk = self.talk.borrow();
        let is_caught_up = self.link.phase() == Phase::Open && talk.is_caught_up();
        self.recovery.look(since_start(now), talk.tally(), is_caught_up);
    }

    fn act(&mut self, action: Action, now: Time) {
        match action {
            Action::Connect { socket } => self.connect(socket, now),
            Action::Send { socket, message, .. } => {
                if let Some((_, open)) = self.socket.as_ref().filter(|(id, _)| *id == socket) {
                    open.send(&message);
                }
                self.report_buffered(socket, now);
            }
            Action::Close { socket, code, reason } => {
                if let Some((_, open)) = self.socket.as_ref().filter(|(id, _)| *id == socket) {
                    open.close(code, &reason);
                }
            }
            Action::Detach { socket, code, reason } => {
                if let Some((_, open)) = self.socket.take_if(|(id, _)| *id == socket) {
                    open.close(Some(code), reason);
                }
            }
            Action::ReadBuffered { socket } => self.report_buffered(socket, now),
        }
    }

    fn connect(&mut self, id: SocketId, now: Time) {
        if self.is_cut {
            return self.link.handle_close(now, id, closed(ABNORMAL));
        }
        let this = self.this.clone();
        let on_signal = move |signal| turn(&this, |core, now| core.signal(id, signal, now));
        match Socket::connect(&self.address, &self.protocols, Rc::new(on_signal)) {
            Ok(socket) => self.socket = Some((id, socket)),
            Err(reason) => self.link.handle_refused(now, id, reason),
        }
    }

    fn take_events(&mut self, now: Time) {
        let at = since_start(now);
        while let Some(event) = self.link.poll_event() {
            let mut talk = self.talk.borrow_mut();
            match event {
                Event::Connected { .. } => {
                    talk.opened(at);
                    self.recovery.opened(at);
                }
                Event::Disconnected { close, open_for: Some(_), .. } => {
                    self.recovery.lost(at, self.is_cut, close.code, talk.tally());
                    talk.closed(close.code);
                }
                Event::Disconnected { .. } => self.recovery.failed(),
                _ => {}
            }
        }
    }

    /// Lets go of the socket, as if the connection had ended with this code.
    fn drop_socket(&mut self, now: Time, code: u16) {
        if let Some((id, _)) = self.socket.take() {
            self.link.handle_close(now, id, closed(code));
        }
    }

    fn report_buffered(&mut self, id: SocketId, now: Time) {
        if let Some((_, socket)) = self.socket.as_ref().filter(|(present, _)| *present == id) {
            self.link.handle_buffered(now, id, socket.buffered_bytes());
        }
    }

    /// Keeps one timer for whatever is due first.
    fn arm(&mut self, now: Time) {
        let link = self.link.poll_timeout().map(|due| due.saturating_since(now));
        let talk = self.talk.borrow().next_timeout().map(|due| due.saturating_sub(since_start(now)));
        self.timer = link.into_iter().chain(talk).min().map(|wait| {
            // Rounded up: a timer that fires early would only be armed again.
            let millis = u32::try_from(wait.as_micros().div_ceil(1000)).unwrap_or(u32::MAX);
            let this = self.this.clone();
            let due = move || {
                turn(&this, |core, now| {
                    core.link.handle_timeout(now);
                    core.talk.borrow_mut().timeout(since_start(now));
                });
            };
            Timeout::new(millis.min(LONGEST_TIMER_MILLIS), due)
        });
    }
}

fn closed(code: u16) -> Close {
    Close { code, reason: String::new(), was_clean: false }
}

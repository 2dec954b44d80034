//! The one place where the link meets the browser: it owns the socket, the timer and the clock.
//!
//! Every entry point does the same: change the link, carry out its actions, collect its events, arm one timer,
//! and only then, with nothing borrowed, hand over what happened.

mod blocked;
pub(super) mod local;
mod relaying;
mod report;

use std::cell::RefCell;
use std::fmt;
use std::rc::{Rc, Weak};

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use link::{
    Action, CloseError, CloseRequest, Config, Hint, Inbound, Link, Message, Origin, Phase, SendError,
    SocketId, Stats, Time,
};

pub use page::clock;
use page::clock::{Clock, Instant};
use page::hints::Hints;
pub use page::hints::is_offline;
use workbench::time::Micros;

pub use self::blocked::blocked_by;
pub use self::report::{Details, Output, Snapshot};
use super::transport::{self, Agreed, Signal, Target, Transport};

/// Browsers fire timers of more than 24.8 days at once; a timer that is early is harmless to the link.
const LONGEST_TIMER_MILLIS: u32 = 60 * 60 * 1000;

/// An armed timer that is due no later than needed is left alone for this long, in milliseconds.
const TIMER_KEPT_MILLIS: u128 = 1000;

/// A link at work in a browser. Dropping it closes the socket and stops every timer and listener.
pub struct Driver {
    core: Rc<RefCell<Core>>,
    /// Kept for their Drop, which stops listening.
    _hints: Option<(Hints, EventListener)>,
}

/// The browser's name for itself.
pub fn user_agent() -> String {
    web_sys::window().and_then(|window| window.navigator().user_agent().ok()).unwrap_or_default()
}

/// Told when the link did something, and what.
type OnOutput = dyn Fn(Micros, &[Output]);

/// Makes the settings of a connection that is about to be opened, the messages that begin it among them; `None` where
/// they cannot be made and it is not to be opened.
type OnConnect = dyn Fn() -> Option<Config>;

/// What callbacks hold: enough to call in while the driver lives, too little to keep it alive.
#[derive(Clone)]
struct Handle {
    core: Weak<RefCell<Core>>,
    on_output: Rc<OnOutput>,
    on_connect: Rc<OnConnect>,
}

struct Timer {
    due: Time,
    armed_at: Time,
    /// Kept for its Drop, which cancels it.
    _timeout: Timeout,
}

struct Core {
    handle: Handle,
    link: Link,
    clock: Clock,
    target: Target,
    socket: Option<(SocketId, Box<dyn Transport>)>,
    /// What the handshake of the open socket came to.
    agreed: Agreed,
    timer: Option<Timer>,
    outputs: Vec<Output>,
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").finish_non_exhaustive()
    }
}

impl Driver {
    /// A driver at rest. `on_output` gets what happened and when, and may call back into the driver. `on_connect` is
    /// asked for the settings before each attempt, the link's own included, and may not call back.
    pub fn new(
        config: Config,
        seed: u64,
        on_output: impl Fn(Micros, &[Output]) + 'static,
        on_connect: impl Fn() -> Option<Config> + 'static,
    ) -> Driver {
        let clock = Clock::new();
        let link = Link::new(config, seed, clock.now());
        let core = Rc::new_cyclic(|core: &Weak<RefCell<Core>>| {
            RefCell::new(Core {
                handle: Handle {
                    core: core.clone(),
                    on_output: Rc::new(on_output),
                    on_connect: Rc::new(on_connect),
                },
                link,
                clock,
                target: Target::default(),
                socket: None,
                agreed: Agreed::default(),
                timer: None,
                outputs: Vec::new(),
            })
        });
        let handle = core.borrow().handle.clone();
        let window = web_sys::window();
        let document = window.as_ref().and_then(web_sys::Window::document);
        let hints = window.zip(document).map(|(window, document)| {
            (Hints::listen(&window, &document, move |hint| handle.hint(hint)), blocked::listen(&document))
        });
        Driver { core, _hints: hints }
    }

    /// Connects, in place of the present connection and its queue where there is one and it leads elsewhere.
    pub fn open(&self, target: Target) {
        self.handle().turn(|core, now| {
            if core.target != target && core.link.phase() != Phase::Idle {
                // What waits in the queue was written for the other server, also when that one is given up already. A
                // close without code is always valid.
                let _ = core.link.close(now, CloseRequest::default());
                core.carry_out();
            }
            core.target = target;
            core.link.open(now);
        });
    }

    /// Sends, or queues until there is a connection.
    pub fn send(&self, message: Message) -> Result<(), SendError> {
        self.handle()
            .turn(|core, now| {
                let id = core.link.send(now, message.clone())?;
                core.outputs.push(Output::Accepted(id, message));
                Ok(())
            })
            .unwrap_or(Err(SendError::Closed))
    }

    /// Sends an answer at once, or not at all; see [`Link::send_now`].
    pub fn answer(&self, message: Message) -> bool {
        self.handle().turn(|core, now| core.link.send_now(now, message)).unwrap_or(false)
    }

    /// Closes for good.
    pub fn close(&self, request: CloseRequest) -> Result<(), CloseError> {
        self.handle().turn(|core, now| core.link.close(now, request)).unwrap_or(Ok(()))
    }

    /// Ends a wait at once.
    pub fn reconnect_now(&self) {
        self.handle().turn(|core, now| core.link.reconnect_now(now));
    }

    /// Changes the settings.
    pub fn set_config(&self, config: Config) {
        self.handle().turn(|core, now| core.link.set_config(now, config));
    }

    /// The settings in force.
    pub fn config(&self) -> Config {
        self.core.borrow().link.config().clone()
    }

    /// The present time on the clock that phases are measured by.
    pub fn now(&self) -> Time {
        self.core.borrow().clock.now()
    }

    /// The present time as the log has it.
    pub fn wall(&self) -> Micros {
        self.core.borrow().clock.instant().wall
    }

    /// Where the link stands.
    pub fn phase(&self) -> Phase {
        self.core.borrow().link.phase()
    }

    /// Bytes handed to the browser and not known to be on the network.
    pub fn buffered_bytes(&self) -> u64 {
        self.core.borrow().link.buffered_bytes()
    }

    /// Counters since the driver was made.
    pub fn stats(&self) -> Stats {
        self.core.borrow().link.stats()
    }

    /// A closer look.
    pub fn details(&self) -> Details {
        let core = self.core.borrow();
        Details {
            stats: core.link.stats(),
            extensions: core.agreed.extensions.clone(),
            opened: core.agreed.opened.clone(),
            unconfirmed_messages: core.link.unconfirmed_messages(),
            silent_for: core.link.silent_for(),
        }
    }

    /// The state as it is.
    pub fn snapshot(&self) -> Snapshot {
        let core = self.core.borrow();
        let open = core.link.phase() == Phase::Open;
        Snapshot {
            phase: core.link.phase(),
            last_close: core.link.last_close().cloned(),
            last_why: core.link.last_why(),
            pulse: core.link.pulse(),
            rtt: core.link.present_rtt().filter(|_| open),
            queued_messages: core.link.queued_messages(),
            queued_bytes: core.link.queued_bytes(),
            buffered_bytes: core.link.buffered_bytes(),
            protocol: core.agreed.protocol.clone(),
            relayed: core.agreed.opened.is_some(),
        }
    }

    fn handle(&self) -> Handle {
        self.core.borrow().handle.clone()
    }
}

impl Handle {
    /// One turn of the driver. `None` when it is gone.
    fn turn<T>(&self, change: impl FnOnce(&mut Core, Time) -> T) -> Option<T> {
        let core = self.core.upgrade()?;
        let (result, at, mut outputs) = {
            let mut core = core.borrow_mut();
            let Instant { link: now, wall } = core.clock.instant();
            let result = change(&mut core, now);
            core.carry_out();
            core.report_events();
            core.arm(now);
            (result, wall, std::mem::take(&mut core.outputs))
        };
        (self.on_output)(at, &outputs);
        outputs.clear();
        // Given back so that the next message need not allocate.
        let mut core = core.borrow_mut();
        if core.outputs.is_empty() {
            core.outputs = outputs;
        }
        Some(result)
    }

    fn signal(&self, id: SocketId, signal: Signal) {
        self.turn(|core, now| match signal {
            Signal::Open(agreed) => {
                if core.socket(id).is_some() {
                    core.agreed = agreed;
                }
                core.link.handle_open(now, id);
            }
            Signal::Error => core.link.handle_error(now, id),
            Signal::Message(message) => {
                // What it confirms is what was on the network before it came in.
                if core.link.buffered_bytes() > 0 {
                    core.report_buffered(id);
                }
                core.received(now, id, message);
            }
            Signal::Burst(messages) => {
                for message in messages {
                    core.received(now, id, message);
                }
                // Not before: what is on the network by this time need not have been when they came in.
                if core.link.buffered_bytes() > 0 {
                    core.report_buffered(id);
                }
            }
            Signal::Framed(message, wire) => {
                if core.link.buffered_bytes() > 0 {
                    core.report_buffered(id);
                }
                core.outputs.push(Output::Framed(wire));
                core.received(now, id, message);
            }
            Signal::Control(way, control, payload) => core.output(id, Output::Control(way, control, payload)),
            Signal::Told(words) => core.output(id, Output::Told(words)),
            Signal::Failed(failure) => core.output(id, Output::Failed(failure)),
            Signal::Close(close) => {
                core.link.handle_close(now, id, close);
                core.let_go(id);
            }
        });
    }

    fn hint(&self, hint: Hint) {
        self.turn(|core, now| core.link.handle_hint(now, hint));
    }

    fn timeout(&self) {
        self.turn(|core, now| {
            core.timer = None;
            core.link.handle_timeout(now);
        });
    }
}

impl Core {
    /// Carries out the link's actions, each before asking for the next.
    fn carry_out(&mut self) {
        while let Some(action) = self.link.poll_action() {
            match action {
                Action::Connect { socket } => self.connect(socket),
                Action::Send { socket, origin, message } => {
                    let mut relay = None;
                    if let Some(present) = self.socket(socket) {
                        // One that is no longer open reports its close next, and the link draws the conclusion.
                        present.send(&message);
                        relay = present.relay();
                    }
                    let wire = relay.and_then(|relay| relay.wire(message.len() as u64));
                    self.report_buffered(socket);
                    match origin {
                        Origin::User(id) => {
                            self.outputs.extend(wire.map(|wire| Output::SentAs(id, wire)));
                        }
                        Origin::Opening(_) => {
                            // That there is a connection comes before what was sent on it.
                            self.report_events();
                            self.outputs.push(Output::OpeningSent(message));
                        }
                        Origin::Heartbeat => self.outputs.push(Output::HeartbeatSent(message)),
                        Origin::Now => self.outputs.push(Output::AnswerSent(message)),
                    }
                }
                Action::Close { socket, code, reason } => {
                    if let Some(present) = self.socket(socket) {
                        present.close(code, &reason);
                    }
                }
                Action::Detach { socket, code, reason } => {
                    if let Some(socket) = self.let_go(socket) {
                        socket.close(Some(code), reason);
                    }
                }
                Action::ReadBuffered { socket } => self.report_buffered(socket),
            }
        }
    }

    fn report_events(&mut self) {
        while let Some(event) = self.link.poll_event() {
            self.outputs.push(Output::Event(event));
        }
    }

    fn connect(&mut self, id: SocketId) {
        let handle = self.handle.clone();
        let Some(config) = (handle.on_connect)() else {
            return self.link.handle_withheld(self.clock.now(), id);
        };
        self.link.set_config(self.clock.now(), config);
        match transport::connect(&self.target, Rc::new(move |signal| handle.signal(id, signal))) {
            Ok(socket) => self.socket = Some((id, socket)),
            Err(reason) => self.link.handle_refused(self.clock.now(), id, reason),
        }
    }

    fn let_go(&mut self, id: SocketId) -> Option<Box<dyn Transport>> {
        let (_, socket) = self.socket.take_if(|(present, _)| *present == id)?;
        self.agreed = Agreed::default();
        Some(socket)
    }

    fn received(&mut self, now: Time, id: SocketId, message: Message) {
        match self.link.handle_message(now, id, message.as_ref()) {
            Inbound::User => self.outputs.push(Output::Received(message)),
            Inbound::Heartbeat { .. } => self.outputs.push(Output::HeartbeatAnswered(message)),
            Inbound::Stale => {}
        }
    }

    fn report_buffered(&mut self, id: SocketId) {
        if let Some(bytes) = self.socket(id).map(Transport::buffered_bytes) {
            self.link.handle_buffered(self.clock.now(), id, bytes);
        }
    }

    fn socket(&self, id: SocketId) -> Option<&dyn Transport> {
        self.socket.as_ref().filter(|(present, _)| *present == id).map(|(_, socket)| &**socket)
    }

    /// Keeps one timer for the link's next deadline. Called from every callback, network ones included: timers
    /// that only follow timers are held back in hidden tabs.
    ///
    /// With every message the deadline of an idle connection moves. A timer that is due before it does no harm,
    /// so a burst of messages arms one timer a second and not one each.
    fn arm(&mut self, now: Time) {
        let Some(due) = self.link.poll_timeout() else {
            self.timer = None;
            return;
        };
        let keeps = |timer: &Timer| {
            timer.due == due
                || timer.due < due && now.saturating_since(timer.armed_at).as_millis() < TIMER_KEPT_MILLIS
        };
        if self.timer.as_ref().is_some_and(keeps) {
            return;
        }
        // Rounded up: a timer that fires early would only be armed again.
        let wait_millis = due.saturating_since(now).as_micros().div_ceil(1000);
        let wait_millis = u32::try_from(wait_millis).unwrap_or(u32::MAX).min(LONGEST_TIMER_MILLIS);
        let handle = self.handle.clone();
        self.timer =
            Some(Timer { due, armed_at: now, _timeout: Timeout::new(wait_millis, move || handle.timeout()) });
    }
}

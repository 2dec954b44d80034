//! Repeated sending: a [`Schedule`] with a timer and an [`Outlet`] to send with.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use link::{Message, Phase};
use workbench::draft::{Draft, Fault};
use workbench::schedule::{Plan, PlanError, Progress, Schedule};

use super::prepare;

/// Longest sleep in milliseconds: browsers fire timers of more than 24.8 days at once.
const LONGEST_TIMER_MILLIS: u64 = 60 * 60 * 1000;

/// With more bytes than this in the browser's buffer the network is slower than the plan, and sending waits.
const MAX_BUFFERED_BYTES: u64 = 16 << 20;

/// How long it waits then, in milliseconds.
const BUFFERED_PAUSE_MILLIS: u64 = 50;

/// Where a run sends to, and what it has to know about it.
pub trait Outlet {
    /// Where the connection stands.
    fn phase(&self) -> Phase;

    /// Bytes handed to the browser and not known to be on the network.
    fn buffered_bytes(&self) -> u64;

    /// Milliseconds of a clock that does not step back.
    fn millis(&self) -> u64;

    /// Sends, or queues while there is no connection. Returns whether the message was taken.
    fn send(&self, message: Message) -> bool;

    /// Tells of each change of the phase, and perhaps more often, until what it returns is dropped.
    fn watch(&self, on_phase: Box<dyn Fn(Phase)>) -> Box<dyn Any>;
}

/// One run of a plan. Clones are the same run, and equal only to each other.
#[derive(Clone)]
pub struct Run(Rc<Inner>);

/// How a run is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Sending when due.
    Running,
    /// There is no connection at the moment; goes on when there is one.
    Held,
    /// Everything was sent.
    Finished,
    /// Stopped by the person.
    Stopped,
    /// Stopped because the connection was closed for good.
    Closed,
    /// Stopped because the link took no more.
    Refused,
    /// Stopped because a message could not be made.
    Faulty(Fault),
}

/// A run as plain values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStatus {
    /// How it is doing.
    pub state: RunState,
    /// How far it has come.
    pub progress: Progress,
}

struct Inner {
    schedule: RefCell<Schedule>,
    drafts: Vec<Draft>,
    state: RefCell<RunState>,
    /// Ticks are not nested: sending may publish, and a publication ticks.
    is_ticking: Cell<bool>,
    /// What keeps the run going; gone once it is over, so that nothing keeps a closed tab's connection.
    work: RefCell<Option<Work>>,
}

struct Work {
    outlet: Rc<dyn Outlet>,
    /// Kept for its Drop, which cancels it.
    _timer: Option<Timeout>,
    /// Kept for its Drop, which ends it.
    _watch: Box<dyn Any>,
}

impl PartialEq for Run {
    fn eq(&self, other: &Run) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("status", &self.status()).finish_non_exhaustive()
    }
}

impl RunState {
    /// Whether nothing more will be sent.
    pub fn is_over(&self) -> bool {
        !matches!(self, RunState::Running | RunState::Held)
    }
}

impl Run {
    /// Begins a run; what is due at once is sent before this returns.
    pub(super) fn start(outlet: Rc<dyn Outlet>, plan: Plan, drafts: Vec<Draft>) -> Result<Run, PlanError> {
        let schedule = Schedule::start(plan, outlet.millis())?;
        let inner = Rc::new(Inner {
            schedule: RefCell::new(schedule),
            drafts,
            state: RefCell::new(RunState::Running),
            is_ticking: Cell::new(false),
            work: RefCell::new(None),
        });
        let weak = Rc::downgrade(&inner);
        let watch = outlet.watch(Box::new(move |phase| {
            // Only a change of the phase concerns the run; its timer does the rest.
            if let Some(inner) = weak.upgrade()
                && inner.is_concerned_by(phase)
            {
                inner.tick();
            }
        }));
        inner.work.replace(Some(Work { outlet, _timer: None, _watch: watch }));
        inner.tick();
        Ok(Run(inner))
    }

    /// Ends the run; without effect if it is over.
    pub fn stop(&self) {
        self.0.end(RunState::Stopped);
    }

    /// How the run is doing.
    pub fn status(&self) -> RunStatus {
        RunStatus { state: self.0.state.borrow().clone(), progress: self.0.schedule.borrow().progress() }
    }
}

impl Inner {
    fn is_concerned_by(&self, phase: Phase) -> bool {
        match &*self.state.borrow() {
            RunState::Running => phase != Phase::Open,
            RunState::Held => phase == Phase::Open || is_over(phase),
            _ => false,
        }
    }

    /// Sends what is due and arms the timer for what comes next.
    fn tick(self: &Rc<Inner>) {
        if self.is_ticking.replace(true) {
            return;
        }
        let outlet = self.work.borrow().as_ref().map(|work| work.outlet.clone());
        if let Some(outlet) = outlet {
            match self.send_due(&*outlet) {
                Ok(Some(sleep)) => {
                    self.state.replace(RunState::Running);
                    self.arm(sleep);
                }
                Ok(None) => self.end(RunState::Finished),
                Err(RunState::Held) => {
                    self.state.replace(RunState::Held);
                }
                Err(state) => self.end(state),
            }
        }
        self.is_ticking.set(false);
    }

    /// Milliseconds until the next is due; nothing if there is none.
    fn send_due(&self, outlet: &dyn Outlet) -> Result<Option<u64>, RunState> {
        loop {
            let phase = outlet.phase();
            if is_over(phase) {
                return Err(RunState::Closed);
            }
            if phase != Phase::Open {
                return Err(RunState::Held);
            }
            if outlet.buffered_bytes() > MAX_BUFFERED_BYTES {
                return Ok(Some(BUFFERED_PAUSE_MILLIS));
            }
            let now = outlet.millis();
            let Some(shot) = self.schedule.borrow_mut().take_due(now) else {
                return Ok(self.schedule.borrow().next_due().map(|due| due.saturating_sub(now)));
            };
            let Some(draft) = self.drafts.get(shot.item) else { return Ok(None) };
            let message = prepare(draft, shot.number).map_err(RunState::Faulty)?;
            if !outlet.send(message) {
                return Err(RunState::Refused);
            }
        }
    }

    fn arm(self: &Rc<Inner>, sleep_millis: u64) {
        let weak: Weak<Inner> = Rc::downgrade(self);
        let sleep = u32::try_from(sleep_millis.min(LONGEST_TIMER_MILLIS)).unwrap_or(u32::MAX);
        let timer = Timeout::new(sleep, move || {
            if let Some(inner) = weak.upgrade() {
                inner.tick();
            }
        });
        if let Some(work) = &mut *self.work.borrow_mut() {
            work._timer = Some(timer);
        }
    }

    fn end(&self, state: RunState) {
        // Dropped after the borrow: a connection may go with it.
        let work = self.work.borrow_mut().take();
        if work.is_some() {
            self.schedule.borrow_mut().stop();
            self.state.replace(state);
        }
        drop(work);
    }
}

/// Whether the person, or a server that is not to be asked again, has ended the connection.
fn is_over(phase: Phase) -> bool {
    phase.is_final() || phase == Phase::Closing
}

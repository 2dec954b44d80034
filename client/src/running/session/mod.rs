//! The long-lived handle that views share: commands go in, plain value snapshots come out.

mod connecting;
mod frames;
mod looking;
mod publishing;
mod receiving;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};
use std::time::Duration;

use link::{CloseError, CloseRequest, Message, Phase, Time};
use web_sys::Performance;
use workbench::answers::Counts;
use workbench::connection::TransportKind;
use workbench::entry::EntryId;
use workbench::preset::Preset;
use workbench::time::Micros;
use yew::AttrValue;

use crate::lasting::preferences;
use crate::model::address::{self, Origin};
use crate::model::health::Health;
use crate::model::list::List;
use crate::model::log::Log;
use crate::model::notice::{Matter, Notice};
use crate::model::params::Params;
use crate::model::plot::PlotState;
use crate::model::relayed::Failure;
use crate::model::settings::to_config;
use crate::model::terms::Terms;
use crate::running::answering::Answering;
use crate::running::driver::{Driver, Snapshot};
use crate::running::frame::FrameLoop;
use crate::running::outgoing::{Outgoing, Outlet};

/// Names a tab for as long as the page lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TabId(pub u32);

/// One connection's worth of workbench. Clones are the same session, and equal only to each other.
#[derive(Clone)]
pub struct Session(Rc<Inner>);

/// What is written in the connection bar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The address, as written.
    pub address: AttrValue,
    /// Subprotocols, separated by commas.
    pub protocols: AttrValue,
}

/// A message that some part of the page wants in the composer, to be edited and sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Compose {
    /// Differs for each request, so that the same message can be asked for twice.
    pub id: u64,
    /// The message.
    pub message: Message,
}

/// Everything the page shows of a session except the log, which [`Session::read`] gives access to.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Grows with every publication.
    pub revision: u64,
    /// The link's state.
    pub link: Snapshot,
    /// The address last connected to.
    pub address: Rc<str>,
    /// What is written in the connection bar.
    pub draft: Draft,
    /// What to show above the log.
    pub notice: Option<Rc<Notice>>,
    /// The heartbeat's interval; `None` when it is off.
    pub heartbeat: Option<Duration>,
    /// Whether the link reconnects by itself.
    pub reconnect: bool,
    /// What is to carry the next connection.
    pub carrier: TransportKind,
    /// What was last asked into the composer.
    pub compose: Option<Rc<Compose>>,
}

/// Tells a subscriber of each new view until dropped.
pub struct Subscription {
    session: Weak<Inner>,
    id: u64,
}

type Subscriber = (u64, Rc<dyn Fn(Rc<View>)>);

struct Inner {
    id: TabId,
    driver: Driver,
    log: RefCell<Log>,
    list: RefCell<List>,
    health: RefCell<Health>,
    plot: RefCell<PlotState>,
    performance: Option<Performance>,
    frame: FrameLoop,
    /// Where the log ended when the page was last drawn.
    drawn_end: Cell<EntryId>,
    /// More came in for that drawing than fits on screen.
    is_flooded: Cell<bool>,
    revision: Cell<u64>,
    view: RefCell<Rc<View>>,
    subscribers: RefCell<Vec<Subscriber>>,
    page: Origin,
    /// What was set; the link has what was made of it for one connection.
    terms: RefCell<Terms>,
    /// The address last connected to.
    address: RefCell<Rc<str>>,
    /// The subprotocols that were offered there.
    offered: RefCell<String>,
    /// Pings and Pongs that came in on this connection.
    controls: Cell<[u64; 2]>,
    /// Why the relay could not connect, until the link says that it is over.
    failure: RefCell<Option<Failure>>,
    answering: Answering,
    /// The preset that was suggested for this server; it is so only once.
    suggested: Cell<Option<Preset>>,
    /// How many messages of this connection were looked at for its protocol.
    looked_at: Cell<u8>,
    draft: RefCell<Draft>,
    compose: RefCell<Option<Rc<Compose>>>,
    outgoing: Outgoing,
}

impl PartialEq for Session {
    fn eq(&self, other: &Session) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("driver", &self.0.driver).finish_non_exhaustive()
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Session {
    /// A session at rest on a page from `page`, in the tab `id`.
    ///
    /// The page's parameters are about the server that they name, or else the page's own.
    pub fn new(id: TabId, page: Origin, params: &Params) -> Session {
        let address = params.url.clone().unwrap_or_else(|| page.endpoint());
        let terms = Terms::new(connecting::configure(params), address::server(&address));
        let heartbeat = &terms.options().heartbeat;
        let sends = heartbeat.enabled.is_on(page.is_echo(&address));
        let heartbeat = sends.then(|| Duration::from_millis(heartbeat.interval_millis));
        let draft = Draft { address: address.into(), protocols: AttrValue::default() };
        let seed = js_sys::Math::random().to_bits() ^ js_sys::Date::now().to_bits();
        Session(Rc::new_cyclic(|inner: &Weak<Inner>| {
            let (on_output, on_connect, on_frame) = (inner.clone(), inner.clone(), inner.clone());
            let driver = Driver::new(
                to_config(terms.options(), None, Vec::new()),
                seed,
                move |at, outputs| {
                    if let Some(inner) = on_output.upgrade() {
                        inner.take(at, outputs);
                    }
                },
                move || on_connect.upgrade()?.begin(),
            );
            let mut log = Log::new(page.clone());
            log.set_limits(preferences::limits());
            let mut list = List::new(&log);
            list.time_mode = preferences::time_mode();
            let health = RefCell::new(Health::new(driver.now()));
            let view = View {
                revision: 0,
                link: driver.snapshot(),
                address: "".into(),
                draft: draft.clone(),
                notice: None,
                heartbeat,
                reconnect: terms.options().reconnect.enabled,
                carrier: terms.options().carrier(),
                compose: None,
            };
            let on_due = inner.clone();
            Inner {
                id,
                driver,
                log: RefCell::new(log),
                list: RefCell::new(list),
                health,
                plot: RefCell::default(),
                performance: web_sys::window().and_then(|window| window.performance()),
                frame: FrameLoop::new(move || {
                    if let Some(inner) = on_frame.upgrade() {
                        inner.publish();
                    }
                }),
                drawn_end: Cell::new(0),
                is_flooded: Cell::new(false),
                revision: Cell::new(0),
                view: RefCell::new(Rc::new(view)),
                subscribers: RefCell::default(),
                page,
                terms: RefCell::new(terms),
                address: RefCell::new("".into()),
                offered: RefCell::default(),
                controls: Cell::default(),
                failure: RefCell::default(),
                answering: Answering::new(move || {
                    if let Some(inner) = on_due.upgrade() {
                        inner.answer();
                    }
                }),
                suggested: Cell::new(None),
                looked_at: Cell::new(0),
                draft: RefCell::new(draft.clone()),
                compose: RefCell::default(),
                outgoing: Outgoing::default(),
            }
        }))
    }

    /// The tab.
    pub fn id(&self) -> TabId {
        self.0.id
    }

    /// What is written in the connection bar. Always the latest: the field it is shown in must not fall behind.
    pub fn draft(&self) -> Draft {
        self.0.draft.borrow().clone()
    }

    /// Puts other words into the connection bar.
    pub fn set_draft(&self, draft: Draft) {
        self.0.draft.replace(draft);
        self.0.frame.request();
    }

    /// What became of what a rule has matched on this connection, by the rule's place.
    pub fn answered(&self, rule: usize) -> Counts {
        self.0.answering.counts(rule)
    }

    /// Closes for good, with code 1000.
    pub fn disconnect(&self) {
        self.0.log.borrow_mut().dismiss();
        // 1000 without a reason is always accepted.
        let _ = self.0.driver.close(CloseRequest { code: Some(1000), reason: String::new() });
    }

    /// Closes for good with a code and reason of the person's choice.
    ///
    /// # Errors
    /// What the browser would refuse; nothing has happened.
    pub fn close(&self, request: CloseRequest) -> Result<(), CloseError> {
        self.0.driver.close(request)
    }

    /// What is about to be sent.
    pub fn outgoing(&self) -> &Outgoing {
        &self.0.outgoing
    }

    /// The link as it is at this moment; [`Session::view`] may be a frame behind.
    pub fn link(&self) -> Snapshot {
        self.0.driver.snapshot()
    }

    /// Ends a wait at once.
    pub fn retry_now(&self) {
        self.0.driver.reconnect_now();
    }

    /// Whether it shows what passes on a connection of somebody else, on which nothing can be sent.
    pub fn watches(&self) -> bool {
        self.0.log.borrow().watches()
    }

    /// Sends, or queues while there is no connection. Returns whether the message was taken; a notice says why
    /// not.
    pub fn send(&self, message: Message) -> bool {
        if self.watches() && self.0.driver.phase() == Phase::Open {
            self.notify(Matter::OnlyWatches.into());
            return false;
        }
        let result = self.0.driver.send(message);
        if let Err(error) = &result {
            self.0.log.borrow_mut().refused(error);
            self.0.frame.request();
        }
        result.is_ok()
    }

    /// Asks a message into the composer, in place of what is there.
    pub fn compose(&self, message: Message) {
        let id = self.0.compose.borrow().as_ref().map_or(0, |compose| compose.id + 1);
        self.0.compose.replace(Some(Rc::new(Compose { id, message })));
        self.0.frame.request();
    }

    /// Shows a notice above the log.
    pub fn notify(&self, notice: Notice) {
        self.0.log.borrow_mut().notify(notice);
        self.0.frame.request();
    }

    /// Takes the notice away.
    pub fn dismiss(&self) {
        self.0.log.borrow_mut().dismiss();
        self.0.frame.request();
    }

    /// Empties the log.
    pub fn clear(&self) {
        self.0.log.borrow_mut().clear();
        self.0.frame.request();
    }

    /// The present time as the log has it.
    pub fn wall(&self) -> Micros {
        self.0.driver.wall()
    }

    /// The present time on the clock that phases are measured by.
    pub fn now(&self) -> Time {
        self.0.driver.now()
    }

    /// The latest view.
    pub fn view(&self) -> Rc<View> {
        self.0.view.borrow().clone()
    }

    /// Calls `subscriber` with each new view until the subscription is dropped.
    pub fn subscribe(&self, subscriber: impl Fn(Rc<View>) + 'static) -> Subscription {
        let mut subscribers = self.0.subscribers.borrow_mut();
        let id = subscribers.last().map_or(0, |(last, _)| last + 1);
        subscribers.push((id, Rc::new(subscriber)));
        Subscription { session: Rc::downgrade(&self.0), id }
    }
}

impl Outlet for Session {
    fn phase(&self) -> Phase {
        self.0.driver.phase()
    }

    fn buffered_bytes(&self) -> u64 {
        self.0.driver.buffered_bytes()
    }

    fn millis(&self) -> u64 {
        self.now().as_millis_f64() as u64
    }

    fn send(&self, message: Message) -> bool {
        Session::send(self, message)
    }

    fn watch(&self, on_phase: Box<dyn Fn(Phase)>) -> Box<dyn Any> {
        Box::new(self.subscribe(move |view| on_phase(view.link.phase)))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(session) = self.session.upgrade() {
            session.subscribers.borrow_mut().retain(|(id, _)| *id != self.id);
        }
    }
}

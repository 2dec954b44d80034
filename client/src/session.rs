//! The long-lived handle that components share: commands go in, plain value snapshots come out.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};
use std::time::Duration;

use link::{CloseError, CloseRequest, Event, Message, OnMissed, Time};
use web_sys::Performance;
use workbench::draft::Fault;
use workbench::entry::{ConnectionId, EntryId};
use workbench::profile::{MAX_MILLIS, MIN_MILLIS, Options};
use workbench::time::Micros;
use yew::AttrValue;

use crate::desk::Desk;
use crate::driver::{Details, Driver, Output, Snapshot, is_offline};
use crate::frame::FrameLoop;
use crate::i18n::texts;
use crate::model::address::{self, Origin};
use crate::model::fault;
use crate::model::health::Health;
use crate::model::list::List;
use crate::model::log::{Log, Surroundings};
use crate::model::notice::Notice;
use crate::model::owned::OwnedEntry;
use crate::model::params::Params;
use crate::model::plot::PlotState;
use crate::model::protocols;
use crate::model::settings::to_config;
use crate::preferences;

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

/// How long the filter and the search may work in one animation frame, in milliseconds.
const SLICE_MILLIS: f64 = 8.0;

/// When this many entries have come in since the page was drawn, nothing that was on screen still is.
const SCREENFUL: u64 = 100;

/// How long the page then waits, in milliseconds, before it is drawn for new messages again. Nobody can read what
/// changes faster, and drawing takes time from receiving.
const PACE_MILLIS: u32 = 40;

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
    id: ConnectionId,
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
    /// What was set; the link has the messages that were made of it.
    options: RefCell<Options>,
    draft: RefCell<Draft>,
    compose: RefCell<Option<Rc<Compose>>>,
    desk: Desk,
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
    /// The heartbeat is on where it is known to be answered: at the page's own server, or where the page's
    /// parameters ask for one. Anybody else's server would only see messages it does not expect.
    pub fn new(id: ConnectionId, page: Origin, params: &Params) -> Session {
        let options = configure(&page, params);
        // Placeholders are filled when the person connects.
        let payload = Message::Text(options.heartbeat.payload.text.clone());
        let config = to_config(&options, payload, Vec::new());
        let address = params.url.clone().unwrap_or_else(|| page.endpoint());
        let draft = Draft { address: address.into(), protocols: AttrValue::default() };
        let seed = js_sys::Math::random().to_bits() ^ js_sys::Date::now().to_bits();
        Session(Rc::new_cyclic(|inner: &Weak<Inner>| {
            let (on_output, on_frame) = (inner.clone(), inner.clone());
            let driver = Driver::new(config.clone(), seed, move |at, outputs| {
                if let Some(inner) = on_output.upgrade() {
                    inner.take(at, outputs);
                }
            });
            let mut log = Log::new(id, page);
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
                heartbeat: config.heartbeat.as_ref().map(|heartbeat| heartbeat.interval),
                reconnect: config.reconnect.enabled,
                compose: None,
            };
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
                options: RefCell::new(options),
                draft: RefCell::new(draft.clone()),
                compose: RefCell::default(),
                desk: Desk::default(),
            }
        }))
    }

    /// The tab.
    pub fn id(&self) -> ConnectionId {
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

    /// Checks what the connection bar says and connects, or says in a notice why it cannot.
    pub fn connect(&self) {
        match self.prepare() {
            Ok((address, protocols)) => {
                self.0.log.borrow_mut().opening(&address);
                self.0.driver.open(&address, protocols);
            }
            Err(notice) => self.0.log.borrow_mut().notify(notice),
        }
        self.0.frame.request();
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

    /// What the composer keeps of this connection.
    pub fn desk(&self) -> &Desk {
        &self.0.desk
    }

    /// The link as it is at this moment; [`Session::view`] may be a frame behind.
    pub fn link(&self) -> Snapshot {
        self.0.driver.snapshot()
    }

    /// Ends a wait at once.
    pub fn retry_now(&self) {
        self.0.driver.reconnect_now();
    }

    /// Sends, or queues while there is no connection. Returns whether the message was taken; a notice says why
    /// not.
    pub fn send(&self, message: Message) -> bool {
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

    /// Switches reconnecting on or off.
    pub fn set_reconnect(&self, enabled: bool) {
        let mut options = self.options();
        options.reconnect.enabled = enabled;
        self.set_options(options);
    }

    /// Switches the heartbeat on or off.
    pub fn set_heartbeat(&self, enabled: bool) {
        let mut options = self.options();
        options.heartbeat.enabled = enabled;
        self.set_options(options);
    }

    /// What is set.
    pub fn options(&self) -> Options {
        self.0.options.borrow().clone()
    }

    /// Sets how the connection is kept, at once. Messages whose placeholders cannot be filled keep it from
    /// connecting the next time; a connection there is goes on with what it had.
    pub fn set_options(&self, options: Options) {
        self.0.options.replace(options);
        // Said when the person connects.
        let _ = self.0.apply_options();
        self.0.frame.request();
    }

    /// Reads the log and how it is looked at. Neither may be changed meanwhile.
    pub fn read<T>(&self, read: impl FnOnce(&Log, &List) -> T) -> T {
        read(&self.0.log.borrow(), &self.0.list.borrow())
    }

    /// The selected entry in full, and whether it is always the newest.
    pub fn detail(&self) -> (Option<Rc<OwnedEntry>>, bool) {
        let mut list = self.0.list.borrow_mut();
        let entry = list.detail(self.0.log.borrow().store());
        (entry, list.selection().pinned())
    }

    /// Changes how the log is looked at, and shows it in the next animation frame.
    pub fn look<T>(&self, change: impl FnOnce(&mut List, &Log) -> T) -> T {
        self.0.frame.request();
        change(&mut self.0.list.borrow_mut(), &self.0.log.borrow())
    }

    /// Changes the log, and shows it in the next animation frame.
    pub fn edit<T>(&self, change: impl FnOnce(&mut Log) -> T) -> T {
        self.0.frame.request();
        change(&mut self.0.log.borrow_mut())
    }

    /// How the connection has been doing, with the present time of the link's clock.
    pub fn health<T>(&self, read: impl FnOnce(&Health, Time) -> T) -> T {
        read(&self.0.health.borrow(), self.0.driver.now())
    }

    /// Counters and negotiated values of the link, which no view carries.
    pub fn details(&self) -> Details {
        self.0.driver.details()
    }

    /// Reads or changes what is plotted, with the log it is made from and the present time as the log has it.
    pub fn plot<T>(&self, change: impl FnOnce(&mut PlotState, &Log, Micros) -> T) -> T {
        let now = self.wall();
        change(&mut self.0.plot.borrow_mut(), &self.0.log.borrow(), now)
    }

    /// The log's epoch, its address, and what is new in it as lines of a journal of about `max_bytes` at most.
    pub fn journal(&self, max_bytes: usize) -> (u64, String, Option<String>) {
        let mut log = self.0.log.borrow_mut();
        let lines = log.journal(max_bytes);
        (log.epoch(), log.address().to_owned(), lines)
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

impl Session {
    /// Where to connect to, with the link's settings up to date; or why not to.
    fn prepare(&self) -> Result<(String, Vec<String>), Notice> {
        let (all, Draft { address, protocols }) = (texts(), self.draft());
        let of_address = |problem| Notice::of_address(problem, &all.common);
        let of_fault = |title: &'static str, fault: &Fault, text: &str| {
            Notice::new(title, fault::sentence(fault, text, &all.composer))
        };
        let filled = self.0.desk.fill_address(&address);
        let filled = filled.map_err(|fault| of_fault(all.common.not_connectable, &fault, &address))?;
        let address = address::check(&filled, self.0.log.borrow().page(), &all.common).map_err(of_address)?;
        let protocols = protocols::parse(&protocols, &all.common).map_err(of_address)?;
        self.0
            .apply_options()
            .map_err(|(fault, text)| of_fault(all.settings.opening_fault, &fault, &text))?;
        Ok((address, protocols))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(session) = self.session.upgrade() {
            session.subscribers.borrow_mut().retain(|(id, _)| *id != self.id);
        }
    }
}

impl Inner {
    fn take(&self, at: Micros, outputs: &[Output]) {
        let mut log = self.log.borrow_mut();
        for output in outputs {
            match output {
                Output::Accepted(id, message) => log.accepted(at, *id, message.as_ref()),
                Output::OpeningSent(message) => log.opening_sent(at, message.as_ref()),
                Output::HeartbeatSent(message) => log.heartbeat_sent(at, message.as_ref()),
                Output::HeartbeatAnswered(message) => log.heartbeat_answered(at, message.as_ref()),
                Output::Received(message) => log.received(at, message.as_ref()),
                Output::Event(event) => {
                    self.health.borrow_mut().event(|| self.driver.now(), event);
                    log.event(at, event, self.surroundings(event));
                }
            }
        }
        drop(log);
        if outputs.iter().any(|output| matches!(output, Output::Event(Event::Disconnected { .. }))) {
            // The next connection's opening messages have a time and a UUID of their own. Where they cannot be made
            // any more, those of the last connection serve again.
            let _ = self.apply_options();
        }
        let only_messages = outputs.iter().all(|output| matches!(output, Output::Received(_)));
        if only_messages && self.is_flooded.get() {
            self.frame.request_later(PACE_MILLIS);
        } else {
            self.frame.request();
        }
    }

    /// What an event alone does not say. Most need none of it, and it is dear to ask with every message.
    fn surroundings(&self, event: &Event) -> Surroundings {
        match event {
            Event::Disconnected { .. } => Surroundings { offline: is_offline(), ..Surroundings::default() },
            Event::HeartbeatMissed { .. } => {
                let heartbeat = self.driver.config().heartbeat;
                let reports = heartbeat.is_some_and(|heartbeat| heartbeat.on_missed == OnMissed::Report);
                Surroundings { reports_missed: reports, ..Surroundings::default() }
            }
            _ => Surroundings::default(),
        }
    }

    /// Makes messages of what is set and hands it all to the link; or says which text makes none.
    fn apply_options(&self) -> Result<(), (Fault, String)> {
        let options = self.options.borrow().clone();
        let prepare = |draft: &workbench::draft::Draft| {
            self.desk.prepare(draft).map_err(|fault| (fault, draft.text.clone()))
        };
        let payload = match options.heartbeat.enabled {
            true => prepare(&options.heartbeat.payload)?,
            false => Message::Text(String::new()),
        };
        let opening = options.opening.iter().map(prepare).collect::<Result<_, _>>()?;
        self.driver.set_config(to_config(&options, payload, opening));
        Ok(())
    }

    /// Lets the filter and the search work for a while, and asks for another frame if that was not enough.
    fn sync(&self) {
        let now = || self.performance.as_ref().map_or_else(js_sys::Date::now, Performance::now);
        let deadline = now() + SLICE_MILLIS;
        let mut list = self.list.borrow_mut();
        if !list.sync(&mut self.log.borrow_mut(), || now() < deadline) {
            self.frame.request();
        }
    }

    fn publish(&self) {
        let end = self.log.borrow().store().ids().end;
        self.is_flooded.set(end - self.drawn_end.replace(end) > SCREENFUL);
        self.sync();
        self.health.borrow_mut().count(self.driver.now(), &self.driver.stats());
        self.revision.set(self.revision.get() + 1);
        let view = {
            let before = self.view.borrow();
            let log = self.log.borrow();
            let config = self.driver.config();
            let notice = match (log.notice(), &before.notice) {
                (Some(notice), Some(shown)) if **shown == *notice => Some(shown.clone()),
                (notice, _) => notice.cloned().map(Rc::new),
            };
            let compose = self.compose.borrow().clone();
            Rc::new(View {
                compose,
                revision: self.revision.get(),
                link: self.driver.snapshot(),
                address: if *before.address == *log.address() {
                    before.address.clone()
                } else {
                    log.address().into()
                },
                draft: self.draft.borrow().clone(),
                notice,
                heartbeat: config.heartbeat.map(|heartbeat| heartbeat.interval),
                reconnect: config.reconnect.enabled,
            })
        };
        self.view.replace(view.clone());
        // A subscriber may subscribe or unsubscribe others.
        let subscribers: Vec<_> = self.subscribers.borrow().iter().map(|(_, call)| call.clone()).collect();
        for subscriber in subscribers {
            subscriber(view.clone());
        }
    }
}

/// How a connection of a page begins: as new ones should, then as the page's parameters ask.
fn configure(page: &Origin, params: &Params) -> Options {
    let mut options = preferences::default_options();
    let (heartbeat, reconnect) = (&mut options.heartbeat, &mut options.reconnect);
    let set = |place: &mut u64, millis: Option<u64>| {
        *place = millis.map_or(*place, |millis| millis.clamp(MIN_MILLIS, MAX_MILLIS));
    };
    set(&mut heartbeat.interval_millis, params.heartbeat_millis.filter(|millis| *millis > 0));
    set(&mut heartbeat.deadline_millis, params.deadline_millis);
    set(&mut reconnect.min_delay_millis, params.min_delay_millis);
    set(&mut reconnect.max_delay_millis, params.max_delay_millis);
    reconnect.max_delay_millis = reconnect.max_delay_millis.max(reconnect.min_delay_millis);
    let own_server = params.url.as_ref().is_none_or(|url| *url == page.endpoint());
    heartbeat.enabled = params.heartbeat_millis.map_or(own_server, |millis| millis > 0);
    options
}

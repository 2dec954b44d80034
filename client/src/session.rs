//! The long-lived handle that components share: commands go in, plain value snapshots come out.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};
use std::time::Duration;

use link::{CloseRequest, Config, Heartbeat, Message, Time};

use crate::driver::clock::WallClock;
use crate::driver::{Driver, Output, Snapshot, is_offline};
use crate::frame::FrameLoop;
use crate::model::address::{self, Origin};
use crate::model::journal::Entry;
use crate::model::params::Params;
use crate::model::protocols;
use crate::model::store::{Notice, Store};

/// One connection's worth of workbench. Clones are the same session, and equal only to each other.
#[derive(Clone)]
pub struct Session(Rc<Inner>);

/// Everything the page shows of a session except the log's entries, which [`Session::entry`] gives row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Grows with every publication.
    pub revision: u64,
    /// The link's state.
    pub link: Snapshot,
    /// The address last connected to.
    pub address: Rc<str>,
    /// What to show above the log.
    pub notice: Option<Rc<Notice>>,
    /// Position of the oldest entry kept.
    pub log_start: usize,
    /// Position the next entry will have.
    pub log_end: usize,
    /// The heartbeat's interval; `None` when it is off.
    pub heartbeat: Option<Duration>,
    /// Whether the link reconnects by itself.
    pub reconnect: bool,
}

/// Tells a subscriber of each new view until dropped.
pub struct Subscription {
    session: Weak<Inner>,
    id: u64,
}

type Subscriber = (u64, Rc<dyn Fn(Rc<View>)>);

struct Inner {
    driver: Driver,
    store: RefCell<Store>,
    wall: WallClock,
    frame: FrameLoop,
    revision: Cell<u64>,
    view: RefCell<Rc<View>>,
    subscribers: RefCell<Vec<Subscriber>>,
    /// The heartbeat to return to when it is switched on again.
    heartbeat: Heartbeat,
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
    /// A session at rest on a page from `page`.
    ///
    /// The heartbeat is on where it is known to be answered: at the page's own server, or where the page's
    /// parameters ask for one. Anybody else's server would only see messages it does not expect.
    pub fn new(page: Origin, params: &Params) -> Session {
        let (config, heartbeat) = configure(&page, params);
        let seed = js_sys::Math::random().to_bits() ^ js_sys::Date::now().to_bits();
        Session(Rc::new_cyclic(|inner: &Weak<Inner>| {
            let (on_output, on_frame) = (inner.clone(), inner.clone());
            let driver = Driver::new(config.clone(), seed, move |outputs| {
                if let Some(inner) = on_output.upgrade() {
                    inner.take(outputs);
                }
            });
            let store = Store::new(page);
            let view = View {
                revision: 0,
                link: driver.snapshot(),
                address: "".into(),
                notice: None,
                log_start: 0,
                log_end: 0,
                heartbeat: config.heartbeat.as_ref().map(|heartbeat| heartbeat.interval),
                reconnect: config.reconnect.enabled,
            };
            Inner {
                driver,
                store: RefCell::new(store),
                wall: WallClock::default(),
                frame: FrameLoop::new(move || {
                    if let Some(inner) = on_frame.upgrade() {
                        inner.publish();
                    }
                }),
                revision: Cell::new(0),
                view: RefCell::new(Rc::new(view)),
                subscribers: RefCell::default(),
                heartbeat,
            }
        }))
    }

    /// Checks the address and connects, or says in a notice why it cannot. `protocols` is a comma-separated list.
    pub fn connect(&self, address: &str, protocols: &str) {
        let checked = {
            let store = self.0.store.borrow();
            address::check(address, store.page())
                .and_then(|address| Ok((address, protocols::parse(protocols)?)))
        };
        match checked {
            Ok((address, protocols)) => {
                self.0.store.borrow_mut().opening(&address);
                self.0.driver.open(&address, protocols);
            }
            Err(problem) => self.0.store.borrow_mut().notify(problem.into()),
        }
        self.0.frame.request();
    }

    /// Closes for good, with code 1000.
    pub fn disconnect(&self) {
        self.0.store.borrow_mut().dismiss();
        // 1000 without a reason is always accepted.
        let _ = self.0.driver.close(CloseRequest { code: Some(1000), reason: String::new() });
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
            self.0.store.borrow_mut().refused(error);
            self.0.frame.request();
        }
        result.is_ok()
    }

    /// Takes the notice away.
    pub fn dismiss(&self) {
        self.0.store.borrow_mut().dismiss();
        self.0.frame.request();
    }

    /// Empties the log.
    pub fn clear(&self) {
        self.0.store.borrow_mut().clear();
        self.0.frame.request();
    }

    /// Switches reconnecting on or off.
    pub fn set_reconnect(&self, enabled: bool) {
        let mut config = self.0.driver.config();
        config.reconnect.enabled = enabled;
        self.0.driver.set_config(config);
    }

    /// Switches the heartbeat on or off.
    pub fn set_heartbeat(&self, enabled: bool) {
        let mut config = self.0.driver.config();
        config.heartbeat = enabled.then(|| self.0.heartbeat.clone());
        self.0.driver.set_config(config);
    }

    /// The entry at a position of the log; `None` when it was dropped or does not exist.
    pub fn entry(&self, position: usize) -> Option<Entry> {
        self.0.store.borrow().journal().get(position).cloned()
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

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(session) = self.session.upgrade() {
            session.subscribers.borrow_mut().retain(|(id, _)| *id != self.id);
        }
    }
}

impl Inner {
    fn take(&self, outputs: Vec<Output>) {
        if !outputs.is_empty() {
            let now = self.wall.local_millis();
            let mut store = self.store.borrow_mut();
            for output in outputs {
                match output {
                    Output::Accepted(id, message) => store.accepted(now, id, message),
                    Output::Received(message) => store.received(now, message),
                    Output::Event(event) => store.event(now, &event, is_offline()),
                }
            }
        }
        self.frame.request();
    }

    fn publish(&self) {
        self.revision.set(self.revision.get() + 1);
        let view = {
            let before = self.view.borrow();
            let store = self.store.borrow();
            let config = self.driver.config();
            let notice = match (store.notice(), &before.notice) {
                (Some(notice), Some(shown)) if **shown == *notice => Some(shown.clone()),
                (notice, _) => notice.cloned().map(Rc::new),
            };
            Rc::new(View {
                revision: self.revision.get(),
                link: self.driver.snapshot(),
                address: if *before.address == *store.address() {
                    before.address.clone()
                } else {
                    store.address().into()
                },
                notice,
                log_start: store.journal().start(),
                log_end: store.journal().end(),
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

/// The link's settings for a page, and the heartbeat to use when it is switched on.
fn configure(page: &Origin, params: &Params) -> (Config, Heartbeat) {
    let mut config = Config::default();
    let mut heartbeat = Heartbeat::default();
    if let Some(millis) = params.heartbeat_millis.filter(|millis| *millis > 0) {
        heartbeat.interval = Duration::from_millis(millis);
    }
    if let Some(millis) = params.deadline_millis {
        heartbeat.deadline = Duration::from_millis(millis);
    }
    if let Some(millis) = params.min_delay_millis {
        config.reconnect.min_delay = Duration::from_millis(millis);
    }
    if let Some(millis) = params.max_delay_millis {
        config.reconnect.max_delay = Duration::from_millis(millis);
    }
    let own_server = params.url.as_ref().is_none_or(|url| *url == page.endpoint());
    let beats = params.heartbeat_millis.map_or(own_server, |millis| millis > 0);
    config.heartbeat = beats.then(|| heartbeat.clone());
    (config, heartbeat)
}

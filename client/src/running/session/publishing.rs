//! What the page is shown of a session, once a frame at most.

use std::rc::Rc;
use std::time::Duration;

use web_sys::Performance;

use super::{Inner, View};

/// How long the filter and the search may work in one animation frame, in milliseconds.
const SLICE_MILLIS: f64 = 8.0;

/// When this many entries have come in since the page was drawn, nothing that was on screen still is.
const SCREENFUL: u64 = 100;

impl Inner {
    /// Lets the filter and the search work for a while, and asks for another frame if that was not enough.
    fn sync(&self) {
        let now = || self.performance.as_ref().map_or_else(js_sys::Date::now, Performance::now);
        let deadline = now() + SLICE_MILLIS;
        let mut list = self.list.borrow_mut();
        if !list.sync(&mut self.log.borrow_mut(), || now() < deadline) {
            self.frame.request();
        }
    }

    pub(super) fn publish(&self) {
        let end = self.log.borrow().store().ids().end;
        self.is_flooded.set(end - self.drawn_end.replace(end) > SCREENFUL);
        self.sync();
        self.health.borrow_mut().count(self.driver.now(), &self.driver.stats());
        self.revision.set(self.revision.get() + 1);
        let view = {
            let before = self.view.borrow();
            let log = self.log.borrow();
            let terms = self.terms.borrow();
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
                heartbeat: self
                    .heartbeat_at(&self.address_in_force())
                    .then(|| Duration::from_millis(terms.options().heartbeat.interval_millis)),
                reconnect: terms.options().reconnect.enabled,
                carrier: terms.options().carrier(),
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

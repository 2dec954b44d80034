//! At most one call per animation frame, however often it is asked for.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

/// Animation frames stop in hidden tabs; after this many milliseconds a timer takes their place.
const HIDDEN_MILLIS: u32 = 250;

/// Calls back once for any number of requests, at the next animation frame or, in a hidden tab, soon after.
#[derive(Clone)]
pub struct FrameLoop(Rc<Inner>);

struct Inner {
    on_frame: Closure<dyn FnMut()>,
    callback: Box<dyn Fn()>,
    requested: Cell<Option<i32>>,
    fallback: RefCell<Option<Timeout>>,
    /// A request that may wait, until its time has come.
    later: RefCell<Option<Timeout>>,
}

impl fmt::Debug for FrameLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameLoop").field("requested", &self.0.requested).finish_non_exhaustive()
    }
}

impl FrameLoop {
    /// Ready; nothing is requested yet.
    pub fn new(callback: impl Fn() + 'static) -> FrameLoop {
        FrameLoop(Rc::new_cyclic(|inner: &Weak<Inner>| {
            let weak = inner.clone();
            Inner {
                on_frame: Closure::new(move || Inner::run(&weak)),
                callback: Box::new(callback),
                requested: Cell::new(None),
                fallback: RefCell::new(None),
                later: RefCell::new(None),
            }
        }))
    }

    /// Asks for a call. Cheap when one is under way.
    pub fn request(&self) {
        if self.0.requested.get().is_some() {
            return;
        }
        self.0.later.take();
        let Some(window) = web_sys::window() else { return };
        let frame = window.request_animation_frame(self.0.on_frame.as_ref().unchecked_ref());
        // Without animation frames the timer alone carries on; 0 is no frame's number.
        self.0.requested.set(Some(frame.unwrap_or(0)));
        let weak = Rc::downgrade(&self.0);
        self.0.fallback.replace(Some(Timeout::new(HIDDEN_MILLIS, move || Inner::run(&weak))));
    }

    /// Asks for a call at the first animation frame after so many milliseconds, unless one is asked for before.
    pub fn request_later(&self, millis: u32) {
        if self.0.requested.get().is_some() || self.0.later.borrow().is_some() {
            return;
        }
        let weak = Rc::downgrade(&self.0);
        let request = move || {
            if let Some(inner) = weak.upgrade() {
                FrameLoop(inner).request();
            }
        };
        self.0.later.replace(Some(Timeout::new(millis, request)));
    }
}

impl Inner {
    fn run(inner: &Weak<Inner>) {
        let Some(inner) = inner.upgrade() else { return };
        inner.cancel();
        (inner.callback)();
    }

    fn cancel(&self) {
        self.later.take();
        self.fallback.take();
        if let Some(frame) = self.requested.take()
            && let Some(window) = web_sys::window()
        {
            // Cancelling a frame that has run is allowed and does nothing.
            let _ = window.cancel_animation_frame(frame);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.cancel();
    }
}

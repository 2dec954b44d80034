//! A scene with its line, as views hold it.

use std::cell::{Ref, RefCell};
use std::rc::Rc;
use std::time::Duration;

use page::frame::FrameLoop;
use yew::prelude::*;

use super::line::Line;
use crate::model::talk::Talk;

/// A scene that is connected. Equal to itself alone.
pub struct Live<T> {
    talk: Rc<RefCell<T>>,
    line: Rc<Line>,
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Live { talk: self.talk.clone(), line: self.line.clone() }
    }
}

impl<T> PartialEq for Live<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.line, &other.line)
    }
}

impl<T: Talk + 'static> Live<T> {
    fn open(address: &str, protocol: &str, talk: T, on_change: impl Fn() + 'static) -> Self {
        let talk = Rc::new(RefCell::new(talk));
        let line = Rc::new(Line::open(address, protocol, talk.clone(), on_change));
        Live { talk, line }
    }

    /// The scene as it is.
    pub fn talk(&self) -> Ref<'_, T> {
        self.talk.borrow()
    }

    /// Asks something of the scene, and has it done.
    pub fn ask<R>(&self, ask: impl FnOnce(&mut T, Duration) -> R) -> R {
        let now = self.line.now();
        let answer = ask(&mut self.talk.borrow_mut(), now);
        self.line.drive();
        answer
    }

    /// Looks at the scene, and lets it take note of the time.
    pub fn look<R>(&self, look: impl FnOnce(&mut T, Duration) -> R) -> R {
        let now = self.line.now();
        look(&mut self.talk.borrow_mut(), now)
    }

    /// Its connection.
    pub fn line(&self) -> &Rc<Line> {
        &self.line
    }
}

/// A scene that is connected for as long as it is shown; with another address another one. Whoever asks is drawn again
/// at the first frame after so many milliseconds when something may have changed.
#[hook]
pub fn use_live<T: Talk + 'static>(
    address: String,
    protocol: &'static str,
    pace_millis: u32,
    make: impl FnOnce() -> T,
) -> Live<T> {
    let update = use_force_update();
    let live = use_memo(address, |address| {
        let frames = FrameLoop::new(move || update.force_update());
        Live::open(address, protocol, make(), move || match pace_millis {
            0 => frames.request(),
            _ => frames.request_later(pace_millis),
        })
    });
    (*live).clone()
}

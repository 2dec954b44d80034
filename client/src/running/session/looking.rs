//! What views read and change of what a session has gathered.

use std::rc::Rc;

use link::Time;
use workbench::time::Micros;

use super::Session;
use crate::model::health::Health;
use crate::model::list::List;
use crate::model::log::Log;
use crate::model::owned::OwnedEntry;
use crate::model::plot::PlotState;
use crate::running::driver::Details;

impl Session {
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

    /// The log's epoch, and what is new in it as lines of a journal of about `max_bytes` at most.
    pub fn journal(&self, max_bytes: usize) -> (u64, Option<String>) {
        let mut log = self.0.log.borrow_mut();
        let lines = log.journal(max_bytes);
        (log.epoch(), lines)
    }
}

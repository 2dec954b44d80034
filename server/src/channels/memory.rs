//! Channels in this process, for as long as it lives.

use super::bus::{Bus, Channel};
use super::frame::Frame;
use crate::lock::lock;
use protocol::session::{
    self, Attached, Cursor, Entry as _, Epoch, Hello, Limits, NotTaken, Public, Read, Ticket,
};
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, Weak};

/// Bytes that are handed out at once, beside the first message.
const AT_ONCE: usize = 64 << 10;

/// A channel is there as long as somebody holds it.
#[derive(Debug)]
pub(super) struct Memory {
    limits: Limits,
    channels: Mutex<HashMap<String, Weak<Kept>>>,
}

#[derive(Debug)]
struct Kept(Mutex<session::Channel<Frame>>);

impl Memory {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, channels: Mutex::default() }
    }
}

impl Bus for Memory {
    fn open(&self, name: &str) -> Arc<dyn Channel> {
        let mut channels = lock(&self.channels);
        if let Some(there) = channels.get(name).and_then(Weak::upgrade) {
            return there;
        }
        channels.retain(|_, channel| channel.strong_count() > 0);
        // As good as random, and another each time.
        let epoch = Epoch(RandomState::new().hash_one(name));
        let channel = Arc::new(Kept(Mutex::new(session::Channel::new(epoch, self.limits))));
        channels.insert(name.to_owned(), Arc::downgrade(&channel));
        channel
    }
}

impl Channel for Kept {
    fn attach(&self, hello: &Hello, client: Public, session: Public) -> Result<Attached, NotTaken> {
        lock(&self.0).attach(hello, client, session)
    }

    fn publish(&self, ticket: &Ticket, seq: u64, frame: &dyn Fn(u64) -> Frame) -> Result<(), NotTaken> {
        lock(&self.0).publish(ticket, seq, frame).map(|_| ())
    }

    fn refuse(&self, ticket: &Ticket, seq: u64) -> Result<(), NotTaken> {
        lock(&self.0).refuse(ticket, seq)
    }

    fn read(&self, cursor: &mut Cursor, most: usize, into: &mut Vec<Frame>) -> Read {
        let (mut left, mut bytes) = (most, 0);
        lock(&self.0).read(cursor, |frame| {
            let takes = left > 0 && bytes < AT_ONCE;
            if takes {
                left -= 1;
                bytes += frame.size();
                into.push(frame.clone());
            }
            takes
        })
    }

    fn page(&self, before: u64, limit: usize) -> (Vec<Frame>, u64) {
        let channel = lock(&self.0);
        let (frames, first) = channel.page(before, limit);
        (frames.cloned().collect(), first)
    }

    fn detach(&self, ticket: &Ticket) {
        lock(&self.0).detach(ticket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::bus::suite;

    #[test]
    fn channels_in_memory_do_what_every_bus_does() {
        suite::run(&Memory::new(Limits::default()));
    }
}

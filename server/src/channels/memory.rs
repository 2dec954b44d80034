//! Channels in this process, for as long as it lives.

use super::bus::{Bus, Gathering, Opening, Unavailable};
use super::channel::{Channel, Held, State, Terms, fresh_epoch};
use super::post::Post;
use crate::lock::lock;
use protocol::fault::Label as Name;
use protocol::session::Position;
use std::future::ready;
use std::sync::{Arc, Mutex, Weak};
use std::time::Instant;

/// A channel is there as long as somebody holds it, and what is handed in is kept at once.
#[derive(Debug)]
pub(super) struct Memory {
    terms: Terms,
    channels: Mutex<Held>,
}

impl Memory {
    pub(super) fn new(terms: Terms) -> Self {
        Self { terms, channels: Mutex::default() }
    }
}

impl Bus for Memory {
    fn open<'a>(&'a self, name: &'a Name) -> Opening<'a> {
        let mut channels = lock(&self.channels);
        let channel = channels.get(name).unwrap_or_else(|| {
            let state = State::new(fresh_epoch(name), self.terms.limits);
            let channel = Arc::new(Channel::new(name.clone(), state, self.terms.clone()));
            channels.add(&channel);
            channel
        });
        Box::pin(ready(Ok(channel)))
    }

    fn ready(&self) -> Result<(), Unavailable> {
        Ok(())
    }

    fn keeps_on(&self) -> bool {
        false
    }

    fn may_have(&self, _: &Channel, _: Position, _: Instant) -> bool {
        false
    }

    /// There is no other server.
    fn gather(&self, _: &Name, _: Weak<dyn Gathering>) {}

    fn append(&self, channel: &Arc<Channel>, state: &mut State, post: Post) {
        channel.put(state, post);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::bus::suite;

    #[tokio::test]
    async fn channels_in_memory_do_what_every_bus_does() {
        suite::run(&Memory::new(suite::terms())).await;
    }
}

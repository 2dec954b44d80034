//! What keeps channels and carries their messages.

use super::frame::Frame;
use protocol::session::{Attached, Cursor, Hello, NotTaken, Public, Read, Ticket};
use std::fmt;
use std::sync::Arc;

/// Where the channels of a server are.
pub(crate) trait Bus: fmt::Debug + Send + Sync {
    /// The channel of this name, as it is or new.
    fn open(&self, name: &str) -> Arc<dyn Channel>;
}

/// A channel, for all connections of this server to it. What it does is what [`protocol::session::Channel`] says; there is one
/// suite of tests for whatever implements it.
pub(crate) trait Channel: fmt::Debug + Send + Sync {
    /// Lets a session in.
    ///
    /// # Errors
    /// [`NotTaken::Superseded`]: a later connection has it.
    fn attach(&self, hello: &Hello, client: Public, session: Public) -> Result<Attached, NotTaken>;

    /// Takes a session's message, for which `frame` makes what is sent, given its offset.
    ///
    /// # Errors
    /// It is not the session's next, or the session is elsewhere.
    fn publish(&self, ticket: &Ticket, seq: u64, frame: &dyn Fn(u64) -> Frame) -> Result<(), NotTaken>;

    /// Uses a number of the session's up.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    fn refuse(&self, ticket: &Ticket, seq: u64) -> Result<(), NotTaken>;

    /// Puts what follows for a reader into `into`, at most `most`.
    fn read(&self, cursor: &mut Cursor, most: usize, into: &mut Vec<Frame>) -> Read;

    /// The messages before an offset, at most `limit`, and the offset of the first there is.
    fn page(&self, before: u64, limit: usize) -> (Vec<Frame>, u64);

    /// A session's connection is gone.
    fn detach(&self, ticket: &Ticket);
}

#[cfg(test)]
pub(super) mod suite {
    //! What every bus has to do.

    use super::*;
    use protocol::session::{ClientId, Position, SessionId};

    fn hello(session: u128, position: Option<Position>) -> Hello {
        Hello {
            client: ClientId(1),
            session: SessionId(session),
            connection: 1,
            position,
            memory: 0,
            known: 0,
            sent: 0,
            history: 10,
            name: None,
        }
    }

    fn publish(channel: &dyn Channel, ticket: &Ticket, seq: u64) -> Result<(), NotTaken> {
        channel.publish(ticket, seq, &|offset| Frame::text(format!("{offset}"), None))
    }

    fn read(channel: &dyn Channel, cursor: &mut Cursor) -> Vec<String> {
        let mut frames = Vec::new();
        while channel.read(cursor, 2, &mut frames) != Read::Entries(0) {}
        frames.iter().map(|frame| frame.as_text().to_owned()).collect()
    }

    pub(in crate::channels) fn run(bus: &dyn Bus) {
        let (public, channel) = (Public(7), bus.open("a"));
        let one = channel.attach(&hello(1, None), public, Public(1)).unwrap();
        let mut two = channel.attach(&hello(2, None), public, Public(2)).unwrap();
        for seq in 1..=3 {
            publish(&*channel, &one.ticket, seq).unwrap();
        }
        assert_eq!(publish(&*channel, &one.ticket, 3), Err(NotTaken::Again));
        assert_eq!(publish(&*channel, &one.ticket, 5), Err(NotTaken::Gap { expected: 4, came: 5 }));
        assert_eq!(read(&*channel, &mut two.cursor), ["1", "2", "3"]);
        // Whoever opens it has the same, and other names are others.
        let mut later = bus.open("a").attach(&hello(3, None), public, Public(3)).unwrap();
        assert_eq!(read(&*bus.open("a"), &mut later.cursor), ["1", "2", "3"]);
        let mut other = bus.open("b").attach(&hello(1, None), public, Public(1)).unwrap();
        assert_eq!(read(&*bus.open("b"), &mut other.cursor), Vec::<String>::new());
        assert_ne!(other.welcome.position.epoch, one.welcome.position.epoch);
        // A refused number is used up.
        channel.refuse(&one.ticket, 4).unwrap();
        assert_eq!(publish(&*channel, &one.ticket, 4), Err(NotTaken::Again));
        publish(&*channel, &one.ticket, 5).unwrap();
        // Who comes back goes on, and the older connection does not.
        channel.detach(&two.ticket);
        let position = Position { offset: 3, ..one.welcome.position };
        let mut back = channel.attach(&hello(2, Some(position)), public, Public(2)).unwrap();
        assert_eq!(read(&*channel, &mut back.cursor), ["4"]);
        let again = channel.attach(&Hello { connection: 2, ..hello(1, Some(position)) }, public, Public(1));
        assert_eq!(publish(&*channel, &one.ticket, 6), Err(NotTaken::Superseded));
        publish(&*channel, &again.unwrap().ticket, 6).unwrap();
        let (page, first) = channel.page(4, 2);
        let texts: Vec<_> = page.iter().map(Frame::as_text).collect();
        assert_eq!((texts, first), (vec!["2", "3"], 1));
    }
}

//! What keeps the messages of channels, in their order.

use super::channel::{Channel, State};
use super::post::Post;
use protocol::fault::Label as Name;
use protocol::room::Share;
use protocol::session::Position;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Instant;
use tokio::sync::Notify;

/// Where the channels of a server are. A message is published once the bus has kept it: then it has its place in the channel
/// ([`Channel::keep`]), its readers get it, and its sender is told. There is one suite of tests for all of them.
pub(crate) trait Bus: fmt::Debug + Send + Sync {
    /// The channel of this name, as it is or new. All who open it while somebody holds it get the same.
    ///
    /// # Errors
    /// It can't be had. The log has more.
    fn open<'a>(&'a self, name: &'a Name) -> Opening<'a>;

    /// Whether messages are kept at present. One that was sent before, whose fate its client does not know, may be handed in
    /// all the same.
    ///
    /// # Errors
    /// They are not.
    fn ready(&self) -> Result<(), Unavailable>;

    /// Whether what was said in a channel that nobody holds is there when it is opened again.
    fn keeps_on(&self) -> bool;

    /// Whether there may be a message at this position, kept over another server, that the channel has not heard of yet. Who
    /// has the position `came` with it then, and another epoch may have begun before that.
    fn may_have(&self, channel: &Channel, position: Position, came: Instant) -> bool;

    /// Has servers that share the room tell each other who is in it, as long as it is there.
    fn gather(&self, name: &Name, hall: Weak<dyn Gathering>);

    /// Keeps a message that the channel has taken in hand, now or later, or lets it [fail](Channel::fail). It must not wait:
    /// `state`, the channel's, is locked.
    fn append(&self, channel: &Arc<Channel>, state: &mut State, post: Post);
}

/// Who is in a room, at this server and at others.
pub(crate) trait Gathering: Send + Sync {
    /// Those at this server.
    fn share(&self) -> Share;

    /// Those at another.
    fn set_elsewhere(&self, server: u64, share: Share);

    /// Told whenever those at this server have changed.
    fn changed(&self) -> Arc<Notify>;
}

/// A channel that is being opened.
pub(crate) type Opening<'a> = Pin<Box<dyn Future<Output = Result<Arc<Channel>, NoRoom>> + Send + 'a>>;

/// What keeps messages is out of order at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("messages can't be kept at present: try again in a second")]
pub(crate) struct Unavailable;

/// Why a room is not entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoRoom {
    #[error(
        "there are as many rooms as there may be, with somebody in each: come back later, or use one of those"
    )]
    Full,
    #[error("the room can't be opened at present: come back in a few seconds")]
    Unavailable,
}

impl From<Unavailable> for NoRoom {
    fn from(_: Unavailable) -> Self {
        Self::Unavailable
    }
}

#[cfg(test)]
pub(super) mod suite {
    //! What every bus has to do.

    use super::*;
    use crate::channels::channel::{Shared, Terms, Together};
    use crate::metrics::ChannelCounters;
    use protocol::session::{
        Answers, Attached, Author, ClientId, Cursor, Hello, Limits, NotTaken, Public, Read, Reason, Refused,
        ServerMessage, SessionId, Ticket,
    };
    use std::time::Duration;

    pub(in crate::channels) fn terms() -> Terms {
        let enough = || Shared::new(usize::MAX, 0);
        Terms {
            limits: Limits::default(),
            compression: None,
            counters: ChannelCounters::default(),
            together: Arc::new(Together { bytes: enough(), sessions: enough() }),
        }
    }

    pub(in crate::channels) fn name(name: &str) -> Name {
        Name::parse(name).unwrap()
    }

    pub(in crate::channels) fn hello(session: u128, position: Option<Position>) -> Hello {
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

    /// A connection to a channel.
    #[derive(Debug)]
    pub(in crate::channels) struct Guest<'a> {
        bus: &'a dyn Bus,
        channel: Arc<Channel>,
        pub(in crate::channels) position: Position,
        pub(in crate::channels) memory: u64,
        pub(in crate::channels) seq: Option<u64>,
        ticket: Ticket,
        answers: Answers,
        cursor: Cursor,
    }

    impl<'a> Guest<'a> {
        pub(in crate::channels) async fn join(
            bus: &'a dyn Bus,
            channel: &str,
            hello: &Hello,
        ) -> Result<Self, NotTaken> {
            let channel = bus.open(&name(channel)).await.unwrap();
            let session = Public(u64::try_from(hello.session.0).unwrap());
            let Attached { ticket, answers, cursor, welcome } = channel.attach(hello, Public(7), session)?;
            let (position, memory, seq) = (welcome.position, welcome.memory, welcome.seq);
            Ok(Self { bus, channel, position, memory, seq, ticket, answers, cursor })
        }

        pub(in crate::channels) fn publish(&mut self, seq: u64) -> Result<(), NotTaken> {
            self.answers.take(seq)?;
            let author = Author { client: Public(7), session: self.ticket.public, seq, name: String::new() };
            let connection = self.ticket.connection;
            let post = Post { author, connection, at: 0, data: seq.to_string().into_bytes() };
            self.channel.publish(self.bus, &self.ticket, post)
        }

        fn refuse(&mut self, seq: u64) {
            self.answers.take(seq).unwrap();
            self.channel.refuse(&self.ticket, seq).unwrap();
            self.answers.refuse(Refused { seq, reason: Reason::Size, error: "big".to_owned() });
        }

        /// The answers up to that for `seq`, each number with whether it was published.
        pub(in crate::channels) async fn answers(&mut self, seq: u64) -> Vec<(u64, bool)> {
            let (mut all, begun) = (Vec::new(), Instant::now());
            while all.last().is_none_or(|(last, _)| *last < seq) {
                match self.channel.answer(&self.ticket, &mut self.answers).unwrap() {
                    Some(ServerMessage::Ack { from, to }) => all.extend((from..=to).map(|seq| (seq, true))),
                    Some(ServerMessage::Refused(refused)) => all.push((refused.seq, false)),
                    Some(other) => panic!("{other:?}"),
                    None => settle(begun).await,
                }
            }
            all
        }

        /// The next messages, by offset and what they say.
        pub(in crate::channels) async fn messages(&mut self, count: usize) -> Vec<(u64, String)> {
            let (mut frames, begun) = (Vec::new(), Instant::now());
            while frames.len() < count {
                match self.channel.read(&mut self.cursor, count - frames.len(), &mut frames) {
                    Read::Entries(0) => settle(begun).await,
                    Read::Entries(_) => {}
                    Read::Jump(..) => panic!("something is missing"),
                }
            }
            frames.iter().map(|frame| said(frame.as_text())).collect()
        }

        /// Whether there is no message now.
        pub(in crate::channels) fn is_quiet(&mut self) -> bool {
            self.channel.read(&mut self.cursor, 1, &mut Vec::new()) == Read::Entries(0)
        }

        pub(in crate::channels) fn head(&self) -> Position {
            self.channel.head()
        }

        pub(in crate::channels) fn leave(self) {
            self.channel.detach(&self.ticket);
        }
    }

    /// Lets others have their turn. What takes longer than a cluster's choice of another leader never comes.
    async fn settle(begun: Instant) {
        assert!(begun.elapsed() < Duration::from_secs(90), "nothing comes");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    fn said(text: &str) -> (u64, String) {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        (value["offset"].as_u64().unwrap(), value["data"].to_string())
    }

    pub(in crate::channels) fn numbers(from: u64, to: u64) -> Vec<(u64, String)> {
        (from..=to).map(|number| (number, number.to_string())).collect()
    }

    pub(in crate::channels) async fn run(bus: &dyn Bus) {
        let mut one = Guest::join(bus, "a", &hello(1, None)).await.unwrap();
        let mut two = Guest::join(bus, "a", &hello(2, None)).await.unwrap();
        for seq in 1..=3 {
            one.publish(seq).unwrap();
        }
        assert_eq!(one.publish(3), Err(NotTaken::Again));
        assert_eq!(one.publish(5), Err(NotTaken::Gap { expected: 4, came: 5 }));
        assert_eq!(one.answers(3).await, [(1, true), (2, true), (3, true)]);
        assert_eq!(two.messages(3).await, numbers(1, 3));
        // Whoever opens it has the same, and other names are others.
        let mut later = Guest::join(bus, "a", &hello(3, None)).await.unwrap();
        assert_eq!(later.messages(3).await, numbers(1, 3));
        let mut other = Guest::join(bus, "b", &hello(1, None)).await.unwrap();
        assert!(other.is_quiet());
        assert_ne!(other.position.epoch, one.position.epoch);
        // A refused number is used up, and answered in its turn.
        one.publish(4).unwrap();
        one.refuse(5);
        one.publish(6).unwrap();
        assert_eq!(one.publish(5), Err(NotTaken::Again));
        assert_eq!(one.answers(6).await, [(4, true), (5, false), (6, true)]);
        // Who comes back goes on, and the older connection does not.
        let position = Position { offset: 3, ..one.position };
        two.leave();
        let mut back = Guest::join(bus, "a", &hello(2, Some(position))).await.unwrap();
        assert_eq!(back.messages(2).await, [(4, "4".to_owned()), (5, "6".to_owned())]);
        let hello = Hello { connection: 2, memory: one.memory, sent: 8, ..hello(1, Some(position)) };
        let mut again = Guest::join(bus, "a", &hello).await.unwrap();
        assert_eq!(again.seq, Some(6));
        assert_eq!(one.publish(7), Err(NotTaken::Superseded));
        for seq in 6..=70 {
            let taken = again.publish(seq);
            assert_eq!(taken, if seq == 6 { Err(NotTaken::Again) } else { Ok(()) });
        }
        assert_eq!(again.publish(71 + 64), Err(NotTaken::TooMany));
        assert_eq!(again.answers(70).await.len(), 64);
        assert_eq!(back.messages(64).await.last(), Some(&(69, "70".to_owned())));
        assert!(back.is_quiet());
        let (page, first) = back.channel.page(4, 2);
        let texts: Vec<_> = page.iter().map(|frame| said(frame.as_text())).collect();
        assert_eq!((texts, first), (numbers(2, 3), 1));
    }
}

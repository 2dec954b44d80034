//! A session as its client has it.

use std::collections::VecDeque;
use std::time::Duration;

use super::message::{
    ClientId, ClientMessage, Hello, Lost, Message, Position, Public, Reason, Refused, ServerMessage,
    SessionId, Welcome,
};
use super::{GAP, MISUSED, SUPERSEDED, WINDOW};

/// Who a session is, and what it may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientConfig {
    /// Who this is: 128 random bits, which the application may store.
    pub client: ClientId,
    /// 128 random bits, drawn for this session and neither stored nor used by another.
    pub session: SessionId,
    /// How others are to call it. Default: it has no name.
    pub name: Option<String>,
    /// Where it got to in a session before this one, if the application stored that. Default: nowhere.
    pub position: Option<Position>,
    /// So many of the latest messages are wanted where there is no position. Default 50.
    pub history: u64,
    /// Messages that may wait, sent ones without an answer included. Default 1,000.
    pub queued_messages: usize,
    /// Bytes of those. Default 1 MiB.
    pub queued_bytes: usize,
    /// How long the server may take to answer. Default 10 s. Then the connection is given up, and the next one resumes.
    pub patience: Duration,
    /// After how long without a message the server is asked whether it is there. Default 20 s.
    pub quiet: Duration,
}

/// The client's end of a session: what it sends, what it makes of what comes, and what its application is told.
///
/// Connections come and go; the session stays. After each input, take the [outputs](Client::poll_output) and
/// [events](Client::poll_event) until there are none, and call [`handle_timeout`](Client::handle_timeout) when
/// [`next_timeout`](Client::next_timeout) has come. Times are counted from any fixed moment. When and how often to connect is
/// not decided here: `link` does that.
#[derive(Debug)]
pub struct Client {
    config: ClientConfig,
    phase: Phase,
    position: Option<Position>,
    /// How many connections there were.
    connections: u64,
    /// What the server remembers of the session, by its number.
    memory: u64,
    /// What others see of the session, once the server has told.
    public: Option<Public>,
    /// Those behind `known`, without gaps.
    queue: VecDeque<Vec<u8>>,
    queued_bytes: usize,
    /// What became of the messages up to this number is known.
    known: u64,
    /// Messages up to this number were sent, over any connection.
    sent: u64,
    /// Messages up to this number were sent over this connection, or need not be.
    on_wire: u64,
    /// Where a message was missing that the server did not say was lost.
    gap: Option<Position>,
    /// When the server is to have answered.
    due: Option<Duration>,
    silence: Silence,
    events: VecDeque<Event>,
}

/// What is made of it that nothing comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Silence {
    /// Nothing.
    Ignored,
    /// From then on the server is asked.
    Until(Duration),
    /// It is to be asked.
    Ask,
    /// It was, and is to have said something by then.
    Asked(Duration),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// There is no connection.
    Away,
    /// There is one, and the hello is to be sent.
    Opened,
    /// The welcome is to come.
    Greeting,
    /// Messages go both ways.
    Live,
    /// The connection is to be closed.
    Failed(u16, &'static str),
    /// It was told so, and nothing that comes over it counts.
    Leaving,
    /// It has ended for good.
    Ended,
}

/// What a client does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this.
    Send(ClientMessage),
    /// Close the connection with this code and reason, and connect again unless the session has [ended](Event::Ended).
    Close(u16, &'static str),
}

/// What an application is told. Each message that it published comes to exactly one of [`Published`](Event::Published),
/// [`Refused`](Event::Refused), [`Unknown`](Event::Unknown) and [`NotSent`](Event::NotSent), in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The session goes on over this connection.
    Welcomed {
        /// Messages behind this follow.
        position: Position,
        /// The channel's latest message: with it the client has caught up.
        head: u64,
    },
    /// A message of the channel: each once, in order.
    Message {
        /// The message.
        message: Message,
        /// Its number where it is this session's own: it has reached the channel.
        own: Option<u64>,
    },
    /// These messages do not come: they were dropped from history before they could be read, or their epoch is over.
    Lost(Lost),
    /// This message is published.
    Published(u64),
    /// This message is not published.
    Refused(Refused),
    /// This message may be published or not, and neither end can know: whether to publish it again is for the application to
    /// decide.
    Unknown(u64),
    /// This message was never sent, and won't be: the session has ended.
    NotSent(u64),
    /// The server did not understand something, or did not do it.
    Error(String),
    /// The session goes on elsewhere, or its ids were copied. Nothing happens any more; make another to go on here.
    Ended,
}

/// No more messages can wait. Publish again once some were [`Published`](Event::Published).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many messages wait to be sent")]
pub struct Full;

impl ClientConfig {
    /// The defaults for a client and a session of it.
    #[must_use]
    pub fn new(client: ClientId, session: SessionId) -> ClientConfig {
        ClientConfig {
            client,
            session,
            name: None,
            position: None,
            history: 50,
            queued_messages: 1000,
            queued_bytes: 1 << 20,
            patience: Duration::from_secs(10),
            quiet: Duration::from_secs(20),
        }
    }
}

impl Client {
    /// A session without a connection.
    #[must_use]
    pub fn new(config: ClientConfig) -> Client {
        Client {
            position: config.position,
            config,
            phase: Phase::Away,
            connections: 0,
            memory: 0,
            public: None,
            queue: VecDeque::new(),
            queued_bytes: 0,
            known: 0,
            sent: 0,
            on_wire: 0,
            gap: None,
            due: None,
            silence: Silence::Ignored,
            events: VecDeque::new(),
        }
    }

    /// Queues a message and gives its number, by which events name it. In the JSON form it must be JSON.
    ///
    /// # Errors
    /// Too much waits already, or the session has ended.
    pub fn publish(&mut self, data: Vec<u8>) -> Result<u64, Full> {
        let too_much = self.queued_bytes + data.len() > self.config.queued_bytes && !self.queue.is_empty();
        if self.phase == Phase::Ended || too_much || self.queue.len() >= self.config.queued_messages {
            return Err(Full);
        }
        self.queued_bytes += data.len();
        self.queue.push_back(data);
        Ok(self.known + self.queue.len() as u64)
    }

    /// How far it got: an application that stores this can go on there later with another session.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.position
    }
}

/// Inputs.
impl Client {
    /// There is a connection.
    pub fn handle_open(&mut self) {
        if self.phase != Phase::Ended {
            self.phase = Phase::Opened;
            self.connections += 1;
        }
    }

    /// The connection is gone, with this code if there was a Close.
    pub fn handle_closed(&mut self, code: Option<u16>) {
        match code {
            Some(SUPERSEDED) => self.end(),
            _ if self.phase == Phase::Ended => {}
            _ => self.phase = Phase::Away,
        }
        (self.due, self.silence) = (None, Silence::Ignored);
    }

    /// The server said this.
    pub fn handle_message(&mut self, message: ServerMessage, now: Duration) {
        let known = self.known;
        match (message, self.phase) {
            (ServerMessage::Error { error }, Phase::Greeting | Phase::Live) => {
                self.events.push_back(Event::Error(error));
            }
            (ServerMessage::Welcome(welcome), Phase::Greeting) => self.welcomed(welcome),
            (ServerMessage::Message(message), Phase::Live) => self.take(message),
            (ServerMessage::Ack { from, to }, Phase::Live) => {
                if self.is_next(from, to) {
                    self.settle(to.min(self.on_wire), Event::Published);
                }
            }
            (ServerMessage::Refused(refused), Phase::Live) => {
                if self.is_next(refused.seq, refused.seq) {
                    self.settle(refused.seq, |_| Event::Refused(refused.clone()));
                }
            }
            (ServerMessage::Jump { position, lost }, Phase::Live) => self.jump(position, lost),
            (ServerMessage::Pong, _) => {}
            // Of a connection that is given up.
            (_, Phase::Away | Phase::Leaving | Phase::Failed(..) | Phase::Ended) => {}
            (_, Phase::Opened | Phase::Greeting | Phase::Live) => {
                self.phase = Phase::Failed(MISUSED, "that was not to come now");
            }
        }
        if self.phase == Phase::Live {
            self.silence = Silence::Until(now + self.config.quiet);
        }
        // What was answered is no longer waited for, and the rest has its own time.
        if self.known > known {
            self.due = (self.on_wire > self.known).then_some(now + self.config.patience);
        }
    }

    /// The time of [`next_timeout`](Self::next_timeout) has come. Called too early it does nothing.
    pub fn handle_timeout(&mut self, now: Duration) {
        let is_late = |due: Duration| due <= now;
        match self.silence {
            Silence::Until(time) if is_late(time) => self.silence = Silence::Ask,
            Silence::Asked(time) if is_late(time) => self.due = Some(time),
            _ => {}
        }
        if self.due.is_some_and(is_late) {
            (self.due, self.silence) = (None, Silence::Ignored);
            self.phase = Phase::Failed(GAP, "no answer");
        }
    }
}

/// Outputs.
impl Client {
    /// What to do next.
    pub fn poll_output(&mut self, now: Duration) -> Option<Output> {
        match self.phase {
            Phase::Opened => {
                self.phase = Phase::Greeting;
                self.due = Some(now + self.config.patience);
                Some(Output::Send(ClientMessage::Hello(self.hello())))
            }
            Phase::Live if self.silence == Silence::Ask => {
                self.silence = Silence::Asked(now + self.config.patience);
                Some(Output::Send(ClientMessage::Ping))
            }
            Phase::Live if self.on_wire - self.known < WINDOW => {
                let place = usize::try_from(self.on_wire - self.known).ok()?;
                let data = self.queue.get(place)?.clone();
                self.on_wire += 1;
                self.sent = self.sent.max(self.on_wire);
                self.due.get_or_insert(now + self.config.patience);
                Some(Output::Send(ClientMessage::Publish { seq: self.on_wire, data }))
            }
            Phase::Failed(code, reason) => {
                self.phase = Phase::Leaving;
                (self.due, self.silence) = (None, Silence::Ignored);
                Some(Output::Close(code, reason))
            }
            _ => None,
        }
    }

    /// What the application is told next.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Duration> {
        let silence = match self.silence {
            Silence::Until(time) | Silence::Asked(time) => Some(time),
            Silence::Ignored | Silence::Ask => None,
        };
        self.due.into_iter().chain(silence).min()
    }
}

impl Client {
    fn hello(&self) -> Hello {
        Hello {
            client: self.config.client,
            session: self.config.session,
            connection: self.connections,
            position: self.position,
            memory: self.memory,
            known: self.known,
            sent: self.sent,
            history: self.config.history,
            name: self.config.name.clone(),
        }
    }

    fn welcomed(&mut self, welcome: Welcome) {
        let Welcome { position, head, memory, lost, seq, refused, session, .. } = welcome;
        match seq {
            // It was never sent, so that another has the same numbers.
            Some(seq) if seq > self.sent => return self.end(),
            Some(seq) => self.settle(seq, |seq| {
                if refused.contains(&seq) {
                    let error = "refused, and the reason did not arrive".to_owned();
                    Event::Refused(Refused { seq, reason: Reason::Unheard, error })
                } else {
                    Event::Published(seq)
                }
            }),
            None => self.settle(self.sent, Event::Unknown),
        }
        // The rest has not arrived, or is on its way still: the server knows it when it comes again.
        self.on_wire = self.known;
        (self.public, self.memory) = (Some(session), memory);
        self.move_to(position, lost);
        (self.phase, self.due) = (Phase::Live, None);
        self.events.push_back(Event::Welcomed { position, head });
    }

    fn jump(&mut self, position: Position, lost: Vec<Lost>) {
        if self.position.is_some_and(|Position { epoch, .. }| epoch != position.epoch) {
            // What is on its way, over this connection or one before, reaches another epoch, if any.
            self.settle(self.sent, Event::Unknown);
            self.on_wire = self.on_wire.max(self.known);
            // What is sent from here on lies in there, wherever.
            self.memory = 1;
        }
        self.move_to(position, lost);
    }

    fn move_to(&mut self, to: Position, lost: Vec<Lost>) {
        let told = !lost.is_empty();
        self.events.extend(lost.into_iter().map(Event::Lost));
        match self.position {
            // Nothing may go missing without a word, and nothing comes twice.
            Some(from) if from.epoch == to.epoch && !told => self.miss(from, to.offset),
            _ => self.position = Some(to),
        }
    }

    fn take(&mut self, message: Message) {
        let Some(Position { epoch, offset }) = self.position else { return };
        if message.offset <= offset {
            return;
        }
        let at = Position { epoch, offset };
        if message.offset > offset + 1 && self.gap != Some(at) {
            // The server may have it: who resumes here gets it, or is told that it is lost.
            self.gap = Some(at);
            self.phase = Phase::Failed(GAP, "a message is missing");
            return;
        }
        self.miss(at, message.offset - 1);
        self.position = Some(Position { epoch, offset: message.offset });
        let own = message.author.as_ref().filter(|author| Some(author.session) == self.public);
        let own = own.map(|author| author.seq);
        self.events.push_back(Event::Message { message, own });
    }

    /// Up to `to` there is nothing.
    fn miss(&mut self, from: Position, to: u64) {
        let Position { epoch, offset } = from;
        if to > offset {
            self.events.push_back(Event::Lost(Lost { epoch, from: offset + 1, to: Some(to) }));
            self.position = Some(Position { epoch, offset: to });
        }
    }

    /// Whether this is what became of the message behind those known of. Otherwise it was told before, or something is
    /// missing.
    fn is_next(&mut self, from: u64, to: u64) -> bool {
        if from > self.known + 1 {
            self.phase = Phase::Failed(GAP, "an answer is missing");
        }
        from <= self.known + 1 && to > self.known
    }

    fn settle(&mut self, up_to: u64, event: impl Fn(u64) -> Event) {
        while self.known < up_to
            && let Some(data) = self.queue.pop_front()
        {
            self.queued_bytes -= data.len();
            self.known += 1;
            self.events.push_back(event(self.known));
        }
    }

    fn end(&mut self) {
        if self.phase == Phase::Ended {
            return;
        }
        self.settle(self.sent, Event::Unknown);
        self.settle(u64::MAX, Event::NotSent);
        (self.phase, self.due, self.silence) = (Phase::Ended, None, Silence::Ignored);
        self.events.push_back(Event::Ended);
    }
}

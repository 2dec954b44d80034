//! A channel on a server or on several, clients of it, and a network in between that a test has in its hand.

use std::collections::VecDeque;
use std::time::Duration;

use protocol::session::{
    Answers, Attached, Author, Channel, Client, ClientConfig, ClientId, ClientMessage, Cursor, Entry, Epoch,
    Event, GAP, Limits, Lost, Message, NotTaken, Output, Position, Public, Read, Reason, Refused, SUPERSEDED,
    ServerMessage, SessionId, Ticket, binary, json,
};

use crate::bus::Bus;

/// What was published where, as the server had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Logged {
    pub(crate) at: Position,
    pub(crate) session: u64,
    pub(crate) seq: u64,
}

/// A frame that is ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Frame(pub(crate) Vec<u8>);

impl Entry for Frame {
    fn size(&self) -> usize {
        self.0.len()
    }
}

/// The server's end of a connection.
#[derive(Clone, Debug)]
struct Served {
    ticket: Ticket,
    answers: Answers,
    cursor: Cursor,
    /// What came before over another connection may be published by now.
    sent: u64,
}

/// A message on its way to where it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Submitted {
    pub(crate) session: Public,
    pub(crate) connection: u64,
    pub(crate) seq: u64,
    pub(crate) data: Vec<u8>,
}

/// A connection; each end may be gone without the other's knowledge.
#[derive(Debug, Default)]
pub(crate) struct Link {
    pub(crate) client: usize,
    /// The server that it is to.
    node: usize,
    pub(crate) up: VecDeque<Vec<u8>>,
    pub(crate) down: VecDeque<Vec<u8>>,
    served: Option<Served>,
    /// The server is done with it.
    pub(crate) server_gone: bool,
    /// The client is done with it.
    pub(crate) client_gone: bool,
    /// The code of the server's Close, behind what is on its way.
    code: Option<u16>,
}

/// One client's machine and what it was told.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) client: Client,
    pub(crate) session: u64,
    /// Its connection, if it knows of one.
    pub(crate) link: Option<usize>,
    pub(crate) published: u64,
    pub(crate) outcomes: Vec<(u64, Outcome)>,
    pub(crate) story: Vec<Step>,
    pub(crate) caught_up: bool,
    /// Its machine has said that it has ended.
    pub(crate) ended: bool,
    /// Its page was closed.
    pub(crate) gone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Published,
    Refused,
    Unknown,
    NotSent,
}

/// What a subscriber got, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Began(Position),
    Got { at: Position, session: u64, seq: u64, own: bool },
    Lost(Lost),
}

#[derive(Debug)]
pub(crate) struct World {
    /// The channel, as each server has it.
    pub(crate) nodes: Vec<Channel<Frame>>,
    /// Where several have it from.
    pub(crate) bus: Option<Bus>,
    pub(crate) links: Vec<Link>,
    pub(crate) peers: Vec<Peer>,
    pub(crate) log: Vec<Logged>,
    /// What outlives a restart, as many entries as there are in a history.
    kept: VecDeque<Submitted>,
    submitted: VecDeque<Submitted>,
    /// Messages are kept before they are taken, each after a while.
    pub(crate) defers: bool,
    /// In the order in which they began.
    pub(crate) epochs: Vec<Epoch>,
    pub(crate) now: Duration,
    pub(crate) limits: Limits,
    json: bool,
    sessions: u64,
}

impl World {
    pub(crate) fn new(limits: Limits, json: bool) -> World {
        let epoch = Epoch(1);
        World {
            nodes: vec![Channel::new(epoch, limits)],
            bus: None,
            links: Vec::new(),
            peers: Vec::new(),
            log: Vec::new(),
            kept: VecDeque::new(),
            submitted: VecDeque::new(),
            defers: false,
            epochs: vec![epoch],
            now: Duration::ZERO,
            limits,
            json,
            sessions: 0,
        }
    }

    /// The same, where messages are kept elsewhere, which takes its time.
    pub(crate) fn deferring(limits: Limits, json: bool) -> World {
        World { defers: true, ..World::new(limits, json) }
    }

    /// The same on so many servers that share the channel.
    pub(crate) fn shared(limits: Limits, json: bool, nodes: usize) -> World {
        let world = World::new(limits, json);
        let epoch = world.epochs[0];
        World {
            nodes: (0..nodes).map(|_| Channel::new(epoch, limits).shared()).collect(),
            bus: Some(Bus::new(epoch, nodes, limits.entries)),
            ..world
        }
    }

    /// The latest message there is.
    pub(crate) fn head(&self) -> Position {
        match &self.bus {
            Some(bus) => Position { epoch: bus.epoch, offset: bus.last() },
            None => self.nodes[0].head(),
        }
    }

    fn channel(&mut self, link: usize) -> &mut Channel<Frame> {
        &mut self.nodes[self.links[link].node]
    }

    /// Adds a client that goes on at `position`.
    pub(crate) fn join(&mut self, position: Option<Position>) -> usize {
        self.sessions += 1;
        self.join_as(self.sessions, position)
    }

    pub(crate) fn join_as(&mut self, session: u64, position: Option<Position>) -> usize {
        let config = ClientConfig {
            position,
            history: 0,
            ..ClientConfig::new(ClientId(7), SessionId(u128::from(session)))
        };
        self.peers.push(Peer {
            client: Client::new(config),
            session,
            link: None,
            published: 0,
            outcomes: Vec::new(),
            story: Vec::new(),
            caught_up: false,
            ended: false,
            gone: false,
        });
        self.peers.len() - 1
    }

    pub(crate) fn publish(&mut self, peer: usize) {
        if let Ok(seq) = self.peers[peer].client.publish(b"1".to_vec()) {
            self.peers[peer].published = seq;
            self.run(peer);
        }
    }

    /// The client opens a connection, whatever became of the one before.
    pub(crate) fn connect(&mut self, peer: usize) -> usize {
        if let Some(link) = self.peers[peer].link.take() {
            self.links[link].client_gone = true;
            self.peers[peer].client.handle_closed(None);
        }
        let link = self.links.len();
        // Each to the next server, whoever comes.
        self.links.push(Link { client: peer, node: link % self.nodes.len(), ..Link::default() });
        self.peers[peer].link = Some(link);
        self.peers[peer].client.handle_open();
        self.run(peer);
        link
    }

    /// The client finds its connection gone.
    pub(crate) fn drop_link(&mut self, peer: usize, code: Option<u16>) {
        if let Some(link) = self.peers[peer].link.take() {
            self.links[link].client_gone = true;
            self.links[link].down.clear();
            self.peers[peer].client.handle_closed(code);
            self.run(peer);
        }
    }

    /// The server finds the connection gone. What was on its way to it is.
    pub(crate) fn hang_up(&mut self, link: usize) {
        if let Some(served) = self.links[link].served.take() {
            self.channel(link).detach(&served.ticket);
        }
        self.links[link].server_gone = true;
        self.links[link].up.clear();
    }

    /// The server takes one message. `refuse` tells whether it refuses what it can.
    pub(crate) fn deliver_up(&mut self, link: usize, refuse: bool) {
        let Some(bytes) = self.links[link].up.pop_front() else { return };
        if self.links[link].server_gone {
            return;
        }
        let done = match (self.read_client(&bytes), self.links[link].served.clone()) {
            (ClientMessage::Hello(hello), None) => {
                let (session, sent) = (Public(hello.session.0 as u64), hello.sent);
                if self.is_ahead(link, hello.position) {
                    // The server waits until it has what its client has.
                    return self.links[link].up.push_front(bytes);
                }
                self.channel(link).attach(&hello, Public(7), session).map(|attached| {
                    let Attached { ticket, answers, cursor, welcome } = attached;
                    self.links[link].served = Some(Served { ticket, answers, cursor, sent });
                    self.say(link, &ServerMessage::Welcome(welcome));
                })
            }
            (ClientMessage::Publish { seq, data }, Some(served)) => {
                self.take(link, &served, seq, data, refuse)
            }
            (ClientMessage::Ping, _) => {
                self.say(link, &ServerMessage::Pong);
                Ok(())
            }
            (message, _) => panic!("{message:?} was not to come"),
        };
        match done {
            Ok(()) | Err(NotTaken::Again) => self.answer(link),
            Err(NotTaken::Superseded) => self.close(link, SUPERSEDED),
            Err(NotTaken::Gap { .. } | NotTaken::Missed) => self.close(link, GAP),
            Err(NotTaken::TooMany) => panic!("a client waits for its answers"),
        }
    }

    fn take(
        &mut self,
        link: usize,
        Served { ticket, sent, .. }: &Served,
        seq: u64,
        data: Vec<u8>,
        refuse: bool,
    ) -> Result<(), NotTaken> {
        let answers = |world: &mut World, f: &mut dyn FnMut(&mut Answers) -> Result<(), NotTaken>| {
            f(&mut world.links[link].served.as_mut().expect("it is served").answers)
        };
        answers(self, &mut |answers| answers.take(seq))?;
        if refuse && seq > *sent {
            self.channel(link).refuse(ticket, seq)?;
            let refused = Refused { seq, reason: Reason::Rate(1), error: String::new() };
            return answers(self, &mut |answers| {
                answers.refuse(refused.clone());
                Ok(())
            });
        }
        self.channel(link).begin(ticket, seq)?;
        let (session, connection) = (ticket.public, ticket.connection);
        let submitted = Submitted { session, connection, seq, data };
        if let Some(bus) = &mut self.bus {
            bus.submit(self.links[link].node, submitted);
            return Ok(());
        }
        self.submitted.push_back(submitted);
        if !self.defers {
            self.keep(1);
        }
        Ok(())
    }

    /// The client is told what became of its messages.
    fn answer(&mut self, link: usize) {
        let Link { node, served: Some(Served { ticket, answers, .. }), .. } = &mut self.links[link] else {
            return;
        };
        let mut told = Vec::new();
        let rest = loop {
            match self.nodes[*node].answer(ticket, answers) {
                Ok(Some(answer)) => told.push(answer),
                rest => break rest,
            }
        };
        for answer in told {
            self.say(link, &answer);
        }
        if rest == Err(NotTaken::Missed) {
            self.close(link, GAP);
        }
    }

    /// So many of the messages that are on their way are kept, and the channel hears of it.
    pub(crate) fn keep(&mut self, count: usize) {
        for _ in 0..count {
            let Some(submitted) = self.submitted.pop_front() else { return };
            put(&mut self.nodes[0], self.json, &submitted);
            let (at, Submitted { session, seq, .. }) = (self.nodes[0].head(), &submitted);
            self.log.push(Logged { at, session: session.0, seq: *seq });
            self.remember(submitted);
        }
    }

    /// The first of the messages that are on their way can't be kept.
    pub(crate) fn fail(&mut self) {
        if let Some(Submitted { session, seq, .. }) = self.submitted.pop_front() {
            self.nodes[0].fail(session, seq);
        }
    }

    fn remember(&mut self, submitted: Submitted) {
        self.kept.push_back(submitted);
        if self.kept.len() > self.limits.entries {
            self.kept.pop_front();
        }
    }

    /// The server's process ends and another begins, which has what was kept. What was on its way may be kept as well, though
    /// nobody has heard of it.
    pub(crate) fn resume(&mut self, more: usize) {
        self.keep(more);
        self.submitted.clear();
        self.end_links(0);
        let head = self.nodes[0].head();
        let first = head.offset + 1 - self.kept.len() as u64;
        self.nodes[0] = Channel::resumed(head.epoch, first, self.limits);
        for kept in &self.kept {
            put(&mut self.nodes[0], self.json, kept);
        }
        assert_eq!(self.nodes[0].head(), head);
    }

    /// A message of the server's own.
    pub(crate) fn announce(&mut self) {
        let submitted = Submitted { session: Public(0), connection: 0, seq: 0, data: b"2".to_vec() };
        if let Some(bus) = &mut self.bus {
            bus.append(submitted);
        } else {
            put(&mut self.nodes[0], self.json, &submitted);
            self.remember(submitted);
        }
        self.log.push(Logged { at: self.head(), session: 0, seq: 0 });
    }

    /// The server sends up to so many messages of the channel.
    pub(crate) fn pump(&mut self, link: usize, mut most: usize) {
        self.answer(link);
        let Link { node, served: Some(served), down, .. } = &mut self.links[link] else { return };
        let read = self.nodes[*node].read(&mut served.cursor, |frame| {
            most > 0 && {
                most -= 1;
                down.push_back(frame.0.clone());
                true
            }
        });
        if let Read::Jump(position, lost) = read {
            served.answers.go_on_in(position.epoch);
            self.say(link, &ServerMessage::Jump { position, lost });
        }
    }

    /// The client takes one message, or the end behind the last.
    pub(crate) fn deliver_down(&mut self, link: usize) {
        let Link { client, down, client_gone, server_gone, code, .. } = &mut self.links[link];
        let (peer, code) = (*client, *code);
        if *client_gone {
            down.clear();
            return;
        }
        match down.pop_front() {
            Some(bytes) => {
                let message = self.read_server(&bytes);
                let now = self.now;
                self.peers[peer].client.handle_message(message, now);
                self.run(peer);
            }
            None if *server_gone => self.drop_link(peer, code),
            None => {}
        }
    }

    /// The server's process ends and another begins, which knows nothing.
    pub(crate) fn restart(&mut self) {
        self.end_links(0);
        let epoch = self.next_epoch();
        self.nodes[0] = Channel::new(epoch, self.limits);
    }

    fn end_links(&mut self, node: usize) {
        for link in self.links.iter_mut().filter(|link| link.node == node) {
            (link.served, link.server_gone) = (None, true);
            link.up.clear();
        }
    }

    /// The channel loses what it had, and its connections stay.
    pub(crate) fn renew(&mut self) {
        let epoch = self.next_epoch();
        match &mut self.bus {
            Some(bus) => bus.renew(epoch),
            None => self.nodes[0].renew(epoch),
        }
    }

    /// One of several servers ends and another begins in its place, with all that the bus has.
    pub(crate) fn crash(&mut self, node: usize) {
        self.end_links(node);
        let Some(bus) = &mut self.bus else { return };
        bus.crash(node);
        self.nodes[node] = Channel::resumed(bus.epoch, bus.first, self.limits).shared();
        self.follow(node, usize::MAX);
    }

    /// A server asks the bus for what it has in hand.
    pub(crate) fn ask(&mut self, node: usize) {
        if let Some(bus) = &mut self.bus {
            bus.ask(node, &self.nodes[node]);
        }
    }

    /// The bus serves one of the requests that are on their way.
    pub(crate) fn serve(&mut self, pick: usize) {
        let Some(bus) = &mut self.bus else { return };
        if let Some(Submitted { session, seq, .. }) = bus.serve(pick) {
            let at = Position { epoch: bus.epoch, offset: bus.last() };
            self.log.push(Logged { at, session: session.0, seq });
        }
    }

    /// A server hears of so many messages that the bus has.
    pub(crate) fn follow(&mut self, node: usize, most: usize) {
        let (Some(bus), channel) = (&self.bus, &mut self.nodes[node]) else { return };
        if channel.head().epoch != bus.epoch {
            channel.renew(bus.epoch);
        }
        channel.skip_to(bus.first);
        let there = usize::try_from(channel.head().offset + 1 - bus.first).unwrap();
        for submitted in bus.kept.iter().skip(there).take(most) {
            put(channel, self.json, submitted);
        }
    }

    /// Whether a client has, or may have, what the server that it comes to has not heard of.
    fn is_ahead(&self, link: usize, position: Option<Position>) -> bool {
        let (Some(bus), Some(position)) = (&self.bus, position) else { return false };
        let head = self.nodes[self.links[link].node].head();
        if position.epoch == head.epoch { position.offset > head.offset } else { head.epoch != bus.epoch }
    }

    fn next_epoch(&mut self) -> Epoch {
        self.kept.clear();
        self.submitted.clear();
        let epoch = Epoch(self.epochs.len() as u64 + 1);
        self.epochs.push(epoch);
        epoch
    }

    /// Does what the client's machine wants done.
    pub(crate) fn run(&mut self, peer: usize) {
        let (json, now) = (self.json, self.now);
        let Peer { client, link, .. } = &mut self.peers[peer];
        let mut leaves = false;
        while let Some(output) = client.poll_output(now) {
            match (output, *link) {
                (Output::Send(message), Some(link)) => self.links[link].up.push_back(if json {
                    json::write_client(&message).into_bytes()
                } else {
                    binary::write_client(&message)
                }),
                (Output::Close(..), Some(_)) => leaves = true,
                (output, None) => panic!("{output:?} without a connection"),
            }
        }
        self.hear(peer);
        if leaves {
            self.drop_link(peer, None);
        }
    }

    fn hear(&mut self, index: usize) {
        let peer = &mut self.peers[index];
        while let Some(event) = peer.client.poll_event() {
            match event {
                Event::Welcomed { position, head } => {
                    if peer.story.is_empty() {
                        peer.story.push(Step::Began(position));
                    }
                    peer.caught_up = position.offset >= head;
                }
                Event::Message { message, own } => {
                    let at = peer.client.position().expect("it has got one");
                    assert_eq!(at.offset, message.offset);
                    let (session, seq) =
                        message.author.map_or((0, 0), |author| (author.session.0, author.seq));
                    peer.story.push(Step::Got { at, session, seq, own: own == Some(seq) && seq > 0 });
                }
                Event::Lost(lost) => {
                    // Who resumes elsewhere has a beginning too.
                    if peer.story.is_empty() {
                        let offset = lost.from - 1;
                        peer.story.push(Step::Began(Position { epoch: lost.epoch, offset }));
                    }
                    peer.story.push(Step::Lost(lost));
                }
                Event::Published(seq) => peer.outcomes.push((seq, Outcome::Published)),
                Event::Refused(refused) => peer.outcomes.push((refused.seq, Outcome::Refused)),
                Event::Unknown(seq) => peer.outcomes.push((seq, Outcome::Unknown)),
                Event::NotSent(seq) => peer.outcomes.push((seq, Outcome::NotSent)),
                Event::Error(error) => panic!("{error}"),
                Event::Ended => peer.ended = true,
            }
        }
    }

    fn say(&mut self, link: usize, message: &ServerMessage) {
        let bytes =
            if self.json { json::write_server(message).into_bytes() } else { binary::write_server(message) };
        self.links[link].down.push_back(bytes);
    }

    fn close(&mut self, link: usize, code: u16) {
        self.links[link].code = Some(code);
        self.hang_up(link);
    }

    fn read_client(&self, bytes: &[u8]) -> ClientMessage {
        if self.json {
            json::read_client(std::str::from_utf8(bytes).unwrap()).unwrap()
        } else {
            binary::read_client(bytes).unwrap()
        }
    }

    fn read_server(&self, bytes: &[u8]) -> ServerMessage {
        if self.json {
            json::read_server(std::str::from_utf8(bytes).unwrap()).unwrap()
        } else {
            binary::read_server(bytes).unwrap()
        }
    }

    /// Delivers all there is until nothing moves, every client connected.
    pub(crate) fn settle(&mut self) {
        for _ in 0..1000 {
            for peer in 0..self.peers.len() {
                if self.peers[peer].link.is_none() && !self.peers[peer].ended && !self.peers[peer].gone {
                    self.connect(peer);
                }
            }
            let mut moved = false;
            for link in 0..self.links.len() {
                while !self.links[link].up.is_empty() {
                    moved = true;
                    self.deliver_up(link, false);
                }
                moved |= !self.submitted.is_empty();
                self.keep(usize::MAX);
                moved |= self.settle_bus();
                self.pump(link, usize::MAX);
                let ended = |link: &Link| link.server_gone && !link.client_gone;
                while !self.links[link].down.is_empty() || ended(&self.links[link]) {
                    moved = true;
                    self.deliver_down(link);
                }
            }
            if !moved {
                return;
            }
        }
        panic!("it never comes to rest");
    }

    /// All that is on its way to the bus and back arrives, and all servers hear of it.
    fn settle_bus(&mut self) -> bool {
        let was_busy = self.bus.as_ref().is_some_and(Bus::is_busy);
        for round in 0.. {
            if !self.bus.as_ref().is_some_and(Bus::is_busy) {
                break;
            }
            assert!(round < 10_000, "what waits for the bus never comes there: {:?}", self.bus);
            for node in 0..self.nodes.len() {
                self.ask(node);
                self.serve(0);
                self.bus.iter_mut().for_each(|bus| bus.answer(0));
                self.follow(node, usize::MAX);
            }
        }
        (0..self.nodes.len()).for_each(|node| self.follow(node, usize::MAX));
        was_busy
    }

    /// What a peer got, without its losses.
    pub(crate) fn got(&self, peer: usize) -> Vec<(u64, u64)> {
        let got = |step: &Step| match step {
            Step::Got { session, seq, .. } => Some((*session, *seq)),
            _ => None,
        };
        self.peers[peer].story.iter().filter_map(got).collect()
    }

    pub(crate) fn lost(&self, peer: usize) -> Vec<Lost> {
        let lost = |step: &Step| if let Step::Lost(lost) = step { Some(*lost) } else { None };
        self.peers[peer].story.iter().filter_map(lost).collect()
    }
}

fn put(channel: &mut Channel<Frame>, json: bool, submitted: &Submitted) {
    let Submitted { session, connection, seq, data } = submitted;
    let entry = |offset| {
        let author = || Author { client: Public(7), session: *session, seq: *seq, name: String::new() };
        let author = (session.0 > 0).then(author);
        frame(json, Message { offset, author, at: 0, data: data.clone() })
    };
    if session.0 > 0 {
        channel.keep(*session, *connection, *seq, entry);
    } else {
        channel.push(entry);
    }
}

fn frame(json: bool, message: Message) -> Frame {
    let message = ServerMessage::Message(message);
    Frame(if json { json::write_server(&message).into_bytes() } else { binary::write_server(&message) })
}

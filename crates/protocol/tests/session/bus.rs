//! What keeps the messages of a channel for several nodes, as JetStream does: requests and answers take their time or are lost,
//! a message is known again by its id, and one of a session is taken only behind the one that its node knows of.

use std::collections::{BTreeMap, HashMap, VecDeque};

use protocol::session::{Channel, Epoch, Public};

use crate::world::{Frame, Submitted};

#[derive(Debug)]
pub(crate) struct Bus {
    pub(crate) epoch: Epoch,
    /// The offset of the first message there is, or would be.
    pub(crate) first: u64,
    pub(crate) kept: VecDeque<Submitted>,
    /// So many are kept.
    most: usize,
    /// Where each lies that came.
    ids: HashMap<(Public, u64), u64>,
    nodes: Vec<Node>,
    requests: Vec<Request>,
    answers: Vec<Answer>,
    asked: u64,
}

/// A node, as far as it publishes.
#[derive(Debug, Default)]
struct Node {
    /// One that was started again hears nothing of what the one before it had asked.
    life: u64,
    senders: BTreeMap<Public, Sender>,
}

/// What waits of a session: one message is on its way at a time.
#[derive(Debug, Default)]
struct Sender {
    queue: VecDeque<Submitted>,
    /// Where the session's latest lies, as the bus said.
    latest: Option<u64>,
    state: Asks,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Asks {
    #[default]
    Idle,
    /// Again, as the session's latest lies elsewhere.
    Again(u64),
    /// This request is on its way, or its answer is.
    Asked(u64),
    /// There was no answer: it is known what became of it once all up to this offset is known.
    Behind(Epoch, u64),
}

#[derive(Debug)]
struct Request {
    id: u64,
    node: usize,
    life: u64,
    message: Submitted,
    /// The node's when it asked.
    epoch: Epoch,
    expected: u64,
}

#[derive(Debug)]
struct Answer {
    id: u64,
    node: usize,
    life: u64,
    session: Public,
    seq: u64,
    /// Where it lies, or else where the session's latest does, and its number.
    kept: Result<u64, Option<(u64, u64)>>,
}

impl Bus {
    pub(crate) fn new(epoch: Epoch, nodes: usize, most: usize) -> Bus {
        Bus {
            epoch,
            first: 1,
            kept: VecDeque::new(),
            most,
            ids: HashMap::new(),
            nodes: (0..nodes).map(|_| Node::default()).collect(),
            requests: Vec::new(),
            answers: Vec::new(),
            asked: 0,
        }
    }

    /// The offset of the latest message.
    pub(crate) fn last(&self) -> u64 {
        self.first + self.kept.len() as u64 - 1
    }

    /// Whether something is on its way.
    pub(crate) fn is_busy(&self) -> bool {
        let waits = |node: &Node| node.senders.values().any(|sender| !sender.queue.is_empty());
        !self.requests.is_empty() || !self.answers.is_empty() || self.nodes.iter().any(waits)
    }

    /// A node has taken this in hand.
    pub(crate) fn submit(&mut self, node: usize, message: Submitted) {
        self.nodes[node].senders.entry(message.session).or_default().queue.push_back(message);
    }

    /// A node asks for what it may ask for.
    pub(crate) fn ask(&mut self, node: usize, channel: &Channel<Frame>) {
        // A node asks in its own epoch, whether it has heard of another or not.
        let epoch = channel.head().epoch;
        let life = self.nodes[node].life;
        for (session, sender) in &mut self.nodes[node].senders {
            let known = sender.latest.max(channel.latest(*session)).unwrap_or(0);
            let expected = match sender.state {
                Asks::Asked(_) => continue,
                Asks::Behind(epoch, offset)
                    if channel.head().epoch == epoch && channel.head().offset < offset =>
                {
                    continue;
                }
                Asks::Again(expected) => expected,
                Asks::Behind(..) | Asks::Idle => known,
            };
            while sender.queue.front().is_some_and(|message| !channel.is_waiting(*session, message.seq)) {
                sender.queue.pop_front();
            }
            let Some(message) = sender.queue.front().cloned() else { continue };
            self.asked += 1;
            sender.state = Asks::Asked(self.asked);
            self.requests.push(Request { id: self.asked, node, life, message, epoch, expected });
        }
        self.nodes[node].senders.retain(|_, sender| !sender.queue.is_empty());
    }

    /// A request reaches the bus. Gives what is new, if anything is.
    pub(crate) fn serve(&mut self, pick: usize) -> Option<Submitted> {
        if self.requests.is_empty() {
            return None;
        }
        let Request { id, node, life, message, epoch, expected } =
            self.requests.remove(pick % self.requests.len());
        let Submitted { session, seq, .. } = message;
        if epoch != self.epoch {
            // There is nobody who takes messages of that epoch. It is over for the message once its node has heard of that.
            if let Some(sender) = self.waiting(node, life, session, id) {
                sender.state = Asks::Behind(epoch, u64::MAX);
            }
            return None;
        }
        let there = (self.first..).zip(&self.kept).filter(|(_, kept)| kept.session == session).last();
        let there = there.map(|(at, kept)| (at, kept.seq));
        let mut new = None;
        let kept = if let Some(at) = self.ids.get(&(session, seq)) {
            Ok(*at)
        } else if there.map_or(0, |(at, _)| at) != expected {
            Err(there)
        } else {
            new = Some(message.clone());
            Ok(self.append(message))
        };
        self.answers.push(Answer { id, node, life, session, seq, kept });
        new
    }

    /// Keeps a message, whoever sent it.
    pub(crate) fn append(&mut self, message: Submitted) -> u64 {
        let (id, at) = ((message.session, message.seq), self.last() + 1);
        self.kept.push_back(message);
        if id.0 != Public(0) {
            self.ids.insert(id, at);
        }
        if self.kept.len() > self.most {
            self.kept.pop_front();
            self.first += 1;
        }
        at
    }

    /// An answer reaches its node.
    pub(crate) fn answer(&mut self, pick: usize) {
        if self.answers.is_empty() {
            return;
        }
        let Answer { id, node, life, session, seq, kept } = self.answers.remove(pick % self.answers.len());
        let Some(sender) = self.waiting(node, life, session, id) else { return };
        sender.state = Asks::Idle;
        match kept {
            Ok(at) => sender.latest = Some(at),
            Err(Some((at, latest))) if latest >= seq => sender.latest = Some(at),
            Err(there) => {
                sender.state = Asks::Again(there.map_or(0, |(at, _)| at));
                return;
            }
        }
        sender.queue.pop_front();
    }

    /// A request or an answer is given up by its node. What it asked for may be on its way still.
    pub(crate) fn give_up(&mut self, pick: usize, vanishes: bool) {
        let all = self.requests.len() + self.answers.len();
        if all == 0 {
            return;
        }
        let pick = pick % all;
        let (node, life, session, id) = if let Some(request) = self.requests.get(pick) {
            (request.node, request.life, request.message.session, request.id)
        } else {
            let answer = &self.answers[pick - self.requests.len()];
            (answer.node, answer.life, answer.session, answer.id)
        };
        if vanishes {
            self.requests.retain(|request| request.id != id);
            self.answers.retain(|answer| answer.id != id);
        }
        let (epoch, last) = (self.epoch, self.last());
        if let Some(sender) = self.waiting(node, life, session, id) {
            sender.state = Asks::Behind(epoch, last);
        }
    }

    /// A node ends, and another begins in its place. What it had asked for is on its way still.
    pub(crate) fn crash(&mut self, node: usize) {
        self.nodes[node] = Node { life: self.nodes[node].life + 1, ..Node::default() };
    }

    /// All that was kept is gone. What is on its way comes to another epoch than it was meant for.
    pub(crate) fn renew(&mut self, epoch: Epoch) {
        (self.epoch, self.first) = (epoch, 1);
        self.kept.clear();
        self.ids.clear();
    }

    fn waiting(&mut self, node: usize, life: u64, session: Public, id: u64) -> Option<&mut Sender> {
        let node = Some(&mut self.nodes[node]).filter(|node| node.life == life)?;
        node.senders.get_mut(&session).filter(|sender| sender.state == Asks::Asked(id))
    }
}

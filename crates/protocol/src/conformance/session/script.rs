//! What the server of a case does, one step after the other, and what it waits for.

use std::time::Duration;

use super::seat::Saying;
use crate::session::{
    Author, Epoch, Hello, Lost, Message, Position, Public, Reason, Refused, ServerMessage, Welcome,
};

/// The count in which each case begins.
pub(super) const EPOCH: Epoch = Epoch(0x5eed_5eed_5eed_5eed);
/// Another.
pub(super) const OTHER: Epoch = Epoch(0xc0ff_ee00_c0ff_ee00);
/// The memory that each case begins with.
pub(super) const MEMORY: u64 = 4;
/// What others see of the client and of its session.
const YOU: Public = Public(0xd1ce_4f5a_6b7c_8d9e);
const SESSION: Public = Public(0x0a1b_2c3d_4e5f_6071);

/// A client comes back within this: the longest wait between two attempts, and some time to connect.
const RETURN: Duration = Duration::from_secs(40);
/// A publish comes within this.
const SOON: Duration = Duration::from_secs(10);
/// What is to be done 10 s after the last answer comes within this, and what is to be done after 20 s of nothing within
/// ten more.
const PATIENCE: Duration = Duration::from_secs(15);
const QUIET: Duration = Duration::from_secs(25);
/// Who gave up stays away for so long, which is longer than the longest wait before a first attempt.
const AWAY: Duration = Duration::from_secs(3);

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A connection comes, and its hello says this.
    Hello(Expected),
    /// The server says this. What the application gets by it is to be published.
    Say { saying: Saying, takes: Option<&'static str> },
    /// All that the client has published so far is acknowledged.
    AckAll,
    /// A message may be published again no sooner than this.
    MayRepeat(&'static str, Duration),
    /// The client publishes up to this number, or all that its application has to say.
    Published(Option<u64>),
    /// For so long nothing is to be done, and nothing wrong comes.
    Wait(Duration),
    /// The client asks whether the server is there.
    Ping { answered: bool },
    /// The client closes, with this code if it matters which.
    Left(Option<u16>),
    /// The server ends TCP without a Close.
    Cut,
    /// The server closes.
    Close(u16),
    /// The client does not come back.
    Gone,
}

/// What a hello has to say beside what every one does. What is `None` is not looked at: other cases do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Expected {
    position: Option<Option<Position>>,
    memory: Option<u64>,
    known: Option<u64>,
    sent: Option<u64>,
}

/// A script that is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Script(Vec<Step>);

impl Step {
    /// How long the client has, or how long nothing is to come. `None`: the step is done at once, or begins the case.
    pub(super) fn patience(&self) -> Option<Duration> {
        match self {
            Step::Hello(_) => Some(RETURN),
            Step::Published(_) => Some(SOON),
            Step::Wait(time) => Some(*time),
            Step::Ping { .. } => Some(QUIET),
            Step::Left(_) => Some(PATIENCE),
            Step::Gone => Some(AWAY),
            Step::Say { .. } | Step::AckAll | Step::MayRepeat(..) | Step::Cut | Step::Close(_) => None,
        }
    }

    /// What is waited for, for somebody whose client did something else.
    pub(super) fn awaited(&self) -> &'static str {
        match self {
            Step::Hello(_) => "a connection was awaited",
            Step::Published(_) => "messages were awaited",
            Step::Ping { .. } => "a ping was awaited",
            Step::Left(_) => "it had to close the one it had",
            Step::Gone => "the session had ended for good",
            _ => "there was nothing to be done",
        }
    }

    /// What the client did not do within the time it had.
    pub(super) fn missed(&self) -> String {
        let did_not = match self {
            Step::Hello(_) => "come back".to_owned(),
            Step::Published(_) => "publish what it had to".to_owned(),
            Step::Ping { .. } => "send ping where nothing came".to_owned(),
            Step::Left(Some(code)) => format!("close with {code}"),
            _ => "end the connection".to_owned(),
        };
        format!("did not {did_not} within {} s", self.patience().unwrap_or_default().as_secs())
    }
}

impl Expected {
    /// What it says that is not so.
    pub(super) fn check(&self, hello: &Hello) -> Result<(), String> {
        let Hello { position, memory, known, sent, .. } = *hello;
        if let Some(expected) = self.position
            && position != expected
        {
            let said = |position: Option<Position>| match position {
                Some(Position { epoch, offset }) => format!("offset {offset} of epoch {epoch}"),
                None => "no position".to_owned(),
            };
            return Err(format!("said {} where it is at {}", said(position), said(expected)));
        }
        for (name, expected, said) in
            [("memory", self.memory, memory), ("known", self.known, known), ("sent", self.sent, sent)]
        {
            if let Some(expected) = expected
                && said != expected
            {
                return Err(format!("said {name} {said} where it is {expected}"));
            }
        }
        Ok(())
    }

    pub(super) fn at(self, epoch: Epoch, offset: u64) -> Expected {
        Expected { position: Some(Some(Position { epoch, offset })), ..self }
    }

    pub(super) fn nowhere(self) -> Expected {
        Expected { position: Some(None), ..self }
    }

    pub(super) fn memory(self, memory: u64) -> Expected {
        Expected { memory: Some(memory), ..self }
    }

    pub(super) fn known(self, known: u64) -> Expected {
        Expected { known: Some(known), ..self }
    }

    pub(super) fn sent(self, sent: u64) -> Expected {
        Expected { sent: Some(sent), ..self }
    }
}

/// What a welcome says unless told otherwise: the start of the count, and nothing known of any message.
pub(super) fn welcome(offset: u64) -> Welcome {
    Welcome {
        position: Position { epoch: EPOCH, offset },
        head: offset,
        memory: MEMORY,
        lost: Vec::new(),
        seq: Some(0),
        refused: Vec::new(),
        client: YOU,
        session: SESSION,
    }
}

/// Messages of the first count that do not come.
pub(super) fn lost(from: u64, to: Option<u64>) -> Vec<Lost> {
    vec![Lost { epoch: EPOCH, from, to }]
}

impl Script {
    pub(super) fn into_steps(self) -> Vec<Step> {
        self.0
    }

    fn then(mut self, step: Step) -> Script {
        self.0.push(step);
        self
    }

    fn say(self, message: &ServerMessage) -> Script {
        self.then(Step::Say { saying: Saying::new(message), takes: None })
    }

    /// The server says this, as it stands here, and in the binary form what is closest to it.
    pub(super) fn raw(self, json: &str) -> Script {
        self.then(Step::Say { saying: Saying::later(json, None), takes: None })
    }

    /// The same in both forms as it stands here.
    pub(super) fn raw_both(self, json: &str, bytes: &[u8]) -> Script {
        self.then(Step::Say { saying: Saying::later(json, Some(bytes)), takes: None })
    }

    /// [`raw`](Self::raw) for a message that the application gets.
    pub(super) fn raw_message(self, json: &str, data: &'static str) -> Script {
        self.then(Step::Say { saying: Saying::later(json, None), takes: Some(data) })
    }

    pub(super) fn hello(self) -> Script {
        self.hello_with(Expected::default())
    }

    pub(super) fn hello_with(self, expected: Expected) -> Script {
        self.then(Step::Hello(expected))
    }

    pub(super) fn welcome(self, welcome: Welcome) -> Script {
        self.say(&ServerMessage::Welcome(welcome))
    }

    /// Everything up to this offset was there before.
    pub(super) fn welcome_at(self, offset: u64) -> Script {
        self.welcome(welcome(offset))
    }

    /// The same, and this is the last of the client's messages that was dealt with.
    pub(super) fn welcome_back(self, offset: u64, seq: u64) -> Script {
        self.welcome(Welcome { seq: Some(seq), ..welcome(offset) })
    }

    /// Messages that the application gets, from this offset on.
    pub(super) fn messages(self, first: u64, data: &[&'static str]) -> Script {
        let says = |script: Script, (offset, data): (u64, &&'static str)| {
            let saying = Saying::new(&message(offset, data, None));
            script.then(Step::Say { saying, takes: Some(data) })
        };
        (first..).zip(data).fold(self, says)
    }

    /// A message that the application does not get: it is there already, or another one is missing.
    pub(super) fn passed_over(self, offset: u64) -> Script {
        self.say(&message(offset, "not to be taken", None))
    }

    /// A message of the client's own.
    pub(super) fn own(self, offset: u64, seq: u64, data: &'static str) -> Script {
        let author = Author { client: YOU, session: SESSION, seq, name: String::new() };
        self.say(&message(offset, data, Some(author)))
    }

    /// Whatever is there to be published comes, and is acknowledged.
    pub(super) fn exchanged(self) -> Script {
        self.published().then(Step::AckAll)
    }

    pub(super) fn published(self) -> Script {
        self.then(Step::Published(None))
    }

    pub(super) fn published_up_to(self, seq: u64) -> Script {
        self.then(Step::Published(Some(seq)))
    }

    pub(super) fn ack(self, from: u64, to: u64) -> Script {
        self.say(&ServerMessage::Ack { from, to })
    }

    pub(super) fn refuse(self, seq: u64, reason: Reason) -> Script {
        self.say(&ServerMessage::Refused(Refused { seq, reason, error: "for the sake of the case".into() }))
    }

    pub(super) fn may_repeat(self, data: &'static str, after: Duration) -> Script {
        self.then(Step::MayRepeat(data, after))
    }

    pub(super) fn jump(self, epoch: Epoch, offset: u64, lost: Vec<Lost>) -> Script {
        self.say(&ServerMessage::Jump { position: Position { epoch, offset }, lost })
    }

    pub(super) fn error(self) -> Script {
        self.say(&ServerMessage::Error { error: "for the sake of the case".into() })
    }

    pub(super) fn wait(self, time: Duration) -> Script {
        self.then(Step::Wait(time))
    }

    /// Long enough for what should not come.
    pub(super) fn pause(self) -> Script {
        self.wait(Duration::from_millis(300))
    }

    pub(super) fn ping(self, answered: bool) -> Script {
        self.then(Step::Ping { answered })
    }

    pub(super) fn left(self, code: Option<u16>) -> Script {
        self.then(Step::Left(code))
    }

    pub(super) fn cut(self) -> Script {
        self.then(Step::Cut)
    }

    pub(super) fn close(self, code: u16) -> Script {
        self.then(Step::Close(code))
    }

    pub(super) fn gone(self) -> Script {
        self.then(Step::Gone)
    }
}

fn message(offset: u64, data: &str, author: Option<Author>) -> ServerMessage {
    // In milliseconds since 1970: any time will do.
    let (at, data) = (1_732_640_000_000, workbench::json::quote(data).into_bytes());
    ServerMessage::Message(Message { offset, author, at, data })
}

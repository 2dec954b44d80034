use std::fmt;
use std::num::NonZeroU64;
use std::time::Duration;

use serde::Serialize;

use super::{Template, Violation};
use crate::units::{Chance, Progress, Rate, TimeRange};

/// What is to go wrong on a connection. The default: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultPlan {
    /// Before, in and in place of the 101.
    pub handshake: HandshakeFaults,
    /// What becomes of messages.
    pub traffic: Traffic,
    /// How the connection ends, and what it leaves undone.
    pub ends: Ends,
    /// Rules of the RFC to break.
    pub violations: Vec<Violation>,
    /// For which connections and messages.
    pub when: When,
    /// The name under which connections are found again, counted and steered.
    pub label: Option<Label>,
    /// Where randomness comes from. Without one the host draws it and says which.
    pub seed: Option<u64>,
    /// Names that are no parameter are refused.
    pub strict: bool,
}

/// What goes wrong in the opening handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandshakeFaults {
    /// The answer takes this long.
    pub delay: Option<TimeRange>,
    /// This status instead of the 101: 300-599.
    pub status: Option<u16>,
    /// `Retry-After`, in seconds, and the hint of a restart.
    pub retry_after: Option<u32>,
    /// `Location`.
    pub location: Option<String>,
    /// There is never an answer.
    pub hang: bool,
    /// `Sec-WebSocket-Accept` answers another key.
    pub wrong_accept: bool,
    /// What is said about subprotocols.
    pub protocol: Option<ProtocolAnswer>,
    /// An extension that nobody asked for.
    pub extension: bool,
    /// More headers, each a name and a value.
    pub headers: Vec<(String, String)>,
    /// The head is filled up to this many bytes.
    pub head: Option<u32>,
    /// TCP is reset at this step.
    pub reset: Option<ResetStep>,
}

/// A fault of the answer to `Sec-WebSocket-Protocol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolAnswer {
    /// One that was not among those asked for; if none was asked for, none.
    Wrong,
    /// One although none was asked for, or another than those.
    Unrequested,
    /// None although some were asked for.
    Missing,
}

/// When TCP is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetStep {
    /// Once the request is read.
    Request,
    /// In the middle of the answer's head.
    Head,
    /// Right behind the 101.
    Open,
}

/// A direction of a connection, as the server sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the client.
    In,
    /// To the client.
    Out,
}

/// Something for each direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ways<T> {
    /// From the client.
    pub incoming: Option<T>,
    /// To the client.
    pub outgoing: Option<T>,
}

/// What becomes of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Each message waits. They keep their order.
    pub delay: Ways<TimeRange>,
    /// No more than this passes.
    pub rate: Ways<Rate>,
    /// Messages vanish.
    pub drop: Ways<Chance>,
    /// Messages come twice.
    pub duplicate: Ways<Chance>,
    /// Messages come behind the one that follows.
    pub reorder: Ways<Chance>,
    /// A byte is another one; a text stays UTF-8.
    pub corrupt: Ways<Chance>,
    /// What is answered.
    pub answers: Answers,
    /// A message of this many bytes is sent once the connection is open.
    pub big: Option<u32>,
    /// Messages nobody asked for.
    pub flood: Option<Flood>,
    /// What is sent comes in fragments.
    pub fragment: Option<Fragments>,
    /// What is sent comes a few bytes at a time.
    pub trickle: Option<TricklePace>,
    /// Reading pauses.
    pub stall_read: Option<Stall>,
}

/// What messages are answered with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Answers {
    /// By what is behind the connection.
    #[default]
    Usual,
    /// Not at all: what comes is not passed on.
    Off,
    /// With a text made from this, and not by what is behind the connection.
    Template(Template),
}

/// Messages nobody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flood {
    /// Bytes of each message: 1 to 16 MiB.
    pub size: u32,
    /// How fast.
    pub rate: Rate,
    /// How many; without a number, until the connection ends.
    pub count: Option<u64>,
}

/// What a message's fragments are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragments {
    /// Bytes in each.
    pub size: u32,
    /// A Ping goes between any two.
    pub pings: bool,
}

/// How fast bytes trickle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TricklePace {
    /// Bytes in one write.
    pub bytes: u32,
    /// Between two writes.
    pub every: Duration,
}

/// How long nothing is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stall {
    /// As long as the connection lasts.
    ForGood,
    /// For this time.
    For(Duration),
}

/// How a connection ends. The `after`s are counted in what came from the client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// A Close is sent.
    pub close_after: Option<Progress>,
    /// With this.
    pub status: CloseStatus,
    /// A Close with 1012 is sent, which says when to come back.
    pub restart_after: Option<Progress>,
    /// TCP is reset.
    pub reset_after: Option<Progress>,
    /// TCP ends in order, without a Close.
    pub fin_after: Option<Progress>,
    /// Nothing is sent or read any more, and TCP does not end.
    pub vanish_after: Option<Progress>,
    /// A Close from the client is left unanswered.
    pub ignore_close: bool,
    /// Pings are left unanswered.
    pub no_pong: bool,
}

/// What a Close says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloseStatus {
    /// The code: by default 1000.
    pub code: Option<CloseCode>,
    /// At most 123 bytes.
    pub reason: String,
}

/// What stands for a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseCode {
    /// The Close is empty.
    None,
    /// A code that may travel.
    Code(u16),
}

/// How a connection is to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With a Close: a code and a reason, or an empty one.
    Close(Option<(u16, String)>),
    /// With a TCP reset.
    Reset,
    /// With the end of TCP and no Close.
    Fin,
    /// Not at all: as if the cable were cut.
    Vanish,
}

/// For which connections and messages faults hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// Only the first so many connections of the label.
    pub times: Option<NonZeroU64>,
    /// From this message (the first is 1) or time on.
    pub from: Option<Progress>,
    /// Up to this message or time, included.
    pub until: Option<Progress>,
    /// Of these only each so-manieth.
    pub every: Option<NonZeroU64>,
}

/// A label: 1 to 64 letters, digits, dots, dashes and underscores, but not `.` or `..`, which clients take out of paths
/// (RFC 3986, section 5.2.4) before anybody sees them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(String);

impl FaultPlan {
    /// Whether there is nothing to do for it: no fault, and no label to keep a journal for.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.label.is_none() && self.is_harmless()
    }

    /// Whether no fault is asked for.
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        self.handshake == HandshakeFaults::default()
            && self.traffic == Traffic::default()
            && self.ends == Ends::default()
            && self.violations.is_empty()
    }

    /// Whether chance has a part in it, so that the seed matters.
    #[must_use]
    pub fn draws(&self) -> bool {
        let traffic = &self.traffic;
        let chances = [traffic.drop, traffic.duplicate, traffic.reorder, traffic.corrupt];
        let times = [self.handshake.delay, traffic.delay.incoming, traffic.delay.outgoing];
        chances.iter().any(|chance| *chance != Ways::default())
            || times.into_iter().flatten().any(|time| time.min() != time.max())
    }

    /// Draws how long the handshake waits.
    #[must_use]
    pub fn draw_handshake_delay(&self, delay: TimeRange, seed: u64) -> Duration {
        delay.draw(&mut fastrand::Rng::with_seed(seed))
    }

    /// The same without its faults: what a connection gets that `times` leaves alone.
    #[must_use]
    pub fn without_faults(&self) -> FaultPlan {
        FaultPlan { label: self.label.clone(), seed: self.seed, strict: self.strict, ..FaultPlan::default() }
    }
}

impl Direction {
    /// Both, in the order in which their numbers stand for them.
    pub const ALL: [Direction; 2] = [Direction::In, Direction::Out];

    /// `in` or `out`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Direction::In => "in",
            Direction::Out => "out",
        }
    }
}

impl<T> Default for Ways<T> {
    fn default() -> Self {
        Ways { incoming: None, outgoing: None }
    }
}

impl<T: Copy> Ways<T> {
    /// What is for this direction.
    #[must_use]
    pub fn of(&self, direction: Direction) -> Option<T> {
        match direction {
            Direction::In => self.incoming,
            Direction::Out => self.outgoing,
        }
    }
}

impl Traffic {
    /// Whether something is to become of messages in this direction.
    pub(super) fn is_for_messages(&self, direction: Direction) -> bool {
        let Self { delay, rate, drop, duplicate, reorder, corrupt, answers, fragment, trickle, .. } = self;
        let chances = [drop, duplicate, reorder, corrupt];
        delay.of(direction).is_some()
            || rate.of(direction).is_some()
            || chances.iter().any(|chance| chance.of(direction).is_some())
            || match direction {
                Direction::In => *answers != Answers::Usual,
                Direction::Out => fragment.is_some() || trickle.is_some(),
            }
    }
}

impl Ends {
    /// All ends that are due at some time, the gentlest last: where two are due at once, the harsher one is it.
    pub(super) fn triggers(&self, hint: u32) -> Vec<(Progress, Ending)> {
        let close = || match self.status.code {
            Some(CloseCode::None) => Ending::Close(None),
            Some(CloseCode::Code(code)) => Ending::Close(Some((code, self.status.reason.clone()))),
            None => Ending::Close(Some((1000, self.status.reason.clone()))),
        };
        let restart = || Ending::Close(Some((1012, format!("retry-after={hint}"))));
        [
            self.reset_after.map(|after| (after, Ending::Reset)),
            self.vanish_after.map(|after| (after, Ending::Vanish)),
            self.fin_after.map(|after| (after, Ending::Fin)),
            self.restart_after.map(|after| (after, restart())),
            self.close_after.map(|after| (after, close())),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Label {
    /// The longest label, in bytes.
    pub const MAX_LEN: usize = 64;
    /// What a label has to be, for those who gave another.
    pub const RULE: &str = "1 to 64 letters, digits, dots, dashes and underscores, but not . or ..";

    /// Reads a label.
    #[must_use]
    pub fn parse(text: &str) -> Option<Label> {
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let fits = (1..=Label::MAX_LEN).contains(&text.len());
        let is_step = matches!(text, "." | "..");
        (fits && !is_step && text.bytes().all(fine)).then(|| Label(text.to_owned()))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

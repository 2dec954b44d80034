//! One run of a case.

use std::time::Duration;

use super::SessionCase;
use super::script::{EPOCH, Step};
use super::seat::{Form, Output, Said, Saying, Seat};
use crate::conformance::{Judged, Verdict};
use crate::session::json::{read_client, read_server};
use crate::session::{
    ClientId, ClientMessage, Hello, Refused, SUPERSEDED, ServerMessage, SessionId, WINDOW, binary,
};

/// A connection says hello within this.
const GREETING: Duration = Duration::from_secs(10);
/// How often a connection looks that the script is not about.
const LOOK: Duration = Duration::from_millis(20);

/// A run of a case, over all of its connections: the server's end of them, and what it makes of the client.
///
/// ```text
///  hello of a session ──▶ step after step ──┬──▶ passed ──┬──▶ each connection is closed with 4409
///          ▲                                └──▶ failed ──┘                 │
///          └──────────── hello of another session: the run begins anew ◀────┘
/// ```
///
/// After each input, take what the [`Seat`] has to [`do`](Seat::poll_output), and call
/// [`handle_timeout`](Self::handle_timeout) when [`next_timeout`](Self::next_timeout) has come. Times are counted from any
/// fixed moment.
#[derive(Debug)]
pub struct Exam {
    case: &'static SessionCase,
    steps: Vec<Step>,
    /// The step that is not done yet, and since when it is waited for.
    step: usize,
    since: Duration,
    /// Whose session it is, and the number of its latest connection. `None`: nobody came.
    who: Option<(ClientId, SessionId, u64)>,
    connections: u64,
    /// The connection that the script is about; `None` behind the end of one.
    seat: Option<u64>,
    /// It came before the one that it follows was closed.
    early: Option<(u64, Hello)>,
    /// It was welcomed.
    live: bool,
    /// Pings get no answer.
    mute: bool,
    /// What the application has to publish, by number.
    said: Vec<String>,
    /// What it may publish once more, and from when on.
    repeats: Vec<(String, Duration)>,
    /// Messages up to this number have come.
    sent: u64,
    /// The number of the next, over this connection.
    next: u64,
    /// Messages up to this number are known of, as far as the client can tell.
    settled: u64,
    outcome: Option<(Verdict, String)>,
    /// Of the run before this one.
    before: Option<(Verdict, String)>,
}

impl Exam {
    /// A run that begins with the first hello.
    #[must_use]
    pub fn new(case: &'static SessionCase) -> Exam {
        Exam {
            case,
            steps: case.steps(),
            step: 0,
            since: Duration::ZERO,
            who: None,
            connections: 0,
            seat: None,
            early: None,
            live: false,
            mute: false,
            said: case.publishes(),
            repeats: Vec::new(),
            sent: 0,
            next: 1,
            settled: 0,
            outcome: None,
            before: None,
        }
    }

    /// How it came out; of several runs, the latest that has ended.
    #[must_use]
    pub fn judged(&self) -> Judged<SessionCase> {
        let (verdict, did) = match (&self.outcome, &self.before) {
            (Some(outcome), _) | (None, Some(outcome)) => outcome.clone(),
            (None, None) if self.who.is_some() => (Verdict::Missing, "has not ended".to_owned()),
            (None, None) => return Exam::not_run(self.case),
        };
        Judged { case: *self.case, verdict, did }
    }

    /// A case that nobody ran.
    #[must_use]
    pub fn not_run(case: &'static SessionCase) -> Judged<SessionCase> {
        Judged { case: *case, verdict: Verdict::Missing, did: "was not run".to_owned() }
    }

    /// Time goes on while there may be no connection: call it before [`judged`](Self::judged).
    pub fn handle_time(&mut self, now: Duration) {
        let Some(due) = self.due().filter(|due| *due <= now) else { return };
        match &self.steps[self.step] {
            // A step that goes on by itself has a connection to say what follows.
            Step::Wait(_) => {}
            Step::Gone => self.pass_step(due),
            late => self.fail(late.missed()),
        }
    }
}

/// Inputs.
impl Exam {
    /// A connection is open. `id` is no other's.
    pub fn handle_open(&mut self, id: u64, now: Duration) -> Seat {
        self.handle_time(now);
        let seat = Seat::new(id, now);
        if self.outcome.is_none() && matches!(self.steps[self.step], Step::Gone) {
            self.fail("came back, though the session had ended for good".to_owned());
        }
        seat
    }

    /// The client sent this. It is answered in the form of the connection's first message.
    pub fn handle_message(&mut self, seat: &mut Seat, said: Said<'_>, now: Duration) {
        self.handle_timeout(seat, now);
        if seat.over {
            return;
        }
        let (form, message) = match said {
            Said::Text(text) => (Form::Json, read_client(text).map_err(|error| error.to_string())),
            Said::Binary(bytes) => {
                (Form::Binary, binary::read_client(bytes).map_err(|error| error.to_string()))
            }
        };
        if *seat.form.get_or_insert(form) != form {
            let did =
                "sent text and binary messages over one connection: its first message says which form it has";
            return self.judge(seat, Err(did.to_owned()), now);
        }
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                return self.judge(seat, Err(format!("said what is not understood: {error}")), now);
            }
        };
        let done = match (message, seat.greeted) {
            (ClientMessage::Hello(hello), false) => {
                seat.greeted = true;
                self.greet(seat, hello, now)
            }
            (_, false) => Err("said something else before hello".to_owned()),
            // Of a connection that is given up, by either end.
            (_, true) if self.seat != Some(seat.id) => Ok(()),
            (ClientMessage::Hello(_), true) => Err("said hello twice on one connection".to_owned()),
            (ClientMessage::Publish { seq, data }, true) => match form.text(&data) {
                Some(text) => self.take(seq, &text, now),
                None => Err(format!("sent message {seq} with data that is no text")),
            },
            (ClientMessage::Ping, true) => {
                self.ping(seat, now);
                Ok(())
            }
        };
        self.judge(seat, done, now);
    }

    /// The connection has ended; with this code, if the client sent a Close that has one.
    pub fn handle_closed(&mut self, seat: &mut Seat, code: Option<u16>, now: Duration) {
        self.handle_timeout(seat, now);
        seat.over = true;
        if self.outcome.is_some() || self.seat != Some(seat.id) {
            return;
        }
        self.seat = None;
        let did = code.map_or("ended it without a code".to_owned(), |code| format!("closed with {code}"));
        match &self.steps[self.step] {
            Step::Left(wanted) if wanted.is_none() || *wanted == code => self.pass_step(now),
            Step::Left(Some(wanted)) => self.fail(format!("{did} where {wanted} belongs")),
            step => self.fail(format!("{did} where it had to stay: {}", step.awaited())),
        }
    }

    /// The time of [`next_timeout`](Self::next_timeout) has come. Called too early it does nothing.
    pub fn handle_timeout(&mut self, seat: &mut Seat, now: Duration) {
        self.handle_time(now);
        if self.seat == Some(seat.id) {
            while let Some(Step::Wait(_)) = self.steps.get(self.step)
                && let Some(due) = self.due().filter(|due| *due <= now)
            {
                self.pass_step(due);
                self.go_on(seat, due);
            }
        }
        if let Some((_, hello)) = self.early.take_if(|(id, _)| *id == seat.id && self.seat.is_none()) {
            let done = self.greet(seat, hello, now);
            self.judge(seat, done, now);
        }
        if self.outcome.is_some() && seat.greeted {
            self.dismiss(seat);
        } else if !seat.greeted && seat.opened + GREETING <= now {
            self.judge(seat, Err("said no hello for 10 s".to_owned()), now);
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called for this connection.
    #[must_use]
    pub fn next_timeout(&self, seat: &Seat, now: Duration) -> Option<Duration> {
        if seat.over {
            return None;
        }
        if !seat.greeted {
            return Some(seat.opened + GREETING);
        }
        // Nobody tells one connection what another one changes.
        if self.seat == Some(seat.id) { self.due() } else { Some(now + LOOK) }
    }
}

impl Exam {
    fn due(&self) -> Option<Duration> {
        // A case begins when somebody comes.
        self.who.filter(|_| self.outcome.is_none())?;
        Some(self.since + self.steps.get(self.step)?.patience()?)
    }

    fn pass_step(&mut self, now: Duration) {
        self.step += 1;
        self.since = now;
        if self.step == self.steps.len() {
            let (connections, sent) = (self.connections, self.sent);
            let did = format!("connections: {connections}, messages: {sent}");
            self.outcome = Some((Verdict::Passed, did));
        }
    }

    fn fail(&mut self, did: String) {
        self.outcome.get_or_insert((Verdict::Failed, did));
    }

    /// What the client did is right, or not; then the script goes on.
    fn judge(&mut self, seat: &mut Seat, done: Result<(), String>, now: Duration) {
        match done {
            Ok(()) => self.go_on(seat, now),
            Err(did) => self.fail(did),
        }
        if self.outcome.is_some() {
            self.dismiss(seat);
        }
    }

    /// Who is closed with this code stops.
    fn dismiss(&self, seat: &mut Seat) {
        if let Some((verdict, did)) = &self.outcome {
            let word = if *verdict == Verdict::Passed { "passed" } else { "failed" };
            seat.close(SUPERSEDED, format!("{} {word}: {did}", self.case.name));
        }
    }

    fn greet(&mut self, seat: &mut Seat, hello: Hello, now: Duration) -> Result<(), String> {
        if self.outcome.is_some() && self.who.is_none_or(|(_, session, _)| session != hello.session) {
            // Somebody runs the case again.
            let before = self.outcome.take();
            *self = Exam { before, ..Exam::new(self.case) };
        }
        if self.outcome.is_some() {
            return Ok(());
        }
        match &self.steps[self.step] {
            Step::Hello(expected) => {
                let expected = *expected;
                self.recognize(&hello)?;
                expected.check(&hello)?;
                (self.seat, self.live, self.mute) = (Some(seat.id), false, false);
                self.connections += 1;
                self.pass_step(now);
                Ok(())
            }
            // Its Close may be on its way.
            Step::Left(_) if self.early.is_none() => {
                self.early = Some((seat.id, hello));
                Ok(())
            }
            step => Err(format!("connected once more where it had to stay: {}", step.awaited())),
        }
    }

    /// It is who came before.
    fn recognize(&mut self, hello: &Hello) -> Result<(), String> {
        let &Hello { client, session, connection, .. } = hello;
        if let Some((who, which, before)) = self.who {
            if client != who {
                return Err("came back with another client id".to_owned());
            }
            if session != which {
                return Err("came back with another session id".to_owned());
            }
            if connection <= before {
                return Err(format!("said connection {connection} behind {before}"));
            }
        } else if connection != 1 {
            return Err(format!("said connection {connection} on the session's first"));
        }
        self.who = Some((client, session, connection));
        Ok(())
    }

    fn take(&mut self, seq: u64, data: &str, now: Duration) -> Result<(), String> {
        if !self.live {
            return Err(format!("published {seq} before the welcome"));
        }
        let place = usize::try_from(seq - 1).unwrap_or(usize::MAX);
        if seq != self.next {
            let whose = self.said.iter().position(|said| said == data);
            let again = whose.filter(|whose| (*whose as u64) < self.sent && *whose != place);
            return Err(match again {
                Some(whose) => {
                    format!("sent message {} again as {seq}: it keeps its number", whose + 1)
                }
                None if seq < self.next => {
                    format!("sent message {seq} where {} was the next to be sent", self.next)
                }
                None => format!("left out message {} and sent {seq}", self.next),
            });
        }
        if seq > self.settled + WINDOW {
            let settled = self.settled;
            return Err(format!("sent message {seq} when {settled} was the last that is known of"));
        }
        if self.said.get(place).is_none_or(|said| said != data) {
            self.repeat(place, data, now)?;
        }
        self.next += 1;
        self.sent = self.sent.max(seq);
        Ok(())
    }

    /// What came is not what the application has to publish next.
    fn repeat(&mut self, place: usize, data: &str, now: Duration) -> Result<(), String> {
        let seq = place + 1;
        let Some(which) = self.repeats.iter().position(|(there, _)| there == data) else {
            return Err(match self.said.get(place) {
                Some(said) => format!("sent {data:?} as message {seq}, which is {said:?}"),
                None => format!("sent {data:?} as message {seq}, which its application has not published"),
            });
        };
        let (said, from) = self.repeats.remove(which);
        if now < from {
            return Err(format!("published {data:?} again before retry was over"));
        }
        self.said.insert(place, said);
        Ok(())
    }

    fn ping(&mut self, seat: &mut Seat, now: Duration) {
        if let Some(Step::Ping { answered }) = self.steps.get(self.step) {
            self.mute = !answered;
            self.pass_step(now);
        }
        if !self.mute {
            seat.say(Saying::new(&ServerMessage::Pong));
        }
    }

    /// Does what there is to do over this connection until something is waited for.
    fn go_on(&mut self, seat: &mut Seat, now: Duration) {
        while self.seat == Some(seat.id)
            && let Some(step) = self.steps.get(self.step)
        {
            match step.clone() {
                Step::Say { saying, takes } => {
                    // What a later version would say changes nothing.
                    if let Ok(message) = read_server(&saying.json) {
                        self.says(&message);
                    }
                    self.said.extend(takes.map(ToOwned::to_owned));
                    seat.say(saying);
                }
                Step::AckAll => {
                    if self.sent > self.settled {
                        let ack = ServerMessage::Ack { from: self.settled + 1, to: self.sent };
                        self.says(&ack);
                        seat.say(Saying::new(&ack));
                    }
                }
                Step::MayRepeat(data, after) => self.repeats.push((data.to_owned(), now + after)),
                Step::Published(up_to) if self.next > up_to.unwrap_or(self.said.len() as u64) => {}
                Step::Cut => {
                    (self.seat, seat.over) = (None, true);
                    seat.outputs.push_back(Output::Cut);
                }
                Step::Close(code) => {
                    self.seat = None;
                    seat.close(code, "for the sake of the case");
                }
                Step::Hello(_)
                | Step::Published(_)
                | Step::Wait(_)
                | Step::Ping { .. }
                | Step::Left(_)
                | Step::Gone => return,
            }
            self.pass_step(now);
        }
    }

    /// What follows for the numbers of messages from what the server says.
    fn says(&mut self, message: &ServerMessage) {
        match message {
            ServerMessage::Welcome(welcome) => {
                self.live = true;
                self.next = welcome.seq.unwrap_or(self.sent) + 1;
                self.settled = self.next - 1;
            }
            ServerMessage::Jump { position, .. } if position.epoch != EPOCH => {
                self.next = self.next.max(self.sent + 1);
                self.settled = self.sent;
            }
            ServerMessage::Ack { to: seq, .. } | ServerMessage::Refused(Refused { seq, .. }) => {
                self.settled = self.settled.max((*seq).min(self.sent));
            }
            _ => {}
        }
    }
}

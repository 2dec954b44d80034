//! The suite for other people's clients: this crate's own passes, and each way to be wrong fails the case that is for it.

use std::collections::BTreeSet;
use std::time::Duration;

use protocol::conformance::session::{Exam, Output as Done, Said, Seat, SessionCase};
use protocol::conformance::{Judged, Verdict};
use protocol::session::json::{read_server, write_client};
use protocol::session::{
    Client, ClientConfig, ClientId, ClientMessage, Event, GAP, Hello, Output, Position, Reason, Refused,
    SUPERSEDED, ServerMessage, SessionId, WINDOW, Welcome, binary,
};

/// Between the end of a connection and the next.
const RETURN: Duration = Duration::from_millis(400);
/// Longer than any case.
const TOO_LONG: Duration = Duration::from_secs(200);

/// A client that is wrong in one way, on the wire: what it says and what it hears is altered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Nothing,
    /// A resumed session's messages that are sent again get new numbers.
    NewNumbers,
    /// They are not sent again.
    NeverAgain,
    /// What is of unknown fate is sent again.
    AgainByItself,
    /// It resumes nowhere.
    NoResume,
    /// Each connection has another session.
    NewSession,
    /// It does not count its connections.
    Uncounted,
    /// Its position is that of the latest message, whether it had that already or not.
    GoesBack,
    /// It keeps its epoch where another one begins.
    OldEpoch,
    /// It comes back where another has its session.
    Fights,
    /// It comes back with ids that were copied.
    KeepsCopied,
    /// It goes on behind a gap as if there were none.
    NoGaps,
    /// An answer that is missing counts as given.
    NoAnswerGaps,
    /// It goes on with a connection of which it knows that something is missing.
    NoClose,
    /// It closes with another code.
    OtherCode,
    /// Its own message that comes back is as good as an ack.
    ComeBackCounts,
    /// An error is as good as an answer.
    ErrorCounts,
    /// What is refused is published again at once.
    RetriesAtOnce,
    /// What is refused for good is published again.
    RetriesForGood,
    /// It does not wait for answers.
    NoWindow,
    /// It asks for nothing and waits for ever.
    Patient,
    /// A pong is as good as none.
    DeafToPong,
    /// It ends a connection on which it hears what it does not know.
    Strict,
    /// It comes back only where the connection broke.
    StopsWithCloses,
    /// It has members of its own.
    OwnMembers,
    /// What was refused while it was away, it sends again.
    RepeatsRefused,
    /// It keeps the memory of its first welcome.
    OldMemory,
}

/// A client of this crate and its application, on a connection to an exam.
struct World {
    wrong: Wrong,
    /// It has the binary form.
    binary: bool,
    exam: Exam,
    seat: Option<Seat>,
    seats: u64,
    client: Client,
    now: Duration,
    /// When it connects again.
    back: Option<Duration>,
    /// What the wrong ones need to know.
    first: Option<Welcome>,
    heard: Option<Position>,
    shift: u64,
    known: u64,
    unsettled: Vec<(u64, Vec<u8>)>,
}

impl World {
    fn run(case: &'static SessionCase, wrong: Wrong) -> Judged<SessionCase> {
        World::run_in(false, case, wrong)
    }

    fn run_in(binary: bool, case: &'static SessionCase, wrong: Wrong) -> Judged<SessionCase> {
        let mut client = Client::new(ClientConfig::new(ClientId(7), SessionId(1)));
        for text in case.publishes() {
            let data = if binary { text } else { format!("{text:?}") };
            client.publish(data.into_bytes()).unwrap();
        }
        let exam = Exam::new(case);
        let now = Duration::from_secs(1);
        let mut world = World {
            wrong,
            binary,
            exam,
            seat: None,
            seats: 0,
            client,
            now,
            back: Some(now),
            first: None,
            heard: None,
            shift: 0,
            known: 0,
            unsettled: Vec::new(),
        };
        while world.now < TOO_LONG && world.exam.judged().verdict == Verdict::Missing {
            world.step();
        }
        world.exam.judged()
    }

    /// Everything that is due, and then time goes on to what is next.
    fn step(&mut self) {
        let now = self.now;
        if self.back.is_some_and(|back| back <= now) {
            self.back = None;
            self.seats += 1;
            self.seat = Some(self.exam.handle_open(self.seats, now));
            self.client.handle_open();
        }
        self.exam.handle_time(now);
        if let Some(seat) = &mut self.seat {
            self.exam.handle_timeout(seat, now);
        }
        if self.wrong != Wrong::Patient {
            self.client.handle_timeout(now);
        }
        self.talk();
        let exam = self.seat.as_ref().and_then(|seat| self.exam.next_timeout(seat, now));
        let client = self.client.next_timeout().filter(|_| self.wrong != Wrong::Patient);
        let soon = now + Duration::from_millis(500);
        let next = [exam, client, self.back, Some(soon)].into_iter().flatten().min();
        self.now = next.unwrap_or(soon).max(now + Duration::from_millis(1));
    }

    /// Both ends say what they have to say.
    fn talk(&mut self) {
        loop {
            let now = self.now;
            if let Some(done) = self.seat.as_mut().and_then(Seat::poll_output) {
                match done {
                    Done::Send(text) if !self.binary => self.hear(read_server(&text).ok()),
                    Done::SendBinary(bytes) if self.binary => self.hear(binary::read_server(&bytes).ok()),
                    Done::Send(_) | Done::SendBinary(_) => panic!("it is answered in its form"),
                    Done::Cut => self.ended(None),
                    Done::Close(code, _) => self.ended(Some(code)),
                }
            } else if let Some(output) = self.client.poll_output(now) {
                match output {
                    Output::Send(message) => self.say(message),
                    Output::Close(code, _) => self.leave(Some(code)),
                }
            } else if let Some(event) = self.client.poll_event() {
                self.learn(event);
            } else {
                return;
            }
        }
    }

    fn learn(&mut self, event: Event) {
        match event {
            // One whose session has ended takes no more.
            Event::Message { message, own: None } => _ = self.client.publish(message.data),
            Event::Refused(Refused { seq, reason, .. }) => {
                let again = match self.wrong {
                    Wrong::RetriesAtOnce => matches!(reason, Reason::Rate(_)),
                    Wrong::RetriesForGood => matches!(reason, Reason::Invalid),
                    _ => false,
                };
                if let Some((_, data)) = self.unsettled.iter().find(|(there, _)| again && *there == seq) {
                    let _ = self.client.publish(data.clone());
                }
            }
            Event::Ended if self.wrong == Wrong::KeepsCopied && self.seat.is_some() => {
                self.leave(Some(1000));
                self.client = Client::new(ClientConfig::new(ClientId(7), SessionId(1)));
                self.back = Some(self.now + RETURN);
            }
            Event::Ended => self.leave(Some(1000)),
            _ => {}
        }
    }

    /// The client leaves, and comes back unless its session has ended.
    fn leave(&mut self, code: Option<u16>) {
        let comes_back = code == Some(GAP) || code == Some(4400);
        let code = if self.wrong == Wrong::OtherCode && code == Some(GAP) { Some(1000) } else { code };
        if self.wrong == Wrong::NoClose && code == Some(GAP) {
            return;
        }
        let Some(mut seat) = self.seat.take() else { return };
        self.exam.handle_closed(&mut seat, code, self.now);
        self.client.handle_closed(None);
        self.back = Some(self.now + RETURN).filter(|_| comes_back);
    }

    /// The server has ended the connection.
    fn ended(&mut self, code: Option<u16>) {
        let Some(mut seat) = self.seat.take() else { return };
        self.exam.handle_closed(&mut seat, None, self.now);
        let stays_away = match self.wrong {
            Wrong::Fights => false,
            Wrong::StopsWithCloses => code.is_some(),
            _ => code == Some(SUPERSEDED),
        };
        self.client.handle_closed(if self.wrong == Wrong::Fights { None } else { code });
        self.back = Some(self.now + RETURN).filter(|_| !stays_away);
    }

    /// `None` is nothing that it knows.
    fn hear(&mut self, message: Option<ServerMessage>) {
        let (now, wrong) = (self.now, self.wrong);
        let Some(mut message) = message else {
            if wrong == Wrong::Strict {
                self.leave(Some(4400));
            }
            return;
        };
        match &mut message {
            ServerMessage::Welcome(welcome) => {
                self.heard = Some(welcome.position);
                let before = self.client.position();
                let first = self.first.get_or_insert(welcome.clone());
                match wrong {
                    Wrong::OldMemory => welcome.memory = first.memory,
                    Wrong::AgainByItself if welcome.seq.is_none() => welcome.seq = Some(self.known),
                    Wrong::NeverAgain => welcome.seq = welcome.seq.map(|seq| seq.max(self.sent())),
                    Wrong::RepeatsRefused => {
                        if let Some(refused) = welcome.refused.first() {
                            welcome.seq = Some(refused - 1);
                        }
                    }
                    Wrong::OldEpoch => {
                        if let Some(before) = before.filter(|before| before.epoch != welcome.position.epoch) {
                            (welcome.position, welcome.lost) = (before, Vec::new());
                        }
                    }
                    Wrong::NewNumbers => {
                        let sent = self.sent();
                        self.shift = welcome.seq.map_or(0, |seq| sent.saturating_sub(seq));
                    }
                    _ => {}
                }
            }
            ServerMessage::Message(message) => {
                let Some(at) = self.client.position() else { return };
                if message.offset <= at.offset + 1 {
                    self.heard = Some(Position { offset: message.offset, ..at });
                }
                if wrong == Wrong::NoGaps {
                    // Taken as the one that is missing.
                    message.offset = message.offset.min(at.offset + 1);
                }
                if wrong == Wrong::ComeBackCounts
                    && let Some(author) =
                        message.author.as_ref().filter(|author| author.seq == self.known + 1)
                {
                    let ack = ServerMessage::Ack { from: author.seq, to: author.seq };
                    self.client.handle_message(ack, now);
                }
            }
            ServerMessage::Jump { position, lost } if wrong == Wrong::OldEpoch => {
                if let Some(before) = self.client.position().filter(|before| before.epoch != position.epoch) {
                    (*position, *lost) = (before, Vec::new());
                }
            }
            ServerMessage::Ack { from, .. } if wrong == Wrong::NoAnswerGaps => {
                *from = (*from).min(self.known + 1);
            }
            ServerMessage::Error { .. } if wrong == Wrong::ErrorCounts => {
                message = ServerMessage::Ack { from: self.known + 1, to: self.known + 1 };
            }
            ServerMessage::Pong if wrong == Wrong::DeafToPong => return,
            _ => {}
        }
        if let ServerMessage::Ack { to, .. } = &message {
            self.known = self.known.max((*to).min(self.sent()));
        }
        self.client.handle_message(message, now);
    }

    fn sent(&self) -> u64 {
        self.unsettled.len() as u64
    }

    fn say(&mut self, mut message: ClientMessage) {
        let (now, wrong) = (self.now, self.wrong);
        match &mut message {
            ClientMessage::Hello(hello) => self.alter(hello),
            ClientMessage::Publish { seq, data } => {
                if *seq > self.sent() {
                    self.unsettled.push((*seq, data.clone()));
                }
                if wrong == Wrong::NoWindow && self.sent() == WINDOW {
                    // What waits goes out.
                    let ack = ServerMessage::Ack { from: self.known + 1, to: self.sent() };
                    self.client.handle_message(ack, now);
                }
                *seq += self.shift;
            }
            ClientMessage::Ping => {}
        }
        let (mut text, bytes) = (write_client(&message), binary::write_client(&message));
        if wrong == Wrong::OwnMembers {
            text.insert_str(1, r#""version":1,"#);
        }
        let Some(seat) = &mut self.seat else { return };
        let said = if self.binary { Said::Binary(&bytes) } else { Said::Text(&text) };
        self.exam.handle_message(seat, said, now);
    }

    fn alter(&self, hello: &mut Hello) {
        match self.wrong {
            Wrong::NoResume => hello.position = None,
            Wrong::NewSession => hello.session = SessionId(u128::from(self.seats)),
            Wrong::Uncounted => hello.connection = 1,
            Wrong::GoesBack => hello.position = self.heard,
            _ => {}
        }
    }
}

fn failing(wrong: Wrong) -> BTreeSet<&'static str> {
    let judged = SessionCase::all().iter().map(|case| World::run(case, wrong));
    judged
        .filter(|judged| judged.verdict != Verdict::Passed)
        .map(|judged| {
            eprintln!("{wrong:?} {}: {:?}, {}", judged.case.name, judged.verdict, judged.did);
            judged.case.name
        })
        .collect()
}

#[test]
fn a_client_that_follows_the_text_passes_every_case() {
    assert_eq!(failing(Wrong::Nothing), BTreeSet::new());
}

#[test]
fn it_passes_every_case_in_the_binary_form_too() {
    for case in SessionCase::all() {
        let judged = World::run_in(true, case, Wrong::Nothing);
        assert_eq!(judged.verdict, Verdict::Passed, "{}: {}", case.name, judged.did);
        // One that ends where it hears what it does not know has heard it.
        let judged = World::run_in(true, case, Wrong::Strict);
        assert_eq!(
            judged.verdict == Verdict::Failed,
            case.name == "unknown",
            "{}: {}",
            case.name,
            judged.did
        );
    }
}

/// A fault that shows only in one situation fails the case of that situation alone; one that is everywhere fails all cases
/// that have to do with it.
#[test]
fn each_way_to_be_wrong_fails_the_cases_that_are_for_it() {
    let all: BTreeSet<_> = SessionCase::all().iter().map(|case| case.name).collect();
    let is_of_one =
        |name: &&str| ["copied", "hello", "ping", "refused", "superseded", "window"].contains(name);
    let of_several = all.iter().copied().filter(|name| !is_of_one(name)).collect();
    let mut unexpected = Vec::new();
    let mut look = |wrong: Wrong, expected: BTreeSet<&'static str>| {
        let failing = failing(wrong);
        if failing != expected {
            unexpected.push(format!("{wrong:?} fails {failing:?}, and is expected to fail {expected:?}"));
        }
    };
    look(Wrong::OwnMembers, all.clone());
    look(Wrong::NewSession, BTreeSet::clone(&of_several));
    look(Wrong::Uncounted, of_several);
    let gaps = &["answer-gap", "gap", "gap-again", "no-answer", "no-welcome", "silence"];
    for (wrong, cases) in [
        (Wrong::NewNumbers, &["resend"][..]),
        (Wrong::NeverAgain, &["resend"]),
        (Wrong::AgainByItself, &["unknown-fate"]),
        (Wrong::RepeatsRefused, &["refused-meanwhile"]),
        (Wrong::GoesBack, &["replayed"]),
        (Wrong::Fights, &["superseded"]),
        (Wrong::KeepsCopied, &["copied"]),
        (Wrong::ComeBackCounts, &["come-back"]),
        (Wrong::ErrorCounts, &["error"]),
        (Wrong::RetriesAtOnce, &["refused"]),
        (Wrong::RetriesForGood, &["refused"]),
        (Wrong::NoWindow, &["window"]),
        (Wrong::DeafToPong, &["ping"]),
        (Wrong::Strict, &["unknown"]),
        (Wrong::NoAnswerGaps, &["answer-gap"]),
        (Wrong::OldMemory, &["epoch", "unknown-fate"]),
        (Wrong::OldEpoch, &["epoch", "jump-epoch"]),
        (Wrong::NoGaps, &["gap", "gap-again"]),
        (Wrong::StopsWithCloses, &["misused", "stops"]),
        (Wrong::Patient, &["no-answer", "no-welcome", "ping", "silence"]),
        (Wrong::OtherCode, gaps),
        (Wrong::NoClose, gaps),
        (
            Wrong::NoResume,
            &["epoch", "gap", "gap-again", "history", "jump", "jump-epoch", "replayed", "resume"],
        ),
    ] {
        look(wrong, cases.iter().copied().collect());
    }
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

/// What a client must never say, whichever case it is in.
#[test]
fn what_no_client_may_say_fails_any_case() {
    const HELLO: &str = r#"{"type":"hello","client":"00000000000000000000000000000007","session":"00000000000000000000000000000001","connection":1}"#;
    const PUBLISH: &str = r#"{"type":"publish","seq":1,"data":"mine 1"}"#;
    for (said, did) in [
        (&[Said::Text("hello")][..], "said what is not understood: "),
        (&[Said::Binary(b"hello")], "said what is not understood: "),
        (&[Said::Text(HELLO), Said::Binary(b"\x03")], "sent text and binary messages over one connection"),
        (&[Said::Text(PUBLISH)], "said something else before hello"),
        (&[Said::Text(HELLO), Said::Text(HELLO)], "said hello twice on one connection"),
        (&[Said::Text(HELLO), Said::Text(PUBLISH)], "published 1 before the welcome"),
        (&[Said::Text(HELLO), Said::Text(r#"{"type":"typing"}"#)], "said what is not understood: "),
    ] {
        let mut exam = Exam::new(SessionCase::find("hello").unwrap());
        let mut seat = exam.handle_open(1, Duration::ZERO);
        for said in said {
            exam.handle_message(&mut seat, *said, Duration::ZERO);
        }
        let judged = exam.judged();
        assert_eq!(judged.verdict, Verdict::Failed, "{said:?}");
        assert!(judged.did.starts_with(did), "{said:?}: {}", judged.did);
        assert!(matches!(seat.poll_output(), Some(Done::Close(SUPERSEDED, _))), "{said:?}");
        // Whoever says hello in another session begins anew.
        let mut seat = exam.handle_open(2, Duration::ZERO);
        exam.handle_message(
            &mut seat,
            Said::Text(&HELLO.replace("1\",\"connection", "2\",\"connection")),
            Duration::ZERO,
        );
        assert_eq!(seat.poll_output(), None, "{said:?}");
    }
    // Nor may it say nothing.
    let mut exam = Exam::new(SessionCase::find("hello").unwrap());
    let mut seat = exam.handle_open(1, Duration::ZERO);
    assert_eq!(exam.next_timeout(&seat, Duration::ZERO), Some(Duration::from_secs(10)));
    exam.handle_timeout(&mut seat, Duration::from_secs(10));
    assert_eq!(exam.judged().did, "said no hello for 10 s");
}

/// Of a case that is run again the latest run that has ended counts.
#[test]
fn a_case_can_be_run_again() {
    let hello = |session: u64| {
        format!(r#"{{"type":"hello","client":"{:032x}","session":"{session:032x}","connection":1}}"#, 7)
    };
    let mut exam = Exam::new(SessionCase::find("hello").unwrap());
    assert_eq!(exam.judged().did, "was not run");
    let mut seat = exam.handle_open(1, Duration::ZERO);
    exam.handle_message(&mut seat, Said::Text(&hello(1)), Duration::ZERO);
    assert_eq!(exam.judged().did, "has not ended");
    exam.handle_closed(&mut seat, Some(1000), Duration::ZERO);
    let failed = exam.judged();
    assert_eq!(failed.verdict, Verdict::Failed, "{}", failed.did);
    let mut seat = exam.handle_open(2, Duration::ZERO);
    exam.handle_message(&mut seat, Said::Text(&hello(2)), Duration::ZERO);
    assert_eq!((seat.poll_output(), exam.judged().did), (None, failed.did));
    let welcomed = Duration::from_millis(500);
    exam.handle_timeout(&mut seat, welcomed);
    assert!(matches!(seat.poll_output(), Some(Done::Send(_))));
    let publish = Said::Text(r#"{"type":"publish","seq":1,"data":"mine 1"}"#);
    exam.handle_message(&mut seat, publish, welcomed);
    exam.handle_timeout(&mut seat, Duration::from_secs(1));
    assert_eq!(
        (exam.judged().verdict, exam.judged().did.as_str()),
        (Verdict::Passed, "connections: 1, messages: 1")
    );
}

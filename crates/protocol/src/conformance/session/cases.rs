//! The cases, in the order of the text.

use serde::Serialize;

use super::PATH;
use super::plays;
use super::script::{Script, Step};
use crate::conformance::Named;
use crate::fault::Label;
use crate::session::WINDOW;

/// One thing that a client of `heartwire.session.v1` has to do.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SessionCase {
    /// Its name.
    pub name: &'static str,
    /// The section of `docs/session-protocol.md` that asks for it.
    pub section: &'static str,
    /// What the server does.
    pub does: &'static str,
    /// What the client has to do.
    pub asks: &'static str,
    /// So many messages the application publishes at once, when it begins: the texts [`publishes`](Self::publishes) has.
    #[serde(skip)]
    said: u64,
    #[serde(skip)]
    script: fn() -> Script,
}

impl SessionCase {
    /// Every case, in the order of the text.
    #[must_use]
    pub fn all() -> &'static [SessionCase] {
        &CASES
    }

    /// The case of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static SessionCase> {
        CASES.iter().find(|case| case.name == name)
    }

    /// Where to connect for it in the run of this label: a path and a query, behind `ws://HOST`.
    #[must_use]
    pub fn target(&self, label: &Label) -> String {
        format!("{PATH}{}?label={label}", self.name)
    }

    /// What the application publishes at once, in this order: a text each. Later it publishes the data of each message
    /// that it gets and that is not its own.
    #[must_use]
    pub fn publishes(&self) -> Vec<String> {
        (1..=self.said).map(|number| format!("mine {number}")).collect()
    }

    pub(super) fn steps(&self) -> Vec<Step> {
        (self.script)().into_steps()
    }
}

impl Named for SessionCase {
    fn name(&self) -> &str {
        self.name
    }

    fn section(&self) -> &str {
        self.section
    }
}

const HELLO: &str = "1. The client says who it is and where it was";
const WELCOME: &str = "2. The server says where it goes on";
const MESSAGES: &str = "3. Messages";
const PUBLISHING: &str = "4. Publishing";
const CONNECTED: &str = "5. While it stays connected";
const END: &str = "6. The end";
const FORMS: &str = "Forms";

static CASES: [SessionCase; 27] = [
    SessionCase {
        name: "unknown",
        section: FORMS,
        does: "says what v1 has not: members in welcome, message and ack, and a type of its own",
        asks: "pass over what it does not know, and take the rest",
        said: 1,
        script: plays::unknown,
    },
    SessionCase {
        name: "hello",
        section: HELLO,
        does: "welcomes after half a second",
        asks: "say hello at once and once, with ids of its own, connection 1 and no position; publish after the welcome",
        said: 1,
        script: plays::hello,
    },
    SessionCase {
        name: "resume",
        section: HELLO,
        does: "cuts the connection twice, once all is acknowledged",
        asks: "come back with the same ids, a greater connection, its position, memory, known and sent",
        said: 2,
        script: plays::resume,
    },
    SessionCase {
        name: "resend",
        section: WELCOME,
        does: "acknowledges 1 of 3 messages, cuts, and welcomes with seq 2",
        asks: "send 3 again under its number, and nothing else",
        said: 3,
        script: plays::resend,
    },
    SessionCase {
        name: "refused-meanwhile",
        section: WELCOME,
        does: "acknowledges 1 of 2 messages, cuts, and welcomes with seq 2 and 2 refused",
        asks: "take both as dealt with, and go on with 3",
        said: 2,
        script: plays::refused_meanwhile,
    },
    SessionCase {
        name: "unknown-fate",
        section: WELCOME,
        does: "cuts before it answers 2 messages, and welcomes without seq and with another memory",
        asks: "send neither again, take both as known of, and go on with 3",
        said: 2,
        script: plays::unknown_fate,
    },
    SessionCase {
        name: "history",
        section: WELCOME,
        does: "cuts twice, and each time welcomes with messages lost that history no longer has",
        asks: "go on from the offset of the welcome, both times",
        said: 0,
        script: plays::history,
    },
    SessionCase {
        name: "epoch",
        section: WELCOME,
        does: "cuts, and welcomes in another epoch at 0, whose offsets are below those before",
        asks: "take the messages of that epoch, and come back with it",
        said: 0,
        script: plays::epoch,
    },
    SessionCase {
        name: "copied",
        section: WELCOME,
        does: "welcomes with a seq greater than sent",
        asks: "give the session up and stay away",
        said: 0,
        script: plays::copied,
    },
    SessionCase {
        name: "replayed",
        section: MESSAGES,
        does: "repeats messages while the client is connected, and again from before its position when it resumes",
        asks: "take each once, and never go back",
        said: 0,
        script: plays::replayed,
    },
    SessionCase {
        name: "gap",
        section: MESSAGES,
        does: "leaves messages out and goes on behind them; has them when the client comes back",
        asks: "close with 4408 and take nothing more, resume before the gap, take all",
        said: 0,
        script: plays::gap,
    },
    SessionCase {
        name: "gap-again",
        section: MESSAGES,
        does: "leaves messages out, and again when the client comes back",
        asks: "close with 4408 the first time, and go on behind the gap the second time",
        said: 0,
        script: plays::gap_again,
    },
    SessionCase {
        name: "window",
        section: PUBLISHING,
        does: "acknowledges nothing until 64 messages have come",
        asks: "never be more than 64 ahead, and go on when some are known of",
        said: WINDOW + 6,
        script: plays::window,
    },
    SessionCase {
        name: "refused",
        section: PUBLISHING,
        does: "refuses 3 of 4 messages: for 2 s, for good, and for a reason that v1 has not",
        asks: "use none of the numbers again; publish again, if at all, only the first of them, under another number and not before its time",
        said: 4,
        script: plays::refused,
    },
    SessionCase {
        name: "answer-gap",
        section: PUBLISHING,
        does: "acknowledges 1 twice, and then 3 without 2",
        asks: "pass over the repeated answer; close with 4408 for the missing one, and resume with 1 known",
        said: 3,
        script: plays::answer_gap,
    },
    SessionCase {
        name: "ack-for-nothing",
        section: PUBLISHING,
        does: "acknowledges a message that was never sent",
        asks: "pass over it: its first message has number 1 and is not known of",
        said: 0,
        script: plays::ack_for_nothing,
    },
    SessionCase {
        name: "come-back",
        section: PUBLISHING,
        does: "sends the client's own message back before its ack, and cuts",
        asks: "take it once and come back with it sent and not known of: ack alone says that it is published",
        said: 1,
        script: plays::come_back,
    },
    SessionCase {
        name: "no-welcome",
        section: PUBLISHING,
        does: "does not answer the hello",
        asks: "close with 4408 after 10 s and connect again",
        said: 0,
        script: plays::no_welcome,
    },
    SessionCase {
        name: "no-answer",
        section: PUBLISHING,
        does: "does not answer a message",
        asks: "close with 4408 after 10 s and resume",
        said: 1,
        script: plays::no_answer,
    },
    SessionCase {
        name: "ping",
        section: PUBLISHING,
        does: "says nothing but pong",
        asks: "ask after 20 s of nothing, stay once that is answered, and ask again",
        said: 0,
        script: plays::ping,
    },
    SessionCase {
        name: "silence",
        section: PUBLISHING,
        does: "says nothing at all, not even pong",
        asks: "ask after 20 s, close with 4408 10 s later and resume",
        said: 0,
        script: plays::silence,
    },
    SessionCase {
        name: "jump",
        section: CONNECTED,
        does: "says that messages are lost, while the connection stays",
        asks: "stay, go on from the offset of the jump, and come back with it",
        said: 0,
        script: plays::jump,
    },
    SessionCase {
        name: "jump-epoch",
        section: CONNECTED,
        does: "goes on in another epoch before it has answered a message",
        asks: "not send that message again, take it as known of, go on with the next number, and come back with memory 1",
        said: 1,
        script: plays::jump_epoch,
    },
    SessionCase {
        name: "error",
        section: CONNECTED,
        does: "says error behind a message, and cuts",
        asks: "take it for no answer: the message is sent and not known of",
        said: 1,
        script: plays::error,
    },
    SessionCase {
        name: "stops",
        section: END,
        does: "closes with 1012, with 1013 in place of a welcome, with 1001, and with an empty cut",
        asks: "come back each time, and count its connections",
        said: 0,
        script: plays::stops,
    },
    SessionCase {
        name: "misused",
        section: END,
        does: "closes with 4400, and with a code that v1 has not",
        asks: "come back: only 4409 is the end",
        said: 0,
        script: plays::misused,
    },
    SessionCase {
        name: "superseded",
        section: END,
        does: "closes with 4409: a later connection has the session",
        asks: "stop, and stay away",
        said: 0,
        script: plays::superseded,
    },
];

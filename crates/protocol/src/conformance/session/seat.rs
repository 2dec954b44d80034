//! What an exam knows of one connection.

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use workbench::json::Value;

use crate::session::{ServerMessage, binary, json};

/// A connection to an exam.
#[derive(Debug)]
pub struct Seat {
    pub(super) id: u64,
    pub(super) opened: Duration,
    /// It said hello.
    pub(super) greeted: bool,
    /// The form that its client chose with the first message.
    pub(super) form: Option<Form>,
    /// Nothing more is said to it.
    pub(super) over: bool,
    pub(super) outputs: VecDeque<Output>,
}

/// What is to be done with a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this text.
    Send(String),
    /// Send these bytes as a binary message.
    SendBinary(Vec<u8>),
    /// Close it with this code and reason.
    Close(u16, String),
    /// End TCP without a Close, once all that was sent is out.
    Cut,
}

/// A message of a client, in one of the protocol's forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said<'a> {
    /// As JSON.
    Text(&'a str),
    /// In the binary form.
    Binary(&'a [u8]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Binary,
}

/// What a server says, in both forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Saying {
    pub(super) json: String,
    pub(super) bytes: Vec<u8>,
}

impl Saying {
    /// `data` of a message is a text of the application in both.
    pub(super) fn new(message: &ServerMessage) -> Saying {
        let json = json::write_server(message);
        let mut message = message.clone();
        if let ServerMessage::Message(message) = &mut message {
            message.data = Form::Json.text(&message.data).unwrap_or_default().into_bytes();
        }
        Saying { json, bytes: binary::write_server(&message) }
    }

    /// What a later version may say. The same in the binary form is what that has for it, where it has anything.
    pub(super) fn later(text: &str, bytes: Option<&[u8]>) -> Saying {
        let known = json::read_server(text).ok().map(|message| Saying::new(&message).bytes);
        let bytes = bytes.map(<[u8]>::to_vec).or(known).unwrap_or_else(|| LATER.to_vec());
        Saying { json: text.to_owned(), bytes }
    }
}

/// A message of a type that v1 has not, and something in it.
const LATER: [u8; 4] = [0x1f, 7, 9, 0];

impl Form {
    /// The application's text that is some data.
    pub(super) fn text(self, data: &[u8]) -> Option<String> {
        let data = std::str::from_utf8(data).ok()?;
        match self {
            Form::Json => Some(Value::parse(data).ok()?.as_str()?.to_owned()),
            Form::Binary => Some(data.to_owned()),
        }
    }
}

impl Seat {
    pub(super) fn new(id: u64, opened: Duration) -> Seat {
        Seat { id, opened, greeted: false, form: None, over: false, outputs: VecDeque::new() }
    }

    /// What to do next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(super) fn say(&mut self, saying: Saying) {
        self.outputs.push_back(match self.form {
            Some(Form::Binary) => Output::SendBinary(saying.bytes),
            Some(Form::Json) | None => Output::Send(saying.json),
        });
    }

    pub(super) fn close(&mut self, code: u16, reason: impl Into<String>) {
        if !mem::replace(&mut self.over, true) {
            self.outputs.push_back(Output::Close(code, reason.into()));
        }
    }
}

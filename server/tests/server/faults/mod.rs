//! Each fault as it is on the wire.
//!
//! That something does not come is shown by what comes behind it instead: the answer to a later Ping, or the end of a
//! connection that is told to end.

mod ends;
mod handshake;
mod random;
mod traffic;
mod violations;

use crate::support::{RawClient, TestServer, frame};

pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;

/// What a connection to `query` gets back for these texts and a Ping behind them, up to the Pong.
pub(crate) fn answers(server: &TestServer, query: &str, texts: &[&str]) -> Vec<String> {
    let mut client = server.upgrade(&format!("/ws?{query}"));
    for text in texts {
        client.send(&frame(TEXT, text.as_bytes()));
    }
    until_pong(&mut client)
}

/// The texts that come before the answer to a Ping that is sent now.
pub(crate) fn until_pong(client: &mut RawClient) -> Vec<String> {
    client.send(&frame(PING, b"last"));
    let mut texts = Vec::new();
    loop {
        match client.frame() {
            (0x81, text) => texts.push(String::from_utf8(text).unwrap()),
            (0x8a, payload) if payload == b"last" => return texts,
            other => panic!("{other:?}"),
        }
    }
}

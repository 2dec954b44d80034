//! A message of a session on its way to where it is kept.

use super::frame::Frame;
use protocol::session::{Author, Message, ServerMessage, binary, json};
use socket::wire::deflate::Settings;

/// A message that has no offset yet, as buses keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Post {
    pub(super) author: Author,
    /// The session's connection, by its number.
    pub(super) connection: u64,
    /// When it came, in milliseconds since 1970.
    pub(super) at: u64,
    pub(super) data: Vec<u8>,
}

impl Post {
    /// What connections send.
    pub(super) fn into_frame(self, offset: u64, compression: Option<Settings>) -> Frame {
        let message = Message { offset, author: Some(self.author), at: self.at, data: self.data };
        Frame::text(json::write_server(&ServerMessage::Message(message)), compression)
    }

    /// The connection, most significant byte first, and the protocol's binary form of the message with the offset 0.
    pub(super) fn write(&self) -> Vec<u8> {
        let Self { author, connection, at, data } = self.clone();
        let message = Message { offset: 0, author: Some(author), at, data };
        let mut bytes = connection.to_be_bytes().to_vec();
        bytes.extend(binary::write_server(&ServerMessage::Message(message)));
        bytes
    }

    /// `None`: it is no such message.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (connection, message) = bytes.split_first_chunk()?;
        let ServerMessage::Message(Message { author: Some(author), at, data, .. }) =
            binary::read_server(message).ok()?
        else {
            return None;
        };
        Some(Self { author, connection: u64::from_be_bytes(*connection), at, data })
    }
}

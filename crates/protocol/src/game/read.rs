//! Bytes of a message, read one after the other. Numbers have a fixed width, most significant byte first.

use super::message::NameError;

/// Bytes that are no message of the game.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It ends before it is whole.
    #[error("the message is cut short")]
    Short,
    /// There is something behind its end.
    #[error("the message has something behind its end")]
    Long,
    /// The first byte says nothing that is known. A client passes such a message over: it may come from a later version.
    #[error("no message of the game begins with {0:#04x}")]
    Unknown(u8),
    /// The other end speaks another version.
    #[error("this is version {0}, and version 1 is spoken here")]
    Version(u8),
    /// The name can't be taken.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A number is not what it can be.
    #[error("{0}")]
    Invalid(&'static str),
}

/// What is left to be read.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let (array, rest) = self.0.split_first_chunk().ok_or(ReadError::Short)?;
        self.0 = rest;
        Ok(*array)
    }

    pub(super) fn u8(&mut self) -> Result<u8, ReadError> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, ReadError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn i16(&mut self) -> Result<i16, ReadError> {
        self.array().map(i16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, ReadError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, ReadError> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn u128(&mut self) -> Result<u128, ReadError> {
        self.array().map(u128::from_be_bytes)
    }

    pub(super) fn bytes(&mut self, len: usize) -> Result<&'a [u8], ReadError> {
        let (bytes, rest) = self.0.split_at_checked(len).ok_or(ReadError::Short)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// A number of items, at most `most`, and the items.
    pub(super) fn list<T>(
        &mut self,
        most: usize,
        mut item: impl FnMut(&mut Self) -> Result<T, ReadError>,
    ) -> Result<Vec<T>, ReadError> {
        let count = usize::from(self.u8()?);
        if count > most {
            return Err(ReadError::Invalid("a list is longer than it can be"));
        }
        (0..count).map(|_| item(self)).collect()
    }

    pub(super) fn end<T>(self, message: T) -> Result<T, ReadError> {
        if self.0.is_empty() { Ok(message) } else { Err(ReadError::Long) }
    }
}

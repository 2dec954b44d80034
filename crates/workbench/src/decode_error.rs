use thiserror::Error;

/// Hex or base64 that cannot be read. Mark the character at byte `at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// A character that does not belong there.
    #[error("'{found}' is not {wanted}")]
    BadCharacter {
        /// Its byte offset.
        at: usize,
        /// The character.
        found: char,
        /// What would be right.
        wanted: &'static str,
    },
    /// A line of a dump whose offset does not follow from the lines before, or whose characters are not its bytes.
    #[error("the line does not go on with the dump above it")]
    Dump {
        /// Byte offset of the line.
        at: usize,
    },
    /// A dump of words in the order of the machine that wrote it. Dump bytes (`xxd`, `hexdump -C`).
    #[error("words of several bytes, in an order that is not known")]
    Words {
        /// Byte offset of the line.
        at: usize,
    },
    /// The text ends in the middle of a byte; `at` is where its last digits begin.
    #[error("the last byte is not complete")]
    Incomplete {
        /// Byte offset of the incomplete part.
        at: usize,
    },
}

impl DecodeError {
    /// The byte offset of the fault.
    #[must_use]
    pub fn at(self) -> usize {
        match self {
            Self::BadCharacter { at, .. }
            | Self::Incomplete { at }
            | Self::Dump { at }
            | Self::Words { at } => at,
        }
    }
}

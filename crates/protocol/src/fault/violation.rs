use std::fmt;

use serde::Serialize;

/// A rule of RFC 6455 or RFC 7692 that a client has to enforce, broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Violation {
    /// A frame with a mask.
    MaskedFrame,
    /// A reserved bit that nobody agreed on: 1 to 3.
    ReservedBit(u8),
    /// A reserved opcode: 3 to 7 or 11 to 15.
    Opcode(u8),
    /// A Ping without FIN.
    FragmentedControl,
    /// A Ping of 126 bytes.
    OversizedControl,
    /// A continuation of nothing.
    ContinuationWithoutStart,
    /// A message begins within another.
    MessageInsideMessage,
    /// A text that is not UTF-8.
    BadUtf8,
    /// The same, the bad character cut in two by fragments.
    BadUtf8Split,
    /// A Close whose reason is not UTF-8.
    BadUtf8Reason,
    /// A Close with this code, which may not travel.
    CloseCode(u16),
    /// A Close of one byte.
    OneByteClose,
    /// A short length in 16 bits.
    NonMinimalLength16,
    /// A short length in 64 bits.
    NonMinimalLength64,
    /// A length with the top one of its 64 bits.
    LengthTopBit,
    /// A message behind a Close.
    DataAfterClose,
    /// A compressed message that is no deflate data.
    BadDeflate,
    /// A compressed message of 64 KiB that inflates to 64 MiB.
    DeflateBomb,
    /// A Ping that is marked as compressed.
    CompressedControl,
}

/// What a [`Violation`] breaks, for people and programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// The name, as in `violate=NAME`.
    pub name: String,
    /// What is sent.
    pub sends: &'static str,
    /// The section that forbids it.
    pub section: &'static str,
    /// What a client has to do, in a word: the code of the Close that it may send before it fails the connection. 0: its own
    /// limits decide.
    pub code: u16,
}

/// Close codes that are worth trying: below all, reserved, internal, unassigned, above all.
const CLOSE_CODES: [u16; 9] = [0, 999, 1004, 1005, 1006, 1015, 1100, 2999, 5000];

impl Violation {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Violation> {
        use Violation::*;
        let bits = (1..=3).map(ReservedBit);
        let opcodes = (3..=7).chain(11..=15).map(Opcode);
        let codes = CLOSE_CODES.into_iter().map(CloseCode);
        let others = [
            MaskedFrame,
            FragmentedControl,
            OversizedControl,
            ContinuationWithoutStart,
            MessageInsideMessage,
            BadUtf8,
            BadUtf8Split,
            BadUtf8Reason,
            OneByteClose,
            NonMinimalLength16,
            NonMinimalLength64,
            LengthTopBit,
            DataAfterClose,
            BadDeflate,
            DeflateBomb,
            CompressedControl,
        ];
        others.into_iter().chain(bits).chain(opcodes).chain(codes)
    }

    /// The violation by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Violation> {
        Violation::all().find(|violation| violation.to_string() == name)
    }

    /// What it breaks.
    #[must_use]
    pub fn rule(self) -> Rule {
        use Violation::*;
        let (sends, section, code) = match self {
            MaskedFrame => ("a text frame with a mask, which only clients may use", "RFC 6455 §5.1", 1002),
            ReservedBit(_) => {
                ("a frame with a reserved bit that no extension gives a meaning", "RFC 6455 §5.2", 1002)
            }
            Opcode(_) => ("a frame with an opcode that is not defined", "RFC 6455 §5.2", 1002),
            FragmentedControl => ("a Ping without FIN", "RFC 6455 §5.5", 1002),
            OversizedControl => ("a Ping of 126 bytes", "RFC 6455 §5.5", 1002),
            ContinuationWithoutStart => {
                ("a continuation frame where no message is in progress", "RFC 6455 §5.4", 1002)
            }
            MessageInsideMessage => ("the start of a message within another one", "RFC 6455 §5.4", 1002),
            BadUtf8 => ("a text that is not UTF-8", "RFC 6455 §8.1", 1007),
            BadUtf8Split => (
                "a text in two fragments that part a character which turns out to be none",
                "RFC 6455 §8.1",
                1007,
            ),
            BadUtf8Reason => ("a Close whose reason is not UTF-8", "RFC 6455 §8.1", 1007),
            CloseCode(_) => ("a Close with a code that may not travel", "RFC 6455 §7.4", 1002),
            OneByteClose => ("a Close with half a code", "RFC 6455 §5.5.1", 1002),
            NonMinimalLength16 => ("a length below 126 written in 16 bits", "RFC 6455 §5.2", 1002),
            NonMinimalLength64 => ("a length below 65,536 written in 64 bits", "RFC 6455 §5.2", 1002),
            LengthTopBit => ("a 64-bit length whose top bit is set", "RFC 6455 §5.2", 1002),
            DataAfterClose => ("a message behind a Close; it must be ignored", "RFC 6455 §5.5.1", 1000),
            BadDeflate => (
                "a compressed message that is no deflate data (a reserved bit, where nothing was agreed on)",
                "RFC 7692 §7.2.2",
                1007,
            ),
            DeflateBomb => (
                "64 KiB that inflate to 64 MiB (a reserved bit, where nothing was agreed on)",
                "RFC 6455 §10.4",
                0,
            ),
            CompressedControl => ("a Ping that is marked as compressed", "RFC 7692 §6.1", 1002),
        };
        Rule { name: self.to_string(), sends, section, code }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Violation::MaskedFrame => "masked-frame",
            Violation::ReservedBit(bit) => return write!(f, "rsv{bit}"),
            Violation::Opcode(opcode) => return write!(f, "opcode-{opcode}"),
            Violation::FragmentedControl => "fragmented-control",
            Violation::OversizedControl => "oversized-control",
            Violation::ContinuationWithoutStart => "continuation-without-start",
            Violation::MessageInsideMessage => "message-inside-message",
            Violation::BadUtf8 => "bad-utf8",
            Violation::BadUtf8Split => "bad-utf8-split",
            Violation::BadUtf8Reason => "bad-utf8-reason",
            Violation::CloseCode(code) => return write!(f, "close-code-{code}"),
            Violation::OneByteClose => "one-byte-close",
            Violation::NonMinimalLength16 => "non-minimal-length-16",
            Violation::NonMinimalLength64 => "non-minimal-length-64",
            Violation::LengthTopBit => "length-top-bit",
            Violation::DataAfterClose => "data-after-close",
            Violation::BadDeflate => "bad-deflate",
            Violation::DeflateBomb => "deflate-bomb",
            Violation::CompressedControl => "compressed-control",
        };
        f.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_violation_has_a_name_of_its_own_and_is_found_by_it() {
        let names: BTreeSet<_> = Violation::all().map(|violation| violation.to_string()).collect();
        assert_eq!(names.len(), Violation::all().count());
        for violation in Violation::all() {
            assert_eq!(Violation::named(&violation.to_string()), Some(violation));
        }
        for name in ["", "rsv0", "rsv4", "opcode-1", "opcode-16", "close-code-1000", "RSV1"] {
            assert_eq!(Violation::named(name), None, "{name}");
        }
    }
}

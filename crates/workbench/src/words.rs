//! The words that stand in files for what the log knows by types.

use crate::entry::{Delivery, Direction, Kind, Origin, What};

/// A type with one word for each of its values.
pub(crate) trait Word: Copy + PartialEq + 'static {
    /// Every value with its word.
    const WORDS: &'static [(Self, &'static str)];

    /// The word for a value.
    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(value, _)| *value == self).map_or("", |(_, word)| word)
    }

    /// The value of a word.
    fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(value, _)| *value)
    }
}

impl Word for Direction {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Direction::In, "in"), (Direction::Out, "out"), (Direction::Local, "local")];
}

impl Word for Kind {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Kind::Message, "message"),
        (Kind::Connected, "connected"),
        (Kind::Disconnected, "disconnected"),
        (Kind::Error, "error"),
        (Kind::Note, "note"),
        (Kind::Ping, "ping"),
        (Kind::Pong, "pong"),
    ];
}

impl Word for Delivery {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Delivery::Queued, "queued"),
        (Delivery::Sent, "sent"),
        (Delivery::Unknown, "unknown"),
        (Delivery::Dropped, "dropped"),
    ];
}

impl Word for Origin {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Origin::Plain, "plain"),
        (Origin::Heartbeat, "heartbeat"),
        (Origin::Opening, "opening"),
        (Origin::Answer, "answer"),
        (Origin::Repeat, "repeat"),
    ];
}

impl Word for What {
    const WORDS: &'static [(Self, &'static str)] = &[
        (What::Said, "said"),
        (What::Opened, "opened"),
        (What::ClosedByServer, "closed-by-server"),
        (What::Lost, "lost"),
        (What::ClosedHere, "closed-here"),
        (What::Unconfirmed, "close-unconfirmed"),
        (What::Unanswered, "heartbeat-unanswered"),
        (What::PageLeft, "page-left"),
        (What::Replaced, "replaced"),
        (What::Broken, "broken"),
        (What::Unreachable, "unreachable"),
        (What::NoAnswer, "no-answer"),
        (What::Refused, "refused"),
        (What::Overflow, "overflow"),
        (What::Silent, "silent"),
        (What::FateUnknown, "fate-unknown"),
        (What::Unseen, "unseen"),
        (What::Unrelayed, "relay-failed"),
        (What::RelaySays, "relay-says"),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_differ<T: Word>() {
        for (i, (_, word)) in T::WORDS.iter().enumerate() {
            assert!(!T::WORDS[..i].iter().any(|(_, other)| other == word), "{word}");
            // They stand in JSON and CSV as they are.
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{word}");
        }
    }

    #[test]
    fn each_value_has_a_word_of_its_own() {
        all_differ::<Direction>();
        all_differ::<Kind>();
        all_differ::<Delivery>();
        all_differ::<Origin>();
        all_differ::<What>();
        assert_eq!(What::WORDS.len(), What::RelaySays as usize + 1);
        assert_eq!(Origin::WORDS.len(), Origin::Repeat as usize + 1);
    }
}

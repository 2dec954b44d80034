//! What the person should know or decide.

use link::{Final, SendError};

use super::address::Problem;
use super::close;
use super::format::{count, size};
use crate::i18n::common::Common;
use crate::i18n::fill;

/// Something the person should know or decide, shown above the log until it no longer holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What is the matter, in a few words.
    pub title: String,
    /// Why, and what to do about it.
    pub sentence: String,
    /// An address to offer instead.
    pub suggestion: Option<String>,
}

impl Notice {
    /// Something without an address to offer.
    pub fn new(title: impl Into<String>, sentence: impl Into<String>) -> Notice {
        Notice { title: title.into(), sentence: sentence.into(), suggestion: None }
    }

    /// An address cannot be connected to.
    pub fn of_address(problem: Problem, t: &Common) -> Notice {
        Notice {
            title: t.not_connectable.to_owned(),
            sentence: problem.sentence,
            suggestion: problem.suggestion,
        }
    }

    /// The link did not take a message.
    pub fn of_send_error(error: &SendError, t: &Common) -> Notice {
        match error {
            SendError::Closed => Notice::new(t.not_connected, t.not_connected_why),
            SendError::Full { messages, bytes } => Notice::new(
                t.queue_full,
                fill(t.queue_full_why, &[&count(*messages as u64), &size(*bytes as u64)]),
            ),
            SendError::TooLarge { size: bytes, limit } => {
                Notice::new(t.too_large, fill(t.too_large_why, &[&size(*bytes as u64), &size(*limit as u64)]))
            }
        }
    }

    /// The link came to rest. What the person did themselves, or what is explained already, needs no notice.
    pub fn of_final(last: Final, t: &Common) -> Option<Notice> {
        match last {
            Final::StopCode(code) => Some(Notice::new(
                fill(t.stop_code, &[&code]),
                fill(t.stop_code_why, &[&close::explain(code).sentence]),
            )),
            Final::AttemptsExhausted => Some(Notice::new(t.exhausted, t.exhausted_why)),
            Final::ByUser | Final::ReconnectOff | Final::Refused => None,
        }
    }
}

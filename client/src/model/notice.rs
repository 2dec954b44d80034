//! What the person should know or decide.

use std::rc::Rc;

use link::{Final, SendError};
use workbench::draft::Fault;
use workbench::preset::Preset;

use super::address::Problem;
use super::format::{count, size};
use super::{fault, visible};
use crate::texts::common::Common;
use crate::texts::{Texts, close_codes, fill};

/// Something the person should know or decide, shown above the log until it no longer holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What is the matter, in a few words.
    pub title: String,
    /// Why, and what to do about it.
    pub sentence: String,
    /// An address to offer instead.
    pub suggestion: Option<String>,
    /// Something else to offer.
    pub offer: Option<Rc<Offer>>,
}

/// What a notice offers to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    /// To let values go to a server.
    Leave(Leave),
    /// To make the settings what a protocol expects.
    Preset(Preset),
}

/// Values of the person's that a server would be given for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leave {
    /// Its scheme, host and port.
    pub server: String,
    /// The names of the values.
    pub names: Vec<String>,
    /// The person is about to connect; else to send, or connected already.
    pub connects: bool,
}

impl Notice {
    /// Something without an address to offer.
    pub fn new(title: impl Into<String>, sentence: impl Into<String>) -> Notice {
        Notice { title: title.into(), sentence: sentence.into(), suggestion: None, offer: None }
    }

    /// An address cannot be connected to.
    pub fn of_address(problem: Problem, t: &Common) -> Notice {
        Notice {
            title: t.not_connectable.to_owned(),
            sentence: problem.sentence,
            suggestion: problem.suggestion,
            offer: None,
        }
    }

    /// A message cannot be made.
    pub fn of_fault(title: &str, fault: &Fault, text: &str, t: &Texts) -> Notice {
        Notice::new(title, fault::sentence(fault, text, &t.composer))
    }

    /// Values would go to a server that has not had them before.
    pub fn of_leave(leave: Leave, t: &Common) -> Notice {
        let names = leave.names.join(t.causes_comma);
        let sentence = fill(t.leave_why, &[&names, &visible::foreign(&leave.server)]);
        Notice { offer: Some(Rc::new(Offer::Leave(leave))), ..Notice::new(t.leave, sentence) }
    }

    /// A connection looks like one whose protocol is known.
    pub fn of_preset(preset: Preset, t: &Common) -> Notice {
        let title = fill(t.preset, &[&preset.name()]);
        Notice { offer: Some(Rc::new(Offer::Preset(preset))), ..Notice::new(title, t.preset_why) }
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
                fill(t.stop_code_why, &[&close_codes::explain(code).sentence]),
            )),
            Final::AttemptsExhausted => Some(Notice::new(t.exhausted, t.exhausted_why)),
            Final::ByUser | Final::ReconnectOff | Final::Refused | Final::Cancelled | Final::Withheld => None,
        }
    }
}

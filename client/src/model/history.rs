//! Messages the person sent, recalled with arrow-up in the composer.

use std::collections::VecDeque;

/// How many messages are kept.
pub const CAPACITY: usize = 100;

/// Longer messages are not kept: recalling one would freeze the composer.
pub const MAX_BYTES: usize = 64 * 1024;

/// Newest last, without neighbours that are equal, and the place where recall stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    messages: VecDeque<String>,
    recalled: Option<usize>,
    draft: String,
}

impl History {
    /// Remembers a sent message and ends any recall.
    pub fn push(&mut self, message: &str) {
        self.recalled = None;
        self.draft.clear();
        let repeated = self.messages.back().is_some_and(|last| last == message);
        if message.is_empty() || message.len() > MAX_BYTES || repeated {
            return;
        }
        if self.messages.len() == CAPACITY {
            self.messages.pop_front();
        }
        self.messages.push_back(message.to_owned());
    }

    /// The message before the one shown, or `None` at the oldest. The first step keeps `current` as the
    /// draft to come back to.
    pub fn older(&mut self, current: &str) -> Option<&str> {
        let index = match self.recalled {
            None => self.messages.len().checked_sub(1)?,
            Some(index) => index.checked_sub(1)?,
        };
        if self.recalled.is_none() {
            current.clone_into(&mut self.draft);
        }
        self.recalled = Some(index);
        self.messages.get(index).map(String::as_str)
    }

    /// The message after the one shown, the draft after the newest, or `None` when nothing is recalled.
    pub fn newer(&mut self) -> Option<&str> {
        let next = self.recalled? + 1;
        if next < self.messages.len() {
            self.recalled = Some(next);
            self.messages.get(next).map(String::as_str)
        } else {
            self.recalled = None;
            Some(&self.draft)
        }
    }

    /// Ends recall: the person edits what was recalled.
    pub fn edited(&mut self) {
        self.recalled = None;
    }

    /// Whether a recalled message is shown.
    pub fn is_recalling(&self) -> bool {
        self.recalled.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(messages: &[&str]) -> History {
        let mut history = History::default();
        for message in messages {
            history.push(message);
        }
        history
    }

    #[test]
    fn walks_back_and_returns_to_the_draft() {
        let mut history = history(&["one", "two"]);
        assert_eq!(history.older("draft"), Some("two"));
        assert_eq!(history.older("two"), Some("one"));
        assert_eq!(history.older("one"), None);
        assert_eq!(history.newer(), Some("two"));
        assert_eq!(history.newer(), Some("draft"));
        assert_eq!(history.newer(), None);
    }

    #[test]
    fn empty_history_recalls_nothing() {
        let mut history = History::default();
        assert_eq!(history.older("draft"), None);
        assert!(!history.is_recalling());
    }

    #[test]
    fn repeats_and_empty_messages_are_not_kept() {
        let mut history = history(&["a", "a", "", "b", "a"]);
        assert_eq!(history.older(""), Some("a"));
        assert_eq!(history.older(""), Some("b"));
        assert_eq!(history.older(""), Some("a"));
        assert_eq!(history.older(""), None);
    }

    #[test]
    fn the_oldest_make_room() {
        let mut history = History::default();
        for index in 0..=CAPACITY {
            history.push(&index.to_string());
        }
        for index in (1..=CAPACITY).rev() {
            assert_eq!(history.older(""), Some(index.to_string().as_str()));
        }
        assert_eq!(history.older(""), None);
    }

    #[test]
    fn an_edit_makes_the_recalled_text_a_draft() {
        let mut history = history(&["one", "two"]);
        history.older("");
        history.edited();
        assert_eq!(history.older("two!"), Some("two"));
        assert_eq!(history.newer(), Some("two!"));
    }

    #[test]
    fn huge_messages_are_left_out() {
        let mut history = history(&["small"]);
        history.push(&"x".repeat(MAX_BYTES + 1));
        assert_eq!(history.older(""), Some("small"));
    }
}

//! Messages the person sent, recalled with arrow-up in the composer.

use std::collections::VecDeque;

use workbench::draft::Draft;
use workbench::lower::lower;

/// How many messages are kept.
pub const CAPACITY: usize = 100;

/// Longer messages are not kept: recalling one would freeze the composer.
pub const MAX_BYTES: usize = 64 * 1024;

/// Newest last, without neighbours that are equal, and the place where recall stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    messages: VecDeque<Draft>,
    recalled: Option<usize>,
    draft: Draft,
}

impl History {
    /// Remembers a sent message and ends any recall.
    pub fn push(&mut self, message: Draft) {
        self.recalled = None;
        self.draft = Draft::default();
        let repeated = self.messages.back().is_some_and(|last| *last == message);
        if message.text.is_empty() || message.text.len() > MAX_BYTES || repeated {
            return;
        }
        if self.messages.len() == CAPACITY {
            self.messages.pop_front();
        }
        self.messages.push_back(message);
    }

    /// Adds messages that were sent before, in other tabs or on earlier visits; they count as older than those there
    /// are.
    pub fn add_older(&mut self, older: Vec<Draft>) {
        for message in older.into_iter().rev() {
            if self.messages.len() < CAPACITY && !self.messages.contains(&message) {
                self.messages.push_front(message);
                self.recalled = self.recalled.map(|index| index + 1);
            }
        }
    }

    /// The messages that contain every word of `query` without regard to case, newest first, each once.
    pub fn search(&self, query: &str) -> Vec<Draft> {
        let words: Vec<String> = query.split_whitespace().map(lower).collect();
        let mut found: Vec<Draft> = Vec::new();
        for message in self.messages.iter().rev() {
            let text = lower(&message.text);
            if words.iter().all(|word| text.contains(word)) && !found.contains(message) {
                found.push(message.clone());
            }
        }
        found
    }

    /// Forgets every message.
    pub fn clear(&mut self) {
        *self = History::default();
    }

    /// The message before the one shown, or `None` at the oldest. The first step keeps `current` as the
    /// draft to come back to.
    pub fn older(&mut self, current: Draft) -> Option<Draft> {
        let index = match self.recalled {
            None => self.messages.len().checked_sub(1)?,
            Some(index) => index.checked_sub(1)?,
        };
        if self.recalled.is_none() {
            self.draft = current;
        }
        self.recalled = Some(index);
        self.messages.get(index).cloned()
    }

    /// The message after the one shown, the draft after the newest, or `None` when nothing is recalled.
    pub fn newer(&mut self) -> Option<Draft> {
        let next = self.recalled? + 1;
        if next < self.messages.len() {
            self.recalled = Some(next);
            self.messages.get(next).cloned()
        } else {
            self.recalled = None;
            Some(self.draft.clone())
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
    use workbench::view::Format;

    use super::*;

    fn text(text: &str) -> Draft {
        Draft { format: Format::Text, text: text.to_owned() }
    }

    fn history(messages: &[&str]) -> History {
        let mut history = History::default();
        for message in messages {
            history.push(text(message));
        }
        history
    }

    fn older(history: &mut History, current: &str) -> Option<String> {
        history.older(text(current)).map(|draft| draft.text)
    }

    fn newer(history: &mut History) -> Option<String> {
        history.newer().map(|draft| draft.text)
    }

    #[test]
    fn walks_back_and_returns_to_the_draft() {
        let mut history = history(&["one", "two"]);
        assert_eq!(older(&mut history, "draft").as_deref(), Some("two"));
        assert_eq!(older(&mut history, "two").as_deref(), Some("one"));
        assert_eq!(older(&mut history, "one"), None);
        assert_eq!(newer(&mut history).as_deref(), Some("two"));
        assert_eq!(newer(&mut history).as_deref(), Some("draft"));
        assert_eq!(newer(&mut history), None);
    }

    #[test]
    fn empty_history_recalls_nothing() {
        let mut history = History::default();
        assert_eq!(older(&mut history, "draft"), None);
        assert!(!history.is_recalling());
    }

    #[test]
    fn repeats_and_empty_messages_are_not_kept() {
        let mut history = history(&["a", "a", "", "b", "a"]);
        assert_eq!(older(&mut history, "").as_deref(), Some("a"));
        assert_eq!(older(&mut history, "").as_deref(), Some("b"));
        assert_eq!(older(&mut history, "").as_deref(), Some("a"));
        assert_eq!(older(&mut history, ""), None);
    }

    #[test]
    fn the_format_is_part_of_a_message() {
        let mut history = history(&["00"]);
        let hex = Draft { format: Format::Hex, text: "00".to_owned() };
        history.push(hex.clone());
        assert_eq!(history.older(text("")), Some(hex));
        assert_eq!(history.older(text("")), Some(text("00")));
    }

    #[test]
    fn the_oldest_make_room() {
        let mut history = History::default();
        for index in 0..=CAPACITY {
            history.push(text(&index.to_string()));
        }
        for index in (1..=CAPACITY).rev() {
            assert_eq!(older(&mut history, ""), Some(index.to_string()));
        }
        assert_eq!(older(&mut history, ""), None);
    }

    #[test]
    fn an_edit_makes_the_recalled_text_a_draft() {
        let mut history = history(&["one", "two"]);
        older(&mut history, "");
        history.edited();
        assert_eq!(older(&mut history, "two!").as_deref(), Some("two"));
        assert_eq!(newer(&mut history).as_deref(), Some("two!"));
    }

    #[test]
    fn messages_of_earlier_visits_come_before_those_of_this_one() {
        let mut history = history(&["new", "newer"]);
        assert_eq!(older(&mut history, "").as_deref(), Some("newer"));
        history.add_older(["oldest", "old", "new"].map(text).to_vec());
        let all = ["new", "old", "oldest"].map(|wanted| Some(wanted.to_owned()));
        for wanted in all {
            assert_eq!(older(&mut history, ""), wanted);
        }
        assert_eq!(older(&mut history, ""), None);
        history.add_older((0..CAPACITY * 2).map(|n| text(&n.to_string())).collect());
        assert_eq!(history.search("").len(), CAPACITY);
    }

    #[test]
    fn huge_messages_are_left_out() {
        let mut history = history(&["small"]);
        history.push(text(&"x".repeat(MAX_BYTES + 1)));
        assert_eq!(older(&mut history, "").as_deref(), Some("small"));
    }

    #[test]
    fn a_search_gives_each_message_once_newest_first() {
        let mut history = history(&["Join room", "leave", "join all", "Join room"]);
        let texts = |found: Vec<Draft>| found.into_iter().map(|draft| draft.text).collect::<Vec<_>>();
        assert_eq!(texts(history.search("join")), ["Join room", "join all"]);
        assert_eq!(texts(history.search(" JOIN  room")), ["Join room"]);
        assert_eq!(texts(history.search("")).len(), 3);
        history.clear();
        assert!(history.search("").is_empty());
    }
}

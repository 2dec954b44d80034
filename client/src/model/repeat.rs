//! What the repeat form says, turned into a plan.

use workbench::draft::Draft;
use workbench::library::Library;
use workbench::schedule::{MAX_INTERVAL_MILLIS, Plan, PlanError};

use crate::texts::composer::Composer;
use crate::texts::fill;

/// What is written as the wait before a message that is added to the list.
const DEFAULT_DELAY_MILLIS: &str = "1000";

/// The choices of the repeat form, as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatForm {
    /// Kept messages in order instead of the one in the composer.
    pub is_list: bool,
    /// Milliseconds between two sends.
    pub interval: String,
    /// How many times; nothing for endless.
    pub times: String,
    /// The kept messages and the milliseconds before each.
    pub steps: Vec<Step>,
    /// How many rounds of the list; nothing for endless.
    pub rounds: String,
}

/// One message of a list to send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Folder of the kept message.
    pub folder: String,
    /// Its name.
    pub name: String,
    /// Milliseconds to wait before it, as written.
    pub delay: String,
}

/// One edit of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepeatEdit {
    /// Kept messages, or the one in the composer.
    IsList(bool),
    /// The interval is written.
    Interval(String),
    /// How often is written.
    Times(String),
    /// The rounds are written.
    Rounds(String),
    /// A message is added at the end of the list.
    Add {
        /// Its folder.
        folder: String,
        /// Its name.
        name: String,
    },
    /// The wait before a message of the list is written.
    Delay(usize, String),
    /// A message of the list changes places with the one before it.
    Up(usize),
    /// A message is taken out of the list.
    Remove(usize),
}

/// Why the form makes no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepeatFault {
    /// The interval is no number, or out of bounds.
    Interval,
    /// A wait is no number, or out of bounds.
    Delay,
    /// How often is no number, or 0.
    Times,
    /// The list has no messages.
    Empty,
    /// An endless list without any wait.
    NoDelay,
    /// A message of the list is no longer kept.
    Gone(String),
}

impl Default for RepeatForm {
    fn default() -> RepeatForm {
        RepeatForm {
            is_list: false,
            interval: "1000".to_owned(),
            times: "10".to_owned(),
            steps: Vec::new(),
            rounds: "1".to_owned(),
        }
    }
}

impl RepeatForm {
    /// Carries out an edit. One that names no message of the list changes nothing.
    pub fn edit(&mut self, edit: RepeatEdit) {
        match edit {
            RepeatEdit::IsList(is_list) => self.is_list = is_list,
            RepeatEdit::Interval(interval) => self.interval = interval,
            RepeatEdit::Times(times) => self.times = times,
            RepeatEdit::Rounds(rounds) => self.rounds = rounds,
            RepeatEdit::Add { folder, name } => {
                self.steps.push(Step { folder, name, delay: DEFAULT_DELAY_MILLIS.to_owned() });
            }
            RepeatEdit::Delay(index, delay) => {
                if let Some(step) = self.steps.get_mut(index) {
                    step.delay = delay;
                }
            }
            RepeatEdit::Up(index) => {
                if (1..self.steps.len()).contains(&index) {
                    self.steps.swap(index - 1, index);
                }
            }
            RepeatEdit::Remove(index) => {
                if index < self.steps.len() {
                    self.steps.remove(index);
                }
            }
        }
    }
}

/// The plan that the form makes, and the messages it sends; `current` is the one in the composer.
///
/// # Errors
/// The first thing to change.
pub fn plan(form: &RepeatForm, current: Draft, library: &Library) -> Result<(Plan, Vec<Draft>), RepeatFault> {
    let (plan, drafts) = if form.is_list {
        let mut drafts = Vec::with_capacity(form.steps.len());
        let mut delays_millis = Vec::with_capacity(form.steps.len());
        for step in &form.steps {
            let saved = library.get(&step.folder, &step.name);
            drafts.push(saved.ok_or_else(|| RepeatFault::Gone(step.name.clone()))?.draft.clone());
            delays_millis.push(millis(&step.delay).ok_or(RepeatFault::Delay)?);
        }
        (Plan::List { delays_millis, rounds: times(&form.rounds)? }, drafts)
    } else {
        let interval_millis = millis(&form.interval).ok_or(RepeatFault::Interval)?;
        (Plan::Every { interval_millis, times: times(&form.times)? }, vec![current])
    };
    match plan.check() {
        Ok(()) => Ok((plan, drafts)),
        Err(PlanError::Interval) if form.is_list => Err(RepeatFault::Delay),
        Err(PlanError::Interval) => Err(RepeatFault::Interval),
        Err(PlanError::Nothing) => Err(RepeatFault::Times),
        Err(PlanError::EmptyList) => Err(RepeatFault::Empty),
        Err(PlanError::NoDelay) => Err(RepeatFault::NoDelay),
    }
}

/// The fault in words.
pub fn sentence(fault: &RepeatFault, t: &Composer) -> String {
    match fault {
        RepeatFault::Interval => t.repeat_interval_wrong.to_owned(),
        RepeatFault::Delay => t.repeat_delay_wrong.to_owned(),
        RepeatFault::Times => t.repeat_times_wrong.to_owned(),
        RepeatFault::Empty => t.repeat_list_empty.to_owned(),
        RepeatFault::NoDelay => t.repeat_no_delay.to_owned(),
        RepeatFault::Gone(name) => fill(t.repeat_gone, &[name]),
    }
}

/// No wait where nothing is written.
fn millis(text: &str) -> Option<u64> {
    match text.trim() {
        "" => Some(0),
        digits => digits.parse().ok().filter(|millis| *millis <= MAX_INTERVAL_MILLIS),
    }
}

/// Endless where nothing is written.
fn times(text: &str) -> Result<Option<u64>, RepeatFault> {
    match text.trim() {
        "" => Ok(None),
        digits => digits.parse().map(Some).map_err(|_| RepeatFault::Times),
    }
}

#[cfg(test)]
mod tests {
    use workbench::library::Saved;
    use workbench::view::Format;

    use super::*;

    fn draft(text: &str) -> Draft {
        Draft { format: Format::Text, text: text.to_owned() }
    }

    fn every(interval: &str, times: &str) -> RepeatForm {
        RepeatForm { interval: interval.to_owned(), times: times.to_owned(), ..RepeatForm::default() }
    }

    fn list(steps: &[(&str, &str)], rounds: &str) -> RepeatForm {
        let step = |(name, delay): &(&str, &str)| Step {
            folder: String::new(),
            name: (*name).to_owned(),
            delay: (*delay).to_owned(),
        };
        let steps = steps.iter().map(step).collect();
        RepeatForm { is_list: true, steps, rounds: rounds.to_owned(), ..RepeatForm::default() }
    }

    fn library() -> Library {
        let mut library = Library::default();
        for name in ["a", "b"] {
            library.save(Saved { folder: String::new(), name: name.to_owned(), draft: draft(name) });
        }
        library
    }

    fn fault(form: &RepeatForm) -> RepeatFault {
        plan(form, draft("x"), &library()).unwrap_err()
    }

    #[test]
    fn one_message_over_and_over() {
        let made = plan(&every(" 250 ", ""), draft("x"), &library());
        assert_eq!(made, Ok((Plan::Every { interval_millis: 250, times: None }, vec![draft("x")])));
        for interval in ["", "0", "-1", "1.5", "86400001", "x"] {
            assert_eq!(fault(&every(interval, "1")), RepeatFault::Interval, "{interval}");
        }
        for times in ["0", "-1", "x"] {
            assert_eq!(fault(&every("1", times)), RepeatFault::Times, "{times}");
        }
    }

    #[test]
    fn the_list_is_edited_in_place() {
        let mut form = RepeatForm::default();
        for name in ["a", "b", "c"] {
            form.edit(RepeatEdit::Add { folder: "f".to_owned(), name: name.to_owned() });
        }
        form.edit(RepeatEdit::Up(0));
        form.edit(RepeatEdit::Up(2));
        form.edit(RepeatEdit::Up(3));
        form.edit(RepeatEdit::Delay(0, "7".to_owned()));
        form.edit(RepeatEdit::Delay(3, "8".to_owned()));
        form.edit(RepeatEdit::Remove(2));
        form.edit(RepeatEdit::Remove(2));
        let steps: Vec<_> = form.steps.iter().map(|step| (&*step.name, &*step.delay)).collect();
        assert_eq!(steps, [("a", "7"), ("c", "1000")]);
    }

    #[test]
    fn kept_messages_in_order() {
        let made = plan(&list(&[("b", "5"), ("a", ""), ("b", "0")], "2"), draft("x"), &library());
        let expected = Plan::List { delays_millis: vec![5, 0, 0], rounds: Some(2) };
        assert_eq!(made, Ok((expected, vec![draft("b"), draft("a"), draft("b")])));
        assert_eq!(fault(&list(&[], "1")), RepeatFault::Empty);
        assert_eq!(fault(&list(&[("c", "")], "1")), RepeatFault::Gone("c".to_owned()));
        assert_eq!(fault(&list(&[("a", "1s")], "1")), RepeatFault::Delay);
        assert_eq!(fault(&list(&[("a", "")], "")), RepeatFault::NoDelay);
        assert_eq!(fault(&list(&[("a", "")], "0")), RepeatFault::Times);
    }
}

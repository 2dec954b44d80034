//! The text field with what belongs to it: its format, its check, and how it is sent.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::{File, HtmlTextAreaElement};
use workbench::draft::{Draft, Fault, Preview, Problem};
use workbench::position::{Position, position, utf16_offset};
use workbench::view::Format;
use yew::prelude::*;

use super::files;
use crate::desk::{Desk, Mode};
use crate::session::Session;

/// Longer texts are checked only when typing pauses: a check takes about a millisecond per 100 kB.
const CHECK_AT_ONCE_BYTES: usize = 64 * 1024;

/// The pause, in milliseconds.
const CHECK_PAUSE_MILLIS: u32 = 250;

/// What the text would make.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Check {
    /// Nothing is written.
    #[default]
    Empty,
    /// A message.
    Good(Format, Preview),
    /// No message.
    Wrong {
        problem: Problem,
        at: Position,
        /// The place as the text field counts.
        offset: u32,
        /// Sending was tried.
        tried: bool,
    },
}

/// Handles to one text field. Clones are the same field.
#[derive(Clone, PartialEq)]
pub(super) struct Editor {
    session: Session,
    area: NodeRef,
    mode: UseStateHandle<Mode>,
    check: UseStateHandle<Check>,
    files: UseStateHandle<Rc<[File]>>,
    /// A sentence on what became of the latest send, if it needs one.
    note: UseStateHandle<Option<AttrValue>>,
    later: Later,
}

/// A check that waits for typing to pause.
#[derive(Clone, Default)]
struct Later(Rc<RefCell<Option<Timeout>>>);

impl PartialEq for Later {
    fn eq(&self, other: &Later) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// The editor of a session; it begins with what the desk has kept.
#[hook]
pub(super) fn use_editor(session: &Session) -> Editor {
    let editor = Editor {
        session: session.clone(),
        area: use_node_ref(),
        mode: use_state_eq(|| session.desk().mode()),
        check: use_state_eq(Check::default),
        files: use_state(|| session.desk().files()),
        note: use_state_eq(|| None),
        later: (*use_memo((), |()| Later::default())).clone(),
    };
    {
        let editor = editor.clone();
        use_effect_with((), move |()| {
            let text = editor.desk().text();
            if let Some(area) = editor.element()
                && area.value() != text
            {
                area.set_value(&text);
                editor.check();
            }
        });
    }
    editor
}

impl Editor {
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    pub(super) fn desk(&self) -> &Desk {
        self.session.desk()
    }

    pub(super) fn area(&self) -> NodeRef {
        self.area.clone()
    }

    pub(super) fn mode(&self) -> Mode {
        *self.mode
    }

    pub(super) fn state(&self) -> &Check {
        &self.check
    }

    pub(super) fn is_wrong(&self) -> bool {
        matches!(*self.check, Check::Wrong { .. })
    }

    pub(super) fn files(&self) -> &Rc<[File]> {
        &self.files
    }

    pub(super) fn note(&self) -> Option<&AttrValue> {
        self.note.as_ref()
    }

    /// Says something about the latest send, or no more.
    pub(super) fn say(&self, note: Option<String>) {
        self.note.set(note.map(AttrValue::from));
    }

    /// What is written. The format is the desk's: a handle may be older than the latest choice.
    pub(super) fn draft(&self) -> Draft {
        let format = match self.desk().mode() {
            Mode::Written(format) => format,
            Mode::Files => Format::Text,
        };
        Draft { format, text: self.element().map(|area| area.value()).unwrap_or_default() }
    }

    pub(super) fn focus(&self) {
        if let Some(area) = self.element() {
            let _ = area.focus();
        }
    }

    /// Reads the text in another way.
    pub(super) fn set_mode(&self, mode: Mode) {
        self.desk().set_mode(mode);
        self.mode.set(mode);
        self.say(None);
        self.check();
    }

    /// Replaces what is written.
    pub(super) fn show(&self, draft: &Draft) {
        self.desk().with_history(|history| history.edited());
        self.show_recalled(draft);
    }

    /// Replaces what is written by something from the history, in which one may go on.
    pub(super) fn show_recalled(&self, draft: &Draft) {
        let mode = Mode::Written(draft.format);
        self.desk().set_mode(mode);
        self.mode.set(mode);
        if let Some(area) = self.element() {
            area.set_value(&draft.text);
        }
        self.desk().set_text(draft.text.clone());
        self.say(None);
        self.check();
    }

    /// Puts text at the caret, in place of what is selected.
    pub(super) fn insert(&self, text: &str) {
        let Some(area) = self.element() else { return };
        if self.desk().mode() == Mode::Files {
            self.set_mode(Mode::Written(Format::Text));
        }
        if area.set_range_text(text).is_ok() {
            let start = area.selection_start().ok().flatten().unwrap_or(0);
            let end = start + u32::try_from(text.encode_utf16().count()).unwrap_or(0);
            let _ = area.set_selection_range(end, end);
        }
        self.written();
    }

    /// The person has typed.
    pub(super) fn written(&self) {
        let desk = self.desk();
        desk.with_history(|history| history.edited());
        let text = self.element().map(|area| area.value()).unwrap_or_default();
        let is_long = text.len() > CHECK_AT_ONCE_BYTES;
        desk.set_text(text);
        self.say(None);
        if is_long {
            let editor = self.clone();
            let later = Timeout::new(CHECK_PAUSE_MILLIS, move || editor.check());
            self.later.0.replace(Some(later));
        } else {
            self.check();
        }
    }

    /// Checks what is written.
    pub(super) fn check(&self) {
        self.later.0.replace(None);
        let draft = self.draft();
        if draft.text.is_empty() || self.desk().mode() == Mode::Files {
            self.check.set(Check::Empty);
            return;
        }
        match self.desk().check(&draft) {
            Ok(preview) => self.check.set(Check::Good(draft.format, preview)),
            Err(fault) => self.check.set(Check::wrong(fault, &draft.text, false)),
        }
    }

    /// Lays the text out as JSON, or shows why it cannot be.
    pub(super) fn format(&self) {
        let draft = self.draft();
        match draft.pretty(crate::desk::shelf::fills_placeholders()) {
            Ok(text) => self.show(&Draft { text, ..draft }),
            Err(fault) => self.refuse(fault, &draft.text),
        }
        self.focus();
    }

    /// Puts the caret where the text is wrong.
    pub(super) fn point_at(&self, offset: u32) {
        self.focus();
        if let Some(area) = self.element() {
            let _ = area.set_selection_range(offset, offset.saturating_add(1));
        }
    }

    /// Sends what is written or chosen. What cannot be sent stays, and the reason is shown.
    pub(super) fn send(&self) {
        if self.desk().mode() == Mode::Files {
            files::send(self);
            return;
        }
        let draft = self.draft();
        self.say(None);
        match self.desk().prepare(&draft) {
            Err(fault) => self.refuse(fault, &draft.text),
            Ok(message) => {
                if self.session.send(message) {
                    self.desk().sent(draft);
                    self.desk().set_text(String::new());
                    if let Some(area) = self.element() {
                        area.set_value("");
                    }
                    self.check();
                }
                // A tap on the button would otherwise put the keyboard of a phone away.
                self.focus();
            }
        }
    }

    /// Chooses files to send.
    pub(super) fn take_files(&self, files: Vec<File>) {
        let files: Rc<[File]> = files.into();
        self.desk().set_files(files.clone());
        self.files.set(files);
        self.set_mode(Mode::Files);
    }

    fn refuse(&self, fault: Fault, text: &str) {
        let check = Check::wrong(fault, text, true);
        if let Check::Wrong { offset, .. } = check {
            self.point_at(offset);
        }
        self.check.set(check);
    }

    fn element(&self) -> Option<HtmlTextAreaElement> {
        self.area.cast()
    }
}

impl Check {
    fn wrong(fault: Fault, text: &str, tried: bool) -> Check {
        let offset = u32::try_from(utf16_offset(text, fault.at)).unwrap_or(u32::MAX);
        Check::Wrong { at: position(text, fault.at), problem: fault.problem, offset, tried }
    }
}

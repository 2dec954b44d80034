//! The text field with what belongs to it: its format, its check, and how it is sent.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use link::Message;
use web_sys::{File, HtmlTextAreaElement};
use workbench::bytes::to_hex;
use workbench::draft::{Draft, Fault, Preview, Problem};
use workbench::position::{Position, position, utf16_offset};
use workbench::template;
use workbench::view::Format;
use yew::{Callback, NodeRef};

use super::files::{self, Note};
use crate::lasting::variables;
use crate::running::outgoing::{Mode, Outgoing};
use crate::running::session::Session;

/// Longer texts are checked only when typing pauses: a check takes about a millisecond per 100 kB.
const CHECK_AT_ONCE_BYTES: usize = 64 * 1024;

/// The pause, in milliseconds.
const CHECK_PAUSE_MILLIS: u32 = 250;

/// What the text would make.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Check {
    /// Nothing is written.
    #[default]
    Empty,
    /// A message.
    Good(Format, Preview),
    /// No message.
    Wrong {
        /// What is wrong.
        problem: Problem,
        /// Where.
        at: Position,
        /// The place as the text field counts.
        offset: u32,
        /// Sending was tried.
        tried: bool,
    },
}

/// The composer's text field with what belongs to it. The text lives in the element: the browser's own undo stays intact,
/// and typing draws nothing again. Clones are the same, and equal only to each other.
#[derive(Clone)]
pub struct Editor(Rc<Inner>);

struct Inner {
    session: Session,
    area: NodeRef,
    check: RefCell<Check>,
    /// What became of the latest send, if that needs words.
    note: RefCell<Option<Note>>,
    /// A check that waits for typing to pause.
    later: RefCell<Option<Timeout>>,
    /// Files are being read, to be sent.
    is_reading: Cell<bool>,
    redraw: RefCell<Callback<()>>,
}

impl PartialEq for Editor {
    fn eq(&self, other: &Editor) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Editor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Editor").field("check", &self.0.check).finish_non_exhaustive()
    }
}

impl Editor {
    /// The editor of a connection, not yet on screen.
    pub fn new(session: Session) -> Editor {
        Editor(Rc::new(Inner {
            session,
            area: NodeRef::default(),
            check: RefCell::default(),
            note: RefCell::default(),
            later: RefCell::default(),
            is_reading: Cell::default(),
            redraw: RefCell::default(),
        }))
    }

    /// Shows what was kept, now that the text field is there. `redraw` is called when something about it changes.
    pub fn mounted(&self, redraw: Callback<()>) {
        self.0.redraw.replace(redraw);
        if let Some(area) = self.element() {
            area.set_value(&self.outgoing().text());
            self.check();
        }
    }

    /// The connection to send over.
    pub fn session(&self) -> &Session {
        &self.0.session
    }

    /// What is about to be sent.
    pub fn outgoing(&self) -> &Outgoing {
        self.0.session.outgoing()
    }

    /// The text field.
    pub fn area(&self) -> &NodeRef {
        &self.0.area
    }

    /// What is written.
    pub fn mode(&self) -> Mode {
        self.outgoing().mode()
    }

    /// What the text would make.
    pub fn state(&self) -> Check {
        self.0.check.borrow().clone()
    }

    /// Whether the text makes no message.
    pub fn is_wrong(&self) -> bool {
        matches!(*self.0.check.borrow(), Check::Wrong { .. })
    }

    /// What there is to say about the latest send.
    pub fn note(&self) -> Option<Note> {
        self.0.note.borrow().clone()
    }

    /// Says something about the latest send, or no more.
    pub fn say(&self, note: Option<Note>) {
        if self.0.note.replace(note.clone()) != note {
            self.redraw();
        }
    }

    /// Draws what is around the text field again.
    pub fn redraw(&self) {
        let redraw = self.0.redraw.borrow().clone();
        redraw.emit(());
    }

    /// What is written, to the byte: a text field knows no carriage returns, so as long as the text in it was not
    /// changed, what was put there counts.
    pub fn draft(&self) -> Draft {
        let format = match self.mode() {
            Mode::Written(format) => format,
            Mode::Files => Format::Text,
        };
        Draft { format, text: self.text() }
    }

    /// Moves the focus to the text field.
    pub fn focus(&self) {
        if let Some(area) = self.element() {
            let _ = area.focus();
        }
    }

    /// Reads the text in another way.
    pub fn set_mode(&self, mode: Mode) {
        self.outgoing().set_mode(mode);
        self.say(None);
        self.check();
        self.redraw();
    }

    /// Replaces what is written.
    pub fn show(&self, draft: &Draft) {
        self.outgoing().with_history(|history| history.edited());
        self.show_recalled(draft);
    }

    /// Replaces what is written by something from the history, in which one may go on.
    pub fn show_recalled(&self, draft: &Draft) {
        self.outgoing().set_mode(Mode::Written(draft.format));
        // Everything in it can then be seen and goes out again. Where placeholders are not filled, what the field loses is
        // kept beside it until the text is changed.
        let is_text = matches!(draft.format, Format::Text | Format::Json);
        let text = match is_text && variables::fills_placeholders() {
            true => template::spelled_out(&draft.text),
            false => Cow::Borrowed(&*draft.text),
        };
        if let Some(area) = self.element() {
            area.set_value(&text);
        }
        self.outgoing().set_text(text.into_owned());
        self.say(None);
        self.check();
        self.redraw();
    }

    /// Puts text at the caret, in place of what is selected.
    pub fn insert(&self, text: &str) {
        let Some(area) = self.element() else { return };
        if self.outgoing().mode() == Mode::Files {
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
    pub fn written(&self) {
        let outgoing = self.outgoing();
        outgoing.with_history(|history| history.edited());
        let text = self.text();
        let is_long = text.len() > CHECK_AT_ONCE_BYTES;
        outgoing.set_text(text);
        self.say(None);
        if is_long {
            let editor = self.clone();
            let later = Timeout::new(CHECK_PAUSE_MILLIS, move || editor.check());
            self.0.later.replace(Some(later));
        } else {
            self.check();
        }
    }

    /// Checks what is written.
    pub fn check(&self) {
        self.0.later.replace(None);
        let draft = self.draft();
        self.set_check(match draft.text.is_empty() || self.mode() == Mode::Files {
            true => Check::Empty,
            false => match self.outgoing().check(&draft) {
                Ok(preview) => Check::Good(draft.format, preview),
                Err(fault) => Check::wrong(fault, &draft.text, false),
            },
        });
    }

    /// Lays the text out as JSON, or shows why it cannot be.
    pub fn format(&self) {
        let draft = self.draft();
        match draft.pretty(variables::fills_placeholders()) {
            Ok(text) => self.show(&Draft { text, ..draft }),
            Err(fault) => self.refuse(fault, &draft.text),
        }
        self.focus();
    }

    /// Puts the caret where the text is wrong.
    pub fn point_at(&self, offset: u32) {
        self.focus();
        if let Some(area) = self.element() {
            let _ = area.set_selection_range(offset, offset.saturating_add(1));
        }
    }

    /// Sends what is written or chosen. What cannot be sent stays, and the reason is shown.
    pub fn send(&self) {
        if self.outgoing().mode() == Mode::Files {
            self.send_files();
            return;
        }
        let draft = self.draft();
        self.say(None);
        match self.outgoing().prepare(&draft) {
            Err(fault) => self.refuse(fault, &draft.text),
            Ok(message) => {
                if self.session().may_send(&draft) && self.session().send(message) {
                    self.outgoing().sent(draft);
                    self.outgoing().set_text(String::new());
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
    pub fn take_files(&self, files: Vec<File>) {
        self.outgoing().set_files(files.into());
        self.set_mode(Mode::Files);
    }

    /// Puts a message into the field, so that it goes out as it is if nothing is changed.
    pub fn edit(&self, message: &Message) {
        self.show(&match message {
            Message::Text(text) if variables::fills_placeholders() => {
                Draft { format: Format::Text, text: template::literal(text) }
            }
            Message::Text(text) => Draft { format: Format::Text, text: text.clone() },
            Message::Binary(bytes) => Draft { format: Format::Hex, text: to_hex(bytes) },
        });
        self.focus();
    }

    /// Reads the files one after the other and sends each. The first that cannot be sent ends it.
    fn send_files(&self) {
        if self.0.is_reading.replace(true) {
            // A second click while they are read would send them twice.
            return;
        }
        let (files, as_text) = (self.outgoing().files(), self.outgoing().files_as_text());
        self.say(files.is_empty().then_some(Note::NoFiles));
        let editor = self.clone();
        #[expect(
            clippy::disallowed_methods,
            reason = "ends with the last file; an editor outlives what draws it"
        )]
        wasm_bindgen_futures::spawn_local(async move {
            for file in &*files {
                let sent = match files::read(file, as_text).await {
                    Ok(message) => editor.session().send(message),
                    Err(why) => {
                        editor.say(Some(why));
                        false
                    }
                };
                if !sent {
                    break;
                }
            }
            editor.0.is_reading.set(false);
        });
    }

    fn refuse(&self, fault: Fault, text: &str) {
        let check = Check::wrong(fault, text, true);
        if let Check::Wrong { offset, .. } = check {
            self.point_at(offset);
        }
        self.set_check(check);
    }

    fn set_check(&self, check: Check) {
        if *self.0.check.borrow() != check {
            self.0.check.replace(check);
            self.redraw();
        }
    }

    fn text(&self) -> String {
        let kept = self.outgoing().text();
        match self.element().map(|area| area.value()) {
            Some(shown) if shown != *in_a_field(&kept) => shown,
            _ => kept,
        }
    }

    fn element(&self) -> Option<HtmlTextAreaElement> {
        self.0.area.cast()
    }
}

/// A text as a text field has it: line feeds for every line break (HTML standard, "API value").
fn in_a_field(text: &str) -> Cow<'_, str> {
    match text.contains('\r') {
        true => Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")),
        false => Cow::Borrowed(text),
    }
}

impl Check {
    fn wrong(fault: Fault, text: &str, tried: bool) -> Check {
        let offset = u32::try_from(utf16_offset(text, fault.at)).unwrap_or(u32::MAX);
        Check::Wrong { at: position(text, fault.at), problem: fault.problem, offset, tried }
    }
}

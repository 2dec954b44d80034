//! What the composer of one connection keeps while another tab is shown: the draft, what was sent, the files to
//! send, and a run of repeated sending.

mod run;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use link::Message;
use web_sys::File;
use workbench::draft::{Draft, Fault, Preview};
use workbench::schedule::{Plan, PlanError};
use workbench::template::{Values, Variables, fill};
use workbench::time::Micros;
use workbench::view::{Format, Payload};

pub use self::run::{Outlet, Run, RunState, RunStatus};
use crate::lasting::{messages, variables};
use crate::model::history::History;
use crate::model::repeat::RepeatForm;

/// What the composer writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A message in the text field.
    Written(Format),
    /// Files as they are.
    Files,
}

/// What one connection is about to send. Clones are the same, and equal only to each other.
#[derive(Clone, Default)]
pub struct Outgoing(Rc<Inner>);

#[derive(Default)]
struct Inner {
    mode: Cell<Mode>,
    text: RefCell<String>,
    files: RefCell<Rc<[File]>>,
    files_as_text: Cell<bool>,
    history: RefCell<History>,
    /// What is stored of it has been read.
    is_history_read: Cell<bool>,
    /// Messages sent with the composer, which `{{n}}` counts.
    sent: Cell<u64>,
    repeat: RefCell<RepeatForm>,
    run: RefCell<Option<Run>>,
    /// The latest request to compose that was followed.
    composed: Cell<Option<u64>>,
}

impl Default for Mode {
    fn default() -> Mode {
        Mode::Written(Format::Text)
    }
}

impl PartialEq for Outgoing {
    fn eq(&self, other: &Outgoing) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("mode", &self.0.mode).finish_non_exhaustive()
    }
}

impl Outgoing {
    /// What is being written.
    pub fn mode(&self) -> Mode {
        self.0.mode.get()
    }

    /// Writes something else; the text stays.
    pub fn set_mode(&self, mode: Mode) {
        self.0.mode.set(mode);
    }

    /// The text in the composer.
    pub fn text(&self) -> String {
        self.0.text.borrow().clone()
    }

    /// Keeps the text in the composer.
    pub fn set_text(&self, text: String) {
        self.0.text.replace(text);
    }

    /// The files to send.
    pub fn files(&self) -> Rc<[File]> {
        self.0.files.borrow().clone()
    }

    /// Chooses the files to send.
    pub fn set_files(&self, files: Rc<[File]>) {
        self.0.files.replace(files);
    }

    /// Whether files are sent as text messages.
    pub fn files_as_text(&self) -> bool {
        self.0.files_as_text.get()
    }

    /// Sends files as text messages, or as binary ones.
    pub fn set_files_as_text(&self, as_text: bool) {
        self.0.files_as_text.set(as_text);
    }

    /// Does something with the messages that were sent.
    pub fn with_history<T>(&self, act: impl FnOnce(&mut History) -> T) -> T {
        let mut history = self.0.history.borrow_mut();
        if !self.0.is_history_read.replace(true) {
            history.add_older(messages::sent());
        }
        act(&mut history)
    }

    /// Takes up what other tabs have sent since.
    pub fn refresh_history(&self) {
        self.0.is_history_read.set(false);
    }

    /// Forgets the messages that were sent, for good.
    pub fn forget_history(&self) {
        messages::forget_sent();
        self.0.history.borrow_mut().clear();
    }

    /// What the repeat form says.
    pub fn repeat_form(&self) -> RepeatForm {
        self.0.repeat.borrow().clone()
    }

    /// Keeps what the repeat form says.
    pub fn set_repeat_form(&self, form: RepeatForm) {
        self.0.repeat.replace(form);
    }

    /// Whether a request to compose is new. It is so only once.
    pub fn take_request(&self, id: u64) -> bool {
        self.0.composed.replace(Some(id)) != Some(id)
    }

    /// Whether a draft would make a message, as far as that can be told before it is sent.
    pub fn check(&self, draft: &Draft) -> Result<Preview, Fault> {
        with_values(self.0.sent.get() + 1, |values| draft.check(values))
    }

    /// The message a draft makes now.
    pub fn prepare(&self, draft: &Draft) -> Result<Message, Fault> {
        prepare(draft, self.0.sent.get() + 1)
    }

    /// The message a draft makes with some more placeholders than those of the person's, before which they count.
    pub fn prepare_with(&self, draft: &Draft, parts: &Variables) -> Result<Payload, Fault> {
        let mut variables = (*variables::variables()).clone();
        for (name, value) in parts.iter() {
            variables.insert(name.clone(), value.clone());
        }
        draft.prepare(Some(&mut values(self.0.sent.get() + 1, &variables)))
    }

    /// Remembers that a draft was sent.
    pub fn sent(&self, draft: Draft) {
        self.0.sent.set(self.0.sent.get() + 1);
        self.0.history.borrow_mut().push(draft.clone());
        messages::remember(&draft);
    }

    /// Fills the placeholders of an address. Braces that are none are left alone where filling is switched off.
    pub fn fill_address(&self, address: &str) -> Result<String, Fault> {
        with_values(self.0.sent.get() + 1, |values| match values {
            Some(values) => Ok(fill(address, values)?.text),
            None => Ok(address.to_owned()),
        })
    }

    /// Sends drafts over and over by a plan, in place of a run that is under way.
    pub fn start(&self, outlet: Rc<dyn Outlet>, plan: Plan, drafts: Vec<Draft>) -> Result<Run, PlanError> {
        self.stop();
        let run = Run::start(outlet, plan, drafts)?;
        self.0.run.replace(Some(run.clone()));
        Ok(run)
    }

    /// Ends the run, if there is one under way.
    pub fn stop(&self) {
        let run = self.run();
        if let Some(run) = run {
            run.stop();
        }
    }

    /// The latest run, over or not.
    pub fn run(&self) -> Option<Run> {
        self.0.run.borrow().clone()
    }

    /// Forgets a run that is over.
    pub fn forget_run(&self) {
        self.stop();
        self.0.run.replace(None);
    }
}

/// The message a draft makes without the person's variables, which are for servers that they were agreed on for.
pub fn prepare_by_itself(draft: &Draft) -> Result<Payload, Fault> {
    draft.prepare(Some(&mut values(1, &Variables::default())))
}

/// The message a draft makes now as number `n`.
fn prepare(draft: &Draft, n: u64) -> Result<Message, Fault> {
    with_values(n, |values| draft.prepare(values)).map(message)
}

/// A payload as the link takes it.
pub(super) fn message(payload: Payload) -> Message {
    match payload {
        Payload::Text(text) => Message::Text(text),
        Payload::Binary(bytes) => Message::Binary(bytes),
    }
}

/// Runs `act` with what placeholders are filled from; with nothing where filling is switched off.
fn with_values<T>(n: u64, act: impl FnOnce(Option<&mut Values<'_, fn() -> u64>>) -> T) -> T {
    if !variables::fills_placeholders() {
        return act(None);
    }
    act(Some(&mut values(n, &variables::variables())))
}

fn values(n: u64, variables: &Variables) -> Values<'_, fn() -> u64> {
    Values { n, now: Micros::from_millis(js_sys::Date::now()), random: random_bits, variables }
}

/// 64 bits as good as those of `Math.random`, which has 52 at a time.
fn random_bits() -> u64 {
    let half = || (js_sys::Math::random() * 4_294_967_296.0) as u64;
    half() << 32 | half()
}

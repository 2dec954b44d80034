//! The form under work, and what became of it.

use std::cell::RefCell;
use std::rc::Rc;

use workbench::draft::Draft;
use workbench::profile::Options;
use yew::prelude::*;

use crate::lasting::{preferences, variables};
use crate::model::settings::{Field, Form, Problems, written};
use crate::running::session::Session;
use crate::texts::texts;

/// The settings of one connection while they are edited. Each is applied when it is right and the person is done with
/// it.
#[derive(Clone)]
pub(super) struct Editor {
    session: Session,
    form: Rc<RefCell<Form>>,
    redraw: UseForceUpdateHandle,
}

/// A form that says what is set.
#[hook]
pub(super) fn use_editor(session: &Session) -> Editor {
    let form = use_mut_ref(|| Form::new(&shown(session), session.sends_heartbeats_unless_said()));
    let editor = Editor { session: session.clone(), form, redraw: use_force_update() };
    {
        // What was typed last counts even if the field was never left.
        let editor = editor.clone();
        use_effect_with((), move |()| move || editor.commit());
    }
    editor
}

impl Editor {
    /// The form as it is.
    pub(super) fn form(&self) -> Form {
        self.form.borrow().clone()
    }

    /// The session whose settings they are.
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// Everything that is wrong.
    pub(super) fn problems(&self) -> Problems {
        self.read().1
    }

    /// Changes the form and applies it when the person is done with the field.
    pub(super) fn on_input(&self, change: impl Fn(&mut Form, String) + 'static) -> Callback<String> {
        let editor = self.clone();
        Callback::from(move |text| {
            change(&mut editor.form.borrow_mut(), text);
            editor.redraw.force_update();
        })
    }

    /// Changes the form and applies it at once.
    pub(super) fn on_change<T: 'static>(&self, change: impl Fn(&mut Form, T) + 'static) -> Callback<T> {
        let editor = self.clone();
        Callback::from(move |value| editor.change(|form| change(form, value)))
    }

    /// Changes the form and applies it at once.
    pub(super) fn change(&self, change: impl FnOnce(&mut Form)) {
        change(&mut self.form.borrow_mut());
        self.commit();
        self.redraw.force_update();
    }

    /// Applies the form.
    pub(super) fn on_done(&self) -> Callback<()> {
        let editor = self.clone();
        Callback::from(move |()| {
            editor.commit();
            editor.redraw.force_update();
        })
    }

    /// Says again what is set.
    pub(super) fn reload(&self) {
        let sends = self.session.sends_heartbeats_unless_said();
        self.form.replace(Form::new(&shown(&self.session), sends));
        self.redraw.force_update();
    }

    fn read(&self) -> (Options, Problems) {
        let (t, present) = (texts(), shown(&self.session));
        let check = |draft: &Draft| self.session.outgoing().check(draft).map(drop);
        let sends = self.session.sends_heartbeats_unless_said();
        self.form.borrow().read(&present, sends, check, &t.settings, &t.composer)
    }

    fn commit(&self) {
        let ((options, _), present) = (self.read(), self.session.options());
        // Spelling a message out is no change of it.
        if options != shown(&self.session) {
            preferences::keep_defaults(&present, &options);
            self.session.set_options(options);
        }
    }
}

/// What is set, as the form shows it.
fn shown(session: &Session) -> Options {
    written(&session.options(), variables::fills_placeholders())
}

/// What is wrong with a field.
pub(super) fn problem(problems: &Problems, field: Field) -> Option<AttrValue> {
    problems.iter().find(|(wrong, _)| *wrong == field).map(|(_, sentence)| sentence.clone().into())
}

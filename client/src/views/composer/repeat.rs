//! The form for sending over and over.
//!
//! `data-testid`: `repeat-this`, `repeat-list` (radio buttons), `repeat-interval`, `repeat-times`,
//! `repeat-rounds`, `repeat-add` (a list of kept messages), `repeat-step` (one each) with `repeat-delay`,
//! `repeat-up` and `repeat-remove`, `repeat-start`, `repeat-problem`.

use std::rc::Rc;

use web_sys::HtmlSelectElement;
use workbench::library::Library;
use yew::prelude::*;

use super::drawer::{drawer_head, use_first_focus};
use crate::actions::editor::Editor;
use crate::lasting::messages;
use crate::model::fault;
use crate::model::repeat::{RepeatEdit, RepeatForm, plan, sentence};
use crate::running::outgoing::{Mode, Run};
use crate::texts::composer::Composer;
use crate::texts::fill;
use crate::views::fields::input_value;
use crate::views::icons::{Icon, picture};
use crate::views::lang::{use_said, use_texts};

#[derive(PartialEq, Properties)]
pub(super) struct RepeatDrawerProps {
    pub(super) editor: Editor,
    /// The link takes no messages.
    pub(super) is_closed: bool,
    /// A run has begun.
    pub(super) on_run: Callback<Run>,
    pub(super) on_close: Callback<()>,
}

#[component]
pub(super) fn RepeatDrawer(props: &RepeatDrawerProps) -> Html {
    let t = &use_texts().composer;
    let outgoing = props.editor.outgoing().clone();
    let form = use_state_eq(|| outgoing.repeat_form());
    let problem = use_said::<String>();
    let library = use_memo((), |()| messages::library().unwrap_or_default());
    let first = use_first_focus();

    let edit = {
        let (form, problem) = (form.setter(), problem.setter());
        let outgoing = outgoing.clone();
        // Every change begins with what is kept: two may come before the form is drawn again.
        Callback::from(move |edit: RepeatEdit| {
            let mut changed = outgoing.repeat_form();
            changed.edit(edit);
            outgoing.set_repeat_form(changed.clone());
            form.set(changed);
            problem.set(None);
        })
    };
    let start = {
        let (editor, problem, library) = (props.editor.clone(), problem.setter(), library.clone());
        let (on_run, is_closed) = (props.on_run.clone(), props.is_closed);
        move |event: SubmitEvent| {
            event.prevent_default();
            let outgoing = editor.outgoing();
            let form = outgoing.repeat_form();
            let refused = if is_closed || editor.session().link().phase.is_final() {
                Some(t.repeat_closed.to_owned())
            } else if !form.is_list && outgoing.mode() == Mode::Files {
                Some(t.repeat_files.to_owned())
            } else {
                begin(&editor, &form, &library, t).map(|run| on_run.emit(run)).err()
            };
            problem.set(refused);
        }
    };
    let head = drawer_head(
        html! {
            <fieldset class="choices" aria-label={t.repeat}>
                for (is_list, id, name) in
                    [(false, "repeat-this", t.repeat_this), (true, "repeat-list", t.repeat_list)]
                {
                    <label class="choice" key={id}>
                        <input
                            class="visually-hidden"
                            type="radio"
                            name="repeat-what"
                            ref={if is_list == form.is_list { first.clone() } else { NodeRef::default() }}
                            data-testid={id}
                            checked={form.is_list == is_list}
                            onchange={edit.reform(move |_: Event| RepeatEdit::IsList(is_list))}
                        />
                        <span>{name}</span>
                    </label>
                }
            </fieldset>
        },
        &props.on_close,
        t,
    );
    html! {
        <>
            {head}
            if form.is_list {
                <Steps {library} form={(*form).clone()} edit={edit.clone()} />
            }
            <form class="drawer-form" onsubmit={start}>
                if form.is_list {
                    <label class="drawer-label short">
                        <span>{t.repeat_rounds}</span>
                        <input
                            class="field"
                            type="text"
                            inputmode="numeric"
                            data-testid="repeat-rounds"
                            placeholder={t.repeat_endless}
                            value={form.rounds.clone()}
                            oninput={edit.reform(|event: InputEvent| RepeatEdit::Rounds(input_value(&event)))}
                        />
                    </label>
                } else {
                    <label class="drawer-label short">
                        <span>{t.repeat_every}{" ("}{t.repeat_millis}{")"}</span>
                        <input
                            class="field"
                            type="text"
                            inputmode="numeric"
                            data-testid="repeat-interval"
                            value={form.interval.clone()}
                            oninput={edit.reform(|event: InputEvent| RepeatEdit::Interval(input_value(&event)))}
                        />
                    </label>
                    <label class="drawer-label short">
                        <span>{t.repeat_times}</span>
                        <input
                            class="field"
                            type="text"
                            inputmode="numeric"
                            data-testid="repeat-times"
                            placeholder={t.repeat_endless}
                            value={form.times.clone()}
                            oninput={edit.reform(|event: InputEvent| RepeatEdit::Times(input_value(&event)))}
                        />
                    </label>
                }
                <button class="button primary" type="submit" data-testid="repeat-start">{t.repeat_start}</button>
                <p class="drawer-hint">{t.repeat_hint}</p>
                <p class="drawer-problem" role="alert" data-testid="repeat-problem">{(*problem).clone()}</p>
            </form>
        </>
    }
}

#[derive(PartialEq, Properties)]
struct StepsProps {
    library: Rc<Library>,
    form: RepeatForm,
    edit: Callback<RepeatEdit>,
}

/// The messages of the list in order.
#[component]
fn Steps(props: &StepsProps) -> Html {
    let t = &use_texts().composer;
    let messages = props.library.messages();
    let add = {
        let library = props.library.clone();
        let edit = props.edit.clone();
        move |event: Event| {
            let Some(select) = event.target_dyn_into::<HtmlSelectElement>() else { return };
            let chosen = select.value().parse().ok().and_then(|index: usize| library.messages().get(index));
            // Back to the words that ask for the next one.
            select.set_value("");
            if let Some(saved) = chosen {
                let (folder, name) = (saved.folder.clone(), saved.name.clone());
                edit.emit(RepeatEdit::Add { folder, name });
            }
        }
    };
    html! {
        <ol class="drawer-list steps">
            for (index, step) in props.form.steps.iter().enumerate() {
                <li class="drawer-row" key={index} data-testid="repeat-step" data-name={step.name.clone()}>
                    <span class="drawer-name">{path(&step.folder, &step.name)}</span>
                    <label class="step-wait">
                        <span aria-hidden="true">{t.repeat_wait}</span>
                        <input
                            class="field"
                            type="text"
                            inputmode="numeric"
                            data-testid="repeat-delay"
                            aria-label={fill(t.repeat_wait_before, &[&step.name])}
                            value={step.delay.clone()}
                            oninput={props.edit.reform(move |event: InputEvent| {
                                RepeatEdit::Delay(index, input_value(&event))
                            })}
                        />
                        <span aria-hidden="true">{t.repeat_millis}</span>
                    </label>
                    <button
                        class="button icon-button small"
                        type="button"
                        title={fill(t.repeat_up, &[&step.name])}
                        aria-label={fill(t.repeat_up, &[&step.name])}
                        disabled={index == 0}
                        data-testid="repeat-up"
                        onclick={props.edit.reform(move |_: MouseEvent| RepeatEdit::Up(index))}
                    >
                        {picture(Icon::Up)}
                    </button>
                    <button
                        class="button icon-button small"
                        type="button"
                        title={fill(t.repeat_remove, &[&step.name])}
                        aria-label={fill(t.repeat_remove, &[&step.name])}
                        data-testid="repeat-remove"
                        onclick={props.edit.reform(move |_: MouseEvent| RepeatEdit::Remove(index))}
                    >
                        {picture(Icon::Close)}
                    </button>
                </li>
            }
            <li class="drawer-row">
                if messages.is_empty() {
                    <p class="drawer-hint">{t.repeat_add_none}</p>
                } else {
                    <select
                        class="field step-add"
                        data-testid="repeat-add"
                        aria-label={t.repeat_add}
                        onchange={add}
                    >
                        <option value="" selected=true>{t.repeat_add}</option>
                        for (index, saved) in messages.iter().enumerate() {
                            <option key={index} value={index.to_string()}>
                                {path(&saved.folder, &saved.name)}
                            </option>
                        }
                    </select>
                }
            </li>
        </ol>
    }
}

/// Begins what the form says, or tells why it cannot.
fn begin(editor: &Editor, form: &RepeatForm, library: &Library, t: &Composer) -> Result<Run, String> {
    let (plan, drafts) = plan(form, editor.draft(), library).map_err(|fault| sentence(&fault, t))?;
    // A message that cannot be made is told before anything is sent.
    for draft in &drafts {
        editor.outgoing().check(draft).map_err(|wrong| fault::sentence(&wrong, &draft.text, t))?;
    }
    let session = editor.session();
    if !drafts.iter().all(|draft| session.may_send(draft)) {
        return Err(String::new());
    }
    // The plan was checked when it was made.
    session.outgoing().start(Rc::new(session.clone()), plan, drafts).map_err(|error| error.to_string())
}

/// A kept message by folder and name.
fn path(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder} / {name}") }
}

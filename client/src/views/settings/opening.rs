//! What a connection offers and how, and what it sends first.
//!
//! `data-testid`: `settings-protocols`, `opening-add`, and per message `opening-<n>`,
//! `opening-<n>-format`, `opening-<n>-up`, `opening-<n>-remove`.

use wasm_bindgen::JsCast;
use workbench::draft::Draft;
use workbench::view::Format;
use yew::prelude::*;

use super::editor::{Editor, problem};
use crate::model::settings::Field;
use crate::texts::fill;
use crate::texts::settings::Settings;
use crate::views::fields::{TextRow, area_value, below, formats, select};
use crate::views::icons::{Icon, picture};
use crate::views::markup::html;

/// What to offer and what to send first.
pub(super) fn opening(editor: &Editor, t: &'static Settings) -> Html {
    let form = editor.form();
    let session = editor.session();
    let on_protocols = {
        let session = session.clone();
        let redraw = editor.on_done();
        Callback::from(move |protocols: String| {
            session
                .set_draft(crate::running::session::Draft { protocols: protocols.into(), ..session.draft() });
            redraw.emit(());
        })
    };
    let add = {
        let editor = editor.clone();
        move |_: MouseEvent| editor.change(|form| form.opening.push(Draft::default()))
    };
    html! {
        <>
            {TextRow {
                name: "settings-protocols".into(),
                label: t.protocols.into(),
                hint: t.protocols_hint.into(),
                wide: true,
                placeholder: "graphql-transport-ws, mqtt".into(),
                value: session.draft().protocols,
                problem: protocols_problem(session),
                on_input: on_protocols,
                ..TextRow::default()
            }.view()}
            <div class="setting wide">
                <h3 class="setting-label">{t.opening}</h3>
                <p class="setting-hint">{t.opening_hint}</p>
                if form.opening.is_empty() {
                    <p class="setting-empty">{t.opening_none}</p>
                }
                for (index, draft) in form.opening.iter().enumerate() {
                    <div class="opening-item" key={index}>{message(editor, index, draft, t)}</div>
                }
                <button class="button small" type="button" id="opening-add" data-testid="opening-add" onclick={add}>
                    {picture(Icon::Plus)}
                    {t.opening_add}
                </button>
            </div>
        </>
    }
}

fn message(editor: &Editor, index: usize, draft: &Draft, t: &'static Settings) -> Html {
    let number = index + 1;
    let name: AttrValue = format!("opening-{number}").into();
    let problem = problem(&editor.problems(), Field::Opening(index));
    let (up, remove) = (fill(t.opening_up, &[&number]), fill(t.opening_remove, &[&number]));
    let on_input = editor.on_input(move |form, text| {
        if let Some(draft) = form.opening.get_mut(index) {
            draft.text = text;
        }
    });
    let on_input = on_input.reform(|event: InputEvent| area_value(&event));
    let on_format = editor.on_change(move |form, word: String| {
        if let Some(draft) = form.opening.get_mut(index) {
            draft.format = Format::named(&word).unwrap_or_default();
        }
    });
    let move_up = {
        let editor = editor.clone();
        move |_: MouseEvent| {
            editor.change(|form| form.opening.swap(index - 1, index));
            focus(&format!("opening-{index}"));
        }
    };
    let take_away = {
        let editor = editor.clone();
        move |_: MouseEvent| {
            editor.change(|form| drop(form.opening.remove(index)));
            // The button that had the focus goes with its message.
            focus("opening-add");
        }
    };
    let hint_id = format!("{name}-hint");
    html! {
        <>
            <div class="opening-tools">
                {select(
                    &format!("{name}-format").into(),
                    &formats(t),
                    draft.format.word(),
                    on_format,
                    None,
                    Some(t.format.into()),
                )}
                if index > 0 {
                    <button
                        class="button icon-button small"
                        type="button"
                        title={up.clone()}
                        aria-label={up}
                        data-testid={format!("{name}-up")}
                        onclick={move_up}
                    >
                        {picture(Icon::Up)}
                    </button>
                }
                <button
                    class="button icon-button small"
                    type="button"
                    title={remove.clone()}
                    aria-label={remove}
                    data-testid={format!("{name}-remove")}
                    onclick={take_away}
                >
                    {picture(Icon::Trash)}
                </button>
            </div>
            <textarea
                class="field opening-text"
                id={name.clone()}
                data-testid={name}
                rows="2"
                autocapitalize="off"
                spellcheck="false"
                aria-label={fill(t.opening_nth, &[&number])}
                aria-invalid={problem.is_some().to_string()}
                aria-describedby={hint_id.clone()}
                value={draft.text.clone()}
                oninput={on_input}
                onchange={editor.on_done().reform(|_: Event| ())}
            />
            {below(hint_id, &AttrValue::default(), problem.as_ref())}
        </>
    }
}

pub(super) fn focus(id: &str) {
    let element = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(id))
        .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = element {
        let _ = element.focus();
    }
}

fn protocols_problem(session: &crate::running::session::Session) -> Option<AttrValue> {
    let checked = crate::model::protocols::parse(&session.draft().protocols, &crate::texts::texts().common);
    checked.err().map(|problem| problem.sentence.into())
}

//! Where a held message is changed or answered, or another one is written and put in.
//!
//! `data-testid`: `hold-editor`, in it `hold-message`, `hold-format`, `hold-way`, `hold-into`, `hold-instead`, `hold-answer`,
//! `hold-put-in`, `hold-cancel`, `hold-fault`, `hold-over`.

use std::rc::Rc;

use web_sys::HtmlTextAreaElement;
use workbench::bytes::to_hex;
use workbench::draft::Draft;
use workbench::json::Value;
use workbench::template::literal;
use workbench::view::{Format, Payload};
use yew::prelude::*;

use super::rows::direction;
use super::setting::place_select;
use super::{Places, outcome};
use crate::actions::stage::focus;
use crate::model::fault;
use crate::model::held::Held;
use crate::running::fetching;
use crate::running::outgoing::prepare_by_itself;
use crate::texts::fill;
use crate::views::block::block;
use crate::views::fields::{formats, select};
use crate::views::hooks::use_effect_on;
use crate::views::lang::use_texts;
use crate::views::markup::html;

/// What is written.
#[derive(Clone, PartialEq)]
pub(super) enum Subject {
    /// This one is changed or answered.
    Held(Rc<Held>),
    /// Another one.
    New,
}

#[derive(PartialEq)]
pub(super) struct Editor {
    pub(super) subject: Subject,
    /// The message is not held any more.
    pub(super) is_over: bool,
    pub(super) places: Places,
    /// With what there is to say about it.
    pub(super) on_done: Callback<String>,
}

/// What is written, and where it goes if it is put in.
#[derive(Clone, PartialEq)]
struct Written {
    draft: Draft,
    way: String,
    place: String,
}

block!(Editor, use_editor);

#[hook]
fn use_editor(props: &Editor) -> Html {
    let texts = use_texts();
    let t = &texts.settings;
    let Editor { subject, is_over, places, on_done } = props;
    let written = use_state_eq(|| Written::of(subject));
    let fault = use_state_eq(String::new);
    let area = use_node_ref();
    {
        let area = area.clone();
        use_effect_on((), move |()| focus(&area));
    }
    let change = |change: fn(&mut Written, String)| {
        let written = written.clone();
        Callback::from(move |value: String| {
            let mut changed = (*written).clone();
            change(&mut changed, value);
            written.set(changed);
        })
    };
    let send = |address: String| {
        let (written, fault, on_done) = (written.clone(), fault.setter(), on_done.clone());
        Callback::from(move |_: MouseEvent| {
            let Written { draft, .. } = &*written;
            let payload = match prepare_by_itself(draft) {
                Ok(payload) => payload,
                Err(wrong) => return fault.set(fault::sentence(&wrong, &draft.text, &texts.composer)),
            };
            let (fault, on_done) = (fault.clone(), on_done.clone());
            fetching::ask("POST", address.clone(), Some(payload), move |told| {
                let count = told
                    .as_ref()
                    .ok()
                    .and_then(|answer| Value::parse(answer).ok()?.get("connections")?.as_u64());
                match outcome(told, t) {
                    wrong if !wrong.is_empty() => fault.set(wrong),
                    // What was put in nowhere is worth a word.
                    _ => on_done.emit(match count {
                        Some(count) => fill(t.hold_put_into, &[&count]),
                        None => String::new(),
                    }),
                }
            });
        })
    };
    let to = if written.way == "to-target" { "target" } else { "client" };
    let put_in = send(format!("api/inject?to={to}&{}", written.place));
    let ways = ["to-target", "to-client"].map(|word| (word, direction(word, t).into()));
    let is_new = *subject == Subject::New;
    let (id, title) = match subject {
        Subject::New => (0, t.hold_inject.to_owned()),
        Subject::Held(held) => {
            (held.id, fill(t.hold_editing, &[&held.id, &direction(&Written::way_of(held), t)]))
        }
    };
    let cancel = on_done.reform(|_: MouseEvent| String::new());
    let on_input = change(|written, text| written.draft.text = text).reform(|event: InputEvent| {
        event.target_dyn_into::<HtmlTextAreaElement>().map(|area| area.value()).unwrap_or_default()
    });
    let on_format = change(|written, word| written.draft.format = Format::named(&word).unwrap_or_default());
    html! {
        <section class="hold-editor" aria-label={title.clone()} data-testid="hold-editor">
            <h3 class="dialog-heading">{title}</h3>
            if *is_over {
                <p class="setting-problem" role="alert" data-testid="hold-over">{fill(t.hold_over, &[&id])}</p>
            }
            <textarea
                ref={area}
                class="field hold-message"
                data-testid="hold-message"
                aria-label={t.hold_message}
                rows="5"
                autocapitalize="off"
                autocomplete="off"
                spellcheck="false"
                value={written.draft.text.clone()}
                oninput={on_input}
            ></textarea>
            <div class="hold-line">
                {select(&"hold-format".into(), &formats(t), written.draft.format.word(), on_format, None, Some(t.hold_format.into()))}
                if is_new || *is_over {
                    {select(&"hold-way".into(), &ways, &written.way, change(|written, way| written.way = way), None, Some(t.hold_direction.into()))}
                }
                if is_new {
                    <label class="hold-field">
                        <span>{t.hold_where}</span>
                        {place_select("hold-into", places, &written.place, change(|written, place| written.place = place))}
                    </label>
                }
                if is_new || *is_over {
                    <button class="button primary" type="button" data-testid="hold-put-in" onclick={put_in}>{t.hold_put_in}</button>
                } else {
                    <button class="button primary" type="button" data-testid="hold-instead" onclick={send(format!("api/held/{id}/edit"))}>
                        {t.hold_instead}
                    </button>
                    <button class="button" type="button" data-testid="hold-answer" onclick={send(format!("api/held/{id}/answer"))}>
                        {t.hold_answer}
                    </button>
                }
                <button class="button" type="button" data-testid="hold-cancel" onclick={cancel}>{t.hold_cancel}</button>
            </div>
            if !fault.is_empty() {
                <p class="setting-problem" role="alert" data-testid="hold-fault">{&*fault}</p>
            }
        </section>
    }
}

impl Written {
    fn of(subject: &Subject) -> Written {
        match subject {
            Subject::New => {
                Written { draft: Draft::default(), way: "to-client".to_owned(), place: String::new() }
            }
            Subject::Held(held) => Written {
                draft: match &held.payload {
                    // What a text field would lose is spelt out.
                    Payload::Text(text) => Draft { format: Format::Text, text: literal(text) },
                    Payload::Binary(bytes) => Draft { format: Format::Hex, text: to_hex(bytes) },
                },
                way: Written::way_of(held),
                place: format!("connection={}", held.connection),
            },
        }
    }

    fn way_of(held: &Held) -> String {
        if held.to_target { "to-target".to_owned() } else { "to-client".to_owned() }
    }
}

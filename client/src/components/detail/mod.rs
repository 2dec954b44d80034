//! One entry in full.
//!
//! `data-testid`: `detail` (the content; its text is the full text except in the tree), `detail-tree`,
//! `view-tree|text|hex|raw`, `copy`, `resend`, `edit-resend`, `pin`, `detail-close`, `pair`, `fold-all`,
//! `unfold-all`, `tree-row`.

mod content;
mod tree;

use std::rc::Rc;

use wasm_bindgen_futures::JsFuture;
use workbench::entry::{Direction, Kind};
use workbench::time::duration;
use yew::prelude::*;

use self::content::{Content, Document, Shape};
use super::icons::{Icon, picture};
use crate::driver::clock::utc_offset_minutes;
use crate::i18n::log::Log as Texts;
use crate::i18n::{fill, use_texts};
use crate::model::close;
use crate::model::format::size;
use crate::model::owned::{OwnedBody, OwnedEntry, delivery_sentence, delivery_slug};
use crate::session::Session;
use crate::storage;

/// Where the way of showing is stored.
const STORAGE_KEY: &str = "heartwire.detail";

#[derive(PartialEq, Properties)]
pub(super) struct DetailProps {
    pub(super) session: Session,
    pub(super) entry: Rc<OwnedEntry>,
    /// The newest entry is shown, whatever it is.
    pub(super) pinned: bool,
    pub(super) on_close: Callback<()>,
}

#[component]
pub(super) fn Detail(props: &DetailProps) -> Html {
    let t = &use_texts().log;
    let (session, entry) = (&props.session, &props.entry);
    let chosen = use_state_eq(|| {
        let stored = storage::word(STORAGE_KEY);
        Shape::ALL.into_iter().find(|shape| shape.slug() == stored)
    });
    let is_message = entry.kind == Kind::Message;
    let document = use_memo((entry.id, entry.body.clone()), |(_, body)| Document::read(body, is_message));
    let shapes = document.shapes();
    let shape = chosen.filter(|shape| shapes.contains(shape)).unwrap_or(shapes[0]);
    html! {
        <section class="detail" aria-label={t.selected} data-kind={entry.slug()} data-delivery={entry.delivery.map(delivery_slug)}>
            <header class="detail-header">
                <span class="entry-label">{entry.label(t)}</span>
                <span class="detail-time">{entry.time.clock(utc_offset_minutes())}</span>
                if is_message {
                    <span class="detail-size">{kind_and_size(&entry.body, t)}</span>
                }
                <Actions
                    session={session.clone()}
                    entry={entry.clone()}
                    pinned={props.pinned}
                    on_close={props.on_close.clone()}
                />
            </header>
            if let Some(explanation) = explanation(entry, t) {
                <p class="detail-explanation">{explanation}</p>
            }
            if let Some((pair, rtt)) = entry.pair.zip(entry.rtt_micros) {
                <p class="detail-pair">
                    { fill(
                        if entry.direction == Direction::Out { t.answer_took } else { t.answers_after },
                        &[&duration(i64::from(rtt))],
                    ) }
                    <button
                        class="link-button"
                        type="button"
                        data-testid="pair"
                        onclick={{
                            let session = session.clone();
                            move |_: MouseEvent| {
                                session.look(|list, log| list.select(Some(pair), false, log.store()));
                            }
                        }}
                    >
                        {t.show_pair}
                    </button>
                </p>
            }
            if shapes.len() > 1 {
                <div class="detail-views" role="group" aria-label={t.view_as}>
                    for other in shapes.iter().copied() {
                        <button
                            class="segment"
                            type="button"
                            aria-pressed={(other == shape).to_string()}
                            data-testid={format!("view-{}", other.slug())}
                            onclick={{
                                let chosen = chosen.setter();
                                move |_: MouseEvent| {
                                    // Where storage is forbidden the choice lasts until the page is left.
                                    let _ = storage::set(STORAGE_KEY, other.slug());
                                    chosen.set(Some(other));
                                }
                            }}
                        >
                            {other.name(t)}
                        </button>
                    }
                </div>
            }
            <Content key={entry.id} session={session.clone()} {document} {shape} />
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct ActionsProps {
    session: Session,
    entry: Rc<OwnedEntry>,
    pinned: bool,
    on_close: Callback<()>,
}

/// What can be done with the entry.
#[component]
fn Actions(props: &ActionsProps) -> Html {
    let t = &use_texts().log;
    let copied = use_state_eq(|| None::<bool>);
    {
        let copied = copied.setter();
        use_effect_with(props.entry.id, move |_| copied.set(None));
    }
    let copy = {
        let (entry, copied) = (props.entry.clone(), copied.setter());
        move |_: MouseEvent| copy(content::as_text(&entry.body), copied.clone())
    };
    let resend = {
        let (session, entry) = (props.session.clone(), props.entry.clone());
        move |_: MouseEvent| {
            session.send(entry.message());
        }
    };
    let edit = {
        let (session, entry) = (props.session.clone(), props.entry.clone());
        move |_: MouseEvent| session.compose(entry.message())
    };
    let pin = {
        let (session, pinned) = (props.session.clone(), props.pinned);
        move |_: MouseEvent| session.look(|list, log| list.set_pinned(!pinned, log.store()))
    };
    let button = |icon: Icon,
                  title: &'static str,
                  name: &'static str,
                  pressed: Option<bool>,
                  onclick: Callback<MouseEvent>| {
        html! {
            <button
                class="button icon-button small"
                type="button"
                {title}
                aria-label={title}
                aria-pressed={pressed.map(|pressed| pressed.to_string())}
                data-testid={name}
                {onclick}
            >
                {picture(icon)}
            </button>
        }
    };
    html! {
        <span class="detail-actions">
            <span class="detail-copied" role="status">
                { match *copied {
                    Some(true) => t.copied,
                    Some(false) => t.copy_refused,
                    None => "",
                } }
            </span>
            {button(Icon::Copy, t.copy, "copy", None, copy.into())}
            if props.entry.kind == Kind::Message {
                {button(Icon::Resend, t.resend, "resend", None, resend.into())}
                {button(Icon::Edit, t.edit_resend, "edit-resend", None, edit.into())}
            }
            {button(Icon::Pin, t.pin, "pin", Some(props.pinned), pin.into())}
            {button(Icon::Close, t.close_detail, "detail-close", None, props.on_close.reform(|_| ()))}
        </span>
    }
}

fn kind_and_size(body: &OwnedBody, t: &Texts) -> String {
    let kind = if body.text().is_some() { t.text } else { t.mark_binary };
    format!("{}, {kind}", size(body.bytes().len() as u64))
}

fn explanation(entry: &OwnedEntry, t: &Texts) -> Option<String> {
    match (entry.delivery, entry.code) {
        (Some(delivery), _) => delivery_sentence(delivery, t).map(str::to_owned),
        (None, 0) => None,
        (None, code) => {
            let meaning = close::explain(code);
            Some(fill(t.close_explained, &[&code, &meaning.name, &meaning.sentence]))
        }
    }
}

/// Copies and says whether it worked.
pub(super) fn copy(text: String, copied: UseStateSetter<Option<bool>>) {
    let Some(window) = web_sys::window() else { return };
    #[expect(
        clippy::disallowed_methods,
        reason = "ends with the browser's answer, and a setter outlives its component"
    )]
    wasm_bindgen_futures::spawn_local(async move {
        // Pages not served from https or this machine have no clipboard at all.
        let allowed = window.is_secure_context();
        let result = allowed.then(|| JsFuture::from(window.navigator().clipboard().write_text(&text)));
        copied.set(Some(match result {
            Some(result) => result.await.is_ok(),
            None => false,
        }));
    });
}

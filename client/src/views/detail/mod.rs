//! One entry in full.
//!
//! `data-testid`: `detail` (the content; its text is the full text except in the tree), `detail-tree`,
//! `view-tree|text|hex|raw`, `copy`, `resend`, `edit-resend`, `pin`, `detail-close`, `pair`, `fold-all`,
//! `unfold-all`, `tree-row`.

mod content;
mod document;
pub(super) mod relayed;
mod tree;

use std::rc::Rc;

use workbench::entry::{Direction, Kind};
use workbench::time::duration;
use yew::prelude::*;

use self::content::content;
use self::document::{Document, Shape};
use super::buttons::{act, icon_button};
use crate::actions::Action;
use crate::actions::stage::Scene;
use crate::lasting::storage::{self, Key};
use crate::model::format::size;
use crate::model::owned::{OwnedBody, OwnedEntry, delivery_sentence, delivery_slug};
use crate::running::driver::clock::zone;
use crate::texts::log::Log;
use crate::texts::{Texts, close_codes, fill};
use crate::views::block::block;
use crate::views::hooks::use_effect_on;
use crate::views::lang::use_texts;
use crate::views::markup::html;

#[derive(PartialEq)]
pub(super) struct Detail {
    pub(super) scene: Scene,
    pub(super) entry: Rc<OwnedEntry>,
    /// The newest entry is shown, whatever it is.
    pub(super) pinned: bool,
    /// How many entries are selected.
    pub(super) selected: usize,
    /// Whether the latest copying worked.
    pub(super) copied: Option<bool>,
}

block!(Detail, use_detail);

#[hook]
fn use_detail(props: &Detail) -> Html {
    let texts = use_texts();
    let t = &texts.log;
    let (scene, entry) = (&props.scene, &props.entry);
    let chosen = use_state_eq(|| {
        let stored = storage::word(Key::DETAIL);
        Shape::ALL.into_iter().find(|shape| shape.slug() == stored)
    });
    let is_message = entry.kind == Kind::Message;
    let document = use_memo((entry.id, entry.shown()), |(_, body)| Document::read(body, is_message));
    let shapes = document.shapes();
    let shape = chosen.filter(|shape| shapes.contains(shape)).unwrap_or(shapes[0]);
    use_effect_on((document.clone(), shape, scene.clone(), entry.id), |(document, shape, scene, id)| {
        let (document, shape) = (document.clone(), *shape);
        scene.set_shown(*id, Rc::new(move || content::shown(&document, shape)));
    });
    html! {
        <section class="detail" aria-label={t.selected} data-kind={entry.slug()} data-delivery={entry.delivery.map(delivery_slug)}>
            <header class="detail-header">
                <span class="entry-label">{entry.label(t)}</span>
                <span class="detail-time">{format!("{} {}", entry.time.date(zone), entry.time.clock(zone))}</span>
                if is_message {
                    <span class="detail-size">{kind_and_size(&entry.body, t)}</span>
                }
                {actions(scene, entry, props.copied, texts)}
            </header>
            if let Some(wire) = &entry.wire {
                {relayed::wire(wire, t)}
            }
            if entry.kind == Kind::Ping && entry.direction == Direction::In && scene.session().options().relay.auto_pong {
                <p class="detail-explanation">{t.ping_answered}</p>
            }
            if let Some(explanation) = explanation(entry, t) {
                <p class="detail-explanation">{explanation}</p>
            }
            if let Some(rtt) = entry.rtt_micros.filter(|_| entry.pair.is_some()) {
                <p class="detail-pair">
                    { fill(
                        if entry.direction == Direction::Out { t.answer_took } else { t.answers_after },
                        &[&duration(i64::from(rtt))],
                    ) }
                    <button
                        class="link-button"
                        type="button"
                        data-testid="pair"
                        onclick={act::<MouseEvent>(scene, Action::ShowPair)}
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
                                    let _ = storage::set(Key::DETAIL, other.slug());
                                    chosen.set(Some(other));
                                }
                            }}
                        >
                            {other.name(t)}
                        </button>
                    }
                </div>
            }
            {content(scene, entry.id, &document, shape, t)}
            if matches!(entry.kind, Kind::Connected | Kind::Disconnected | Kind::Error) {
                {scene.session().read(|log, _| {
                    log.store().connection(entry.connection).map(|connection| relayed::handshake(connection, t))
                })}
            }
        </section>
    }
}

/// What can be done with the entry.
fn actions(scene: &Scene, entry: &OwnedEntry, copied: Option<bool>, texts: &'static Texts) -> Html {
    let t = &texts.log;
    let all = [Action::Copy, Action::Resend, Action::EditResend, Action::Pin, Action::Deselect];
    let is_message = entry.kind == Kind::Message;
    html! {
        <span class="detail-actions">
            <span class="detail-copied" role="status">
                { match copied {
                    Some(true) => t.copied,
                    Some(false) => t.copy_refused,
                    None => "",
                } }
            </span>
            for action in all {
                if is_message || !matches!(action, Action::Resend | Action::EditResend) {
                    {icon_button(scene, action, "button icon-button small", texts)}
                }
            }
        </span>
    }
}

fn kind_and_size(body: &OwnedBody, t: &Log) -> String {
    let kind = if body.text().is_some() { t.text } else { t.mark_binary };
    format!("{}, {kind}", size(body.bytes().len() as u64))
}

fn explanation(entry: &OwnedEntry, t: &Log) -> Option<String> {
    match (entry.delivery, entry.code) {
        (Some(delivery), _) => delivery_sentence(delivery, t).map(str::to_owned),
        (None, 0) => None,
        (None, code) => {
            let meaning = close_codes::explain(code);
            Some(fill(t.close_explained, &[&code, &meaning.name, &meaning.sentence]))
        }
    }
}

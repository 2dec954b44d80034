//! The line below the text: what the message would be or what is wrong, and the keys.

use workbench::view::Format;
use yew::prelude::*;

use crate::actions::editor::{Check, Editor};
use crate::actions::stage::Scene;
use crate::model::fault::sentence_at;
use crate::model::format::size;
use crate::running::outgoing::Mode;
use crate::texts::composer::Composer;
use crate::texts::fill;

pub(super) fn state_line(scene: &Scene, t: &'static Composer) -> Html {
    let editor: &Editor = scene.editor();
    let check = editor.state();
    let (state, sentence, is_urgent) = match &check {
        Check::Empty => ("empty", String::new(), false),
        Check::Good(format, preview) => {
            let kind = match format {
                Format::Text => t.good_text,
                Format::Json => t.good_json,
                Format::Hex | Format::Base64 => t.good_binary,
            };
            let good = fill(kind, &[&size(preview.bytes as u64)]);
            let good = if preview.has_placeholders { fill(t.with_placeholders, &[&good]) } else { good };
            ("good", good, false)
        }
        Check::Wrong { problem, at, tried, .. } => {
            let wrong = sentence_at(problem, *at, t);
            ("wrong", if *tried { fill(t.not_sent, &[&wrong]) } else { wrong }, *tried)
        }
    };
    let show = match &check {
        Check::Wrong { offset, .. } => {
            let (editor, offset) = (editor.clone(), *offset);
            Some(move |_: MouseEvent| editor.point_at(offset))
        }
        _ => None,
    };
    html! {
        <div class="composer-foot">
            <p
                class="composer-state"
                id={scene.id("composer-state")}
                data-testid="composer-state"
                data-state={state}
            >
                if let Some(show) = show {
                    <button
                        class="composer-fault"
                        type="button"
                        title={t.fault_show}
                        data-testid="fault-show"
                        onclick={show}
                    >
                        {sentence.clone()}
                    </button>
                } else {
                    {sentence.clone()}
                }
            </p>
            <p class="composer-note" role="status" data-testid="composer-note">
                { editor.note().map(|note| note.sentence(t)).unwrap_or_default() }
                if is_urgent {
                    // What is on screen is read as well once sending was tried.
                    <span class="visually-hidden">{sentence}</span>
                }
            </p>
            if editor.mode() != Mode::Files {
                <p class="composer-keys" id={scene.id("composer-keys")}>
                    <kbd>{"Enter"}</kbd>{" "}{t.key_sends}
                    <span aria-hidden="true">{" · "}</span>
                    <kbd>{"Shift"}</kbd>{" "}<kbd>{"Enter"}</kbd>{" "}{t.key_breaks}
                    <span aria-hidden="true">{" · "}</span>
                    <kbd>{"↑"}</kbd>{" "}{t.key_recalls}
                </p>
            }
        </div>
    }
}

//! What is written, and the drawers.

use workbench::view::Format;
use yew::prelude::*;

use crate::actions::stage::Scene;
use crate::actions::{Action, Drawer};
use crate::running::outgoing::Mode;
use crate::texts::Texts;
use crate::views::buttons::{act, icon};
use crate::views::icons::picture;
use crate::views::markup::html;

pub(super) fn toolbar(scene: &Scene, texts: &'static Texts) -> Html {
    let t = &texts.composer;
    let editor = scene.editor();
    let modes = [
        (Mode::Written(Format::Text), t.mode_text),
        (Mode::Written(Format::Json), t.mode_json),
        (Mode::Written(Format::Hex), t.mode_hex),
        (Mode::Written(Format::Base64), t.mode_base64),
        (Mode::Files, t.mode_file),
    ];
    html! {
        <div class="composer-tools">
            <fieldset class="choices" aria-label={t.mode}>
                for (mode, name) in modes {
                    <label class="choice" title={Action::Write(mode).name(texts)} key={name}>
                        <input
                            class="visually-hidden"
                            type="radio"
                            name={scene.id("composer-mode")}
                            data-testid={Action::Write(mode).spec().slug}
                            checked={editor.mode() == mode}
                            onchange={act::<Event>(scene, Action::Write(mode))}
                        />
                        <span>{name}</span>
                    </label>
                }
            </fieldset>
            if editor.mode() == Mode::Written(Format::Json) {
                <button class="button small" type="button" title={t.format_hint} data-testid="format" onclick={act::<MouseEvent>(scene, Action::LayOut)}>
                    {t.format}
                </button>
            }
            <div class="composer-drawers">
                for drawer in Drawer::ALL {
                    {drawer_button(scene, drawer, texts)}
                }
            </div>
        </div>
    }
}

fn drawer_button(scene: &Scene, drawer: Drawer, texts: &'static Texts) -> Html {
    let action = Action::Drawer(drawer);
    let name = action.name(texts);
    html! {
        <button
            class="button small composer-tool"
            type="button"
            key={drawer.slug()}
            title={name}
            aria-label={name}
            aria-expanded={(scene.drawer() == Some(drawer)).to_string()}
            aria-controls={scene.id("composer-drawer")}
            data-testid={action.spec().slug}
            onclick={act::<MouseEvent>(scene, action)}
        >
            {picture(icon(action))}
            <span class="composer-tool-name" aria-hidden="true">{name}</span>
        </button>
    }
}

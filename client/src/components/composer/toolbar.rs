//! What is written, and the drawers.

use workbench::view::Format;
use yew::prelude::*;

use super::drawer::Drawer;
use super::editor::Editor;
use crate::components::icons::picture;
use crate::desk::Mode;
use crate::i18n::use_texts;

#[derive(PartialEq, Properties)]
pub(super) struct ToolbarProps {
    pub(super) editor: Editor,
    pub(super) drawer: Option<Drawer>,
    pub(super) on_drawer: Callback<Drawer>,
}

#[component]
pub(super) fn Toolbar(props: &ToolbarProps) -> Html {
    let t = &use_texts().composer;
    let editor = &props.editor;
    let modes = [
        (Mode::Written(Format::Text), "mode-text", t.mode_text, t.mode_text_hint),
        (Mode::Written(Format::Json), "mode-json", t.mode_json, t.mode_json_hint),
        (Mode::Written(Format::Hex), "mode-hex", t.mode_hex, t.mode_hex_hint),
        (Mode::Written(Format::Base64), "mode-base64", t.mode_base64, t.mode_base64_hint),
        (Mode::Files, "mode-file", t.mode_file, t.mode_file_hint),
    ];
    let format = {
        let editor = editor.clone();
        move |_: MouseEvent| editor.format()
    };
    html! {
        <div class="composer-tools">
            <fieldset class="choices" aria-label={t.mode}>
                for (mode, id, name, hint) in modes {
                    <label class="choice" title={hint} key={id}>
                        <input
                            class="visually-hidden"
                            type="radio"
                            name="composer-mode"
                            data-testid={id}
                            checked={editor.mode() == mode}
                            onchange={
                                let editor = editor.clone();
                                move |_: Event| editor.set_mode(mode)
                            }
                        />
                        <span>{name}</span>
                    </label>
                }
            </fieldset>
            if editor.mode() == Mode::Written(Format::Json) {
                <button class="button small" type="button" title={t.format_hint} data-testid="format" onclick={format}>
                    {t.format}
                </button>
            }
            <div class="composer-drawers">
                for drawer in Drawer::ALL {
                    <button
                        class="button small composer-tool"
                        type="button"
                        key={drawer.slug()}
                        title={drawer.name(t)}
                        aria-label={drawer.name(t)}
                        aria-expanded={(props.drawer == Some(drawer)).to_string()}
                        aria-controls="composer-drawer"
                        data-testid={format!("{}-toggle", drawer.slug())}
                        onclick={props.on_drawer.reform(move |_: MouseEvent| drawer)}
                    >
                        {picture(drawer.icon())}
                        <span class="composer-tool-name" aria-hidden="true">{drawer.name(t)}</span>
                    </button>
                }
            </div>
        </div>
    }
}

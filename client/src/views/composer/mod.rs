//! What to send.
//!
//! `data-testid`: `composer` (the text field), `send`, `mode-text`, `mode-json`, `mode-hex`, `mode-base64`,
//! `mode-file` (radio buttons), `format`, `composer-state` (what the message would be, or what is wrong with it;
//! `data-state` = `empty|good|wrong`), `fault-show`, `composer-note`; `file-input`, `file` (one each),
//! `file-remove`, `files-as-text`, `drop-hint` (while files hover over the page); `history-toggle`,
//! `saved-toggle`, `repeat-toggle`, `more-toggle` and the `drawer` they open (`data-drawer`). What is in the
//! drawers is named in their files.

mod closing;
mod drawer;
mod drop;
mod files;
mod frames;
mod history;
mod more;
mod repeat;
mod run_bar;
mod saved;
mod state;
mod toolbar;
mod variables;

use std::rc::Rc;

use web_sys::HtmlTextAreaElement;
use workbench::draft::Draft;
use workbench::view::Format;
use yew::prelude::*;

use self::drop::use_drop;
use self::files::file_pane;
use self::history::HistoryDrawer;
use self::more::MoreDrawer;
use self::repeat::RepeatDrawer;
use self::run_bar::RunBar;
use self::saved::SavedDrawer;
use self::state::state_line;
use self::toolbar::toolbar;
use crate::actions::editor::Editor;
use crate::actions::stage::Scene;
use crate::actions::{Action, Drawer};
use crate::running::chunks::Chunk;
use crate::running::outgoing::Mode;
use crate::running::session::Compose;
use crate::views::block::{Block, block};
use crate::views::hooks::use_effect_on;
use crate::views::lang::use_texts;
use crate::views::markup::html;
use crate::views::part::Part;

/// The text field and what opens above it.
#[derive(PartialEq)]
pub(super) struct Composer {
    pub(super) scene: Scene,
    pub(super) is_open: bool,
    /// Messages are neither sent nor queued.
    pub(super) is_closed: bool,
    /// What to put into the composer, when another part of the page asks for it.
    pub(super) compose: Option<Rc<Compose>>,
    pub(super) drawer: Option<Drawer>,
}

block!(Composer, use_composer);

#[hook]
fn use_composer(props: &Composer) -> Html {
    let texts = use_texts();
    let t = &texts.composer;
    let (scene, editor) = (&props.scene, props.scene.editor());
    let session = scene.session();
    let update = use_force_update();
    {
        let update = update.clone();
        use_effect_on(editor.clone(), move |editor| {
            editor.mounted(Callback::from(move |()| update.force_update()));
        });
    }
    {
        let editor = editor.clone();
        use_effect_on(props.compose.clone(), move |compose| {
            if let Some(compose) = compose
                && editor.outgoing().take_request(compose.id)
            {
                editor.edit(&compose.message);
            }
        });
    }
    let is_hovering = {
        let editor = editor.clone();
        use_drop(&props.scene, move |files| editor.take_files(files))
    };
    let on_send = {
        let editor = editor.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            editor.send();
        }
    };
    // The second half of a double click is not meant to send the files again. The browser counts the clicks: a time of
    // our own would swallow the next file of somebody quick.
    let on_press = {
        let editor = editor.clone();
        move |event: MouseEvent| {
            if editor.mode() == Mode::Files && event.detail() > 1 {
                event.prevent_default();
            }
        }
    };
    let on_key = {
        let editor = editor.clone();
        move |event: KeyboardEvent| key(&editor, &event)
    };
    let on_input = {
        let editor = editor.clone();
        move |_: InputEvent| editor.written()
    };
    let close_drawer = {
        let scene = scene.clone();
        Callback::from(move |()| {
            scene.set_drawer(None);
            scene.editor().focus();
        })
    };
    let on_pick = {
        let scene = scene.clone();
        Callback::from(move |draft: Draft| {
            scene.editor().show(&draft);
            scene.set_drawer(None);
            scene.editor().focus();
        })
    };

    let mode = editor.mode();
    let placeholder = match mode {
        Mode::Written(Format::Hex) => t.placeholder_hex,
        Mode::Written(Format::Base64) => t.placeholder_base64,
        _ if props.is_open => t.message,
        _ if props.is_closed => t.placeholder_closed,
        _ => t.placeholder_queued,
    };
    html! {
        <div class="composer-area">
            if let Some(shown) = props.drawer {
                <section
                    class="drawer"
                    id={scene.id("composer-drawer")}
                    data-testid="drawer"
                    data-drawer={shown.slug()}
                    aria-label={Action::Drawer(shown).name(texts)}
                    onkeydown={drawer::escape(close_drawer.clone())}
                >
                    {{
                        let (scene, update, is_closed) = (scene.clone(), update.clone(), props.is_closed);
                        let draw = Rc::new(move || {
                            chunk_drawers(shown, &scene, is_closed, &update, on_pick.clone(), close_drawer.clone())
                        });
                        Part { chunk: Chunk::Drawers, draw, dialog: None }.block()
                    }}
                </section>
            }
            if let Some(run) = session.outgoing().run() {
                {{
                    let session = session.clone();
                    let on_dismiss = Callback::from(move |()| {
                        session.outgoing().forget_run();
                        update.force_update();
                    });
                    RunBar { run, on_dismiss }.block()
                }}
            }
            <form class="composer" data-mode={mode_slug(mode)} onsubmit={on_send}>
                {toolbar(scene, texts)}
                <textarea
                    class="field composer-text"
                    ref={editor.area().clone()}
                    data-testid="composer"
                    aria-keyshortcuts={Action::Compose.key()}
                    aria-label={t.message}
                    aria-describedby={format!("{} {}", scene.id("composer-state"), scene.id("composer-keys"))}
                    aria-invalid={editor.is_wrong().to_string()}
                    rows="1"
                    hidden={mode == Mode::Files}
                    {placeholder}
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    onkeydown={on_key}
                    oninput={on_input}
                />
                if mode == Mode::Files {
                    {file_pane(editor, t)}
                }
                <button
                    class={classes!("button", "composer-send", props.is_open.then_some("primary"))}
                    type="submit"
                    data-testid="send"
                    onclick={on_press}
                >
                    {if props.is_open || props.is_closed { t.send } else { t.queue }}
                </button>
                {state_line(scene, t)}
            </form>
            if *is_hovering {
                <div class="drop-hint" data-testid="drop-hint"><p>{t.drop_here}</p></div>
            }
        </div>
    }
}

/// What is in a drawer.
#[inline(never)]
fn chunk_drawers(
    shown: Drawer,
    scene: &Scene,
    is_closed: bool,
    update: &UseForceUpdateHandle,
    on_pick: Callback<Draft>,
    on_close: Callback<()>,
) -> Html {
    let editor = scene.editor().clone();
    match shown {
        Drawer::History => HistoryDrawer { session: scene.session().clone(), on_pick, on_close }.block(),
        Drawer::Saved => SavedDrawer { editor, on_pick, on_close }.block(),
        Drawer::Repeat => {
            let (scene, update) = (scene.clone(), update.clone());
            let on_run = Callback::from(move |_| {
                scene.set_drawer(None);
                update.force_update();
            });
            RepeatDrawer { editor, is_closed, on_run, on_close }.block()
        }
        Drawer::More => MoreDrawer { scene: scene.clone(), on_close }.block(),
    }
}

/// Enter sends, with Shift it breaks the line, with Ctrl or Cmd it sends even nothing. Arrows recall.
fn key(editor: &Editor, event: &KeyboardEvent) {
    // Enter and arrows belong to the input method while it composes; 229 is how Safari says so.
    if event.is_composing() || event.key_code() == 229 {
        return;
    }
    let Some(area) = editor.area().cast::<HtmlTextAreaElement>() else { return };
    let commanded = event.ctrl_key() || event.meta_key();
    let plain = !event.shift_key() && !commanded && !event.alt_key();
    let outgoing = editor.outgoing();
    match event.key().as_str() {
        "Enter" if commanded || !event.shift_key() && !event.alt_key() => {
            event.prevent_default();
            // Sending nothing is possible with the button; with the key alone it is rather a slip.
            if commanded || !area.value().is_empty() {
                editor.send();
            }
        }
        "ArrowUp"
            if plain && (outgoing.with_history(|history| history.is_recalling()) || at_start(&area)) =>
        {
            event.prevent_default();
            let recalled = outgoing.with_history(|history| history.older(editor.draft()));
            if let Some(draft) = recalled {
                editor.show_recalled(&draft);
            }
        }
        "ArrowDown" if plain && outgoing.with_history(|history| history.is_recalling()) => {
            event.prevent_default();
            let recalled = outgoing.with_history(|history| history.newer());
            if let Some(draft) = recalled {
                editor.show_recalled(&draft);
            }
        }
        "ArrowLeft" | "ArrowRight" | "Home" | "End" => outgoing.with_history(|history| history.edited()),
        _ => {}
    }
}

fn mode_slug(mode: Mode) -> &'static str {
    match mode {
        Mode::Written(format) => format.word(),
        Mode::Files => "file",
    }
}

fn at_start(area: &HtmlTextAreaElement) -> bool {
    let start = area.selection_start().ok().flatten();
    start == Some(0) && area.selection_end().ok().flatten() == Some(0)
}

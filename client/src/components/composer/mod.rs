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
mod editor;
mod files;
mod history;
mod more;
mod repeat;
mod run_bar;
mod saved;
mod state;
mod toolbar;
mod variables;

use std::rc::Rc;

use link::Message;
use web_sys::HtmlTextAreaElement;
use workbench::bytes::to_hex;
use workbench::draft::Draft;
use workbench::view::Format;
use yew::prelude::*;

use self::drawer::Drawer;
use self::drop::use_drop;
use self::editor::{Editor, use_editor};
use self::files::FilePane;
use self::history::HistoryDrawer;
use self::more::MoreDrawer;
use self::repeat::RepeatDrawer;
use self::run_bar::RunBar;
use self::saved::SavedDrawer;
use self::state::StateLine;
use self::toolbar::Toolbar;
use crate::desk::Mode;
use crate::i18n::use_texts;
use crate::session::{Compose, Session};

#[derive(PartialEq, Properties)]
pub(super) struct ComposerProps {
    pub(super) session: Session,
    pub(super) is_open: bool,
    /// Messages are neither sent nor queued.
    pub(super) is_closed: bool,
    /// What to put into the composer, when another part of the page asks for it.
    pub(super) compose: Option<Rc<Compose>>,
}

/// The text lives in the element: the browser's own undo stays intact, and typing draws nothing again.
#[component]
pub(super) fn Composer(props: &ComposerProps) -> Html {
    let t = &use_texts().composer;
    let session = &props.session;
    let editor = use_editor(session);
    let drawer = use_state_eq(|| None::<Drawer>);
    let run = use_state_eq(|| session.desk().run());

    {
        let editor = editor.clone();
        use_effect_with(props.compose.clone(), move |compose| {
            if let Some(compose) = compose
                && editor.desk().take_request(compose.id)
            {
                editor.show(&draft_of(&compose.message));
                editor.focus();
            }
        });
    }
    let is_hovering = {
        let editor = editor.clone();
        use_drop(move |files| editor.take_files(files))
    };

    let on_send = {
        let editor = editor.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            editor.send();
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
    let on_drawer = {
        let drawer = drawer.clone();
        Callback::from(move |wanted: Drawer| drawer.set((*drawer != Some(wanted)).then_some(wanted)))
    };
    let close_drawer = {
        let (drawer, editor) = (drawer.clone(), editor.clone());
        Callback::from(move |()| {
            drawer.set(None);
            editor.focus();
        })
    };
    let on_pick = {
        let (drawer, editor) = (drawer.clone(), editor.clone());
        Callback::from(move |draft: Draft| {
            editor.show(&draft);
            drawer.set(None);
            editor.focus();
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
            if let Some(shown) = *drawer {
                <section
                    class="drawer"
                    id="composer-drawer"
                    data-testid="drawer"
                    data-drawer={shown.slug()}
                    aria-label={shown.name(t)}
                    onkeydown={drawer::escape(close_drawer.clone())}
                >
                    { match shown {
                        Drawer::History => html! {
                            <HistoryDrawer session={session.clone()} on_pick={on_pick} on_close={close_drawer} />
                        },
                        Drawer::Saved => html! {
                            <SavedDrawer editor={editor.clone()} on_pick={on_pick} on_close={close_drawer} />
                        },
                        Drawer::Repeat => html! {
                            <RepeatDrawer
                                editor={editor.clone()}
                                is_closed={props.is_closed}
                                on_run={
                                    let (run, drawer) = (run.setter(), drawer.setter());
                                    Callback::from(move |started| {
                                        run.set(Some(started));
                                        drawer.set(None);
                                    })
                                }
                                on_close={close_drawer}
                            />
                        },
                        Drawer::More => html! {
                            <MoreDrawer editor={editor.clone()} on_close={close_drawer} />
                        },
                    } }
                </section>
            }
            if let Some(shown) = (*run).clone() {
                <RunBar
                    run={shown}
                    on_dismiss={
                        let (run, session) = (run.setter(), session.clone());
                        move |()| {
                            session.desk().forget_run();
                            run.set(None);
                        }
                    }
                />
            }
            <form class="composer" data-mode={mode_slug(mode)} onsubmit={on_send}>
                <Toolbar editor={editor.clone()} drawer={*drawer} {on_drawer} />
                <textarea
                    class="field composer-text"
                    ref={editor.area()}
                    data-testid="composer"
                    aria-keyshortcuts="m"
                    aria-label={t.message}
                    aria-describedby="composer-state composer-keys"
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
                    <FilePane editor={editor.clone()} />
                }
                <button
                    class={classes!("button", "composer-send", props.is_open.then_some("primary"))}
                    type="submit"
                    data-testid="send"
                >
                    {if props.is_open || props.is_closed { t.send } else { t.queue }}
                </button>
                <StateLine editor={editor.clone()} />
            </form>
            if *is_hovering {
                <div class="drop-hint" data-testid="drop-hint"><p>{t.drop_here}</p></div>
            }
        </div>
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
    let desk = editor.desk();
    match event.key().as_str() {
        "Enter" if commanded || !event.shift_key() && !event.alt_key() => {
            event.prevent_default();
            // Sending nothing is possible with the button; with the key alone it is rather a slip.
            if commanded || !area.value().is_empty() {
                editor.send();
            }
        }
        "ArrowUp" if plain && (desk.with_history(|history| history.is_recalling()) || at_start(&area)) => {
            event.prevent_default();
            let recalled = desk.with_history(|history| history.older(editor.draft()));
            if let Some(draft) = recalled {
                editor.show_recalled(&draft);
            }
        }
        "ArrowDown" if plain && desk.with_history(|history| history.is_recalling()) => {
            event.prevent_default();
            let recalled = desk.with_history(|history| history.newer());
            if let Some(draft) = recalled {
                editor.show_recalled(&draft);
            }
        }
        "ArrowLeft" | "ArrowRight" | "Home" | "End" => desk.with_history(|history| history.edited()),
        _ => {}
    }
}

/// How a message is written that somebody wants to edit.
fn draft_of(message: &Message) -> Draft {
    match message {
        Message::Text(text) => Draft { format: Format::Text, text: text.clone() },
        Message::Binary(bytes) => Draft { format: Format::Hex, text: to_hex(bytes) },
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

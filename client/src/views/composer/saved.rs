//! Messages that are kept, by name and folder.
//!
//! `data-testid`: `saved-search`; `saved-name`, `saved-folder`, `saved-save` (keep what is written);
//! `saved-item` (one each, `data-name`, `data-folder`) with `saved-load`, `saved-send` and `saved-delete`;
//! `saved-notice` and `saved-undo`.

use workbench::draft::Draft;
use workbench::entry::Body;
use workbench::library::{Library, Saved};
use workbench::view::preview;
use yew::prelude::*;

use super::drawer::{drawer_head, use_first_focus};
use super::history::PREVIEW_CHARS;
use crate::actions::editor::Editor;
use crate::lasting::messages::{self, ChangeError};
use crate::lasting::storage::Key;
use crate::model::fault;
use crate::running::outgoing::Mode;
use crate::texts::composer::Composer;
use crate::texts::fill;
use crate::views::fields::input_value;
use crate::views::hooks::use_stored;
use crate::views::icons::{Icon, picture};
use crate::views::lang::{use_said, use_texts};

#[derive(PartialEq, Properties)]
pub(super) struct SavedDrawerProps {
    pub(super) editor: Editor,
    pub(super) on_pick: Callback<Draft>,
    pub(super) on_close: Callback<()>,
}

/// What happened last, and what would undo it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Notice {
    sentence: String,
    undo: Option<Saved>,
    is_bad: bool,
}

#[component]
pub(super) fn SavedDrawer(props: &SavedDrawerProps) -> Html {
    let t = &use_texts().composer;
    let library = use_state(messages::library);
    let query = use_state_eq(String::new);
    let notice = use_said::<Notice>();
    let search = use_first_focus();
    let on_query = {
        let query = query.setter();
        move |event: InputEvent| query.set(input_value(&event))
    };
    {
        let library = library.setter();
        use_stored(&[Key::SAVED], move || library.set(messages::library()));
    }
    let change = {
        let (library, notice) = (library.setter(), notice.setter());
        move |change: &dyn Fn(&mut Library) -> Notice| {
            let bad = |sentence: &str| Notice { sentence: sentence.to_owned(), undo: None, is_bad: true };
            let outcome = match messages::change_library(change) {
                Ok((stored, outcome)) => {
                    library.set(Ok(stored));
                    outcome
                }
                Err(ChangeError::Foreign) => bad(t.storage_foreign),
                Err(ChangeError::Refused) => bad(t.storage_refused),
            };
            notice.set(Some(outcome));
        }
    };
    let save = {
        let change = change.clone();
        Callback::from(move |saved: Saved| {
            change(&|library| {
                let replaced = library.save(saved.clone());
                let sentence = if replaced.is_some() { t.saved_replaced } else { t.saved_done };
                Notice { sentence: fill(sentence, &[&saved.name.trim()]), undo: replaced, is_bad: false }
            });
        })
    };
    let delete = {
        let change = change.clone();
        Callback::from(move |saved: Saved| {
            change(&|library| Notice {
                sentence: fill(t.saved_deleted, &[&saved.name]),
                undo: library.remove(&saved.folder, &saved.name),
                is_bad: false,
            });
        })
    };
    let undo = Callback::from(move |saved: Saved| {
        change(&|library| {
            library.save(saved.clone());
            Notice { sentence: fill(t.saved_done, &[&saved.name]), undo: None, is_bad: false }
        });
    });
    let send = {
        let (editor, notice) = (props.editor.clone(), notice.setter());
        Callback::from(move |saved: Saved| {
            let (sentence, is_bad) = match send_now(&editor, &saved, t) {
                Ok(sentence) => (sentence, false),
                Err(sentence) => (sentence, true),
            };
            notice.set(Some(Notice { sentence, undo: None, is_bad }));
        })
    };

    let empty = Library::default();
    let shown = library.as_ref().unwrap_or(&empty);
    let found: Vec<&Saved> = shown.search(&query).collect();
    let head = drawer_head(
        html! {
            <input
                class="field drawer-search"
                ref={search}
                type="search"
                data-testid="saved-search"
                placeholder={t.saved_search}
                aria-label={t.saved_search}
                autocomplete="off"
                spellcheck="false"
                oninput={on_query}
            />
        },
        &props.on_close,
        t,
    );
    html! {
        <>
            {head}
            if library.is_err() {
                <p class="drawer-empty bad">{t.storage_foreign}</p>
            } else if found.is_empty() {
                <p class="drawer-empty">{if query.trim().is_empty() { t.saved_empty } else { t.saved_none }}</p>
            } else {
                <ul class="drawer-list">
                    for (index, saved) in found.iter().enumerate() {
                        if begins_folder(&found, index) {
                            <li class="drawer-folder" key={format!("folder {}", saved.folder)}>
                                {if saved.folder.is_empty() { t.saved_no_folder } else { &saved.folder }}
                            </li>
                        }
                        <SavedItem
                            key={format!("{}/{}", saved.folder, saved.name)}
                            saved={(*saved).clone()}
                            on_pick={props.on_pick.clone()}
                            on_send={send.clone()}
                            on_delete={delete.clone()}
                        />
                    }
                </ul>
            }
            <p class="drawer-notice" role="status" data-testid="saved-notice">
                if let Some(notice) = &*notice {
                    <span class={classes!(notice.is_bad.then_some("bad"))}>{&notice.sentence}</span>
                    if let Some(saved) = &notice.undo {
                        {" "}
                        <button
                            class="button small"
                            type="button"
                            data-testid="saved-undo"
                            onclick={
                                let saved = saved.clone();
                                undo.reform(move |_: MouseEvent| saved.clone())
                            }
                        >
                            {t.saved_undo}
                        </button>
                    }
                }
            </p>
            <SaveForm editor={props.editor.clone()} folders={folders(shown)} on_save={save} />
        </>
    }
}

#[derive(PartialEq, Properties)]
struct SavedItemProps {
    saved: Saved,
    on_pick: Callback<Draft>,
    on_send: Callback<Saved>,
    on_delete: Callback<Saved>,
}

#[component]
fn SavedItem(props: &SavedItemProps) -> Html {
    let t = &use_texts().composer;
    let saved = &props.saved;
    let emit = |callback: &Callback<Saved>| {
        let saved = saved.clone();
        callback.reform(move |_: MouseEvent| saved.clone())
    };
    let pick = {
        let draft = saved.draft.clone();
        props.on_pick.reform(move |_: MouseEvent| draft.clone())
    };
    html! {
        <li
            class="drawer-row"
            data-testid="saved-item"
            data-name={saved.name.clone()}
            data-folder={saved.folder.clone()}
        >
            <button
                class="drawer-item"
                type="button"
                title={fill(t.saved_load, &[&saved.name])}
                data-testid="saved-load"
                onclick={pick}
            >
                <span class="drawer-name">{&saved.name}</span>
                <span class="drawer-badge">{saved.draft.format.word()}</span>
                <span class="drawer-text">{preview(Body::Text(&saved.draft.text), PREVIEW_CHARS)}</span>
            </button>
            <button
                class="button icon-button small"
                type="button"
                title={fill(t.saved_send, &[&saved.name])}
                aria-label={fill(t.saved_send, &[&saved.name])}
                data-testid="saved-send"
                onclick={emit(&props.on_send)}
            >
                {picture(Icon::Up)}
            </button>
            <button
                class="button icon-button small"
                type="button"
                title={fill(t.saved_delete, &[&saved.name])}
                aria-label={fill(t.saved_delete, &[&saved.name])}
                data-testid="saved-delete"
                onclick={emit(&props.on_delete)}
            >
                {picture(Icon::Trash)}
            </button>
        </li>
    }
}

#[derive(PartialEq, Properties)]
struct SaveFormProps {
    editor: Editor,
    folders: Vec<String>,
    on_save: Callback<Saved>,
}

/// Keeps what is written under a name.
#[component]
fn SaveForm(props: &SaveFormProps) -> Html {
    let t = &use_texts().composer;
    let name = use_state_eq(String::new);
    let folder = use_state_eq(String::new);
    let problem = use_said::<&'static str>();
    let on_name = {
        let (name, problem) = (name.setter(), problem.setter());
        move |event: InputEvent| {
            name.set(input_value(&event));
            problem.set(None);
        }
    };
    let on_folder = {
        let folder = folder.setter();
        move |event: InputEvent| folder.set(input_value(&event))
    };
    let on_submit = {
        let (editor, on_save) = (props.editor.clone(), props.on_save.clone());
        let (name, folder, problem) = (name.clone(), folder.clone(), problem.setter());
        move |event: SubmitEvent| {
            event.prevent_default();
            if editor.outgoing().mode() == Mode::Files {
                problem.set(Some(t.saved_files));
            } else if name.trim().is_empty() {
                problem.set(Some(t.saved_name_missing));
            } else {
                on_save.emit(Saved {
                    folder: (*folder).clone(),
                    name: (*name).clone(),
                    draft: editor.draft(),
                });
                name.set(String::new());
            }
        }
    };
    let folders_id = format!("saved-folders-{}", props.editor.session().id().0);
    html! {
        <form class="drawer-form" onsubmit={on_submit}>
            <label class="drawer-label">
                <span>{t.saved_name}</span>
                <input
                    class="field"
                    type="text"
                    data-testid="saved-name"
                    autocomplete="off"
                    value={(*name).clone()}
                    oninput={on_name}
                />
            </label>
            <label class="drawer-label">
                <span>{t.saved_folder}</span>
                <input
                    class="field"
                    type="text"
                    list={folders_id.clone()}
                    data-testid="saved-folder"
                    placeholder={t.saved_folder_hint}
                    autocomplete="off"
                    value={(*folder).clone()}
                    oninput={on_folder}
                />
            </label>
            <datalist id={folders_id}>
                for folder in &props.folders {
                    <option key={folder.clone()} value={folder.clone()} />
                }
            </datalist>
            <button class="button" type="submit" data-testid="saved-save">{t.saved_save}</button>
            if let Some(problem) = *problem {
                <p class="drawer-problem" role="alert">{problem}</p>
            }
        </form>
    }
}

/// Sends a kept message as it is, and says so or why not. What the link refuses is told by the session.
fn send_now(editor: &Editor, saved: &Saved, t: &Composer) -> Result<String, String> {
    let outgoing = editor.outgoing();
    let message = outgoing
        .prepare(&saved.draft)
        .map_err(|wrong| fill(t.not_sent, &[&fault::sentence(&wrong, &saved.draft.text, t)]))?;
    if !editor.session().may_send(&saved.draft) || !editor.session().send(message) {
        return Err(String::new());
    }
    outgoing.sent(saved.draft.clone());
    Ok(fill(t.saved_sent, &[&saved.name]))
}

fn begins_folder(found: &[&Saved], index: usize) -> bool {
    let folder = &found[index].folder;
    match index.checked_sub(1) {
        Some(before) => found[before].folder != *folder,
        // Without any folder the list needs no headings.
        None => !folder.is_empty() || found.iter().any(|saved| !saved.folder.is_empty()),
    }
}

fn folders(library: &Library) -> Vec<String> {
    library.folders().map(str::to_owned).collect()
}

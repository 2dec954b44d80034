//! Files to send, each as one message.

use std::rc::Rc;

use js_sys::Uint8Array;
use link::Message;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, HtmlInputElement};
use yew::prelude::*;

use super::drop::list;
use super::editor::Editor;
use crate::components::icons::{Icon, picture};
use crate::i18n::composer::Composer;
use crate::i18n::{fill, form, texts, use_texts};
use crate::model::format::{count, size};

/// Larger files are not read: a message is in memory several times while it is sent.
const MAX_BYTES: f64 = 64.0 * 1024.0 * 1024.0;

#[derive(PartialEq, Properties)]
pub(super) struct FilePaneProps {
    pub(super) editor: Editor,
}

/// What is chosen, and how to choose.
#[component]
pub(super) fn FilePane(props: &FilePaneProps) -> Html {
    let t = &use_texts().composer;
    let editor = &props.editor;
    let as_text = use_state_eq(|| editor.desk().files_as_text());
    let files = editor.files();
    let choose = {
        let editor = editor.clone();
        move |event: Event| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            let files = input.files().map(|files| list(&files)).unwrap_or_default();
            // The same file may be chosen again after it has changed.
            input.set_value("");
            if !files.is_empty() {
                editor.take_files(files);
            }
        }
    };
    let toggle_text = {
        let (editor, as_text) = (editor.clone(), as_text.clone());
        move |event: Event| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            editor.desk().set_files_as_text(input.checked());
            as_text.set(input.checked());
        }
    };
    let total: f64 = files.iter().map(|file| file.size()).sum();
    html! {
        <div class="file-pane">
            <div class="file-actions">
                <label class="button file-choose">
                    <input
                        class="visually-hidden"
                        type="file"
                        multiple=true
                        data-testid="file-input"
                        onchange={choose}
                    />
                    {t.choose_files}
                </label>
                if files.is_empty() {
                    <span class="file-hint">{t.drop_hint}</span>
                } else {
                    <label class="option">
                        <input
                            type="checkbox"
                            data-testid="files-as-text"
                            checked={*as_text}
                            onchange={toggle_text}
                        />
                        <span>{t.files_as_text}</span>
                    </label>
                    <span class="file-hint">{files_total(files.len(), total, t)}</span>
                }
            </div>
            if !files.is_empty() {
                <ul class="file-list">
                    for (index, file) in files.iter().enumerate() {
                        <li key={index} class="file-item" data-testid="file">
                            <span class="file-name">{file.name()}</span>
                            <span class="file-size">{size(file.size() as u64)}</span>
                            <button
                                class="button icon-button small"
                                type="button"
                                title={fill(t.file_remove, &[&file.name()])}
                                aria-label={fill(t.file_remove, &[&file.name()])}
                                data-testid="file-remove"
                                onclick={
                                    let editor = editor.clone();
                                    move |_: MouseEvent| remove(&editor, index)
                                }
                            >
                                {picture(Icon::Close)}
                            </button>
                        </li>
                    }
                </ul>
            }
        </div>
    }
}

/// Reads the files one after the other and sends each. The first that cannot be sent ends it.
pub(super) fn send(editor: &Editor) {
    let files: Rc<[File]> = editor.desk().files();
    let as_text = editor.desk().files_as_text();
    editor.say(files.is_empty().then(|| texts().composer.files_none.to_owned()));
    let editor = editor.clone();
    #[expect(
        clippy::disallowed_methods,
        reason = "ends with the last file; a session and setters outlive their component"
    )]
    wasm_bindgen_futures::spawn_local(async move {
        for file in &*files {
            match read(file, as_text, &texts().composer).await {
                Ok(message) => {
                    if !editor.session().send(message) {
                        return;
                    }
                }
                Err(why) => {
                    editor.say(Some(why));
                    return;
                }
            }
        }
    });
}

async fn read(file: &File, as_text: bool, t: &Composer) -> Result<Message, String> {
    if file.size() > MAX_BYTES {
        let sizes = (size(file.size() as u64), size(MAX_BYTES as u64));
        return Err(fill(t.file_too_large, &[&file.name(), &sizes.0, &sizes.1]));
    }
    let buffer =
        JsFuture::from(file.array_buffer()).await.map_err(|_| fill(t.file_unreadable, &[&file.name()]))?;
    let bytes = Uint8Array::new(&buffer).to_vec();
    if as_text {
        let text = String::from_utf8(bytes).map_err(|_| fill(t.file_not_text, &[&file.name()]))?;
        Ok(Message::Text(text))
    } else {
        Ok(Message::Binary(bytes))
    }
}

fn remove(editor: &Editor, index: usize) {
    let files = editor.desk().files();
    let left = files.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, file)| file.clone());
    editor.take_files(left.collect());
}

fn files_total(files: usize, bytes: f64, t: &Composer) -> String {
    let files = files as u64;
    fill(form(t.files_total, files), &[&count(files), &size(bytes as u64)])
}

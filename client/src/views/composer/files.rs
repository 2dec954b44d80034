//! Files to send, each as one message.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::drop::list;
use crate::actions::editor::Editor;
use crate::model::format::{count, size};
use crate::texts::composer::Composer;
use crate::texts::{fill, form};
use crate::views::icons::{Icon, picture};
use crate::views::markup::html;

/// What is chosen, and how to choose.
pub(super) fn file_pane(editor: &Editor, t: &'static Composer) -> Html {
    let files = editor.outgoing().files();
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
        let editor = editor.clone();
        move |event: Event| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            editor.outgoing().set_files_as_text(input.checked());
            editor.redraw();
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
                            checked={editor.outgoing().files_as_text()}
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

fn remove(editor: &Editor, index: usize) {
    let files = editor.outgoing().files();
    let left = files.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, file)| file.clone());
    editor.take_files(left.collect());
}

fn files_total(files: usize, bytes: f64, t: &Composer) -> String {
    let files = files as u64;
    fill(form(t.files_total, files), &[&count(files), &size(bytes as u64)])
}

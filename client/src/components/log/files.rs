//! The log as a file, and files as logs.
//!
//! `data-testid`: `files-toggle`, `export-jsonl|csv|har`, `export-shown`, `import` (the file field),
//! `files-progress`, `files-message`.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlElement, HtmlInputElement};
use workbench::decimal;
use workbench::export::FileFormat;
use yew::prelude::*;

use crate::components::icons::{Icon, picture};
use crate::i18n::{fill, plural, texts, use_texts};
use crate::model::notice::Notice;
use crate::session::{Draft, Session};
use crate::transfer::{Progress, Transfer};
use crate::workspace::Workspace;

const FORMATS: [(FileFormat, &str); 3] =
    [(FileFormat::JsonLines, "JSON Lines"), (FileFormat::Csv, "CSV"), (FileFormat::Har, "HAR")];

#[derive(PartialEq, Properties)]
pub(super) struct FilesProps {
    pub(super) session: Session,
    pub(super) is_empty: bool,
    pub(super) is_filtered: bool,
}

#[component]
pub(super) fn Files(props: &FilesProps) -> Html {
    let t = &use_texts().log;
    let workspace = use_context::<Workspace>();
    let is_open = use_state_eq(|| false);
    let only_shown = use_state_eq(|| false);
    let fraction = use_state_eq(|| None::<f64>);
    let message = use_state_eq(|| None::<String>);
    let transfer = use_mut_ref(|| None::<Transfer>);
    let root = use_node_ref();

    let toggle = {
        let is_open = is_open.clone();
        move |_: MouseEvent| is_open.set(!*is_open)
    };
    let export = {
        let (session, transfer) = (props.session.clone(), transfer);
        let (fraction, message) = (fraction.setter(), message.setter());
        let only_shown = *only_shown && props.is_filtered;
        move |format: FileFormat| {
            let (fraction, message) = (fraction.clone(), message.clone());
            message.set(None);
            fraction.set(Some(0.0));
            let on_progress = move |progress: Progress| match progress {
                Progress::Under(done) => fraction.set(Some(done)),
                Progress::Exported(missed) => {
                    fraction.set(None);
                    message.set((missed > 0).then(|| plural(t.export_missed, missed)));
                }
                Progress::Imported(_) | Progress::Failed(_) => fraction.set(None),
            };
            let job = Transfer::export(&session, format, only_shown, on_progress);
            transfer.replace(Some(job));
        }
    };
    let on_file = {
        let is_open = is_open.setter();
        move |event: Event| {
            let field = event.target_dyn_into::<HtmlInputElement>();
            let file = field.as_ref().and_then(|field| field.files()?.get(0));
            if let (Some(file), Some(workspace)) = (file, &workspace) {
                open_file(workspace.clone(), file);
                is_open.set(false);
            }
            if let Some(field) = field {
                // The same file may be chosen again.
                field.set_value("");
            }
        }
    };
    let on_leave = {
        let (is_open, root) = (is_open.setter(), root.clone());
        move |event: FocusEvent| {
            let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
            let inside = root.cast::<HtmlElement>().is_some_and(|root| root.contains(to.as_ref()));
            if to.is_some() && !inside {
                is_open.set(false);
            }
        }
    };
    let on_key = {
        let is_open = is_open.setter();
        move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                is_open.set(false);
            }
        }
    };
    let flip_scope = {
        let only_shown = only_shown.clone();
        move |_: Event| only_shown.set(!*only_shown)
    };
    html! {
        <div class="files" ref={root} onfocusout={on_leave} onkeydown={on_key}>
            if let Some(done) = *fraction {
                <progress
                    class="files-progress"
                    data-testid="files-progress"
                    aria-label={t.export}
                    max="1"
                    value={decimal::fixed(done, 3)}
                />
            }
            <button
                class="button icon-button small"
                type="button"
                title={t.files}
                aria-label={t.files}
                aria-expanded={is_open.to_string()}
                data-testid="files-toggle"
                onclick={toggle}
            >
                {picture(Icon::Export)}
            </button>
            if *is_open {
                <div class="files-menu" role="group" aria-label={t.files}>
                    <h2>{t.export}</h2>
                    if props.is_filtered {
                        <label class="menu-item">
                            {t.export_shown}
                            <input
                                type="checkbox"
                                data-testid="export-shown"
                                checked={*only_shown}
                                onchange={flip_scope}
                            />
                        </label>
                    }
                    for (format, name) in FORMATS {
                        <button
                            class="menu-item"
                            type="button"
                            disabled={props.is_empty}
                            data-testid={format!("export-{}", format.extension())}
                            onclick={{
                                let export = export.clone();
                                move |_: MouseEvent| export(format)
                            }}
                        >
                            {name}<small>{format!(".{}", format.extension())}</small>
                        </button>
                    }
                    if let Some(message) = &*message {
                        <p class="files-message" role="status" data-testid="files-message">{message}</p>
                    }
                    <hr />
                    <label class="menu-item">
                        {t.import}
                        <small>{".jsonl .csv .har"}</small>
                        <input
                            class="visually-hidden"
                            type="file"
                            accept=".jsonl,.ndjson,.csv,.har,.json"
                            data-testid="import"
                            onchange={on_file}
                        />
                    </label>
                </div>
            }
        </div>
    }
}

/// Opens a file in a tab of its own.
fn open_file(workspace: Workspace, file: web_sys::File) {
    let name = file.name();
    #[expect(clippy::disallowed_methods, reason = "ends when the browser has read the file")]
    wasm_bindgen_futures::spawn_local(async move {
        let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
        let tab = workspace.add(None);
        workspace.rename(tab.id, &name);
        match text {
            Some(text) => load(tab.session, text),
            None => {
                let t = &texts().log;
                tab.session.notify(Notice::new(t.unreadable, t.unreadable_why));
            }
        }
    });
}

/// Reads a log into a session and says there what became of it.
pub(crate) fn load(session: Session, text: String) {
    // The job must live until it is done, whatever becomes of the component that began it.
    let slot: Rc<std::cell::RefCell<Option<Transfer>>> = Rc::default();
    let (keep, target) = (slot.clone(), session.clone());
    let transfer = Transfer::import(&session, text, move |progress| {
        let t = &texts().log;
        if let Progress::Imported(report) = &progress
            && let Some(url) =
                report.connections.iter().map(|connection| &connection.url).find(|url| !url.is_empty())
        {
            target.set_draft(Draft { address: url.clone().into(), ..target.draft() });
        }
        match progress {
            Progress::Under(_) => return,
            Progress::Imported(report) if report.skipped > 0 => {
                let first = report.problems.first().map(ToString::to_string).unwrap_or_default();
                let title = plural(t.import_skipped, report.skipped);
                target.notify(Notice::new(title, fill(t.import_first, &[&first])));
            }
            Progress::Failed(error) => {
                target.notify(Notice::new(t.unreadable, fill(t.import_first, &[&error])));
            }
            Progress::Imported(_) | Progress::Exported(_) => {}
        }
        keep.take();
    });
    slot.replace(Some(transfer));
}

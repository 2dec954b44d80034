//! The log as a file, and files as logs.
//!
//! `data-testid`: `files-toggle`, `export-jsonl|csv|har`, `export-shown`, `export-selected`, `export-secrets`, `import` (the file field),
//! `files-progress`, `files-message`.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement};
use workbench::decimal;
use workbench::export::FileFormat;
use yew::prelude::*;

use crate::lasting::files::{self, Exporting};
use crate::model::list::Part;
use crate::running::session::Session;
use crate::running::workspace::Workspace;
use crate::texts::plural;
use crate::views::block::block;
use crate::views::hooks::use_effect_on;
use crate::views::icons::{Icon, picture};
use crate::views::lang::use_texts;
use crate::views::markup::html;

const FORMATS: [(FileFormat, &str); 3] =
    [(FileFormat::JsonLines, "JSON Lines"), (FileFormat::Csv, "CSV"), (FileFormat::Har, "HAR")];

#[derive(PartialEq)]
pub(super) struct Files {
    pub(super) session: Session,
    pub(super) is_empty: bool,
    pub(super) is_filtered: bool,
    /// How many entries are selected.
    pub(super) selected: usize,
}

block!(Files, use_files);

#[hook]
fn use_files(props: &Files) -> Html {
    let t = &use_texts().log;
    let workspace = use_context::<Workspace>();
    let is_open = use_state_eq(|| false);
    let only_shown = use_state_eq(|| false);
    let only_selected = use_state_eq(|| false);
    let secrets = use_state_eq(|| false);
    let exporting = {
        let session = props.session.clone();
        use_state_eq(move || files::exporting(&session))
    };
    {
        // The export goes on while another tab is shown; who comes back sees how far it is.
        let exporting = exporting.setter();
        use_effect_on(props.session.clone(), move |session| {
            let watch = files::watch(session, move |state| exporting.set(Some(state)));
            move || drop(watch)
        });
    }
    let root = use_node_ref();

    let export = {
        let session = props.session.clone();
        let secrets = *secrets;
        // What is selected is shown.
        let part = match () {
            () if *only_selected && props.selected > 0 => Part::Selected,
            () if *only_shown && props.is_filtered => Part::Shown,
            () => Part::All,
        };
        move |format: FileFormat| files::export(&session, format, part, secrets)
    };
    let fraction = match *exporting {
        Some(Exporting::Under(done)) => Some(done),
        _ => None,
    };
    let message = match *exporting {
        Some(Exporting::Done(missed)) if missed > 0 => Some(plural(t.export_missed, missed)),
        _ => None,
    };
    let on_file = {
        let is_open = is_open.setter();
        move |event: Event| {
            let field = event.target_dyn_into::<HtmlInputElement>();
            let file = field.as_ref().and_then(|field| field.files()?.get(0));
            if let (Some(file), Some(workspace)) = (file, &workspace) {
                files::open_file(workspace.clone(), &file);
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
    html! {
        <div class="files" ref={root} onfocusout={on_leave} onkeydown={on_key}>
            if let Some(done) = fraction {
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
                onclick={flip(&is_open)}
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
                                onchange={flip(&only_shown)}
                            />
                        </label>
                    }
                    if props.selected > 0 {
                        <label class="menu-item">
                            {plural(t.export_selected, props.selected as u64)}
                            <input
                                type="checkbox"
                                data-testid="export-selected"
                                checked={*only_selected}
                                onchange={flip(&only_selected)}
                            />
                        </label>
                    }
                    <label class="menu-item" title={t.export_secrets_hint}>
                        {t.export_secrets}
                        <input
                            type="checkbox"
                            data-testid="export-secrets"
                            checked={*secrets}
                            onchange={flip(&secrets)}
                        />
                    </label>
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
                    if let Some(message) = message {
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

/// Switches something on that is off, and off that is on.
fn flip<E>(switch: &UseStateHandle<bool>) -> impl Fn(E) + 'static {
    let switch = switch.clone();
    move |_| switch.set(!*switch)
}

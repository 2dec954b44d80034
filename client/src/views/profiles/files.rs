//! Profiles in a file and out of one.
//!
//! `data-testid`: `profiles-export`, `profiles-secrets`, `profiles-import` (the file field), `import` (what a file
//! would change), `import-conflict`, `import-do`.

use std::rc::Rc;

use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlInputElement};
use workbench::profile::{Book, Conflict, Part, Plan};
use yew::prelude::*;

use crate::lasting::files::save_text;
use crate::model::file_fault;
use crate::texts::settings::Settings;
use crate::texts::{fill, plural};
use crate::views::block::block;
use crate::views::fields::ChoiceRow;
use crate::views::fields::is_checked;
use crate::views::hooks::use_effect_on;
use crate::views::icons::{Icon, picture};
use crate::views::lang::use_texts;
use crate::views::markup::html;

const CONFLICTS: [(Conflict, &str); 3] =
    [(Conflict::KeepBoth, "both"), (Conflict::KeepMine, "mine"), (Conflict::TakeTheirs, "theirs")];

#[derive(PartialEq)]
pub(super) struct Files {
    pub(super) book: Rc<Book>,
    /// Adds a file's profiles.
    pub(super) on_import: Callback<(Book, Conflict)>,
}

block!(Files, use_files);

#[hook]
fn use_files(props: &Files) -> Html {
    let t = &use_texts().settings;
    let secrets = use_state_eq(|| false);
    let read = use_state_eq(|| None::<Result<Rc<Book>, String>>);
    let conflict = use_state_eq(Conflict::default);
    let preview = use_node_ref();
    {
        // The end of the dialog may be out of sight.
        let preview = preview.clone();
        use_effect_on((*read).is_some(), move |_| {
            if let Some(preview) = preview.cast::<Element>() {
                preview.scroll_into_view();
            }
        });
    }
    let export = {
        let (book, secrets) = (props.book.clone(), *secrets);
        move |_: MouseEvent| save_text(&book.to_json(secrets), "application/json", "heartwire-profiles.json")
    };
    let on_secrets = {
        let secrets = secrets.setter();
        move |event: Event| secrets.set(is_checked(&event))
    };
    let on_file = {
        let read = read.setter();
        move |event: Event| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
            // The same file can be chosen again after a correction.
            input.set_value("");
            let read = read.clone();
            #[expect(
                clippy::disallowed_methods,
                reason = "ends when the file is read, and a setter outlives its component"
            )]
            wasm_bindgen_futures::spawn_local(async move {
                let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
                read.set(Some(match text {
                    None => Err(t.file_read_failed.to_owned()),
                    Some(text) => match Book::from_json(&text) {
                        Ok(book) if book.profiles().is_empty() => Err(t.file_empty.to_owned()),
                        Ok(book) => Ok(Rc::new(book)),
                        Err(error) => Err(file_fault::profiles(&error, t)),
                    },
                }));
            });
        }
    };
    let import = {
        let (read, conflict, on_import) = (read.clone(), *conflict, props.on_import.clone());
        move |_: MouseEvent| {
            if let Some(Ok(book)) = &*read {
                on_import.emit(((**book).clone(), conflict));
            }
            read.set(None);
        }
    };
    let cancel = {
        let read = read.setter();
        move |_: MouseEvent| read.set(None)
    };
    let on_conflict = {
        let conflict = conflict.setter();
        Callback::from(move |slug: String| {
            let chosen = CONFLICTS.iter().find(|(_, known)| *known == slug);
            conflict.set(chosen.map_or_else(Conflict::default, |(conflict, _)| *conflict));
        })
    };
    html! {
        <>
            <div class="profile-files">
                <button
                    class="button small"
                    type="button"
                    disabled={props.book.profiles().is_empty()}
                    data-testid="profiles-export"
                    onclick={export}
                >
                    {picture(Icon::Export)}
                    {t.file_export}
                </button>
                <label class="profile-variable">
                    <input type="checkbox" data-testid="profiles-secrets" checked={*secrets} onchange={on_secrets} />
                    {t.file_secrets}
                </label>
                <label class="button small file-button">
                    {picture(Icon::Import)}
                    {t.file_import}
                    <input
                        class="visually-hidden"
                        type="file"
                        accept=".json,application/json"
                        data-testid="profiles-import"
                        onchange={on_file}
                    />
                </label>
            </div>
            if let Some(Err(sentence)) = &*read {
                <p class="setting-problem" role="alert" data-testid="import-problem">
                    <strong>{format!("{}: ", t.file_unreadable)}</strong>
                    {sentence}
                </p>
            }
            if let Some(Ok(book)) = &*read {
                <section class="profile-import" ref={preview} data-testid="import" aria-label={t.file_import}>
                    {plan_view(&props.book.plan(book), *conflict, on_conflict, t)}
                    <div class="profile-form-buttons">
                        <button class="button small primary" type="button" data-testid="import-do" onclick={import}>
                            {t.import_do}
                        </button>
                        <button class="button small" type="button" onclick={cancel}>{t.cancel}</button>
                    </div>
                </section>
            }
        </>
    }
}

fn plan_view(plan: &Plan, conflict: Conflict, on_conflict: Callback<String>, t: &'static Settings) -> Html {
    let words = [t.import_both, t.import_mine, t.import_theirs];
    html! {
        <>
            if plan.new > 0 {
                <p>{plural(t.import_new, plan.new as u64)}</p>
            }
            if plan.same > 0 {
                <p>{plural(t.import_same, plan.same as u64)}</p>
            }
            if !plan.differing.is_empty() {
                <p>{plural(t.import_differing, plan.differing.len() as u64)}</p>
                <ul class="import-differing">
                    for (group, name, parts) in &plan.differing {
                        <li key={format!("{group}/{name}")}>
                            {fill(t.import_differs, &[&title(group, name), &parts_in_words(parts, t)])}
                        </li>
                    }
                </ul>
                {ChoiceRow {
                    name: "import-conflict".into(),
                    label: t.import_conflict.into(),
                    choices: CONFLICTS.iter().zip(words).map(|((_, slug), words)| (*slug, words.into())).collect::<Vec<_>>(),
                    chosen: CONFLICTS.iter().find(|(known, _)| *known == conflict).map_or("both", |(_, slug)| *slug),
                    on_change: on_conflict,
                    ..ChoiceRow::default()
                }.view()}
            }
        </>
    }
}

fn title(group: &str, name: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{group} / {name}") }
}

fn parts_in_words(parts: &[Part], t: &Settings) -> String {
    let words: Vec<&str> = parts
        .iter()
        .map(|part| match part {
            Part::Url => t.part_url,
            Part::Protocols => t.part_protocols,
            Part::Heartbeat => t.part_heartbeat,
            Part::Reconnect => t.part_reconnect,
            Part::Opening => t.part_opening,
            Part::Answers => t.part_answers,
            Part::Variables => t.part_variables,
            Part::Messages => t.part_messages,
            Part::Relay => t.part_relay,
        })
        .collect();
    words.join(t.import_comma)
}

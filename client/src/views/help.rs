//! What the keys do, what a close code means, and what the page's address can say.
//!
//! `data-testid`: `help` (the dialog), `help-code` (a field for a close code), `help-code-meaning`.

use yew::prelude::*;

use super::dialog::Dialog;
use crate::actions::{Group, SPECS};
use crate::lasting::preferences;
use crate::texts::close_codes;
use crate::texts::settings::Settings;
use crate::views::block::{Block, block};
use crate::views::fields::TextRow;
use crate::views::lang::use_texts;
use crate::views::markup::html;

#[derive(PartialEq)]
pub(super) struct Help {
    pub(super) on_close: Callback<()>,
}

/// Keys of what is no action of the page's, but of the element that has the focus: alternatives, each pressed together.
type Row = (&'static [&'static [&'static str]], &'static str);

block!(Help, use_help);

#[hook]
fn use_help(props: &Help) -> Html {
    let texts = use_texts();
    let t = &texts.settings;
    Dialog {
        title: t.help,
        name: "help",
        on_close: props.on_close.clone(),
        children: html! {
            <div class="help-body" tabindex="0" autofocus=true role="region" aria-label={t.help}>
                <p>{t.help_intro}</p>
                <h3 class="dialog-heading">{t.help_keys}</h3>
                if !preferences::single_keys() {
                    <p class="setting-hint">{t.help_keys_off}</p>
                }
                <div class="help-groups">
                    for group in Group::ALL {
                        <section class="help-group" key={group.name(texts)}>
                            <h4 class="help-title">{group.name(texts)}</h4>
                            <dl class="help-keys">
                                for spec in SPECS.iter().filter(|spec| spec.group == group && !spec.key.is_empty()) {
                                    {row(&[&keys_of(spec.key)], (spec.name)(texts))}
                                }
                                for (keys, what) in others(group, t) {
                                    {row(keys, what)}
                                }
                            </dl>
                        </section>
                    }
                </div>
                {Codes.block()}
                <h3 class="dialog-heading">{t.help_links}</h3>
                <p>{t.help_params}</p>
            </div>
        },
    }
    .block()
}

/// A close code and its meaning.
#[derive(PartialEq)]
struct Codes;

block!(Codes, use_codes);

#[hook]
fn use_codes(_codes: &Codes) -> Html {
    let t = &use_texts().settings;
    let code = use_state_eq(|| "1006".to_owned());
    let parsed = code.trim().parse::<u16>().ok();
    let on_input = {
        let code = code.setter();
        Callback::from(move |text| code.set(text))
    };
    html! {
        <section aria-label={t.help_codes}>
            <h3 class="dialog-heading">{t.help_codes}</h3>
            {TextRow {
                name: "help-code".into(),
                label: t.help_code.into(),
                value: (*code).clone().into(),
                problem: parsed.is_none().then_some(AttrValue::from(t.help_code_wrong)),
                on_input,
                on_done: Callback::noop(),
                ..TextRow::default()
            }.view()}
            if let Some(meaning) = parsed.map(close_codes::explain) {
                <div class="help-meaning" role="status" data-testid="help-code-meaning">
                    <strong>{meaning.name}</strong>
                    <p>{meaning.sentence}</p>
                    <p>{meaning.advice}</p>
                </div>
            }
        </section>
    }
}

fn others(group: Group, t: &'static Settings) -> Vec<Row> {
    match group {
        Group::Page => vec![(&[&["Esc"]], t.key_escape)],
        Group::Connection => Vec::new(),
        Group::Log => vec![
            (&[&["↑"], &["↓"]], t.key_rows),
            (&[&["PgUp"], &["PgDn"]], t.key_page),
            (&[&["Home"], &["End"]], t.key_ends),
            (&[&["Ctrl", "F"]], t.key_find),
            (&[&["Ctrl", "C"]], t.key_copy),
        ],
        Group::Message => vec![
            (&[&["Enter"]], t.key_send),
            (&[&["Shift", "Enter"]], t.key_line),
            (&[&["↑"], &["↓"]], t.key_history),
        ],
    }
}

/// A key as it stands on keyboards, its modifiers first.
pub(super) fn keys_of(key: &'static str) -> Vec<&'static str> {
    let word = |part| match part {
        "Control" => "Ctrl",
        "1" => "1–9",
        other => other,
    };
    key.split('+').map(word).collect()
}

fn row(keys: &[&[&'static str]], what: &'static str) -> Html {
    html! {
        <div class="help-row" key={what}>
            <dt>
                for combination in keys {
                    {combined(combination)}
                }
            </dt>
            <dd>{what}</dd>
        </div>
    }
}

/// Keys that are pressed together.
pub(super) fn combined(keys: &[&'static str]) -> Html {
    html! {
        <span class="help-combination">
            for key in keys {
                <kbd>{*key}</kbd>
            }
        </span>
    }
}

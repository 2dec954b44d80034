//! What the keys do, what a close code means, and what the page's address can say.
//!
//! `data-testid`: `help` (the dialog), `help-code` (a field for a close code), `help-code-meaning`.

mod shortcuts;

use yew::prelude::*;

pub(super) use self::shortcuts::use_shortcuts;
use super::dialog::Dialog;
use crate::components::fields::TextRow;
use crate::i18n::settings::Settings;
use crate::i18n::use_texts;
use crate::model::close;
use crate::preferences;

#[derive(PartialEq, Properties)]
pub(super) struct HelpProps {
    pub(super) on_close: Callback<()>,
}

/// Alternatives of keys pressed together, and what they do.
type Row = (&'static [&'static [&'static str]], &'static str);

#[component]
pub(super) fn Help(props: &HelpProps) -> Html {
    let t = &use_texts().settings;
    html! {
        <Dialog title={t.help} name="help" on_close={props.on_close.clone()}>
            <div class="help-body" tabindex="0" autofocus=true role="region" aria-label={t.help}>
                <p>{t.help_intro}</p>
                <h3 class="dialog-heading">{t.help_keys}</h3>
                if !preferences::single_keys() {
                    <p class="setting-hint">{t.help_keys_off}</p>
                }
                <div class="help-groups">
                    for (title, rows) in groups(t) {
                        <section class="help-group" key={title}>
                            <h4 class="help-title">{title}</h4>
                            <dl class="help-keys">
                                for (keys, what) in rows {
                                    <div class="help-row" key={what}>
                                        <dt>{combinations(keys)}</dt>
                                        <dd>{what}</dd>
                                    </div>
                                }
                            </dl>
                        </section>
                    }
                </div>
                <Codes />
                <h3 class="dialog-heading">{t.help_links}</h3>
                <p>{t.help_params}</p>
            </div>
        </Dialog>
    }
}

/// A close code and its meaning.
#[component]
fn Codes() -> Html {
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
            <TextRow
                name="help-code"
                label={t.help_code}
                value={(*code).clone()}
                problem={parsed.is_none().then_some(AttrValue::from(t.help_code_wrong))}
                {on_input}
                on_done={Callback::noop()}
            />
            if let Some(meaning) = parsed.map(close::explain) {
                <div class="help-meaning" role="status" data-testid="help-code-meaning">
                    <strong>{meaning.name}</strong>
                    <p>{meaning.sentence}</p>
                    <p>{meaning.advice}</p>
                </div>
            }
        </section>
    }
}

fn groups(t: &'static Settings) -> [(&'static str, Vec<Row>); 4] {
    [
        (
            t.help_general,
            vec![
                (&[&["?"]], t.key_help),
                (&[&[","]], t.key_settings),
                (&[&["p"]], t.key_profiles),
                (&[&["n"]], t.key_tab_new),
                (&[&["["], &["]"]], t.key_tab_step),
                (&[&["1–9"]], t.key_tab_number),
                (&[&["e"], &["h"], &["g"]], t.key_panels),
                (&[&["Esc"]], t.key_escape),
            ],
        ),
        (
            t.help_connection,
            vec![(&[&["u"]], t.key_address), (&[&["c"]], t.key_connect), (&[&["d"]], t.key_disconnect)],
        ),
        (
            t.help_log,
            vec![
                (&[&["l"]], t.key_log),
                (&[&["↑"], &["↓"]], t.key_rows),
                (&[&["PgUp"], &["PgDn"]], t.key_page),
                (&[&["Home"], &["End"]], t.key_ends),
                (&[&["/"]], t.key_filter),
                (&[&["f"], &["Ctrl", "F"]], t.key_find),
                (&[&["s"]], t.key_pause),
            ],
        ),
        (
            t.help_composer,
            vec![
                (&[&["m"]], t.key_composer),
                (&[&["Enter"]], t.key_send),
                (&[&["Shift", "Enter"]], t.key_line),
                (&[&["↑"], &["↓"]], t.key_history),
            ],
        ),
    ]
}

fn combinations(keys: &[&[&'static str]]) -> Html {
    html! {
        for combination in keys {
            <span class="help-combination">
                for key in *combination {
                    <kbd>{*key}</kbd>
                }
            </span>
        }
    }
}

//! What the page's own server can be asked to do wrong: switches that write an address, and that address for other
//! clients.
//!
//! `data-testid`: `faults` (the dialog), `faults-missing`, `faults-again`, `faults-find`, `faults-not-found`, `fault` (a row, with `data-name`), in it
//! `fault-on`, `fault-value`, `fault-another`, `fault-fewer`; `faults-address`, `faults-state` (with `data-checked`),
//! `faults-clear`, `faults-as`, `faults-copy`, `faults-use`, `faults-connect`.

mod copying;

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use workbench::faults::{Asking, Catalogue, Parameter, VIOLATE};
use workbench::json::Value;
use yew::prelude::*;

use self::copying::Copying;
use super::dialog::Dialog;
use super::icons::{Icon, picture};
use crate::actions::Action;
use crate::actions::stage::Scene;
use crate::running::session::Draft;
use crate::running::{fetching, language};
use crate::texts::settings::Settings;
use crate::texts::{fill, lang};
use crate::views::block::{Block, block};
use crate::views::fields::{chosen_value, input_value, is_checked};
use crate::views::hooks::use_effect_on;
use crate::views::lang::use_texts;
use crate::views::markup::html;

/// The server is asked about a value once it has been left alone for so long, in milliseconds.
const PATIENCE_MILLIS: u32 = 250;

#[derive(PartialEq)]
pub(super) struct Faults {
    pub(super) scene: Scene,
    pub(super) on_close: Callback<()>,
}

/// What the server says of what is asked for.
#[derive(Clone, PartialEq)]
enum Verdict {
    Right,
    /// In its own words.
    Wrong(String),
    Unknown,
}

block!(Faults, use_faults);

#[hook]
fn use_faults(props: &Faults) -> Html {
    let t = &use_texts().settings;
    let attempt = use_state(|| 0);
    // None until it is there, and again where it can't be had.
    let catalogue = use_state(|| None::<Option<Rc<Catalogue>>>);
    {
        let catalogue = catalogue.setter();
        use_effect_on(*attempt, move |_| {
            catalogue.set(None);
            #[expect(clippy::disallowed_methods, reason = "it ends with the answer or with its patience")]
            spawn_local(async move {
                catalogue.set(Some(fetch().await.map(Rc::new)));
            });
        });
    }
    let again = move |_: MouseEvent| attempt.set(*attempt + 1);
    Dialog {
        title: t.faults,
        name: "faults",
        on_close: props.on_close.clone(),
        children: match &*catalogue {
            None => html! { <p class="faults-none" role="status">{t.faults_loading}</p> },
            Some(None) => html! {
                <div class="faults-none" role="alert" data-testid="faults-missing">
                    <p>{t.faults_missing}</p>
                    <button class="button small" type="button" data-testid="faults-again" onclick={again}>
                        {t.language_again}
                    </button>
                </div>
            },
            Some(Some(catalogue)) => Switches {
                scene: props.scene.clone(),
                catalogue: catalogue.clone(),
                on_close: props.on_close.clone(),
            }
            .block(),
        },
    }
    .block()
}

/// The server's catalogue, in the language of the page as far as that has the server's phrases.
async fn fetch() -> Option<Catalogue> {
    let mut catalogue = Catalogue::from_json(&fetching::text("api/faults").await?)?;
    if let Some(address) = language::address(lang(), "phrases")
        && let Some(book) = fetching::text(&address).await
    {
        catalogue.translate(&book);
    }
    Some(catalogue)
}

#[derive(PartialEq)]
struct Switches {
    scene: Scene,
    catalogue: Rc<Catalogue>,
    on_close: Callback<()>,
}

block!(Switches, use_switches);

#[hook]
fn use_switches(props: &Switches) -> Html {
    let texts = use_texts();
    let t = &texts.settings;
    let Switches { scene, catalogue, on_close } = props;
    let asking = use_state_eq(|| Asking::read(&scene.session().draft().address, catalogue));
    let verdict = use_verdict(asking.query());
    let words = use_state_eq(String::new);
    let found: Vec<&Parameter> =
        catalogue.parameters.iter().filter(|parameter| catalogue.tells_of(parameter, &words)).collect();
    let on_words = {
        let words = words.setter();
        move |event: InputEvent| words.set(input_value(&event))
    };
    let change = {
        let asking = asking.clone();
        Callback::from(move |(name, values): (String, Vec<String>)| {
            let mut changed = (*asking).clone();
            changed.set(&name, values);
            asking.set(changed);
        })
    };
    let clear = {
        let asking = asking.clone();
        move |_: MouseEvent| {
            let mut changed = (*asking).clone();
            changed.clear();
            asking.set(changed);
        }
    };
    let take = |then: Action| {
        let (scene, on_close, address) = (scene.clone(), on_close.clone(), asking.address());
        move |_: MouseEvent| {
            let session = scene.session();
            session.set_draft(Draft { address: address.clone().into(), ..session.draft() });
            on_close.emit(());
            scene.perform_later(then);
        }
    };
    let state = match &verdict {
        _ if asking.is_empty() => t.faults_none.to_owned(),
        Verdict::Right => t.faults_right.to_owned(),
        Verdict::Unknown => t.faults_unchecked.to_owned(),
        Verdict::Wrong(sentence) => sentence.clone(),
    };
    let checked = match &verdict {
        Verdict::Right => "right",
        Verdict::Wrong(_) => "wrong",
        Verdict::Unknown => "unknown",
    };
    html! {
        <>
            <div class="dialog-body" tabindex="0" autofocus=true role="region" aria-label={t.faults}>
                <p>{t.faults_intro}</p>
                <input
                    class="field faults-find"
                    type="search"
                    data-testid="faults-find"
                    aria-label={t.faults_find}
                    placeholder={t.faults_find}
                    autocapitalize="off"
                    autocomplete="off"
                    spellcheck="false"
                    value={(*words).clone()}
                    oninput={on_words}
                />
                for (group, title) in groups(t) {
                    {{
                        let rows: Vec<Html> = found.iter()
                            .filter(|parameter| parameter.group == group)
                            .map(|parameter| row(parameter, catalogue, &asking.values(&parameter.name), &change, t))
                            .collect();
                        html! {
                            <section class="faults-group" key={group} aria-label={title} hidden={rows.is_empty()}>
                                <h3 class="dialog-heading">{title}</h3>
                                {rows}
                            </section>
                        }
                    }}
                }
                if found.is_empty() {
                    <p role="status" data-testid="faults-not-found">{t.faults_not_found}</p>
                }
            </div>
            <footer class="faults-foot">
                <p class={classes!("faults-state", checked)} role="status" data-testid="faults-state" data-checked={checked}>
                    {state}
                </p>
                {Copying { address: asking.address().into() }.block()}
                <div class="faults-buttons">
                    if !asking.is_empty() {
                        <button class="button" type="button" data-testid="faults-clear" onclick={clear}>{t.faults_clear}</button>
                    }
                    <button class="button" type="button" data-testid="faults-use" onclick={take(Action::EditAddress)}>
                        {t.faults_use}
                    </button>
                    <button class="button primary" type="button" data-testid="faults-connect" onclick={take(Action::Connect)}>
                        {texts.common.connect}
                    </button>
                </div>
            </footer>
        </>
    }
}

/// Asks the server about a query, once it has been left alone for a moment.
#[hook]
fn use_verdict(query: String) -> Verdict {
    let known = use_state_eq(|| (String::new(), Verdict::Unknown));
    {
        let known = known.setter();
        use_effect_on(query.clone(), move |query| {
            let query = query.clone();
            let ask = Timeout::new(PATIENCE_MILLIS, move || {
                fetching::ask("GET", format!("api/faults/check?{query}"), None, move |answer| {
                    known.set((query, answer.map_or(Verdict::Unknown, |answer| Verdict::read(&answer))));
                });
            });
            move || drop(ask)
        });
    }
    // What was said of another query is not said of this one.
    if known.0 == query { known.1.clone() } else { Verdict::Unknown }
}

impl Verdict {
    fn read(answer: &str) -> Verdict {
        let Ok(answer) = Value::parse(answer) else { return Verdict::Unknown };
        let said = |name| answer.get(name).and_then(Value::as_str);
        match (said("error"), said("faults")) {
            (Some(sentence), _) => Verdict::Wrong(sentence.to_owned()),
            (None, Some(_)) => Verdict::Right,
            (None, None) => Verdict::Unknown,
        }
    }
}

/// The groups of the catalogue, with their titles.
fn groups(t: &'static Settings) -> [(&'static str, &'static str); 6] {
    [
        ("handshake", t.faults_handshake),
        ("traffic", t.faults_traffic),
        ("ends", t.faults_ends),
        ("violations", t.faults_violations),
        ("when", t.faults_when),
        ("connection", t.faults_connection),
    ]
}

/// A parameter: whether it is there, what it does, and its values.
fn row(
    parameter: &Parameter,
    catalogue: &Catalogue,
    values: &[&str],
    change: &Callback<(String, Vec<String>)>,
    t: &'static Settings,
) -> Html {
    let name = &parameter.name;
    let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
    // Changes the values to what becomes of them.
    let with = |values: Vec<String>| {
        let (change, name) = (change.clone(), name.clone());
        move || change.emit((name.clone(), values.clone()))
    };
    let turn = {
        let (on, off) = (with(vec![parameter.example.clone()]), with(Vec::new()));
        move |event: Event| if is_checked(&event) { on() } else { off() }
    };
    let another = {
        let more = with([values.clone(), vec![parameter.example.clone()]].concat());
        move |_: MouseEvent| more()
    };
    let does = format!("fault-{name}");
    html! {
        <div class="fault" key={name.clone()} data-testid="fault" data-name={name.clone()}>
            <label class="fault-name">
                <input
                    type="checkbox"
                    data-testid="fault-on"
                    aria-describedby={does.clone()}
                    checked={!values.is_empty()}
                    onchange={turn}
                />
                <code>{name}</code>
            </label>
            <p class="fault-summary" id={does}>{&parameter.summary}</p>
            if !values.is_empty() {
                <div class="fault-values">
                    for (index, value) in values.iter().enumerate() {
                        <div class="fault-line" key={index}>
                            {control(parameter, catalogue, value, change_of(change, name, &values, index), t)}
                            if values.len() > 1 {
                                {small_button(Icon::Close, "fault-fewer", fill(t.faults_fewer, &[name]), {
                                    let mut fewer = values.clone();
                                    fewer.remove(index);
                                    let fewer = with(fewer);
                                    Callback::from(move |_: MouseEvent| fewer())
                                })}
                            }
                        </div>
                    }
                    if parameter.repeats {
                        {small_button(Icon::Plus, "fault-another", fill(t.faults_another, &[name]), Callback::from(another))}
                    }
                </div>
                <p class="fault-hint">{fill(t.faults_takes, &[&parameter.values, &parameter.default])}</p>
            }
        </div>
    }
}

/// Changes one of a parameter's values.
fn change_of(
    change: &Callback<(String, Vec<String>)>,
    name: &str,
    values: &[String],
    index: usize,
) -> Callback<String> {
    let (name, values) = (name.to_owned(), values.to_vec());
    change.reform(move |value: String| {
        let mut values = values.clone();
        values[index] = value;
        (name.clone(), values)
    })
}

/// Where a value is written, or chosen where it is one of those that the catalogue lists.
fn control(
    parameter: &Parameter,
    catalogue: &Catalogue,
    value: &str,
    on_value: Callback<String>,
    t: &'static Settings,
) -> Html {
    let label = fill(t.faults_value, &[&parameter.name]);
    let chosen = catalogue.rules.iter().find(|rule| parameter.name == VIOLATE && rule.name == value);
    if let Some(chosen) = chosen {
        return html! {
            <>
                <select
                    class="field select"
                    data-testid="fault-value"
                    aria-label={label}
                    onchange={on_value.reform(|event: Event| chosen_value(&event))}
                >
                    for rule in &catalogue.rules {
                        <option key={rule.name.clone()} value={rule.name.clone()} selected={rule.name == value}>{&rule.name}</option>
                    }
                </select>
                <span class="fault-hint">{format!("{} ({})", chosen.sends, chosen.section)}</span>
            </>
        };
    }
    html! {
        <input
            class="field"
            type="text"
            data-testid="fault-value"
            aria-label={label}
            autocapitalize="off"
            autocomplete="off"
            spellcheck="false"
            value={value.to_owned()}
            oninput={on_value.reform(|event: InputEvent| input_value(&event))}
        />
    }
}

fn small_button(icon: Icon, id: &'static str, title: String, on_click: Callback<MouseEvent>) -> Html {
    html! {
        <button
            class="button icon-button small"
            type="button"
            title={title.clone()}
            aria-label={title}
            data-testid={id}
            onclick={on_click}
        >
            {picture(icon)}
        </button>
    }
}

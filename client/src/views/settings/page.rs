//! Settings of the page as a whole.
//!
//! `data-testid`: `limit-entries`, `limit-mib`, `settings-times`; `settings-theme`, `settings-density`,
//! `settings-language`, `single-keys`; `api-token`.

use workbench::store::Limits;
use yew::prelude::*;

use crate::actions::stage::Stage;
use crate::lasting::preferences::{self, Density, MAX_ENTRIES, MAX_MIB, MIN_ENTRIES, Theme};
use crate::model::format::count;
use crate::running::fetching;
use crate::running::workspace::Workspace;
use crate::texts::settings::Settings;
use crate::texts::{Lang, fill};
use crate::views::block::block;
use crate::views::fields::{ChoiceRow, SwitchRow, TextRow};
use crate::views::lang::{Arrival, LangContext, of_browser, use_lang, use_texts};
use crate::views::markup::html;

/// How much the logs keep, and how they begin.
#[derive(PartialEq)]
pub(super) struct LogSettings {
    pub(super) workspace: Workspace,
}

block!(LogSettings, use_log_settings);

#[hook]
fn use_log_settings(props: &LogSettings) -> Html {
    let texts = use_texts();
    let t = &texts.settings;
    let entries = use_state_eq(|| preferences::limits().entries.to_string());
    let mib = use_state_eq(|| (preferences::limits().bytes >> 20).to_string());
    let time = use_state_eq(preferences::time_mode);
    let read_entries = read(&entries, MIN_ENTRIES, MAX_ENTRIES);
    let read_mib = read(&mib, 1, MAX_MIB);
    let wrong = |low: u64, high: u64| {
        Some(AttrValue::from(fill(t.limit_entries_wrong, &[&count(low), &count(high)])))
    };
    let on_done = {
        let workspace = props.workspace.clone();
        Callback::from(move |()| {
            let (Some(entries), Some(mib)) = (read_entries, read_mib) else { return };
            let limits = Limits { entries, bytes: mib << 20 };
            preferences::set_limits(limits);
            for tab in &workspace.tabs().tabs {
                tab.session.edit(|log| log.set_limits(limits));
            }
        })
    };
    let on_time = {
        let (workspace, time) = (props.workspace.clone(), time.setter());
        Callback::from(move |slug: String| {
            let Some((mode, _)) = preferences::TIME_MODES.iter().find(|(_, known)| *known == slug) else {
                return;
            };
            preferences::set_time_mode(*mode);
            time.set(*mode);
            for tab in &workspace.tabs().tabs {
                tab.session.look(|list, _| list.time_mode = *mode);
            }
        })
    };
    let modes = [texts.log.time_clock, texts.log.time_relative, texts.log.time_delta];
    let chosen =
        preferences::TIME_MODES.iter().find(|(mode, _)| *mode == *time).map_or("clock", |(_, slug)| *slug);
    html! {
        <>
            {TextRow {
                name: "limit-entries".into(),
                label: t.limit_entries.into(),
                hint: (fill(t.limit_entries_hint, &[&count(MIN_ENTRIES), &count(MAX_ENTRIES)])).into(),
                value: (*entries).clone().into(),
                problem: if read_entries.is_none() { wrong(MIN_ENTRIES, MAX_ENTRIES) } else { None },
                on_input: setter(&entries),
                on_done: on_done.clone(),
                ..TextRow::default()
            }.view()}
            {TextRow {
                name: "limit-mib".into(),
                label: t.limit_mib.into(),
                hint: (fill(t.limit_mib_hint, &[&count(MAX_MIB)])).into(),
                value: (*mib).clone().into(),
                problem: if read_mib.is_none() { wrong(1, MAX_MIB) } else { None },
                on_input: setter(&mib),
                on_done,
                ..TextRow::default()
            }.view()}
            {ChoiceRow {
                name: "settings-times".into(),
                label: t.time_mode.into(),
                hint: t.time_mode_hint.into(),
                choices: preferences::TIME_MODES.iter().zip(modes).map(|((_, slug), words)| (*slug, words.into())).collect::<Vec<_>>(),
                chosen,
                on_change: on_time,
            }.view()}
        </>
    }
}

/// How the page looks, speaks and listens.
#[derive(PartialEq)]
pub(super) struct Appearance {
    pub(super) stage: Stage,
    pub(super) theme: Theme,
}

block!(Appearance, use_appearance);

#[hook]
fn use_appearance(props: &Appearance) -> Html {
    let texts = use_texts();
    let t = &texts.settings;
    let language = use_lang();
    let density = use_state_eq(Density::current);
    let single_keys = use_state_eq(preferences::single_keys);
    let on_theme = {
        let stage = props.stage.clone();
        Callback::from(move |slug: String| {
            let chosen = Theme::ALL.into_iter().find(|theme| theme.slug() == slug);
            stage.set_theme(chosen.unwrap_or_default());
        })
    };
    let on_density = {
        let (stage, density) = (props.stage.clone(), density.setter());
        Callback::from(move |slug: String| {
            let chosen = Density::ALL.into_iter().find(|density| density.slug() == slug).unwrap_or_default();
            chosen.choose();
            density.set(chosen);
            for tab in &stage.workspace().tabs().tabs {
                tab.session.look(|list, _| list.set_row_px(chosen.row_px()));
            }
        })
    };
    let on_keys = {
        let single_keys = single_keys.setter();
        Callback::from(move |on: bool| {
            preferences::set_single_keys(on);
            single_keys.set(on);
        })
    };
    let themes = [t.theme_system, t.theme_light, t.theme_dark];
    let rows = [t.density_normal, t.density_compact];
    html! {
        <>
            {ChoiceRow {
                name: "settings-theme".into(),
                label: t.theme.into(),
                choices: Theme::ALL.iter().zip(themes).map(|(theme, words)| (theme.slug(), words.into())).collect::<Vec<_>>(),
                chosen: props.theme.slug(),
                on_change: on_theme,
                ..ChoiceRow::default()
            }.view()}
            {ChoiceRow {
                name: "settings-density".into(),
                label: t.density.into(),
                choices: Density::ALL.iter().zip(rows).map(|(density, words)| (density.slug(), words.into())).collect::<Vec<_>>(),
                chosen: density.slug(),
                on_change: on_density,
                ..ChoiceRow::default()
            }.view()}
            if let Some(language) = language {
                {language_row(&language, t)}
            }
            {SwitchRow {
                name: "single-keys".into(),
                label: t.single_keys.into(),
                hint: t.single_keys_hint.into(),
                checked: *single_keys,
                on_change: on_keys,
            }.view()}
        </>
    }
}

/// What the page's server wants to know.
#[derive(PartialEq)]
pub(super) struct OwnServer;

block!(OwnServer, use_own_server);

#[hook]
fn use_own_server(_own: &OwnServer) -> Html {
    let t = &use_texts().settings;
    let token = use_state_eq(fetching::api_token);
    let fits = use_state_eq(|| true);
    let on_input = {
        let (token, fits) = (token.setter(), fits.setter());
        Callback::from(move |written: String| {
            fits.set(fetching::set_api_token(written.trim()));
            token.set(written);
        })
    };
    TextRow {
        name: "api-token".into(),
        label: t.api_token.into(),
        hint: t.api_token_hint.into(),
        value: (*token).clone().into(),
        problem: (!*fits).then(|| t.api_token_wrong.into()),
        wide: true,
        secret: true,
        on_input,
        ..TextRow::default()
    }
    .view()
}

fn language_row(language: &LangContext, t: &Settings) -> Html {
    let mut choices = vec![("auto", AttrValue::from(t.language_auto))];
    // Each language is called by its own name, so that everybody finds theirs.
    choices.extend(Lang::ALL.iter().map(|lang| (lang.tag(), AttrValue::from(lang.name()))));
    let (hint, named) = match language.arrival {
        Arrival::Here => (t.language_auto_hint, of_browser()),
        Arrival::Coming => (t.language_coming, language.wanted),
        Arrival::Missing => (t.language_missing, language.wanted),
    };
    let choose = language.choose.reform(|tag: String| Lang::ALL.into_iter().find(|lang| lang.tag() == tag));
    html! {
        {ChoiceRow {
            name: "settings-language".into(),
            label: t.language.into(),
            hint: fill(hint, &[&named.name()]).into(),
            choices,
            chosen: language.choice.map_or("auto", Lang::tag),
            on_change: choose,
        }.view()}
    }
}

fn setter(state: &UseStateHandle<String>) -> Callback<String> {
    let setter = state.setter();
    Callback::from(move |text| setter.set(text))
}

/// A whole number within bounds; thousands may be separated.
fn read(text: &str, low: u64, high: u64) -> Option<usize> {
    let digits: String =
        text.chars().filter(|char| !matches!(char, ' ' | ',' | '_' | '\u{a0}' | '\u{202f}')).collect();
    let number = digits.parse().ok().filter(|number| (low..=high).contains(number))?;
    usize::try_from(number).ok()
}

//! Settings of the page as a whole.
//!
//! `data-testid`: `limit-entries`, `limit-mib`, `settings-times`; `settings-theme`, `settings-density`,
//! `settings-language`, `single-keys`.

use workbench::store::Limits;
use yew::prelude::*;

use crate::components::fields::{ChoiceRow, SwitchRow, TextRow};
use crate::i18n::settings::Settings;
use crate::i18n::{Lang, fill, use_lang, use_texts};
use crate::model::format::count;
use crate::preferences::{self, Density, MAX_ENTRIES, MAX_MIB, MIN_ENTRIES, Theme};
use crate::workspace::Workspace;

#[derive(PartialEq, Properties)]
pub(super) struct LogSettingsProps {
    pub(super) workspace: Workspace,
}

/// How much the logs keep, and how they begin.
#[component]
pub(super) fn LogSettings(props: &LogSettingsProps) -> Html {
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
            <TextRow
                name="limit-entries"
                label={t.limit_entries}
                hint={fill(t.limit_entries_hint, &[&count(MIN_ENTRIES), &count(MAX_ENTRIES)])}
                value={(*entries).clone()}
                problem={if read_entries.is_none() { wrong(MIN_ENTRIES, MAX_ENTRIES) } else { None }}
                on_input={setter(&entries)}
                on_done={on_done.clone()}
            />
            <TextRow
                name="limit-mib"
                label={t.limit_mib}
                hint={fill(t.limit_mib_hint, &[&count(MAX_MIB)])}
                value={(*mib).clone()}
                problem={if read_mib.is_none() { wrong(1, MAX_MIB) } else { None }}
                on_input={setter(&mib)}
                {on_done}
            />
            <ChoiceRow
                name="settings-times"
                label={t.time_mode}
                hint={t.time_mode_hint}
                choices={preferences::TIME_MODES.iter().zip(modes).map(|((_, slug), words)| (*slug, words.into())).collect::<Vec<_>>()}
                {chosen}
                on_change={on_time}
            />
        </>
    }
}

#[derive(PartialEq, Properties)]
pub(super) struct AppearanceProps {
    pub(super) workspace: Workspace,
    pub(super) theme: Theme,
    pub(super) on_theme: Callback<Theme>,
}

/// How the page looks, speaks and listens.
#[component]
pub(super) fn Appearance(props: &AppearanceProps) -> Html {
    let texts = use_texts();
    let t = &texts.settings;
    let language = use_lang();
    let density = use_state_eq(Density::current);
    let single_keys = use_state_eq(preferences::single_keys);
    let on_theme = props
        .on_theme
        .reform(|slug: String| Theme::ALL.into_iter().find(|theme| theme.slug() == slug).unwrap_or_default());
    let on_density = {
        let (workspace, density) = (props.workspace.clone(), density.setter());
        Callback::from(move |slug: String| {
            let chosen = Density::ALL.into_iter().find(|density| density.slug() == slug).unwrap_or_default();
            chosen.choose();
            density.set(chosen);
            for tab in &workspace.tabs().tabs {
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
            <ChoiceRow
                name="settings-theme"
                label={t.theme}
                choices={Theme::ALL.iter().zip(themes).map(|(theme, words)| (theme.slug(), words.into())).collect::<Vec<_>>()}
                chosen={props.theme.slug()}
                on_change={on_theme}
            />
            <ChoiceRow
                name="settings-density"
                label={t.density}
                choices={Density::ALL.iter().zip(rows).map(|(density, words)| (density.slug(), words.into())).collect::<Vec<_>>()}
                chosen={density.slug()}
                on_change={on_density}
            />
            if let Some(language) = language {
                {language_row(&language, t)}
            }
            <SwitchRow
                name="single-keys"
                label={t.single_keys}
                hint={t.single_keys_hint}
                checked={*single_keys}
                on_change={on_keys}
            />
        </>
    }
}

fn language_row(language: &crate::i18n::LangContext, t: &Settings) -> Html {
    let mut choices = vec![("auto", AttrValue::from(t.language_auto))];
    // Each language is called by its own name, so that everybody finds theirs.
    choices.extend(Lang::ALL.iter().map(|lang| (lang.tag(), AttrValue::from(lang.name()))));
    let choose = language.choose.reform(|tag: String| Lang::ALL.into_iter().find(|lang| lang.tag() == tag));
    html! {
        <ChoiceRow
            name="settings-language"
            label={t.language}
            hint={fill(t.language_auto_hint, &[&Lang::of_browser().name()])}
            {choices}
            chosen={language.choice.map_or("auto", Lang::tag)}
            on_change={choose}
        />
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

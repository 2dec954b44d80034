//! The connection that is shown, as a profile to be kept.
//!
//! `data-testid`: `profile-name`, `profile-group`, `profile-secret` (one per variable, `data-name`),
//! `profile-messages`, `profile-save`.

use std::rc::Rc;

use workbench::library::Library;
use workbench::profile::{Book, Profile};
use yew::prelude::*;

use crate::lasting::messages;
use crate::texts::fill;
use crate::views::block::block;
use crate::views::fields::{TextRow, chosen_value, is_checked, select};
use crate::views::lang::use_texts;
use crate::views::markup::html;

/// Values of the choice of messages; a folder's begins with a slash, which no other does.
const NO_MESSAGES: &str = "none";
const ALL_MESSAGES: &str = "all";

#[derive(PartialEq)]
pub(super) struct SaveForm {
    /// What the connection is at present.
    pub(super) present: Rc<Profile>,
    /// What it was called before, if it was.
    pub(super) name: AttrValue,
    pub(super) group: AttrValue,
    pub(super) book: Rc<Book>,
    pub(super) on_save: Callback<Profile>,
}

block!(SaveForm, use_save_form);

#[hook]
fn use_save_form(props: &SaveForm) -> Html {
    let t = &use_texts().settings;
    let name = use_state_eq(|| props.name.to_string());
    let group = use_state_eq(|| props.group.to_string());
    let variables = use_state_eq(|| props.present.variables.clone());
    let messages = use_state_eq(|| NO_MESSAGES.to_owned());
    let is_empty = use_state_eq(|| false);
    let library = use_memo((), |()| messages::library().unwrap_or_default());
    let (trimmed, trimmed_group) = (name.trim(), group.trim());
    let replaces = props.book.get(trimmed_group, trimmed).is_some();
    let submit = {
        let profile = Profile {
            name: trimmed.to_owned(),
            group: trimmed_group.to_owned(),
            variables: (*variables).clone(),
            messages: chosen_messages(&library, &messages),
            ..(*props.present).clone()
        };
        let (on_save, is_empty) = (props.on_save.clone(), is_empty.setter());
        move |event: SubmitEvent| {
            event.prevent_default();
            is_empty.set(profile.name.is_empty());
            if !profile.name.is_empty() {
                on_save.emit(profile.clone());
            }
        }
    };
    let setter = |state: &UseStateHandle<String>| {
        let setter = state.setter();
        Callback::from(move |text| setter.set(text))
    };
    let problem = (*is_empty && trimmed.is_empty()).then_some(AttrValue::from(t.profile_name_empty));
    html! {
        <form class="profile-save" onsubmit={submit}>
            <h3 class="dialog-heading">{t.profile_save}</h3>
            <p class="profile-url">{&props.present.url}</p>
            <div class="profile-fields">
                {TextRow {
                    name: "profile-name".into(),
                    label: t.profile_name.into(),
                    value: (*name).clone().into(),
                    problem,
                    on_input: setter(&name),
                    on_done: Callback::noop(),
                    ..TextRow::default()
                }.view()}
                {TextRow {
                    name: "profile-group".into(),
                    label: t.profile_group.into(),
                    placeholder: t.profile_group_hint.into(),
                    value: (*group).clone().into(),
                    on_input: setter(&group),
                    on_done: Callback::noop(),
                    ..TextRow::default()
                }.view()}
                if !library.messages().is_empty() {
                    <div class="setting">
                        <label class="setting-label" for="profile-messages">{t.profile_messages}</label>
                        {messages_choice(&library, &messages, setter(&messages), t)}
                    </div>
                }
            </div>
            if !variables.is_empty() {
                <fieldset class="profile-variables">
                    <legend class="setting-label">{t.profile_variables}</legend>
                    for (index, variable) in variables.iter().enumerate() {
                        <label class="profile-variable" key={variable.name.clone()}>
                            <input
                                type="checkbox"
                                data-testid="profile-secret"
                                data-name={variable.name.clone()}
                                checked={variable.secret}
                                onchange={
                                    let (all, setter) = ((*variables).clone(), variables.setter());
                                    move |event: Event| {
                                        let mut all = all.clone();
                                        all[index].secret = is_checked(&event);
                                        setter.set(all);
                                    }
                                }
                            />
                            {fill(t.profile_secret, &[&format_args!("{{{{{}}}}}", variable.name)])}
                        </label>
                    }
                    <p class="setting-hint">{t.profile_variables_hint}</p>
                </fieldset>
            }
            <button class="button primary" type="submit" data-testid="profile-save">
                {if replaces { fill(t.profile_replace, &[&trimmed]) } else { t.profile_save.to_owned() }}
            </button>
        </form>
    }
}

fn messages_choice(
    library: &Library,
    chosen: &str,
    on_change: Callback<String>,
    t: &crate::texts::settings::Settings,
) -> Html {
    let fixed = [
        (NO_MESSAGES, AttrValue::from(t.profile_messages_none)),
        (ALL_MESSAGES, t.profile_messages_all.into()),
    ];
    if library.folders().next().is_none() {
        return select(&"profile-messages".into(), &fixed, chosen, on_change, None, None);
    }
    let on_change = on_change.reform(|event: Event| chosen_value(&event));
    html! {
        <select class="field select" id="profile-messages" data-testid="profile-messages" onchange={on_change}>
            for (value, words) in fixed {
                <option key={value} {value} selected={value == chosen}>{words}</option>
            }
            for folder in library.folders() {
                <option key={format!("/{folder}")} value={format!("/{folder}")} selected={chosen == format!("/{folder}")}>
                    {folder.to_owned()}
                </option>
            }
        </select>
    }
}

fn chosen_messages(library: &Library, chosen: &str) -> Library {
    match chosen.strip_prefix('/') {
        Some(folder) => {
            let mut part = Library::default();
            for saved in library.messages().iter().filter(|saved| saved.folder == folder) {
                part.save(saved.clone());
            }
            part
        }
        None if chosen == ALL_MESSAGES => library.clone(),
        None => Library::default(),
    }
}

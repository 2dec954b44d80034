//! The kept profiles in their groups.

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use workbench::profile::{Profile, RenameError};
use yew::prelude::*;

use super::Deed;
use crate::texts::fill;
use crate::texts::settings::Settings;
use crate::views::block::{Block, block};
use crate::views::fields::TextRow;
use crate::views::hooks::use_effect_on;
use crate::views::icons::{Icon, picture};
use crate::views::lang::use_texts;
use crate::views::markup::html;

/// The kept profiles as they are shown.
pub(super) struct List {
    /// Those to show, in order.
    pub(super) profiles: Vec<Profile>,
    pub(super) on_deed: Callback<Deed>,
    /// What came of the latest renaming.
    pub(super) rename_error: Option<RenameError>,
    /// The profile that is being renamed: group and name.
    pub(super) renaming: Option<(String, String)>,
}

pub(super) fn list(props: &List, t: &'static Settings) -> Html {
    let has_groups = props.profiles.iter().any(|profile| !profile.group.is_empty());
    let groups = props.profiles.chunk_by(|a, b| a.group == b.group);
    html! {
        <div class="profile-groups">
            for profiles in groups {
                <section class="profile-group" key={profiles[0].group.clone()}>
                    if has_groups {
                        <h4 class="profile-heading">{heading(&profiles[0].group, t)}</h4>
                    }
                    <ul class="profile-list">
                        for profile in profiles {
                            <li class="profile" key={profile.name.clone()} data-testid="profile" data-name={profile.name.clone()}>
                                {item(profile, props, t)}
                            </li>
                        }
                    </ul>
                </section>
            }
        </div>
    }
}

fn heading<'a>(group: &'a str, t: &Settings) -> &'a str {
    if group.is_empty() { t.profile_ungrouped } else { group }
}

fn item(profile: &Profile, props: &List, t: &'static Settings) -> Html {
    let of_this = |renaming: &(String, String)| renaming.0 == profile.group && renaming.1 == profile.name;
    if props.renaming.as_ref().is_some_and(of_this) {
        return RenameForm {
            profile: profile.clone(),
            on_deed: props.on_deed.clone(),
            error: props.rename_error,
        }
        .block();
    }
    let act = |deed: fn(Profile) -> Deed| {
        let profile = profile.clone();
        props.on_deed.reform(move |_: MouseEvent| deed(profile.clone()))
    };
    let name = &profile.name;
    let open = fill(t.profile_open, &[name]);
    let button = |icon: Icon, testid: &'static str, label: String, onclick: Callback<MouseEvent>| {
        html! {
            <button
                class="button icon-button small"
                type="button"
                title={label.clone()}
                aria-label={label}
                data-testid={testid}
                {onclick}
            >
                {picture(icon)}
            </button>
        }
    };
    html! {
        <>
            <button class="profile-open" type="button" title={open} data-testid="profile-open" onclick={act(Deed::Open)}>
                <span class="profile-name">{name}</span>
                <span class="profile-url">{&profile.url}</span>
            </button>
            {button(Icon::Link, "profile-link", fill(t.profile_link, &[name]), act(Deed::CopyLink))}
            {button(Icon::Edit, "profile-rename", fill(t.profile_rename, &[name]), act(Deed::StartRename))}
            {button(Icon::Trash, "profile-remove", fill(t.profile_remove, &[name]), act(Deed::Remove))}
        </>
    }
}

#[derive(PartialEq)]
struct RenameForm {
    profile: Profile,
    on_deed: Callback<Deed>,
    error: Option<RenameError>,
}

block!(RenameForm, use_rename_form);

#[hook]
fn use_rename_form(props: &RenameForm) -> Html {
    let t = &use_texts().settings;
    let name = use_state_eq(|| props.profile.name.clone());
    let group = use_state_eq(|| props.profile.group.clone());
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_on((), move |()| {
            let field = node.cast::<HtmlElement>().and_then(|form| form.query_selector("input").ok()?);
            if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlInputElement>().ok()) {
                let _ = field.focus();
                field.select();
            }
        });
    }
    let submit = {
        let (profile, name, group) = (props.profile.clone(), name.clone(), group.clone());
        props.on_deed.reform(move |event: SubmitEvent| {
            event.prevent_default();
            Deed::Rename { profile: profile.clone(), group: (*group).clone(), name: (*name).clone() }
        })
    };
    let escape = {
        let on_deed = props.on_deed.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                // Ends the renaming, and not the dialog.
                event.prevent_default();
                event.stop_propagation();
                on_deed.emit(Deed::CancelRename);
            }
        }
    };
    let problem = props.error.map(|error| match error {
        RenameError::Empty => t.profile_name_empty,
        RenameError::Taken => t.profile_name_taken,
        RenameError::Missing => t.profile_gone,
    });
    let setter = |state: &UseStateHandle<String>| {
        let setter = state.setter();
        Callback::from(move |text| setter.set(text))
    };
    html! {
        <form ref={node} class="profile-form" onsubmit={submit} onkeydown={escape}>
            {TextRow {
                name: "rename-name".into(),
                label: t.profile_name.into(),
                value: (*name).clone().into(),
                problem: problem.map(AttrValue::from),
                on_input: setter(&name),
                on_done: Callback::noop(),
                ..TextRow::default()
            }.view()}
            {TextRow {
                name: "rename-group".into(),
                label: t.profile_group.into(),
                placeholder: t.profile_group_hint.into(),
                value: (*group).clone().into(),
                on_input: setter(&group),
                on_done: Callback::noop(),
                ..TextRow::default()
            }.view()}
            <div class="profile-form-buttons">
                <button class="button small primary" type="submit" data-testid="rename-do">{t.rename}</button>
                <button
                    class="button small"
                    type="button"
                    onclick={props.on_deed.reform(|_: MouseEvent| Deed::CancelRename)}
                >
                    {t.cancel}
                </button>
            </div>
        </form>
    }
}

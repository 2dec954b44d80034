//! Connections that the person keeps.
//!
//! `data-testid`: `profiles` (the dialog), `profiles-search`, `profiles-empty`, `profile` (one each, `data-name`) with
//! `profile-open`, `profile-link`, `profile-rename` and `profile-remove`; `rename-name`, `rename-group`, `rename-do`;
//! `profiles-said` (what was done last) with `profiles-undo`; `profile-link-text` (a link that could not be copied);
//! `profiles-unreadable`. What is in the forms is named in their files.

mod files;
mod list;
mod save;

use std::rc::Rc;

use wasm_bindgen_futures::JsFuture;
use workbench::lower::lower;
use workbench::profile::{Book, Conflict, Profile, ProfileError, RenameError};
use yew::prelude::*;

use self::files::Files;
use self::list::{List, list};
use self::save::SaveForm;
use super::dialog::Dialog;
use crate::lasting::profiles;
use crate::model::file_fault;
use crate::running::workspace::Workspace;
use crate::texts::fill;
use crate::texts::settings::Settings;
use crate::views::fields::TextRow;
use crate::views::lang::use_texts;

#[derive(PartialEq, Properties)]
pub(super) struct ProfilesProps {
    pub(super) workspace: Workspace,
    pub(super) on_close: Callback<()>,
}

/// What the person does with a profile.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Deed {
    Open(Profile),
    CopyLink(Profile),
    StartRename(Profile),
    Rename { profile: Profile, group: String, name: String },
    CancelRename,
    Remove(Profile),
}

/// What was done last, for everyone to hear.
#[derive(Clone, Debug, Default, PartialEq)]
struct Said {
    sentence: String,
    /// What can be put back.
    removed: Option<Profile>,
    /// A link that the browser would not copy.
    link: Option<String>,
    is_problem: bool,
}

impl Said {
    fn done(sentence: String) -> Said {
        Said { sentence, ..Said::default() }
    }

    fn problem(sentence: &str) -> Said {
        Said { sentence: sentence.to_owned(), is_problem: true, ..Said::default() }
    }
}

#[component]
pub(super) fn Profiles(props: &ProfilesProps) -> Html {
    let t = &use_texts().settings;
    let stored = use_state_eq(|| profiles::book().map(Rc::new));
    let query = use_state_eq(String::new);
    let said = use_state_eq(Said::default);
    let renaming = use_state_eq(|| None::<(String, String)>);
    let rename_error = use_state_eq(|| None::<RenameError>);
    let shown = props.workspace.tabs().shown().clone();
    let present = use_memo((), |()| profiles::of_session(&shown.session));
    let name = shown.name.clone().unwrap_or_default();

    // Another window may have changed the storage since: each change begins with what is there.
    let change = {
        let (stored, said) = (stored.setter(), said.setter());
        move |act: &dyn Fn(&mut Book) -> Said| match profiles::book() {
            Err(error) => {
                said.set(Said::default());
                stored.set(Err(error));
            }
            Ok(mut book) => {
                let done = act(&mut book);
                match profiles::set_book(&book) {
                    Ok(()) => {
                        stored.set(Ok(Rc::new(book)));
                        said.set(done);
                    }
                    Err(_) => said.set(Said::problem(t.profiles_refused)),
                }
            }
        }
    };
    let save = {
        let (change, workspace, id) = (change.clone(), props.workspace.clone(), shown.id);
        Callback::from(move |profile: Profile| {
            change(&|book| {
                let sentence =
                    if book.save(profile.clone()).is_some() { t.profile_replaced } else { t.profile_saved };
                Said::done(fill(sentence, &[&profile.name]))
            });
            workspace.rename(id, &profile.name);
        })
    };
    let import = {
        let change = change.clone();
        Callback::from(move |(file, conflict): (Book, Conflict)| {
            change(&|book| {
                let merge = book.merge(file.clone(), conflict);
                Said::done(fill(t.import_done, &[&merge.added, &merge.replaced, &merge.kept]))
            });
        })
    };
    let body = use_node_ref();
    let undo = {
        let (change, said, body) = (change.clone(), said.clone(), body.clone());
        move |_: MouseEvent| {
            // The button goes with what it undid.
            focus(&body);
            if let Some(profile) = said.removed.clone() {
                change(&|book| {
                    book.save(profile.clone());
                    Said::done(fill(t.profile_saved, &[&profile.name]))
                });
            }
        }
    };
    let on_deed = {
        let (workspace, on_close) = (props.workspace.clone(), props.on_close.clone());
        let (renaming, rename_error, said) = (renaming.setter(), rename_error.setter(), said.setter());
        let body = body.clone();
        Callback::from(move |deed: Deed| {
            rename_error.set(None);
            match deed {
                Deed::Open(profile) => {
                    profiles::open(&workspace, &profile);
                    on_close.emit(());
                }
                Deed::CopyLink(profile) => copy_link(&profile, said.clone(), t),
                Deed::StartRename(profile) => renaming.set(Some((profile.group, profile.name))),
                Deed::CancelRename => {
                    focus(&body);
                    renaming.set(None);
                }
                Deed::Rename { profile, group, name } => change(&|book| {
                    let outcome = book.rename((&profile.group, &profile.name), (&group, &name));
                    rename_error.set(outcome.err());
                    match outcome {
                        Ok(()) => {
                            focus(&body);
                            renaming.set(None);
                            Said::done(fill(t.profile_renamed, &[&name.trim()]))
                        }
                        Err(_) => Said::default(),
                    }
                }),
                Deed::Remove(profile) => change(&|book| {
                    let removed = book.remove(&profile.group, &profile.name);
                    Said { removed, ..Said::done(fill(t.profile_removed, &[&profile.name])) }
                }),
            }
        })
    };
    let book = match &*stored {
        Ok(book) => book.clone(),
        Err(error) => return unreadable(props, error, t),
    };
    let found: Vec<Profile> =
        book.profiles().iter().filter(|profile| matches(profile, &query)).cloned().collect();
    let group = group_of(&book, &name);
    html! {
        <Dialog title={t.profiles} name="profiles" on_close={props.on_close.clone()}>
            <div class="profiles-body" ref={body} tabindex="-1">
                <SaveForm {present} {name} {group} book={book.clone()} on_save={save} />
                {said_view(&said, undo, t)}
                if book.profiles().is_empty() {
                    <div class="profiles-empty" data-testid="profiles-empty">
                        <p><strong>{t.profiles_empty}</strong></p>
                        <p>{t.profiles_empty_why}</p>
                    </div>
                } else {
                    if book.profiles().len() > 5 {
                        {TextRow {
                            name: "profiles-search".into(),
                            label: t.profiles_found.into(),
                            wide: true,
                            value: (*query).clone().into(),
                            on_input: {
                                let query = query.setter();
                                Callback::from(move |text| query.set(text))
                            },
                            on_done: Callback::noop(),
                            ..TextRow::default()
                        }.view()}
                    }
                    if found.is_empty() {
                        <p class="setting-empty">{fill(t.profiles_none_found, &[&query.trim()])}</p>
                    }
                    {list(
                        &List {
                            profiles: found,
                            on_deed,
                            rename_error: *rename_error,
                            renaming: (*renaming).clone(),
                        },
                        t,
                    )}
                }
                <Files {book} on_import={import} />
            </div>
        </Dialog>
    }
}

fn unreadable(props: &ProfilesProps, error: &ProfileError, t: &'static Settings) -> Html {
    let sentence = fill(t.profiles_unreadable, &[&file_fault::profiles(error, t)]);
    html! {
        <Dialog title={t.profiles} name="profiles" on_close={props.on_close.clone()}>
            <p class="setting-problem profiles-body" role="alert" data-testid="profiles-unreadable">{sentence}</p>
        </Dialog>
    }
}

fn said_view(said: &Said, undo: impl Fn(MouseEvent) + 'static, t: &'static Settings) -> Html {
    html! {
        <div class={classes!("profiles-said", said.is_problem.then_some("problem"))} role="status" data-testid="profiles-said">
            if !said.sentence.is_empty() {
                <span>{&said.sentence}</span>
            }
            if let Some(removed) = &said.removed {
                <UndoButton key={removed.name.clone()} onclick={Callback::from(undo)} />
            }
            if let Some(link) = &said.link {
                <textarea
                    class="field profile-link-text"
                    data-testid="profile-link-text"
                    readonly=true
                    rows="3"
                    aria-label={t.link_not_copied}
                    value={link.clone()}
                />
            }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct UndoButtonProps {
    onclick: Callback<MouseEvent>,
}

/// Takes the focus, which went with the row that was deleted.
#[component]
fn UndoButton(props: &UndoButtonProps) -> Html {
    let t = &use_texts().settings;
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with((), move |()| focus(&node));
    }
    html! {
        <button
            ref={node}
            class="button small"
            type="button"
            data-testid="profiles-undo"
            onclick={props.onclick.clone()}
        >
            {t.undo}
        </button>
    }
}

fn focus(node: &NodeRef) {
    if let Some(element) = node.cast::<web_sys::HtmlElement>() {
        let _ = element.focus();
    }
}

/// Copies the link of a profile, and says what to look out for.
fn copy_link(profile: &Profile, said: UseStateSetter<Said>, t: &'static Settings) {
    let (link, sentence) = profiles::link(profile, t);
    let Some(window) = web_sys::window() else { return };
    #[expect(
        clippy::disallowed_methods,
        reason = "ends with the browser's answer, and a setter outlives its component"
    )]
    wasm_bindgen_futures::spawn_local(async move {
        // Pages not served from https or this machine have no clipboard at all.
        let allowed = window.is_secure_context();
        let copied = match allowed.then(|| JsFuture::from(window.navigator().clipboard().write_text(&link))) {
            Some(result) => result.await.is_ok(),
            None => false,
        };
        said.set(match copied {
            true => Said::done(sentence),
            false => Said { link: Some(link), ..Said::done(t.link_not_copied.to_owned()) },
        });
    });
}

/// Whether every word of the query is in the profile's name, group or address.
fn matches(profile: &Profile, query: &str) -> bool {
    let all = [&profile.name, &profile.group, &profile.url].map(|text| lower(text));
    lower(query).split_whitespace().all(|word| all.iter().any(|text| text.contains(word)))
}

/// The group of the profile that a tab's name belongs to, if there is only one.
fn group_of(book: &Book, name: &str) -> AttrValue {
    let mut same = book.profiles().iter().filter(|profile| profile.name == name);
    match (same.next(), same.next()) {
        (Some(profile), None) => profile.group.clone().into(),
        _ => AttrValue::default(),
    }
}

//! How components follow what changes.

use std::rc::Rc;

use yew::prelude::*;

use crate::lasting::storage::{self, Key};
use crate::running::session::{Session, View};
use crate::running::workspace::{Tabs, Workspace};

/// Calls `then` when another tab of the browser has stored something under one of the keys. It may hold setters, and
/// nothing that changes from drawing to drawing.
#[hook]
pub(super) fn use_stored(keys: &'static [Key], then: impl Fn() + 'static) {
    use_effect_with((), move |()| {
        let watch = storage::watch(keys, then);
        move || drop(watch)
    });
}

/// The session's latest view.
#[hook]
pub(super) fn use_view(session: &Session) -> Rc<View> {
    let view = use_state(|| session.view());
    let setter = view.setter();
    use_effect_with(session.clone(), move |session| {
        let subscription = session.subscribe(move |view| setter.set(view));
        move || drop(subscription)
    });
    (*view).clone()
}

/// What `select` makes of the session's latest view; drawn again only when that differs.
#[hook]
pub(super) fn use_selected<T: PartialEq + 'static>(
    session: &Session,
    select: fn(&View) -> T,
) -> UseStateHandle<T> {
    let selected = use_state_eq(|| select(&session.view()));
    let setter = selected.setter();
    use_effect_with(session.clone(), move |session| {
        setter.set(select(&session.view()));
        let subscription = session.subscribe(move |view| setter.set(select(&view)));
        move || drop(subscription)
    });
    selected
}

/// The workspace's tabs.
#[hook]
pub(super) fn use_tabs(workspace: &Workspace) -> Rc<Tabs> {
    let tabs = use_state_eq(|| workspace.tabs());
    let setter = tabs.setter();
    use_effect_with(workspace.clone(), move |workspace| {
        setter.set(workspace.tabs());
        let subscription = workspace.subscribe(move |tabs| setter.set(tabs));
        move || drop(subscription)
    });
    (*tabs).clone()
}

//! How components follow what changes.

use std::rc::Rc;

pub(super) use page::hooks::{use_effect_on, use_height, use_stored};
use yew::prelude::*;

use crate::running::session::{Session, View};
use crate::running::workspace::{Tabs, Workspace};

/// The session's latest view.
#[hook]
pub(super) fn use_view(session: &Session) -> Rc<View> {
    let view = use_state(|| session.view());
    let setter = view.setter();
    use_effect_on(session.clone(), move |session| {
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
    use_effect_on(session.clone(), move |session| {
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
    use_effect_on(workspace.clone(), move |workspace| {
        setter.set(workspace.tabs());
        let subscription = workspace.subscribe(move |tabs| setter.set(tabs));
        move || drop(subscription)
    });
    (*tabs).clone()
}

//! How components follow what changes.

use std::any::Any;
use std::rc::Rc;

use yew::functional::{Hook, TearDown};
use yew::prelude::*;

use crate::lasting::storage::{self, Key};
use crate::running::session::{Session, View};
use crate::running::workspace::{Tabs, Workspace};

/// A value of any type that can be compared with another.
pub(super) trait Same: 'static {
    /// Whether the other is of the same type and equal.
    fn is_same(&self, other: &dyn Same) -> bool;
    /// For finding out its type.
    fn as_any(&self) -> &dyn Any;
}

impl<T: PartialEq + 'static> Same for T {
    fn is_same(&self, other: &dyn Same) -> bool {
        other.as_any().downcast_ref::<T>() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Does what Yew's `use_effect_with` does, which is compiled anew for every effect: this is compiled once.
pub(super) fn use_effect_on<D: PartialEq + 'static, T: TearDown>(
    on: D,
    effect: impl FnOnce(&D) -> T + 'static,
) -> impl Hook<Output = ()> {
    let on = Rc::new(on);
    let seen = on.clone();
    let effect = move || -> Box<dyn FnOnce()> {
        let end = effect(&seen);
        Box::new(move || end.tear_down())
    };
    use_any_effect(On(on), Box::new(effect))
}

/// What an effect depends on.
struct On(Rc<dyn Same>);

impl PartialEq for On {
    fn eq(&self, other: &On) -> bool {
        self.0.is_same(&*other.0)
    }
}

#[hook]
fn use_any_effect(on: On, effect: Box<dyn FnOnce() -> Box<dyn FnOnce()>>) {
    use_effect_with(on, move |_| effect());
}

/// Calls `then` when another tab of the browser has stored something under one of the keys. It may hold setters, and
/// nothing that changes from drawing to drawing.
#[hook]
pub(super) fn use_stored(keys: &'static [Key], then: impl Fn() + 'static) {
    use_effect_on((), move |()| {
        let watch = storage::watch(keys, then);
        move || drop(watch)
    });
}

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

//! How components follow what changes.

use std::any::Any;
use std::rc::Rc;

use yew::functional::{Hook, TearDown};
use yew::prelude::*;

use crate::storage::{self, Key};

/// A value of any type that can be compared with another.
pub trait Same: 'static {
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
pub fn use_effect_on<D: PartialEq + 'static, T: TearDown>(
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
pub fn use_stored(keys: &'static [Key], then: impl Fn() + 'static) {
    use_effect_on((), move |()| {
        let watch = storage::watch(keys, then);
        move || drop(watch)
    });
}

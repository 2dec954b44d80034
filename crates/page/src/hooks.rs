//! How components follow what changes.

use std::any::Any;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{HtmlElement, ResizeObserver};
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

/// Calls `then` with an element's height in CSS pixels, at first and whenever it changes. It may hold what
/// [`use_stored`]'s may. A browser that does not tell calls nothing.
#[hook]
pub fn use_height(element: &NodeRef, then: impl FnMut(f64) + 'static) {
    let (element, mut then) = (element.clone(), then);
    use_effect_on((), move |()| {
        let element = element.cast::<HtmlElement>();
        let measured = element.clone();
        let on_resize = Closure::<dyn FnMut()>::new(move || {
            if let Some(element) = &measured {
                then(f64::from(element.client_height()));
            }
        });
        let observer = ResizeObserver::new(on_resize.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(element)) = (&observer, &element) {
            observer.observe(element);
        }
        move || {
            if let Some(observer) = observer {
                observer.disconnect();
            }
            drop(on_resize);
        }
    });
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

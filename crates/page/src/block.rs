//! One component for all that has state or a life of its own.
//!
//! Yew compiles the life of a component once for each type of component, which comes to more than what most of them
//! draw. So there is one type, `Life`, and what differs is data: a struct with what its parent says, and a hook that
//! draws it.

use std::any::TypeId;
use std::fmt::Display;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use yew::functional::{Hook, HookContext};
use yew::prelude::*;

use crate::hooks::Same;

/// What has state or a life of its own. Implemented with [`block`](block!); drawn again when it differs from what it was.
pub trait Block: PartialEq + Sized + 'static {
    /// Draws it, with the state of the block it stands in.
    fn draw(&self, hooks: &mut HookContext) -> Html;

    /// Puts it on the page. Among its siblings there must be no other of its type without a key.
    fn block(self) -> Html {
        live(Rc::new(self), kind::<Self>().to_string())
    }

    /// Puts it on the page. With another key it begins anew.
    fn keyed(self, key: impl Display) -> Html {
        live(Rc::new(self), format!("{} {key}", kind::<Self>()))
    }
}

#[doc(hidden)]
#[macro_export]
macro_rules! __block {
    ($view:ty, $hook:ident) => {
        impl $crate::block::Block for $view {
            fn draw(&self, hooks: &mut yew::functional::HookContext) -> yew::Html {
                yew::functional::Hook::run($hook(self), hooks)
            }
        }
    };
}
/// A view is drawn by the hook that is given the struct: `block!(View, use_view);`
pub use __block as block;

/// A [`Block`] of any type.
trait AnyBlock: Same {
    fn draw(&self, hooks: &mut HookContext) -> Html;
}

impl<B: Block> AnyBlock for B {
    fn draw(&self, hooks: &mut HookContext) -> Html {
        Block::draw(self, hooks)
    }
}

#[derive(Clone, Properties)]
struct LifeProps {
    block: Rc<dyn AnyBlock>,
}

impl PartialEq for LifeProps {
    fn eq(&self, other: &Self) -> bool {
        self.block.is_same(&*other.block)
    }
}

/// The hook that draws a view, whichever it is.
struct Draw<'a>(&'a dyn AnyBlock);

impl Hook for Draw<'_> {
    type Output = Html;

    fn run(self, hooks: &mut HookContext) -> Html {
        self.0.draw(hooks)
    }
}

fn use_draw(block: &dyn AnyBlock) -> Draw<'_> {
    Draw(block)
}

#[component]
fn Life(props: &LifeProps) -> Html {
    use_draw(&*props.block)
}

/// Yew takes two blocks at the same place for one that has changed, unless their keys differ. So each key begins with
/// the type: the state of one view is never handed to another.
fn live(block: Rc<dyn AnyBlock>, key: String) -> Html {
    html! { <Life {key} {block} /> }
}

/// A number for the type of a view.
fn kind<B: 'static>() -> u64 {
    struct Kind(u64);

    impl Hasher for Kind {
        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
            }
        }

        fn write_u64(&mut self, number: u64) {
            self.0 = number;
        }

        fn finish(&self) -> u64 {
            self.0
        }
    }

    // A type's number is a hash already.
    let mut kind = Kind(0);
    TypeId::of::<B>().hash(&mut kind);
    kind.finish()
}

//! What Heartwire's pages are built from, so that the workbench and the scenes share it.
//!
//! | module | what it is |
//! |---|---|
//! | [`block`], [`markup`], [`hooks`] | the one component there is, what `html!` builds with, and effects: each as few bytes as will do |
//! | [`texts`], [`lang`], [`language`] | words in several languages, which of them is spoken, and files of those that are fetched |
//! | [`storage`], [`theme`] | every key of the browser's storage, and the choice of light or dark |
//! | [`clock`], [`frame`] | time that knows of a machine's sleep, and one call per animation frame |
//! | [`socket`], [`fetching`] | the browser's `WebSocket`, and small files of the page's own server |
//! | [`hints`] | what the browser says about page and network |
//! | [`icons`], [`virtual_list`], [`crash`] | small pictures, a long list, and what is shown after a panic |

// `html!` names this crate, also in here.
extern crate self as page;

pub mod block;
pub mod clock;
pub mod crash;
pub mod fetching;
pub mod frame;
pub mod hints;
pub mod hooks;
pub mod icons;
pub mod lang;
pub mod language;
pub mod markup;
pub mod socket;
pub mod storage;
pub mod texts;
pub mod theme;
pub mod virtual_list;

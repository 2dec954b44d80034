//! Yew's `html!` for small modules.
//!
//! Yew writes out, for each element, all that makes it: some 300 bytes of code. This macro understands the same markup
//! and writes calls instead: what is fixed about an element is data, what differs is handed to the builder at
//! `page::markup`, a few bytes each. Components are left to Yew's macro.

mod parse;
mod write;

use proc_macro::TokenStream;
use syn::parse_macro_input;

use parse::Nodes;

/// Builds an `Html` from markup: elements, fragments, `{values}`, `if` and `for`.
#[proc_macro]
pub fn html(input: TokenStream) -> TokenStream {
    let nodes = parse_macro_input!(input as Nodes);
    write::root(&nodes).into()
}

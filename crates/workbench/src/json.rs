//! JSON as it arrived: read without recursion, shown without changing a digit or the order of keys.
//!
//! Nothing here converts a number to a float and back. A [`Scanner`] walks the text and hands out spans of
//! it, at any depth of nesting; formatting, the tree, paths and the small [`Value`] are built on it.
//! The grammar is RFC 8259's.

mod format;
mod number;
mod path;
mod tree;
mod value;

pub use format::{MAX_INDENT, compact, pretty, pretty_start};
pub use jsontext::{Event, JsonError, JsonErrorKind, Scanner, Token, check, quote, quote_into, unescape};
pub use number::compare as compare_numbers;
pub(crate) use path::Search;
pub use path::{Found, MAX_SEGMENTS, Path, PathError, numeric_fields};
pub use tree::{DEFAULT_MAX_NODES, Tree, TreeError, TreeRow};
pub use value::{MAX_VALUE_DEPTH, Value};

//! The lists that HTTP headers are, and the extensions of RFC 6455 §9 in them.

mod extension;
mod list;

pub use extension::{Extension, ExtensionParam};
pub(crate) use list::{Cursor, Lines, lines};
pub use list::{MalformedList, is_token, lists_token};

//! The opening handshake (RFC 6455 §4).
mod extension;
mod list;
pub use extension::{Extension, ExtensionParam};
pub use list::{MalformedList, is_token, lists_token};

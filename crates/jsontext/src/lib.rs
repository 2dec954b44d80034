//! JSON text (RFC 8259) as it arrived: a reader that hands out spans of it at any depth of nesting, without recursion and
//! without changing a digit, and strings written and read.

mod scan;
mod string;

pub use scan::{Event, JsonError, JsonErrorKind, Scanner, Token, check};
pub use string::{quote, quote_into, unescape};

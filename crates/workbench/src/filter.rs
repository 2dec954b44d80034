//! Which entries are shown.
//!
//! A [`Filter`] is written in the filter bar:
//!
//! | text | keeps entries |
//! |---|---|
//! | `error` | whose text contains it; case is ignored unless the case button is on |
//! | `"two words"` | the same, with spaces, `\"` and `\\` |
//! | `/^\{.*\}$/i` | whose text matches a regular expression in linear time (`i`: ignore case) |
//! | `dir:in` | by direction: `in`, `out`, `local` |
//! | `kind:text,binary` | by kind: `text`, `binary`, `message`, `connected`, `disconnected`, `error`, `note`, `ping`, `pong`, or a label: `sent`, `response` |
//! | `is:heartbeat` | by state: `heartbeat`, `opening`, `answer`, `repeat`, `paired`, `queued`, `sent`, `unknown`, `dropped` |
//! | `conn:2` | of a connection |
//! | `code>=4000`, `code:1006` | by close code |
//! | `size>1kb`, `size:10..200` | by payload bytes (`b`, `kb`, `mb`, `kib`, `mib`) |
//! | `rtt>50ms` | responses by round trip (`us`, `ms`, `s`) |
//! | `time>=12:30`, `time:23:50..00:10` | by the time of day, on whatever day |
//! | `time>2024-05-01T12:00:00Z`, `time:2024-05-01` | by instant or by day; without `Z` or an offset, at the reader's place |
//! | `$.price > 100`, `data[0].type == "trade"` | by a value inside JSON, see [`crate::json::Path`] |
//! | `$.error`, `has:user.name` | that have the value at all |
//! | `$.name ~ abc`, `$.name ~ /^a/` | whose value contains a text or matches (in its first 256 KiB) |
//!
//! Terms side by side must all hold; `or` (or `|`) separates alternatives; `-` or `!` before a term negates
//! it; parentheses group. Ranges include both ends. JSON operators are `==` (or `=`), `!=`, `<`, `<=`, `>`,
//! `>=` and `~`; numbers compare exactly, and a string that holds a number counts as one.

mod expr;
mod index;
mod lexer;
mod literal;
mod pace;
mod parse;
mod text;

pub use expr::{Expr, Filter, JsonTest, KindSet, Op, Words};
pub use index::{Index, Progress};
pub use parse::{FilterError, FilterErrorKind, Options};
pub use text::{Pattern, PatternError, TextMatch};

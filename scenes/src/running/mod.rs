//! What runs: a line drives a scene over the browser's socket.

mod line;
mod live;

pub use self::line::{Line, View};
pub use self::live::{Live, use_live};

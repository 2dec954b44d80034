//! A client's run through what it has to do, judged by what it did.
//!
//! The client opens the URL of each case and hands in nothing: the server sees what it does.
//!
//! | suite | what is tried |
//! |---|---|
//! | [`Case`] | every rule of WebSocket that a client has to enforce, judged by the journal of the run's label |
//! | [`session`] | what `heartwire.session.v1` asks of a client, each case a script that an [`Exam`](session::Exam) plays |

mod report;
mod rules;
pub mod session;

pub use report::{Judged, Named, Report, Verdict};
pub use rules::Case;

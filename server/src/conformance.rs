//! `/conformance`: a page that runs the browser it is opened in through every rule that it has to enforce, and the example
//! client of sessions through every case there is for such; and what stands behind a connection of those cases.
//!
//! It is plain HTML and a script of its own, so that what is judged is the browser and not the workbench's page.

mod examinee;

pub(crate) use self::examinee::Examinee;

use crate::reply;
use warp::reply::Response;

/// One of its files.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File {
    /// Behind the slash.
    pub(crate) name: &'static str,
    kind: &'static str,
    text: &'static str,
}

/// All of them.
pub(crate) const FILES: [File; 4] = [
    File {
        name: "conformance",
        kind: "text/html; charset=utf-8",
        text: include_str!("conformance/index.html"),
    },
    File {
        name: "conformance.js",
        kind: "text/javascript; charset=utf-8",
        text: include_str!("conformance/run.js"),
    },
    File {
        name: "conformance.css",
        kind: "text/css; charset=utf-8",
        text: include_str!("conformance/style.css"),
    },
    File {
        name: "conformance-session.mjs",
        kind: "text/javascript; charset=utf-8",
        text: include_str!("../../examples/session/session.mjs"),
    },
];

impl File {
    /// The file as an answer.
    pub(crate) fn respond(self) -> Response {
        reply::page(self.kind, self.text)
    }
}

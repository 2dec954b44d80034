//! Connections that this server carries on to another one.
//!
//! `via` is the URL that anybody's client is pointed at; `headers` says which headers go along; `pipe` lies between the
//! client's connection and the target's, and `leg` is what is behind each of the two.
//! `guarding` says where it may connect to for whom.
//! `tool` is the URL of those who choose the target themselves: `dial` connects for them, where it may; `commanding` is
//! behind their connection and `reporting` behind the target's.

mod commanding;
mod dial;
mod guarding;
mod headers;
mod leg;
mod pipe;
mod reporting;
mod tool;
mod via;

pub(crate) use dial::tls_options;
pub(crate) use guarding::{NOT_FOR_OTHERS, guard};
pub(crate) use tool::relay;
pub(crate) use via::via;

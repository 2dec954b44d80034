//! What counts as the answer to a heartbeat.

/// What counts as the answer to a heartbeat. [`TOKEN`](crate::TOKEN) in a text stands for the token of the
/// heartbeat that is being answered.
///
/// A message is taken for an answer only while a heartbeat is unanswered, and each heartbeat takes at most one, so a
/// user who sends the same text as the heartbeat still sees as many messages as there should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The heartbeat's own payload coming back, as an echo endpoint does.
    Echo,
    /// A text message equal to this.
    Exact(String),
    /// A text message that contains this.
    Contains(String),
    /// A text message that is a JSON object with this member. `value` is compared with a string's content, or with
    /// any other scalar as it is written. Messages over 64 KiB are not looked into.
    JsonField {
        /// The name of a member of the outermost object, such as `type`.
        name: String,
        /// Its value, such as `pong`.
        value: String,
    },
    /// Any message at all, since any traffic proves life. Nothing is kept out of the user's messages and no
    /// round-trip time is taken, since it may not have been a reply.
    AnyMessage,
    /// None is expected: the heartbeat only keeps the path open, there is no deadline, and a half-open connection
    /// goes unnoticed.
    None,
}

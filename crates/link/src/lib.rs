//! When to connect, beat, retry and queue: the client's connection policy.

//! Heartwire's server.

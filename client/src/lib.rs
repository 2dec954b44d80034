//! Heartwire's page.

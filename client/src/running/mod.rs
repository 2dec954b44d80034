//! What runs: connections and what is under way on them.

pub mod frame;

//! A client that says exactly what a test wants said.

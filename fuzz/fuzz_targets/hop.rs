#![no_main]
#![allow(dead_code, reason = "every target uses its part of the shared support")]

#[path = "../../crates/wire/tests/support/fuzz/mod.rs"]
mod fuzz;
#[path = "../../crates/wire/tests/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::hop::run(data));

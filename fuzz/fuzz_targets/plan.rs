#![no_main]

#[path = "../../crates/protocol/tests/support/fuzz.rs"]
mod fuzz;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::run(data));

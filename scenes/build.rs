//! Leaves the name section out of the released page: it is a quarter of the compressed module.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let wasm = env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32");
    let release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if wasm && release {
        // wasm-bindgen and wasm-opt read target_features, which `strip = true` would remove as well.
        for argument in ["--strip-all", "--keep-section=target_features", "--keep-section=producers"] {
            println!("cargo::rustc-link-arg-bins={argument}");
        }
    }
}

//! What the linker leaves beside the code of a released page: this one and the scenes.

use std::env;

fn main() {
    println!("cargo::rerun-if-env-changed=HEARTWIRE_SPLIT");
    let wasm = env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32");
    let release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if !wasm || !release {
        return;
    }
    // `cargo xtask` takes the module apart and leaves out all this afterwards.
    let arguments: &[&str] = if env::var_os("HEARTWIRE_SPLIT").is_some() {
        &["--emit-relocs"]
    } else {
        // Names are a quarter of the compressed module. wasm-bindgen and wasm-opt read target_features, which
        // `strip = true` would remove as well.
        &["--strip-all", "--keep-section=target_features", "--keep-section=producers"]
    };
    for argument in arguments {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
}

//! The standard library for wasm32, built with Debian's compiler.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::super::{apt_install, can_apt, lock, say, targets};
use super::{TARGET, Wasm};
use crate::{process, workspace};

const LINKER: &str = "wasm-ld-19";
const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];

/// Uses what is there, installs packages as root, builds what no package holds.
pub(super) fn find_or_install() -> Result<Wasm> {
    let host = Path::new("/usr/bin/rustc");
    let has_packages = || {
        host.exists() && Path::new("/usr/lib/rustlib/src/rust").exists() && process::find(LINKER).is_some()
    };
    if !has_packages() {
        if !can_apt() {
            bail!("its Debian packages need root: apt-get install -y {}", PACKAGES.join(" "));
        }
        apt_install(&PACKAGES, 25)?;
        if !has_packages() {
            bail!("{} are installed, but rustc, its source or {LINKER} is missing", PACKAGES.join(", "));
        }
    }
    let version = process::output(Command::new(host).arg("-V"), Duration::from_secs(20))?;
    // `rustc 1.96.0 (ac68faa20 2026-05-25) (...)`: release and commit tell every compiler from every other.
    let key: Vec<&str> = version.split([' ', '(', ')']).filter(|word| !word.is_empty()).take(3).collect();
    let folder = workspace::cache_dir()?.join("wasm").join(key.join("-"));
    let rustc = folder.join("bin/rustc");
    if !targets::knows(&mut Command::new(&rustc), TARGET) {
        build_std(host, &folder)?;
        if !targets::knows(&mut Command::new(&rustc), TARGET) {
            bail!("std was built into {}, but its rustc does not find it", folder.display());
        }
    }
    Ok(Wasm {
        way: "built from Debian's packages",
        env: vec![("RUSTC", rustc.into()), ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", LINKER.into())],
        clippy: false,
    })
}

/// Builds std with Debian's compiler and lays it out as a sysroot in `folder`: the parts for the host are
/// Debian's own, `bin/rustc` is Debian's with this sysroot.
fn build_std(host: &Path, folder: &Path) -> Result<()> {
    let _lock = lock()?;
    say("building the standard library for wasm32 once (about 1 minute, at most 10)");
    let work = folder.with_file_name("work");
    remove(&work)?;
    let package = work.join("empty");
    fs::create_dir_all(package.join("src"))?;
    fs::write(package.join("Cargo.toml"), "[package]\nname = \"empty\"\nedition = \"2024\"\n[workspace]\n")?;
    fs::write(package.join("src/lib.rs"), "")?;

    let mut cargo = workspace::command("/usr/bin/cargo");
    cargo.current_dir(&package).args(["build", "--release", "--target", TARGET]);
    cargo.args(["-Z", "build-std=std,panic_abort,test,proc_macro"]);
    // `RUSTC_BOOTSTRAP` lets a stable compiler build std. The bitcode is what makes LTO of a program with this
    // std possible.
    cargo.env("RUSTC", host).env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Cembed-bitcode=yes");
    cargo.env("CARGO_TARGET_DIR", work.join("target")).env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    process::run(&mut cargo, Duration::from_secs(600))?;

    let sysroot = work.join("sysroot");
    let libraries = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    fs::create_dir_all(&libraries)?;
    for entry in fs::read_dir(work.join("target").join(TARGET).join("release/deps"))? {
        let path = entry?.path();
        let (Some(name), Some("rlib")) = (path.file_name(), path.extension().and_then(|end| end.to_str()))
        else {
            continue;
        };
        if !name.to_string_lossy().starts_with("libempty-") {
            fs::copy(&path, libraries.join(name))?;
        }
    }
    for entry in fs::read_dir("/usr/lib/rustlib")? {
        let entry = entry?;
        if entry.file_name() != TARGET {
            symlink(entry.path(), sysroot.join("lib/rustlib").join(entry.file_name()))?;
        }
    }
    let bin = sysroot.join("bin");
    fs::create_dir_all(&bin)?;
    // Not a symbolic link: rustc would look for its sysroot where the link leads.
    let wrapper = bin.join("rustc");
    fs::write(
        &wrapper,
        format!("#!/bin/sh\nexec {} --sysroot '{}' \"$@\"\n", host.display(), folder.display()),
    )?;
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))?;

    remove(folder)?;
    fs::rename(&sysroot, folder).with_context(|| format!("cannot create {}", folder.display()))?;
    remove(&work)
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

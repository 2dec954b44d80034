//! The standard library for `wasm32-unknown-unknown`, from the first of three places that has it.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{apt_install, can_apt, lock, say};
use crate::{process, workspace};

const TARGET: &str = "wasm32-unknown-unknown";
const LINKER: &str = "wasm-ld-19";
const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];
/// `rustup` retries a dead network for minutes; where the network works it needs seconds.
const RUSTUP_LIMIT: Duration = Duration::from_secs(75);

/// A way to compile for wasm32.
pub(crate) struct Wasm {
    way: &'static str,
    env: Vec<(&'static str, OsString)>,
    /// Whether clippy understands this standard library: it comes with the active toolchain only.
    pub(crate) clippy: bool,
}

impl Wasm {
    /// The first way that works, or the one that `HEARTWIRE_WASM_TARGET` names.
    pub(crate) fn find_or_install() -> Result<Self> {
        match forced_way().as_deref() {
            None => {
                if let Ok(found) = Self::toolchain() {
                    return Ok(found);
                }
                let rustup = match Self::rustup() {
                    Ok(found) => return Ok(found),
                    Err(error) => error,
                };
                say(&format!("{rustup:#}"));
                Self::debian().with_context(|| {
                    format!("there is no standard library for {TARGET}; run this yourself: rustup target add {TARGET}")
                })
            }
            Some("toolchain") => Self::toolchain(),
            Some("rustup") => Self::rustup(),
            Some("debian") => Self::debian(),
            Some(other) => {
                bail!("HEARTWIRE_WASM_TARGET is `{other}`; it can be `toolchain`, `rustup` or `debian`")
            }
        }
    }

    /// Makes `command` and the compilers that it starts use this way.
    pub(crate) fn apply<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs(self.env.iter().map(|(key, value)| (key, value)))
    }

    fn toolchain() -> Result<Self> {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        if !has_target(&mut workspace::command(rustc)) {
            bail!("the active toolchain has no {TARGET}");
        }
        Ok(Self { way: "from the active toolchain", env: Vec::new(), clippy: true })
    }

    fn rustup() -> Result<Self> {
        if process::find("rustup").is_none() {
            bail!("there is no rustup");
        }
        say(&format!("rustup target add {TARGET} (a few seconds, at most {})", RUSTUP_LIMIT.as_secs()));
        let mut rustup = workspace::command("rustup");
        process::run(rustup.args(["target", "add", TARGET]), RUSTUP_LIMIT)?;
        Self::toolchain()
    }

    fn debian() -> Result<Self> {
        let host = Path::new("/usr/bin/rustc");
        let has_packages = || {
            host.exists()
                && Path::new("/usr/lib/rustlib/src/rust").exists()
                && process::find(LINKER).is_some()
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
        if !has_target(&mut Command::new(&rustc)) {
            build_std(host, &folder)?;
            if !has_target(&mut Command::new(&rustc)) {
                bail!("std was built into {}, but its rustc does not find it", folder.display());
            }
        }
        Ok(Self {
            way: "built from Debian's packages",
            env: vec![("RUSTC", rustc.into()), ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", LINKER.into())],
            clippy: false,
        })
    }
}

impl fmt::Display for Wasm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.way)?;
        if !self.env.is_empty() {
            f.write_str("; to use it outside of these tasks, `trunk serve` for example:")?;
        }
        self.env.iter().try_for_each(|(key, value)| write!(f, "\n  export {key}={}", value.display()))
    }
}

/// The value of `HEARTWIRE_WASM_TARGET`.
pub(crate) fn forced_way() -> Option<String> {
    env::var("HEARTWIRE_WASM_TARGET").ok().filter(|value| !value.is_empty())
}

fn has_target(rustc: &mut Command) -> bool {
    let folder =
        process::output(rustc.args(["--print=target-libdir", "--target", TARGET]), Duration::from_secs(30));
    let Ok(entries) = folder.and_then(|folder| Ok(fs::read_dir(folder.trim())?)) else { return false };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libcore-") && name.ends_with(".rlib")
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

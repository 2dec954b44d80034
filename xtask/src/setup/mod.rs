//! What a machine needs beside rustup, and how it gets there.
//!
//! Every step first looks whether its result is already there, says what it does and how long that may take,
//! is bounded in time, and looks again afterwards. A step that cannot work names the command that the user
//! must run.

mod axe;
mod browser;
mod packages;
pub(crate) mod targets;
mod tools;
mod wasm;

use std::fs::{self, File, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

pub(crate) use axe::find_or_install_axe;
pub(crate) use browser::{Browser, Firefox};
pub(crate) use packages::{find_or_install_mingw, install_proxies};
pub(crate) use tools::{WasmBindgen, find_or_install_deny, install_trunk};
pub(crate) use wasm::{Wasm, forced_way};

use packages::{apt_install, can_apt};

use crate::{process, workspace};

/// How long one task waits for another one that is installing the same things.
const LOCK_LIMIT: Duration = Duration::from_secs(25 * 60);

/// Installs everything that the other tasks need.
pub(crate) fn all() -> Result<()> {
    let wasm = Wasm::find_or_install()?;
    let trunk = install_trunk()?;
    let bindgen = WasmBindgen::find_or_install()?;
    components()?;
    let browser = Browser::find_or_install()?;
    let axe = find_or_install_axe()?;
    let deny = find_or_install_deny()?;
    let without = install_proxies();
    println!("wasm32      {wasm}");
    println!("trunk       {}", trunk.display());
    println!("wasm-bindgen {} in {}", bindgen.version, bindgen.folder.display());
    println!("browser     {}", browser.chrome.display());
    println!("its driver  {}", browser.driver.display());
    println!("axe-core    {}", axe.display());
    println!("cargo-deny  {}", deny.display());
    if !without.is_empty() {
        println!("left out    {}, for the tests of `deploy`", without.join(", "));
    }
    Ok(())
}

/// Adds rustfmt and clippy to the toolchain where they are missing.
pub(crate) fn components() -> Result<()> {
    let has = |sub: &str| {
        process::output(workspace::cargo().args([sub, "--version"]), Duration::from_secs(20)).is_ok()
    };
    let missing: Vec<&str> = [("fmt", "rustfmt"), ("clippy", "clippy")]
        .iter()
        .filter(|(sub, _)| !has(sub))
        .map(|(_, name)| *name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    say(&format!("adding {} to the toolchain (a few seconds, at most 75)", missing.join(" and ")));
    let mut rustup = workspace::command("rustup");
    rustup.args(["component", "add"]).args(&missing);
    process::run(&mut rustup, Duration::from_secs(75))
        .with_context(|| format!("run this yourself: rustup component add {}", missing.join(" ")))
}

/// Tells the user what a step does.
fn say(message: &str) {
    println!("setup: {message}");
}

/// Keeps two tasks from installing the same thing at once, until the guard is dropped.
fn lock() -> Result<File> {
    let folder = workspace::cache_dir()?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let path = folder.join("setup.lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let deadline = Instant::now() + LOCK_LIMIT;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error).context("cannot lock the tool folder"),
            Err(TryLockError::WouldBlock) if Instant::now() > deadline => {
                bail!("another set-up has held {} for too long", path.display())
            }
            Err(TryLockError::WouldBlock) => {
                if !told {
                    say("waiting for another set-up on this machine to finish");
                    told = true;
                }
                thread::sleep(Duration::from_millis(500));
            }
        }
    }
}

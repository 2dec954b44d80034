//! What a machine needs beside rustup, and how it gets there.
//!
//! Every step first looks whether its result is already there, says what it does and how long that may take,
//! is bounded in time, and looks again afterwards. A step that cannot work names the command that the user
//! must run.

mod axe;
mod browser;
mod tools;
mod wasm;

use std::fs::{self, File, TryLockError};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

pub(crate) use axe::find_or_install_axe;
pub(crate) use browser::{Browser, Firefox};
pub(crate) use tools::{WasmBindgen, install_trunk};
pub(crate) use wasm::{Wasm, forced_way};

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
    println!("wasm32      {wasm}");
    println!("trunk       {}", trunk.display());
    println!("wasm-bindgen {} in {}", bindgen.version, bindgen.folder.display());
    println!("browser     {}", browser.chrome.display());
    println!("its driver  {}", browser.driver.display());
    println!("axe-core    {}", axe.display());
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

/// Whether packages can be installed: Debian's package manager is there and we are root.
fn can_apt() -> bool {
    process::find("apt-get").is_some() && is_root()
}

fn is_root() -> bool {
    process::output(Command::new("id").arg("-u"), Duration::from_secs(5)).is_ok_and(|id| id.trim() == "0")
}

/// Installs Debian packages as root; about `seconds` on a fast network.
fn apt_install(packages: &[&str], seconds: u32) -> Result<()> {
    let list = packages.join(" ");
    say(&format!("apt-get install {list} (about {seconds} s, at most 10 minutes)"));
    // A dead mirror must not hold the task for longer than this, and a held lock is worth waiting for.
    let options =
        ["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20", "-o", "DPkg::Lock::Timeout=120"];
    let mut update = workspace::command("apt-get");
    update.arg("update").arg("-q").args(options).env("DEBIAN_FRONTEND", "noninteractive");
    // A stale list is often good enough: the install decides.
    if let Err(error) = process::run(&mut update, Duration::from_secs(120)) {
        say(&format!("{error:#}; trying with the package lists as they are"));
    }
    let mut install = workspace::command("apt-get");
    install.args(["install", "-y", "-q", "--no-install-recommends"]).args(options).args(packages);
    process::run(install.env("DEBIAN_FRONTEND", "noninteractive"), Duration::from_secs(600)).with_context(
        || format!("run this yourself as root: apt-get install -y --no-install-recommends {list}"),
    )
}

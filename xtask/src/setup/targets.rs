//! Standard libraries for other targets than this machine.

use std::env;
use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use super::say;
use crate::{process, workspace};

/// `rustup` retries a dead network for minutes; where the network works it needs seconds.
const RUSTUP_LIMIT: Duration = Duration::from_secs(75);

/// Makes sure that the active toolchain has the standard library for `target`.
pub(crate) fn find_or_add(target: &str) -> Result<()> {
    if is_there(target) {
        return Ok(());
    }
    add(target)?;
    if !is_there(target) {
        bail!("rustup has added {target}, but the active toolchain does not find it");
    }
    Ok(())
}

/// Whether the active toolchain has the standard library for `target`.
pub(super) fn is_there(target: &str) -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    knows(&mut workspace::command(rustc), target)
}

/// Has rustup add `target` to the active toolchain.
pub(super) fn add(target: &str) -> Result<()> {
    if process::find("rustup").is_none() {
        bail!("there is no rustup");
    }
    say(&format!("rustup target add {target} (a few seconds, at most {})", RUSTUP_LIMIT.as_secs()));
    let mut rustup = workspace::command("rustup");
    process::run(rustup.args(["target", "add", target]), RUSTUP_LIMIT)
}

/// Whether this `rustc` has the standard library for `target`.
pub(super) fn knows(rustc: &mut Command, target: &str) -> bool {
    let folder =
        process::output(rustc.args(["--print=target-libdir", "--target", target]), Duration::from_secs(30));
    let Ok(entries) = folder.and_then(|folder| Ok(fs::read_dir(folder.trim())?)) else { return false };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libcore-") && name.ends_with(".rlib")
    })
}

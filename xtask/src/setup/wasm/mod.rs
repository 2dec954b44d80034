//! The standard library for `wasm32-unknown-unknown`, from the first of three places that has it.

#[cfg(target_os = "linux")]
mod debian;

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{say, targets};

const TARGET: &str = "wasm32-unknown-unknown";

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
                debian::find_or_install().with_context(|| {
                    format!("there is no standard library for {TARGET}; run this yourself: rustup target add {TARGET}")
                })
            }
            Some("toolchain") => Self::toolchain(),
            Some("rustup") => Self::rustup(),
            Some("debian") => debian::find_or_install(),
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
        if !targets::is_there(TARGET) {
            bail!("the active toolchain has no {TARGET}");
        }
        Ok(Self { way: "from the active toolchain", env: Vec::new(), clippy: true })
    }

    fn rustup() -> Result<Self> {
        targets::add(TARGET)?;
        Self::toolchain()
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

/// Elsewhere there are no Debian packages.
#[cfg(not(target_os = "linux"))]
mod debian {
    use super::Wasm;

    pub(super) fn find_or_install() -> anyhow::Result<Wasm> {
        anyhow::bail!("Debian's packages are for Linux")
    }
}

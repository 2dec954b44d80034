//! axe-core, with which the browser tests audit the page's accessibility.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{apt_install, can_apt, lock, say};
use crate::{process, workspace};

/// The script of axe-core in the version that `e2e/package.json` names, installed once per version.
pub(crate) fn find_or_install_axe() -> Result<PathBuf> {
    let list = workspace::root().join("e2e").join("package.json");
    let list = fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))?;
    let version = version(&list).context("e2e/package.json names no version of axe-core")?;
    let folder = workspace::cache_dir()?.join("tools").join(format!("axe-core-{version}"));
    let script = folder.join("node_modules").join("axe-core").join("axe.min.js");
    if script.is_file() {
        return Ok(script);
    }
    let _lock = lock()?;
    if script.is_file() {
        return Ok(script);
    }
    if process::find("npm").is_none() && can_apt() {
        apt_install(&["nodejs", "npm"], 60)?;
    }
    let Some(npm) = process::find("npm") else {
        bail!("npm is missing, which fetches axe-core for the accessibility audit; install Node.js");
    };
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    fs::write(folder.join("package.json"), list)?;
    say("npm install axe-core (a few seconds, at most 2 minutes)");
    let mut install = workspace::command(npm);
    install.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]);
    process::run(install.current_dir(&folder), Duration::from_secs(120))?;
    if !script.is_file() {
        bail!("npm has installed no {}", script.display());
    }
    Ok(script)
}

/// The version of axe-core that a list of packages asks for; only an exact one counts.
fn version(list: &str) -> Option<&str> {
    let (_, rest) = list.split_once("\"axe-core\"")?;
    let version = rest.split('"').nth(1)?;
    version.starts_with(|first: char| first.is_ascii_digit()).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_exact() {
        assert_eq!(version(r#"{ "dependencies": { "axe-core": "4.10.0" } }"#), Some("4.10.0"));
        assert_eq!(version(r#"{ "dependencies": { "axe-core": "^4.10.0" } }"#), None);
        assert_eq!(version("{}"), None);
    }
}

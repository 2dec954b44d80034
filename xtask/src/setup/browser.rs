//! The browsers that the tests run in, each with its driver.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::packages::{apt_install, can_apt};
use super::tools::install_geckodriver;
use crate::process;

const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// Firefox with geckodriver, which Debian does not have.
pub(crate) struct Firefox {
    firefox: PathBuf,
    driver: PathBuf,
}

impl Firefox {
    /// The browser that `FIREFOX` names, else the one on PATH, else Debian's; its driver from crates.io.
    pub(crate) fn find_or_install() -> Result<Self> {
        let find = || named("FIREFOX", &["firefox-esr", "firefox"]);
        let firefox = match find() {
            Some(found) => found,
            None if can_apt() => {
                apt_install(&["firefox-esr"], 20)?;
                find().context("firefox-esr is installed, but not on PATH")?
            }
            None => bail!("there is no Firefox; on Debian as root: apt-get install -y firefox-esr"),
        };
        let driver = match named("GECKODRIVER", &[]) {
            Some(driver) => driver,
            None => install_geckodriver()?,
        };
        Ok(Self { firefox, driver })
    }

    /// Makes `command` and the tests that it starts use this browser.
    pub(crate) fn apply<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("FIREFOX", &self.firefox)
            .env("GECKODRIVER", &self.driver)
            .env("HEARTWIRE_BROWSER", "firefox")
    }
}

/// The Chromium that the tests run in, and the driver of the same version.
pub(crate) struct Browser {
    pub(crate) chrome: PathBuf,
    pub(crate) driver: PathBuf,
}

impl Browser {
    /// The browser that `CHROME` and `CHROMEDRIVER` name, else the one on PATH, else Debian's.
    pub(crate) fn find_or_install() -> Result<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        let manual = "install Chromium (or Chrome) and the chromedriver of the same version";
        if !can_apt() {
            bail!(
                "there is no browser for the tests; {manual}, on Debian as root: apt-get install -y {}",
                PACKAGES.join(" ")
            );
        }
        apt_install(&PACKAGES, 15)?;
        match Self::find() {
            Some(found) => Ok(found),
            None => bail!("{} are installed, but not on PATH; {manual}", PACKAGES.join(" and ")),
        }
    }

    /// Makes `command` and the tests that it starts use this browser.
    pub(crate) fn apply<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("CHROME", &self.chrome).env("CHROMEDRIVER", &self.driver)
    }

    fn find() -> Option<Self> {
        let chrome =
            named("CHROME", &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]);
        let chrome = chrome.or_else(|| usual_places().into_iter().find(|path| path.is_file()))?;
        let driver = named("CHROMEDRIVER", &["chromedriver"])?;
        Some(Self { chrome, driver })
    }
}

fn named(variable: &str, programs: &[&str]) -> Option<PathBuf> {
    let chosen = env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file());
    chosen.or_else(|| programs.iter().find_map(|program| process::find(program)))
}

/// Where browsers are on systems that don't put them on PATH.
fn usual_places() -> Vec<PathBuf> {
    if cfg!(windows) {
        let folders =
            ["ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"].into_iter().filter_map(env::var_os);
        let chrome = |folder| PathBuf::from(folder).join("Google/Chrome/Application/chrome.exe");
        return folders.map(chrome).collect();
    }
    if cfg!(target_os = "macos") {
        return ["Google Chrome", "Chromium"]
            .map(|name| PathBuf::from(format!("/Applications/{name}.app/Contents/MacOS/{name}")))
            .into();
    }
    Vec::new()
}

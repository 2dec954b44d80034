//! trunk and wasm-bindgen: installed once per version, used again by every later task.

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{lock, say};
use crate::{process, workspace};

/// The newest trunk that the project's Rust version can build.
const TRUNK: &str = "0.21.14";
/// Firefox's driver; it speaks to every Firefox of the last years.
const GECKODRIVER: &str = "0.37.1";
/// The cargo-deny that is installed where there is none at all.
const DENY: &str = "0.20.2";
const INSTALL_LIMIT: Duration = Duration::from_secs(20 * 60);

/// The command-line tools of wasm-bindgen, in exactly the version that the page is compiled against.
pub(crate) struct WasmBindgen {
    pub(crate) version: String,
    pub(crate) folder: PathBuf,
}

impl WasmBindgen {
    /// The tools on PATH if they have the right version, else those in the tool folder.
    pub(crate) fn find_or_install() -> Result<Self> {
        let lock =
            fs::read_to_string(workspace::root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
        let version = workspace::locked_version(&lock, "wasm-bindgen")
            .context("Cargo.lock names no single version of wasm-bindgen")?;
        let programs = ["wasm-bindgen", "wasm-bindgen-test-runner"];
        let folder = find_or_install("wasm-bindgen-cli", &version, &programs, "3 minutes")?;
        Ok(Self { version, folder })
    }

    /// The program that runs compiled tests in a browser.
    pub(crate) fn test_runner(&self) -> PathBuf {
        self.folder.join(format!("wasm-bindgen-test-runner{EXE_SUFFIX}"))
    }
}

/// The path of trunk.
pub(crate) fn install_trunk() -> Result<PathBuf> {
    Ok(find_or_install("trunk", TRUNK, &["trunk"], "5 minutes")?.join(format!("trunk{EXE_SUFFIX}")))
}

/// The path of geckodriver.
pub(super) fn install_geckodriver() -> Result<PathBuf> {
    let folder = find_or_install("geckodriver", GECKODRIVER, &["geckodriver"], "3 minutes")?;
    Ok(folder.join(format!("geckodriver{EXE_SUFFIX}")))
}

/// The path of cargo-deny: whichever is on PATH, since any keeps `deny.toml`.
pub(crate) fn find_or_install_deny() -> Result<PathBuf> {
    if let Some(found) = process::find("cargo-deny") {
        return Ok(found);
    }
    let folder = find_or_install("cargo-deny", DENY, &["cargo-deny"], "5 minutes")?;
    Ok(folder.join(format!("cargo-deny{EXE_SUFFIX}")))
}

/// The folder that holds `programs` of `package`; the first of them must answer with `version`.
fn find_or_install(package: &str, version: &str, programs: &[&str], expected: &str) -> Result<PathBuf> {
    let root = workspace::cache_dir()?.join("tools").join(format!("{package}-{version}"));
    let own = root.join("bin");
    let places = || {
        process::find(programs[0])
            .and_then(|path| path.parent().map(Path::to_owned))
            .into_iter()
            .chain([own.clone()])
    };
    let usable = |folder: &PathBuf| {
        process::find_in(folder, programs[0]).is_some_and(|program| answers(&program, version))
            && programs.iter().all(|program| process::find_in(folder, program).is_some())
    };
    if let Some(folder) = places().find(usable) {
        return Ok(folder);
    }
    let _lock = lock()?;
    if usable(&own) {
        return Ok(own);
    }
    let mut failures = Vec::new();
    for mut attempt in attempts(package, version, &root) {
        say(&format!("{} (about {expected}, at most 20)", process::name(&attempt)));
        match process::run(&mut attempt, INSTALL_LIMIT) {
            Ok(()) if usable(&own) => return Ok(own),
            Ok(()) => {
                failures.push(format!("{} does not answer with {version}", own.join(programs[0]).display()));
            }
            Err(error) => failures.push(format!("{error:#}")),
        }
    }
    bail!(
        "{package} is missing: {}; run this yourself: cargo install {package}@{version}",
        failures.join("; ")
    )
}

fn attempts(package: &str, version: &str, root: &Path) -> Vec<Command> {
    let exact = format!("{package}@{version}");
    let mut attempts = Vec::new();
    if process::find("cargo-binstall").is_some() {
        let mut binstall = workspace::cargo();
        binstall
            .args(["binstall", "--no-confirm", "--disable-strategies", "compile", "--root"])
            .arg(root)
            .arg(&exact);
        attempts.push(binstall);
    }
    for locked in [true, false] {
        let mut install = workspace::cargo();
        install.args(["install", "--root"]).arg(root).arg(&exact);
        // A release of a tool may lock a crate that has been withdrawn since.
        if locked {
            install.arg("--locked");
        }
        // These tools wait for files most of the time: compiled like this they are as fast and ready sooner.
        install.env("CARGO_PROFILE_RELEASE_LTO", "off");
        install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
        install.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        install.env("CARGO_NET_RETRY", "1").env_remove("CARGO_TARGET_DIR").env_remove("RUSTFLAGS");
        attempts.push(install);
    }
    attempts
}

fn answers(program: &Path, version: &str) -> bool {
    process::output(Command::new(program).arg("--version"), Duration::from_secs(20))
        .is_ok_and(|answer| answer.split_whitespace().any(|word| word == version))
}

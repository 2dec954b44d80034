//! Where things are, and how children are started.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

/// The folder of the root `Cargo.toml`.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// The folder for tools that outlive `target/`: `heartwire` in `$XDG_CACHE_HOME`, else in `%LOCALAPPDATA%` on Windows
/// and in `~/.cache` elsewhere.
pub(crate) fn cache_dir() -> Result<PathBuf> {
    let named = |variable| env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    let local = || if cfg!(windows) { named("LOCALAPPDATA") } else { None };
    let home = || Some(env::home_dir()?.join(".cache"));
    let base = named("XDG_CACHE_HOME").or_else(local).or_else(home);
    Ok(base.context("there is no home folder; set XDG_CACHE_HOME")?.join("heartwire"))
}

/// Cargo in the root folder, with the toolchain that runs this task.
pub(crate) fn cargo() -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// `program` in the root folder, without what Cargo set for this task alone: it would make build scripts of
/// other packages believe that something changed.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    for (key, _) in env::vars_os() {
        let name = key.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_BIN_NAME" {
            command.env_remove(&key);
        }
    }
    command
}

/// The workspace as `cargo metadata` describes it: its own packages, without their dependencies' packages.
pub(crate) struct Metadata(Value);

/// One package of the workspace.
pub(crate) struct Package {
    pub(crate) name: String,
    /// The folder that holds its `Cargo.toml`.
    pub(crate) folder: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a package's dependencies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// The package's name, whatever it is renamed to.
    pub(crate) name: String,
    /// Only for tests, benches and examples.
    pub(crate) dev: bool,
}

impl Metadata {
    /// Asks Cargo. Needs no network.
    pub(crate) fn load() -> Result<Self> {
        let mut cargo = cargo();
        cargo.args(["metadata", "--format-version=1", "--no-deps", "--offline"]);
        let text = crate::process::output(&mut cargo, Duration::from_secs(60))?;
        Ok(Self(serde_json::from_str(&text).context("cargo metadata is not JSON")?))
    }

    /// Where Cargo builds.
    pub(crate) fn target_dir(&self) -> PathBuf {
        self.0["target_directory"].as_str().map_or_else(|| root().join("target"), PathBuf::from)
    }

    /// The workspace's packages.
    pub(crate) fn packages(&self) -> Vec<Package> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        list(&self.0["packages"])
            .iter()
            .map(|package| Package {
                name: text(&package["name"]),
                folder: PathBuf::from(text(&package["manifest_path"]))
                    .parent()
                    .map(Path::to_owned)
                    .unwrap_or_default(),
                dependencies: list(&package["dependencies"])
                    .iter()
                    .map(|line| Dependency { name: text(&line["name"]), dev: line["kind"] == "dev" })
                    .collect(),
            })
            .collect()
    }
}

/// The version of `package` in `Cargo.lock`, if it is there once.
pub(crate) fn locked_version(lock: &str, package: &str) -> Option<String> {
    let mut versions = lock.split("[[package]]").filter_map(|block| {
        let field = |name: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""));
            line?.strip_suffix('"')
        };
        (field("name")? == package).then(|| field("version")).flatten()
    });
    let only = versions.next()?;
    versions.next().is_none().then(|| only.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str =
        "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\ndependencies = [\n \"b 1.0.0\",\n]\n
[[package]]\nname = \"b\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"b\"\nversion = \"2.0.0\"\n";

    #[test]
    fn a_locked_version_is_found_if_it_is_the_only_one() {
        assert_eq!(locked_version(LOCK, "a").as_deref(), Some("1.2.3"));
        assert_eq!(locked_version(LOCK, "b"), None);
        assert_eq!(locked_version(LOCK, "c"), None);
    }

    #[test]
    fn this_workspace_has_this_package() {
        let packages = Metadata::load().unwrap().packages();
        let this = packages.iter().find(|package| package.name == "xtask").unwrap();
        assert_eq!(this.folder, root().join("xtask"));
        assert!(this.dependencies.contains(&Dependency { name: "anyhow".into(), dev: false }));
    }
}

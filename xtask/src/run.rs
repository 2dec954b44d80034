//! `cargo xtask run`: the page and the server, built and started.

use std::env::consts::EXE_SUFFIX;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use crate::workspace::{self, Metadata};
use crate::{page, process};

/// Builds everything and becomes the server, so that signals and the exit code are the server's own.
pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    let metadata = Metadata::load()?;
    page::build(&metadata)?;
    let server = build_server(&metadata)?;
    let mut command = workspace::command(&server);
    if let Ok(folder) = std::env::current_dir() {
        command.current_dir(folder);
    }
    process::replace_with(command.args(args))
}

/// Builds the server with the page inside, and returns its path.
pub(crate) fn build_server(metadata: &Metadata) -> Result<PathBuf> {
    let mut cargo = workspace::cargo();
    cargo.args(["build", "--release", "--package", "server", "--bin", "heartwire"]);
    process::run(&mut cargo, Duration::from_secs(20 * 60))?;
    Ok(metadata.target_dir().join("release").join(format!("heartwire{EXE_SUFFIX}")))
}

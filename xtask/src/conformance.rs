//! `cargo xtask conformance`: the tables of docs/conformance.md, observed anew.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use crate::setup::{Browser, Firefox};
use crate::{process, workspace};

/// Compiling, and two browsers that go from one fault to the next.
const LIMIT: Duration = Duration::from_secs(25 * 60);

/// What a client that is not here did last stays as it is.
pub(crate) fn write() -> Result<ExitCode> {
    let mut command = workspace::cargo();
    command.args(["test", "--package", "interop", "--test", "recipes", "--", "the tables"]);
    command.env("UPDATE_DOCS", "1");
    let missing = |error: anyhow::Error| println!("left as it is in the tables: {error:#}");
    match Browser::find_or_install() {
        Ok(browser) => _ = browser.apply(&mut command),
        Err(error) => missing(error),
    }
    match Firefox::find_or_install() {
        Ok(firefox) => _ = firefox.apply(&mut command),
        Err(error) => missing(error),
    }
    let done = process::stream(&mut command, LIMIT, |_| ())?;
    Ok(if done.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

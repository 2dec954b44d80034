//! Harness of the end-to-end tests: the real `heartwire` binary, a real Chromium, and nothing in between.
//!
//! [`scenario`] gives a test a fresh browser and takes it away again, whatever happens; on a failure it leaves
//! a screenshot and the servers' logs in `target/e2e/TEST/` and says so. [`Server`] is the
//! binary on a free port, to be killed, stopped and started again. [`Page`] speaks the page's language. [`Host`]
//! is a web server that knows nothing of WebSockets, [`Peer`] a server of somebody else's. [`violations`] asks axe-core what keeps people out.
//!
//! Every wait is bounded and says what it waited for. The tests need `HEARTWIRE_BIN` (the binary),
//! `HEARTWIRE_DIST` (the built page), `HEARTWIRE_AXE` (axe-core's script), Chromium and chromedriver: `cargo xtask test --only e2e` provides them.

mod audit;
mod browser;
mod hands;
mod host;
mod page;
mod peer;
mod scenario;
mod server;

pub use audit::violations;
pub use browser::Browser;
pub use host::Host;
pub use page::{Entry, Page, State};
pub use peer::Peer;
pub use scenario::{Scenario, scenario};
pub use server::Server;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long a thing that should happen soon may take on a busy machine.
pub const SOON: Duration = Duration::from_secs(10);

/// Where the running test leaves its evidence if it fails.
fn evidence_folder() -> PathBuf {
    // Tests lie in `TARGET/PROFILE/deps`, programs in `TARGET/PROFILE`; what they leave behind belongs next to that.
    let program = std::env::current_exe().ok();
    let folder = program.as_deref().and_then(Path::parent);
    let profile =
        folder.and_then(|folder| if folder.ends_with("deps") { folder.parent() } else { Some(folder) });
    let target = profile.and_then(Path::parent).map(Path::to_owned);
    // The test harness calls a test's thread like the test.
    let test = std::thread::current().name().unwrap_or("test").replace("::", "-");
    target.unwrap_or_else(|| Path::new("target").to_owned()).join("e2e").join(test)
}

/// A path that the test run must be given.
fn required_path(variable: &str) -> Result<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from).with_context(|| {
        format!("{variable} is not set: run these tests with `cargo xtask test --only e2e`")
    })?;
    if !path.exists() {
        bail!("{variable} is {}, which does not exist", path.display());
    }
    Ok(path)
}

/// Asks `check` again and again until it has an answer; fails with `what` when there is none within `limit`.
///
/// # Errors
/// The first error of `check`, or that time is up.
pub async fn eventually<T>(
    limit: Duration,
    what: &str,
    mut check: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = check().await? {
            return Ok(answer);
        }
        if Instant::now() > deadline {
            bail!("waited {} s in vain: {what}", limit.as_secs_f32());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

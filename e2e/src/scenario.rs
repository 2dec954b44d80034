//! A test's frame: a fresh browser, and evidence if it fails.

use std::fs;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use futures_util::FutureExt;

use crate::{Browser, Page, evidence_folder};

/// A whole test may take this long, its browser included.
const LIMIT: Duration = Duration::from_secs(120);

/// What a test works with.
#[derive(Debug)]
pub struct Scenario {
    /// The browser.
    pub browser: Browser,
    /// Its page.
    pub page: Page,
}

/// Runs `test` with a browser of its own, started with `args` beside the usual ones, and cleans up.
///
/// # Errors
/// What the test fails with, together with the place of its screenshot and the page's console.
#[expect(clippy::print_stderr, reason = "a panic takes no context along")]
pub async fn scenario(args: &[&str], test: impl AsyncFnOnce(&Scenario) -> Result<()>) -> Result<()> {
    remove_evidence()?;
    let browser = Browser::start(args).await?;
    let page = browser.page();
    let scenario = Scenario { browser, page };
    let work = AssertUnwindSafe(tokio::time::timeout(LIMIT, test(&scenario))).catch_unwind().await;
    let result = match work {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(anyhow!("the test took more than {} s", LIMIT.as_secs())),
        Err(panic) => {
            eprintln!("{}", evidence(&scenario).await);
            let _ = scenario.browser.quit().await;
            resume_unwind(panic)
        }
    };
    match result {
        Ok(()) => {
            scenario.browser.quit().await?;
            remove_evidence()
        }
        Err(error) => {
            let evidence = evidence(&scenario).await;
            // The test's own failure is the one to report.
            let _ = scenario.browser.quit().await;
            Err(error).context(evidence)
        }
    }
}

/// What a person would look at first.
async fn evidence(scenario: &Scenario) -> String {
    let folder = evidence_folder();
    let _ = fs::create_dir_all(&folder);
    let picture = match scenario.browser.driver().screenshot(&folder.join("screenshot.png")).await {
        Ok(()) => "the screenshot".to_owned(),
        Err(error) => format!("no screenshot ({error})"),
    };
    let state = match scenario.page.state().await {
        Ok(state) => format!("{state:?}"),
        Err(error) => format!("unknown ({error})"),
    };
    let console = scenario.browser.console().await.unwrap_or_default().join("\n  ");
    format!(
        "{picture} and the servers' logs are in {}\nstate: {state}\nconsole:\n  {console}\n",
        folder.display()
    )
}

fn remove_evidence() -> Result<()> {
    match fs::remove_dir_all(evidence_folder()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

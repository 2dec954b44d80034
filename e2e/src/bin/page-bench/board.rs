//! The price board at its most: 1,000 symbols at 50 Hz, one drawing a frame.

use anyhow::{Context as _, Result};
use e2e::{Browser, SOON, Server};
use serde_json::json;

use crate::measure::ARGS;

/// For how long it is watched, in seconds, once prices come.
pub(crate) const SECONDS: u64 = 10;

/// How it went. Tasks are of the page's main thread, as the Long Tasks API reports them: those of 50 ms or more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Board {
    /// The longest task; 0 where none was reported.
    pub(crate) longest_task_ms: f64,
    /// How many were reported.
    pub(crate) long_tasks: u64,
    /// Frames a second.
    pub(crate) frames_per_s: f64,
    /// Between two frames at most.
    pub(crate) longest_frame_ms: f64,
}

const SCRIPT: &str = "const [millis, done] = arguments; const tasks = [];
  const observer = new PerformanceObserver(list => tasks.push(...list.getEntries().map(task => task.duration)));
  observer.observe({ type: 'longtask' });
  const start = performance.now(); let last = start, frames = 0, longest = 0;
  const frame = now => { frames++; longest = Math.max(longest, now - last); last = now;
    if (now - start < millis) return requestAnimationFrame(frame);
    observer.disconnect(); done({ tasks, frames, longest, took: now - start }); };
  requestAnimationFrame(frame);";

/// Watches the board of a server in a browser of its own.
pub(crate) async fn watch(server: &Server) -> Result<Board> {
    let browser = Browser::start(&ARGS).await?;
    let seen = in_browser(&browser, server).await;
    browser.quit().await?;
    seen
}

async fn in_browser(browser: &Browser, server: &Server) -> Result<Board> {
    let page = browser.page();
    let address = server.page("symbols=1000&hz=50#ticker").replace("/?", "/scenes.html?");
    page.go_to(&address).await?;
    page.until("prices come", async || {
        let count = page.run("return document.querySelectorAll('.quote').length;", vec![]).await?;
        Ok(count.as_u64().is_some_and(|count| count > 0))
    })
    .await?;
    let driver = browser.driver();
    driver.set_script_timeout(std::time::Duration::from_secs(SECONDS) + SOON).await?;
    let seen = driver.execute_async(SCRIPT, vec![json!(SECONDS * 1000)]).await?.json().clone();
    let tasks: Vec<f64> = serde_json::from_value(seen["tasks"].clone()).context("no tasks were told")?;
    let number = |name: &str| seen[name].as_f64().with_context(|| format!("no {name} was told"));
    Ok(Board {
        longest_task_ms: tasks.iter().copied().fold(0.0, f64::max),
        long_tasks: tasks.len() as u64,
        frames_per_s: number("frames")? * 1000.0 / number("took")?,
        longest_frame_ms: number("longest")?,
    })
}

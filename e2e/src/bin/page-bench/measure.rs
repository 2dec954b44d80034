//! The measurements, each in a browser of its own.

use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::{Browser, SOON, Server, eventually};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::flood::Flood;
use crate::message::{FILTERS, Message};

const PROBE: &str = include_str!("probe.js");

/// Frames of each way of scrolling.
const SCROLL_FRAMES: usize = 240;

/// Keeps a page in the foreground although nobody looks at it, and its figures exact.
pub(crate) const ARGS: [&str; 4] = [
    "--enable-precise-memory-info",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
];

/// Which page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Heartwire,
    /// The echo test page that people know.
    Classic,
    /// A page that only counts: no page can be faster.
    Counter,
}

/// What a flood did to a page.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Run {
    /// The last message was shown in time.
    pub(crate) finished: bool,
    /// Entries at the end.
    pub(crate) count: usize,
    pub(crate) shown_ms: f64,
    pub(crate) longest_task_ms: f64,
    pub(crate) longest_frame_ms: f64,
    pub(crate) dom_nodes: usize,
    #[serde(default)]
    pub(crate) heap_mb: f64,
    #[serde(default)]
    pub(crate) cpu_ms: f64,
}

/// A filter over all entries.
#[derive(Debug)]
pub(crate) struct Filtering {
    pub(crate) kind: &'static str,
    pub(crate) text: &'static str,
    pub(crate) entries: usize,
    pub(crate) matches: usize,
    /// Until the first matches were shown.
    pub(crate) first_ms: Option<f64>,
    /// Until all were.
    pub(crate) all_ms: f64,
    pub(crate) longest_task_ms: f64,
}

/// One way of scrolling.
#[derive(Debug)]
pub(crate) struct Scrolling {
    pub(crate) way: &'static str,
    pub(crate) entries: usize,
    /// Milliseconds between animation frames, ascending.
    pub(crate) gaps: Vec<f64>,
    /// Frames without rows in the middle of the log, of either way.
    pub(crate) blank: usize,
    pub(crate) longest_task_ms: f64,
}

/// What can be measured in a log that is full.
#[derive(Debug, Default)]
pub(crate) struct Inspection {
    pub(crate) filtering: Vec<Filtering>,
    pub(crate) scrolling: Vec<Scrolling>,
}

/// What lies between the browser and the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// This machine, with what the browser has cached.
    Local,
    /// 10 Mbit/s and 40 ms, with nothing cached.
    Slow,
}

/// From navigation to CONNECTED.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) connected_ms: f64,
    pub(crate) longest_task_ms: f64,
}

/// The servers of all measurements.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) server: Server,
    pub(crate) flood: Flood,
    /// For one page to show everything.
    pub(crate) limit: Duration,
}

impl Which {
    pub(crate) const ALL: [Self; 3] = [Self::Heartwire, Self::Classic, Self::Counter];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Heartwire => "heartwire",
            Self::Classic => "classic",
            Self::Counter => "counter",
        }
    }
}

impl Bench {
    /// Floods a page, and with `inspect` goes on to use it.
    pub(crate) async fn flood(
        &self,
        which: Which,
        messages: usize,
        inspect: bool,
    ) -> Result<(Run, Option<Inspection>)> {
        // The page says that it is connected, and then all the messages.
        let last = Some(Message::mark(messages));
        let browser = self.browser(&json!({ "last": last, "entries": messages + 1 })).await?;
        let address = match which {
            Which::Heartwire => self.server.page(&format!("url={}&connect=1", self.flood.socket(messages))),
            Which::Classic | Which::Counter => self.flood.page(which.name(), messages),
        };
        browser.driver().goto(&address).await?;
        // In turns: a request to the driver may take two minutes at most. The page itself gives up after its limit.
        let script =
            "Promise.race([heartwireBench.shown, new Promise((done) => setTimeout(done, 10_000, null))])
            .then(arguments[0]);";
        let mut run = Value::Null;
        while run.is_null() {
            run = call(&browser, script, vec![]).await?;
        }
        let mut run: Run = serde_json::from_value(run)?;
        let cdp = browser.driver().cdp();
        cdp.send_raw("HeapProfiler.collectGarbage", json!({})).await?;
        let heap = cdp.send_raw("Runtime.getHeapUsage", json!({})).await?;
        let wasm = call(&browser, "arguments[0](heartwireBench.wasmBytes());", vec![]).await?;
        let bytes = |value: &Value| value.as_f64().unwrap_or_default();
        run.heap_mb = (bytes(&heap["usedSize"]) + bytes(&heap["embedderHeapUsedSize"]) + bytes(&wasm)) / 1e6;
        run.cpu_ms = cpu_ms(&browser).await?;
        let inspection = match inspect && run.finished {
            true => Some(self.inspect(&browser, messages).await?),
            false => None,
        };
        browser.quit().await?;
        Ok((run, inspection))
    }

    /// Loads the page again and again. The browser has shown a page before that: what it takes to start up is not the
    /// page's.
    pub(crate) async fn loads(&self, line: Line, count: u16) -> Result<Vec<Load>> {
        let browser = self.browser(&json!({ "last": null, "entries": 0 })).await?;
        let cdp = browser.driver().cdp();
        cdp.send_raw("Network.enable", json!({})).await?;
        // A page with a socket, and for the local line ours: the browser keeps what it compiled.
        browser.driver().goto(&self.flood.page("counter", 1)).await?;
        if line == Line::Local {
            self.load(&browser).await?;
        }
        let mut loads = Vec::new();
        for _ in 0..count {
            if line == Line::Slow {
                cdp.send_raw("Network.clearBrowserCache", json!({})).await?;
                // The service worker keeps the page as well.
                let kept = json!({ "origin": self.server.origin(), "storageTypes": "service_workers,cache_storage" });
                cdp.send_raw("Storage.clearDataForOrigin", kept).await?;
                let conditions = json!({
                    "offline": false, "latency": 40, "downloadThroughput": 1_250_000, "uploadThroughput": 1_250_000,
                });
                cdp.send_raw("Network.emulateNetworkConditions", conditions).await?;
            }
            loads.push(self.load(&browser).await?);
        }
        browser.quit().await?;
        Ok(loads)
    }

    async fn load(&self, browser: &Browser) -> Result<Load> {
        browser.driver().goto(&self.server.page("connect=1")).await?;
        let connected_ms = eventually(SOON, "the page is connected", async || {
            Ok(browser.driver().execute("return heartwireBench.connectedAt;", vec![]).await?.json().as_f64())
        })
        .await?;
        let script = "heartwireBench.longestTask(0, heartwireBench.connectedAt).then(arguments[0]);";
        let longest_task_ms = call(browser, script, vec![]).await?.as_f64().unwrap_or_default();
        Ok(Load { connected_ms, longest_task_ms })
    }

    async fn inspect(&self, browser: &Browser, messages: usize) -> Result<Inspection> {
        // With more messages than the log keeps, only the latest can be filtered.
        let script = "arguments[0](document.querySelector('[data-testid=line-count]').textContent);";
        let shown = call(browser, script, vec![]).await?.as_str().unwrap_or_default().to_owned();
        let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
        let entries: usize = digits.parse().with_context(|| format!("no number of lines in `{shown}`"))?;
        let oldest = if entries > messages { 1 } else { messages + 1 - entries };

        let mut inspection = Inspection::default();
        for filter in FILTERS {
            let matches = (oldest..=messages).filter(|&number| (filter.keeps)(Message::new(number))).count();
            let script = "const [text, expected, done] = arguments;
                heartwireBench.filter(text, expected).then(done, (error) => done({ error: String(error) }));";
            let done = call(browser, script, vec![json!(filter.text), json!(matches)]).await?;
            if let Some(error) = done["error"].as_str() {
                anyhow::bail!("{error}");
            }
            inspection.filtering.push(Filtering {
                kind: filter.kind,
                text: filter.text,
                entries,
                matches,
                first_ms: done["first_ms"].as_f64(),
                all_ms: done["ms"].as_f64().context("no time of a filter")?,
                longest_task_ms: done["longest_task_ms"].as_f64().unwrap_or_default(),
            });
        }
        call(
            browser,
            "const [expected, done] = arguments; heartwireBench.filter('', expected).then(done);",
            vec![json!(entries)],
        )
        .await?;
        let script = "const [frames, done] = arguments; heartwireBench.scroll(frames).then(done, (error) => done(String(error)));";
        let mut done = call(browser, script, vec![json!(SCROLL_FRAMES)]).await?;
        for way in ["steady", "leaps"] {
            let gaps = serde_json::from_value(done[way].take());
            let mut gaps: Vec<f64> = gaps.with_context(|| format!("scrolling failed: {done}"))?;
            gaps.sort_unstable_by(f64::total_cmp);
            inspection.scrolling.push(Scrolling {
                way,
                entries,
                gaps,
                blank: done["blank"].as_u64().unwrap_or_default() as usize,
                longest_task_ms: done["longest_task_ms"].as_f64().unwrap_or_default(),
            });
        }
        Ok(inspection)
    }

    /// A fresh browser whose pages carry the probe.
    async fn browser(&self, plan: &Value) -> Result<Browser> {
        let browser = Browser::start(&ARGS).await?;
        // The page ends its own wait; this one is for a page that cannot even do that.
        browser.driver().set_script_timeout(self.limit * 2 + SOON).await?;
        browser.driver().set_page_load_timeout(self.limit * 2 + SOON).await?;
        let mut plan = plan.clone();
        plan["limitMillis"] = json!(self.limit.as_millis());
        let source = PROBE.replacen("= PLAN;", &format!("= {plan};"), 1);
        let cdp = browser.driver().cdp();
        cdp.send_raw("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).await?;
        Ok(browser)
    }
}

/// CPU time of the page's process so far.
async fn cpu_ms(browser: &Browser) -> Result<f64> {
    let cdp = browser.driver().cdp();
    // Not earlier: it would look at the clock twice for every task, and each message is a task.
    cdp.send_raw("Performance.enable", json!({})).await?;
    let metrics = cdp.send_raw("Performance.getMetrics", json!({})).await?;
    let metrics = metrics["metrics"].as_array().cloned().unwrap_or_default();
    let process = metrics.iter().find(|metric| metric["name"] == "ProcessTime");
    Ok(process.and_then(|metric| metric["value"].as_f64()).unwrap_or_default() * 1000.0)
}

/// Runs a script that calls its last argument with the answer.
async fn call(browser: &Browser, script: &str, args: Vec<Value>) -> Result<Value> {
    Ok(browser.driver().execute_async(script, args).await?.json().clone())
}

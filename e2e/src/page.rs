//! The page as its user knows it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use thirtyfour::error::WebDriverErrorInner;
use thirtyfour::{By, TypingData, WebDriver, WebElement};

use crate::eventually;

/// The page in a browser.
#[derive(Debug)]
pub struct Page {
    pub(crate) driver: WebDriver,
}

/// What the page shows outside of its log.
#[derive(Clone, Debug, Deserialize)]
pub struct State {
    /// `data-phase` of the status.
    pub phase: String,
    /// Its text.
    pub status: String,
    /// The notice, if one is shown.
    pub error: Option<String>,
    /// Entries in the log.
    pub count: usize,
    /// The round-trip time.
    pub rtt: String,
    /// `data-state` of the heartbeat.
    pub heartbeat: String,
    /// Messages that wait.
    pub queue: String,
    /// The page's program broke.
    pub crashed: bool,
}

/// A row of the log.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Entry {
    /// Its position.
    pub index: usize,
    /// `connected`, `sent`, `response`, `disconnected`, `error` or `note`.
    pub kind: String,
    /// HH:MM:SS.mmm.
    pub time: String,
    /// The word in front.
    pub label: String,
    /// The message, or the begin of a long one.
    pub text: String,
}

/// Finds an element; an element that is hidden is not there.
pub(crate) const ONE: &str = "const one = id => { const e = document.querySelector(`[data-testid=${id}]`);
  return e && e.checkVisibility() ? e : null; };";

impl Page {
    pub(crate) fn new(driver: WebDriver) -> Self {
        Self { driver }
    }

    /// Loads `address` and waits until the page is alive.
    ///
    /// # Errors
    /// It does not come alive within some seconds.
    pub async fn open(&self, address: &str) -> Result<()> {
        self.driver.goto(address).await?;
        eventually(Duration::from_secs(15), "the page shows its status", async || {
            Ok(self.state().await.ok())
        })
        .await?;
        Ok(())
    }

    /// Loads whatever is at `address`.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn go_to(&self, address: &str) -> Result<()> {
        Ok(self.driver.goto(address).await?)
    }

    /// What the page shows.
    ///
    /// # Errors
    /// It is not there.
    pub async fn state(&self) -> Result<State> {
        let script = format!(
            "{ONE} const text = id => one(id)?.textContent.trim();
             return {{ phase: one('status').dataset.phase, status: text('status'), error: text('error') ?? null,
               count: Number(one('log').dataset.count), rtt: text('rtt') ?? '',
               heartbeat: one('heartbeat')?.dataset.state ?? '', queue: text('queue') ?? '',
               crashed: document.getElementById('crash')?.checkVisibility() ?? false }};"
        );
        Ok(serde_json::from_value(self.run(&script, vec![]).await?)?)
    }

    /// Waits until `wanted` holds.
    ///
    /// # Errors
    /// It does not within `limit`; the error says what was shown last.
    pub async fn wait_for(
        &self,
        limit: Duration,
        what: &str,
        wanted: impl Fn(&State) -> bool,
    ) -> Result<State> {
        let result = eventually(limit, what, async || {
            let state = self.state().await?;
            Ok(wanted(&state).then_some(state))
        });
        match result.await {
            Err(error) => Err(error.context(format!("the page shows {:?}", self.state().await))),
            Ok(state) => Ok(state),
        }
    }

    /// Waits until the link is in `phase`.
    ///
    /// # Errors
    /// It is not within `limit`.
    pub async fn wait_for_phase(&self, phase: &str, limit: Duration) -> Result<State> {
        self.wait_for(limit, &format!("phase {phase}"), |state| state.phase == phase).await
    }

    /// Waits until the log has `count` entries or more.
    ///
    /// # Errors
    /// It has fewer after `limit`.
    pub async fn wait_for_count(&self, count: usize, limit: Duration) -> Result<State> {
        self.wait_for(limit, &format!("{count} entries"), |state| state.count >= count).await
    }

    /// Writes `address` into the field and presses the button.
    ///
    /// # Errors
    /// There is no button.
    pub async fn connect(&self, address: &str) -> Result<()> {
        self.fill("url", address).await?;
        self.click("connect").await
    }

    /// Presses a button.
    ///
    /// # Errors
    /// It is not there within some seconds, or something covers it.
    pub async fn click(&self, id: &str) -> Result<()> {
        press(id, async || self.element(id).await).await?;
        self.arrived().await
    }

    /// Waits until what was asked for is no longer on its way: parts of the page are fetched when they are first wanted.
    pub(crate) async fn arrived(&self) -> Result<()> {
        eventually(crate::SOON, "the part of the page comes", async || {
            let script = "return document.querySelector('[data-testid=part-coming]') === null;";
            Ok((self.run(script, vec![]).await? == Value::Bool(true)).then_some(()))
        })
        .await
    }

    /// Types on the keyboard, into the field called `id`; keys that are added up are pressed together. Characters outside of the Basic Multilingual Plane
    /// are beyond a driver's keyboard: use [`Self::fill`].
    ///
    /// # Errors
    /// There is no such field.
    pub async fn type_into(&self, id: &str, keys: impl Into<TypingData>) -> Result<()> {
        Ok(self.element(id).await?.send_keys(keys).await?)
    }

    /// Replaces what the field called `id` holds, as pasting would.
    ///
    /// # Errors
    /// It is not there within some seconds.
    pub async fn fill(&self, id: &str, text: &str) -> Result<()> {
        self.until_shown(id, true).await?;
        let script = format!(
            "{ONE} const field = one(arguments[0]);
             Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set.call(field, arguments[1]);
             field.dispatchEvent(new InputEvent('input', {{ bubbles: true, inputType: 'insertFromPaste' }}));"
        );
        self.run(&script, vec![json!(id), json!(text)]).await.map(|_| ())
    }

    /// What the field called `id` holds.
    ///
    /// # Errors
    /// It is not there within some seconds.
    pub async fn value(&self, id: &str) -> Result<String> {
        self.until_shown(id, true).await?;
        let value = self.run(&format!("{ONE} return one(arguments[0]).value;"), vec![json!(id)]).await?;
        value.as_str().map(str::to_owned).context("the field holds no text")
    }

    /// Writes `text` into the composer and sends it.
    ///
    /// # Errors
    /// The composer is not there or does not send.
    pub async fn send(&self, text: &str) -> Result<()> {
        self.fill("composer", text).await?;
        self.click("send").await?;
        eventually(crate::SOON, "the composer is empty", async || {
            Ok(self.value("composer").await?.is_empty().then_some(()))
        })
        .await
    }

    /// Sends `count` messages called `PREFIX 0`, `PREFIX 1` ... as fast as the page takes them.
    ///
    /// # Errors
    /// It does not take them within some seconds.
    pub async fn burst(&self, prefix: &str, count: usize) -> Result<()> {
        let script = format!(
            "{ONE} const [prefix, count, done] = arguments; const field = one('composer');
             const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set;
             const channel = new MessageChannel(); const tick = () => new Promise(next => {{
               channel.port1.onmessage = next; channel.port2.postMessage(0); }});
             (async () => {{ for (let i = 0; i < count; i++) {{
               set.call(field, `${{prefix}} ${{i}}`); field.dispatchEvent(new InputEvent('input', {{ bubbles: true }}));
               await tick();
               field.dispatchEvent(new KeyboardEvent('keydown', {{ key: 'Enter', bubbles: true, cancelable: true }}));
               await tick(); }} done(null); }})();"
        );
        self.driver.execute_async(script, vec![json!(prefix), json!(count)]).await?;
        Ok(())
    }

    /// Every entry of the log, gathered by scrolling through it as a reader would.
    ///
    /// # Errors
    /// Some never come into view.
    pub async fn log(&self) -> Result<Vec<Entry>> {
        let script = format!(
            "{ONE} const done = arguments[0]; const log = one('log'); const seen = new Map();
             const frame = () => new Promise(requestAnimationFrame);
             const take = () => {{ for (const row of log.querySelectorAll('[data-testid=entry]')) {{
               const text = part => row.querySelector('.entry-' + part)?.textContent ?? '';
               seen.set(Number(row.dataset.index), {{ index: Number(row.dataset.index), kind: row.dataset.kind,
                 time: text('time'), label: text('label'), text: text('text') }}); }} }};
             (async () => {{ log.scrollTop = 0;
               for (;;) {{ await frame(); await frame(); take();
                 if (log.scrollTop + log.clientHeight >= log.scrollHeight - 1) break;
                 log.scrollTop += Math.max(log.clientHeight * 0.8, 10); }}
               done([...seen.values()].sort((a, b) => a.index - b.index)); }})();"
        );
        let result = self.driver.execute_async(script, vec![]).await?;
        let entries: Vec<Entry> = serde_json::from_value(result.json().clone())?;
        for (position, entry) in entries.iter().enumerate() {
            ensure!(
                entry.index == position,
                "entry {position} never came into view, entry {} did",
                entry.index
            );
        }
        Ok(entries)
    }

    /// The texts of the entries of `kind`, in order.
    ///
    /// # Errors
    /// As [`Self::log`].
    pub async fn texts(&self, kind: &str) -> Result<Vec<String>> {
        Ok(self.log().await?.into_iter().filter(|entry| entry.kind == kind).map(|entry| entry.text).collect())
    }

    /// Rows that the document holds at this moment.
    ///
    /// # Errors
    /// The page is gone.
    pub async fn rows_in_document(&self) -> Result<usize> {
        let value =
            self.run("return document.querySelectorAll('[data-testid=entry]').length;", vec![]).await?;
        Ok(usize::try_from(value.as_u64().context("no number of rows")?)?)
    }

    /// Selects an entry in view and reads the whole of it.
    ///
    /// # Errors
    /// It is not in view, or its detail does not come up.
    pub async fn detail(&self, index: usize) -> Result<String> {
        self.click_on(&format!("[data-testid=entry][data-index='{index}']")).await?;
        self.element("detail").await?;
        let value = self.run(&format!("{ONE} return one('detail').textContent;"), vec![]).await?;
        value.as_str().map(str::to_owned).context("the detail holds no text")
    }

    /// Runs a script in the page.
    ///
    /// # Errors
    /// It throws.
    pub async fn run(&self, script: &str, args: Vec<Value>) -> Result<Value> {
        Ok(self.driver.execute(script, args).await?.json().clone())
    }

    /// Whether an element is shown.
    ///
    /// # Errors
    /// The page is gone.
    pub async fn shows(&self, id: &str) -> Result<bool> {
        let value = self.run(&format!("{ONE} return one(arguments[0]) !== null;"), vec![json!(id)]).await?;
        Ok(value == json!(true))
    }

    pub(crate) async fn element(&self, id: &str) -> Result<WebElement> {
        eventually(crate::SOON, &format!("`{id}` is shown"), async || {
            if !self.shows(id).await? {
                return Ok(None);
            }
            Ok(Some(self.driver.find(By::Css(format!("[data-testid={id}]"))).await?))
        })
        .await
    }
}

/// Presses what `find` finds, which may be drawn anew in between.
pub(crate) async fn press(name: &str, mut find: impl AsyncFnMut() -> Result<WebElement>) -> Result<()> {
    eventually(crate::SOON, &format!("`{name}` can be clicked"), async || match find().await?.click().await {
        Ok(()) => Ok(Some(())),
        Err(error) if matches!(error.as_inner(), WebDriverErrorInner::StaleElementReference(_)) => Ok(None),
        Err(error) => Err(error.into()),
    })
    .await
}

//! What a person does on the page with mouse, keyboard and files, and what they see there.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use thirtyfour::action_chain::ActionChain;
use thirtyfour::{By, TypingData, WebElement};

use crate::page::{ONE, Page, press};
use crate::{Entry, SOON, eventually};

/// Every element of a name that can be seen.
const ALL: &str = "const all = id => [...document.querySelectorAll(`[data-testid=${id}]`)].filter(e => e.checkVisibility());";

impl Page {
    /// What the element says.
    ///
    /// # Errors
    /// It is not shown within some seconds.
    pub async fn text(&self, id: &str) -> Result<String> {
        self.until_shown(id, true).await?;
        let script = format!("{ONE} return one(arguments[0])?.textContent.trim();");
        let value = self.run(&script, vec![json!(id)]).await?;
        value.as_str().map(str::to_owned).with_context(|| format!("`{id}` is not shown"))
    }

    /// An attribute of the element; none where it has none.
    ///
    /// # Errors
    /// The element is not shown within some seconds.
    pub async fn attribute(&self, id: &str, name: &str) -> Result<Option<String>> {
        self.until_shown(id, true).await?;
        let script = format!("{ONE} return [one(arguments[0]).getAttribute(arguments[1])];");
        let value = self.run(&script, vec![json!(id), json!(name)]).await;
        Ok(value.with_context(|| format!("`{id}` is not shown"))?[0].as_str().map(str::to_owned))
    }

    /// What every element of that name says.
    ///
    /// # Errors
    /// The page is gone.
    pub async fn all(&self, id: &str) -> Result<Vec<String>> {
        self.strings(
            &format!("{ALL} return all(arguments[0]).map(e => e.textContent.trim());"),
            vec![json!(id)],
        )
        .await
    }

    /// An attribute of every element of that name.
    ///
    /// # Errors
    /// One of them has no such attribute.
    pub async fn attributes(&self, id: &str, name: &str) -> Result<Vec<String>> {
        let script = format!("{ALL} return all(arguments[0]).map(e => e.getAttribute(arguments[1]));");
        self.strings(&script, vec![json!(id), json!(name)]).await
    }

    /// What a script returns as a list of strings.
    ///
    /// # Errors
    /// It returns something else.
    pub async fn strings(&self, script: &str, args: Vec<Value>) -> Result<Vec<String>> {
        Ok(serde_json::from_value(self.run(script, args).await?)?)
    }

    /// Waits until `check` holds.
    ///
    /// # Errors
    /// It does not within some seconds.
    pub async fn until(&self, what: &str, mut check: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
        eventually(SOON, what, async || Ok(check().await?.then_some(()))).await
    }

    /// Waits until the element says something that is `wanted`.
    ///
    /// # Errors
    /// It does not within some seconds; the error says what it said last.
    pub async fn until_text(&self, id: &str, wanted: impl Fn(&str) -> bool) -> Result<String> {
        let what = format!("`{id}` says it");
        let said = eventually(SOON, &what, async || Ok(self.text(id).await.ok().filter(|text| wanted(text))));
        match said.await {
            Ok(text) => Ok(text),
            Err(error) => Err(error.context(format!("`{id}` says {:?}", self.text(id).await.ok()))),
        }
    }

    /// Waits until the element is shown, or until it is not.
    ///
    /// # Errors
    /// It is not so within some seconds.
    pub async fn until_shown(&self, id: &str, shown: bool) -> Result<()> {
        let what = format!("`{id}` is {}", if shown { "shown" } else { "gone" });
        self.until(&what, async || Ok(self.shows(id).await? == shown)).await
    }

    /// Waits until the rows in view say exactly `texts`.
    ///
    /// # Errors
    /// They do not within some seconds; the error says what they said last.
    pub async fn until_rows(&self, texts: &[&str]) -> Result<()> {
        let texts_of = |rows: Vec<Entry>| rows.into_iter().map(|row| row.text).collect::<Vec<_>>();
        let result = self.until("the rows", async || Ok(texts_of(self.rows().await?) == texts));
        match result.await {
            Ok(()) => Ok(()),
            Err(error) => Err(error.context(format!("rows: {:?}", texts_of(self.rows().await?)))),
        }
    }

    /// The rows that the document holds, in order.
    ///
    /// # Errors
    /// The page is gone.
    pub async fn rows(&self) -> Result<Vec<Entry>> {
        let script = "return [...document.querySelectorAll('[data-testid=entry]')].map(row => {
            const text = part => row.querySelector('.entry-' + part)?.textContent ?? '';
            return { index: Number(row.dataset.index), kind: row.dataset.kind, time: text('time'),
              label: text('label'), text: text('text') }; }).sort((a, b) => a.index - b.index);";
        Ok(serde_json::from_value(self.run(script, vec![]).await?)?)
    }

    /// Presses an element that a selector names.
    ///
    /// # Errors
    /// There is none within some seconds, or something covers it.
    pub async fn click_on(&self, selector: &str) -> Result<()> {
        press(selector, async || self.found(selector).await).await?;
        self.arrived().await
    }

    /// Presses an element twice in quick succession.
    ///
    /// # Errors
    /// There is none within some seconds.
    pub async fn double_click_on(&self, selector: &str) -> Result<()> {
        let element = self.found(selector).await?;
        self.actions().double_click_element(&element).perform().await?;
        self.arrived().await
    }

    /// Presses what labels a control, as one does with those that are drawn by their label.
    ///
    /// # Errors
    /// There is none within some seconds.
    pub async fn pick(&self, id: &str) -> Result<()> {
        self.click_on(&format!("label:has([data-testid={id}])")).await
    }

    /// Chooses from a list.
    ///
    /// # Errors
    /// There is no such list, or it has no such choice.
    pub async fn choose(&self, id: &str, value: &str) -> Result<()> {
        self.until_shown(id, true).await?;
        self.click_on(&format!("[data-testid={id}] option[value='{value}']")).await
    }

    /// Presses keys wherever the focus is.
    ///
    /// # Errors
    /// The page is gone.
    pub async fn press(&self, keys: impl Into<TypingData>) -> Result<()> {
        self.actions().send_keys(keys).perform().await?;
        self.arrived().await
    }

    /// Presses a key while another is held.
    ///
    /// # Errors
    /// The page is gone.
    pub async fn press_with(&self, held: thirtyfour::Key, key: &str) -> Result<()> {
        self.actions().key_down(held.clone()).send_keys(key).key_up(held).perform().await?;
        self.arrived().await
    }

    /// Replaces what a field holds, key by key.
    ///
    /// # Errors
    /// There is no such field.
    pub async fn write(&self, id: &str, text: &str) -> Result<()> {
        self.fill(id, "").await?;
        self.type_into(id, text).await
    }

    /// What the clipboard holds, pasted where a person would look at it: into the composer.
    ///
    /// # Errors
    /// There is no composer.
    pub async fn paste(&self) -> Result<String> {
        self.fill("composer", "").await?;
        self.click("composer").await?;
        self.press_with(thirtyfour::Key::Control, "v").await?;
        let pasted = eventually(SOON, "something is pasted", async || {
            Ok(Some(self.value("composer").await?).filter(|text| !text.is_empty()))
        })
        .await?;
        self.fill("composer", "").await?;
        Ok(pasted)
    }

    /// Gives a file to a file field, as the browser's dialog would.
    ///
    /// # Errors
    /// There is no such field.
    pub async fn attach(&self, id: &str, file: &Path) -> Result<()> {
        let field = self.found(&format!("input[data-testid={id}]")).await?;
        Ok(field.send_keys(file.display().to_string()).await?)
    }

    /// Drags files over the middle of the page; `kind` is `dragEnter`, `dragOver` or `drop`.
    ///
    /// # Errors
    /// The browser refuses.
    pub async fn drag(&self, kind: &str, files: &[&Path]) -> Result<()> {
        let data = json!({ "items": [], "files": files, "dragOperationsMask": 1 });
        let event = json!({ "type": kind, "x": 400, "y": 400, "data": data });
        self.driver.cdp().send_raw("Input.dispatchDragEvent", event).await?;
        Ok(())
    }

    /// Turns the mouse wheel over an element; positive is down.
    ///
    /// # Errors
    /// The element is not shown.
    pub async fn wheel(&self, id: &str, pixels: i32) -> Result<()> {
        let script = format!(
            "{ONE} const box = one(arguments[0]).getBoundingClientRect();
             return [box.x + box.width / 2, box.y + box.height / 2];"
        );
        let place = self.run(&script, vec![json!(id)]).await?;
        let event =
            json!({ "type": "mouseWheel", "x": place[0], "y": place[1], "deltaX": 0, "deltaY": pixels });
        self.driver.cdp().send_raw("Input.dispatchMouseEvent", event).await?;
        Ok(())
    }

    /// The `data-testid` of what has the focus; empty for elements without one.
    ///
    /// # Errors
    /// The page is gone.
    pub async fn focus(&self) -> Result<String> {
        let value = self.run("return document.activeElement?.dataset?.testid ?? '';", vec![]).await?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    /// Goes to an empty page.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn leave(&self) -> Result<()> {
        Ok(self.driver.goto("about:blank").await?)
    }

    fn actions(&self) -> ActionChain {
        self.driver.action_chain_with_delay(None, None)
    }

    async fn found(&self, selector: &str) -> Result<WebElement> {
        eventually(SOON, &format!("there is {selector}"), async || {
            Ok(self.driver.find(By::Css(selector)).await.ok())
        })
        .await
    }
}

//! The page without a mouse.

use anyhow::{Result, ensure};
use e2e::{Page, SOON, Server, scenario};
use thirtyfour::Key;

/// Leaves the field that the focus is in, as Tab would, but to nowhere.
async fn leave_field(page: &Page) -> Result<()> {
    page.run("document.activeElement?.blur();", vec![]).await.map(|_| ())
}

async fn focused(page: &Page, id: &str) -> Result<()> {
    page.until(&format!("the focus is on {id}"), async || Ok(page.focus().await? == id)).await
}

#[tokio::test]
async fn a_conversation_needs_no_mouse() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        page.press("u").await?;
        focused(page, "url").await?;
        // The text is selected: typing replaces it.
        page.press(server.socket()).await?;
        page.press(Key::Enter).await?;
        page.wait_for_phase("open", SOON).await?;
        ensure!(page.value("url").await? == server.socket(), "letters in a field are only letters");
        leave_field(page).await?;
        page.press("m").await?;
        focused(page, "composer").await?;
        page.press("n1").await?;
        page.press(Key::Enter).await?;
        page.wait_for_count(3, SOON).await?;
        ensure!(page.texts("response").await? == ["n1"] && page.all("tab").await?.len() == 1);
        leave_field(page).await?;

        page.press("l").await?;
        focused(page, "log").await?;
        page.press(Key::Up).await?;
        page.until_text("detail", |text| text == "n1").await?;
        page.press(Key::Home).await?;
        page.until("the first row is selected", async || {
            let script =
                "return document.querySelector('[role=option][aria-selected=true]')?.dataset.index ?? '';";
            Ok(page.run(script, vec![]).await? == "0")
        })
        .await?;
        page.press(Key::Escape).await?;
        page.until_shown("detail", false).await?;
        leave_field(page).await?;

        page.press("/").await?;
        focused(page, "filter").await?;
        page.press("dir:in").await?;
        page.until_rows(&["n1"]).await?;
        page.press(Key::Escape).await?;
        page.until("everything is back", async || Ok(page.rows().await?.len() == 3)).await?;
        leave_field(page).await?;
        page.press("f").await?;
        focused(page, "find").await?;
        page.press("n1").await?;
        page.until_text("find-count", |text| text == "2 of 2").await?;
        page.press(Key::Escape).await?;
        page.until_shown("find", false).await?;
        leave_field(page).await?;

        page.press("s").await?;
        page.until("it is paused", async || {
            Ok(page.attribute("pause", "aria-pressed").await?.as_deref() == Some("true"))
        })
        .await?;
        page.press("s").await?;
        page.press("d").await?;
        page.wait_for_phase("closed", SOON).await?;
        page.press("c").await?;
        page.wait_for_phase("open", SOON).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn keys_lead_to_every_part_and_the_help_names_them() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        page.press("?").await?;
        page.until_shown("help", true).await?;
        let keys = page.strings("return [...document.querySelectorAll('.help kbd')].map(key => key.textContent);", vec![]);
        let keys = keys.await?;
        for key in ["?", ",", "p", "n", "u", "c", "d", "l", "/", "f", "s", "m", "Esc"] {
            ensure!(keys.iter().any(|known| known == key), "{key} is not in the help: {keys:?}");
        }
        page.press("n").await?;
        page.press(Key::Escape).await?;
        page.until_shown("help", false).await?;
        ensure!(page.all("tab").await?.len() == 1, "nothing happens behind a dialog");

        for (key, sheet) in [(",", "settings"), ("p", "profiles")] {
            page.press(key).await?;
            page.until_shown(sheet, true).await?;
            page.press(Key::Escape).await?;
            page.until_shown(sheet, false).await?;
        }
        for (key, panel) in [("g", "plot"), ("h", "health"), ("e", "detail")] {
            page.press(key).await?;
            page.until("the panel is open", async || {
                Ok(page.attribute("panel", "data-panel").await?.as_deref() == Some(panel))
            })
            .await?;
        }
        page.press("n").await?;
        page.until("there is another tab", async || Ok(page.all("tab").await?.len() == 2)).await?;
        let shown = async || -> Result<Vec<bool>> {
            let script = "return [...document.querySelectorAll('[data-testid=tab]')].map(tab => tab.classList.contains('shown'));";
            Ok(serde_json::from_value(page.run(script, vec![]).await?)?)
        };
        for (key, expected) in [("[", [true, false]), ("]", [false, true]), ("1", [true, false]), ("2", [false, true])] {
            page.press(key).await?;
            page.until(&format!("{key} has led there"), async || Ok(shown().await? == expected)).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn tab_reaches_every_control_and_never_gets_stuck() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.send("hello").await?;
        page.wait_for_count(3, SOON).await?;
        leave_field(page).await?;
        let mut seen = Vec::new();
        for _ in 0..60 {
            page.press(Key::Tab).await?;
            let id = page.focus().await?;
            ensure!(seen.last() != Some(&id) || id.is_empty(), "Tab stays on {id}");
            seen.push(id);
        }
        for id in
            ["url", "disconnect", "filter", "log", "composer", "send", "open-help", "tab-add", "panel-health"]
        {
            ensure!(seen.iter().any(|reached| reached == id), "Tab never reaches {id}: {seen:?}");
        }
        // What has the focus can be told from what has not.
        page.press("?").await?;
        let outline = "document.querySelector('[data-testid=send]').focus();
            const style = getComputedStyle(document.activeElement); return style.outlineStyle;";
        page.press(Key::Escape).await?;
        page.press(Key::Tab).await?;
        ensure!(page.run(outline, vec![]).await? != "none");
        Ok(())
    })
    .await
}

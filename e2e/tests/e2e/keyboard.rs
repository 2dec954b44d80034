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
async fn the_palette_does_everything_by_name() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        let run = async |words: &str, action: &str| -> Result<()> {
            page.press_with(Key::Control, "k").await?;
            focused(page, "palette-query").await?;
            page.press(words).await?;
            page.until(&format!("{words} leads to {action}"), async || {
                Ok(page
                    .attributes("palette-item", "data-action")
                    .await?
                    .first()
                    .is_some_and(|first| first == action))
            })
            .await?;
            page.press(Key::Enter).await?;
            page.until_shown("palette", false).await
        };
        run("address", "url").await?;
        focused(page, "url").await?;
        // It opens from within a field as well.
        run("connect", "connect").await?;
        page.wait_for_phase("open", SOON).await?;
        run("pause", "pause").await?;
        page.until("it is paused", async || {
            Ok(page.attribute("pause", "aria-pressed").await?.as_deref() == Some("true"))
        })
        .await?;
        run("plot", "panel-plot").await?;
        page.until_shown("plot", true).await?;
        run("settings", "open-settings").await?;
        page.until_shown("settings", true).await?;
        page.press(Key::Escape).await?;
        page.until_shown("settings", false).await?;
        run("disconnect", "disconnect").await?;
        page.wait_for_phase("closed", SOON).await?;
        // What cannot be done is not offered.
        page.press_with(Key::Control, "k").await?;
        focused(page, "palette-query").await?;
        let offered = page.attributes("palette-item", "data-action").await?;
        ensure!(!offered.iter().any(|action| action == "disconnect" || action == "tab-close"), "{offered:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_keys_of_the_log_find_and_copy() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.send("needle").await?;
        page.wait_for_count(3, SOON).await?;
        leave_field(page).await?;
        page.press("f").await?;
        focused(page, "find").await?;
        page.press("needle").await?;
        page.until_text("find-count", |text| text == "2 of 2").await?;
        page.click("log").await?;
        page.press_with(Key::Control, "f").await?;
        focused(page, "find").await?;
        ensure!(page.value("find").await? == "needle", "the search keeps its words");
        page.press(Key::Escape).await?;
        page.until_shown("find", false).await?;

        page.click_on("[data-testid=entry][data-index='1']").await?;
        page.press_with(Key::Shift, &Key::Down.value().to_string()).await?;
        page.until_text("selection", |text| text.starts_with("2 lines selected")).await?;
        page.click_on("[data-testid=selection] [data-testid=resend]").await?;
        page.wait_for_count(7, SOON).await?;
        ensure!(page.texts("response").await? == ["needle"; 3]);
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

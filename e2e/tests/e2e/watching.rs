//! Connections of the page's own server, watched in a tab of their own.

use anyhow::{Result, ensure};
use e2e::{Page, SOON, Server, scenario};

#[tokio::test]
async fn another_connection_is_watched_while_it_goes_on() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("hb=0")).await?;
        page.connect(&server.socket()).await?;
        page.wait_for_phase("open", SOON).await?;
        page.send("before").await?;

        // Out of the composer, where a key is a letter.
        page.click("panel-health").await?;
        page.press("w").await?;
        page.until_shown("watch", true).await?;
        page.until("the connection is listed", async || Ok(page.all("watch-item").await?.len() == 1)).await?;
        let listed = page.text("watch-item").await?;
        ensure!(listed.contains("/ws") && listed.contains("127.0.0.1:"), "{listed}");
        page.click("watch-do").await?;
        page.until_shown("watch", false).await?;
        page.wait_for_phase("open", SOON).await?;

        page.press("[").await?;
        page.until("the own tab is shown", async || Ok(page.texts("sent").await? == ["before"])).await?;
        page.send("{\"id\": 1}").await?;
        page.click("panel-health").await?;
        page.press("]").await?;
        page.until("both directions are told", async || {
            Ok(page.texts("sent").await?.len() == 1 && page.texts("response").await?.len() == 1)
        })
        .await?;
        ensure!(page.texts("sent").await? == ["{\"id\": 1}"]);

        // It only looks, and what it saw is a recording.
        ensure!(
            page.shows("watching").await? && !page.shows("composer").await? && !page.shows("send").await?
        );
        let (name, text) = test.browser.download(async || page.click("watching-save").await).await?;
        ensure!(name.ends_with(".jsonl") && text.contains("{\\\"id\\\": 1}"), "{name}: {text}");

        page.click("panel-health").await?;
        page.press("[").await?;
        page.press("d").await?;
        page.press("]").await?;
        page.wait_for_phase("closed", SOON).await?;
        Ok(())
    })
    .await
}

async fn mounted(page: &Page, url: &str) -> Result<()> {
    page.until(&format!("{url} is listed"), async || {
        Ok(page.attributes("mounted-item", "data-url").await?.iter().any(|there| there == url))
    })
    .await
}

#[tokio::test]
async fn a_target_is_mounted_and_a_watched_conversation_becomes_a_mock() -> Result<()> {
    scenario(&[], async |test| {
        let (server, target) = (Server::start(&[])?, Server::start(&[])?);
        let page = &test.page;
        page.open(&server.page("hb=0")).await?;
        page.fill("url", &server.socket()).await?;
        page.press("w").await?;
        page.until_shown("watch", true).await?;
        page.fill("via-name", "api").await?;
        page.fill("via-target", "https://no.target").await?;
        page.click("via-do").await?;
        page.until_text("mounted-failed", |said| said.contains("ws:// or wss://")).await?;
        // Its own origin, and not that of the page, which the target does not let in.
        page.fill("via-header", &format!("Origin: {}", target.page("").trim_end_matches("/?"))).await?;
        page.fill("via-target", &format!("{}?respond=from%20the%20target", target.socket())).await?;
        page.click("via-do").await?;
        mounted(page, "via/api").await?;
        page.click_on("[data-url='via/api'] [data-testid=mounted-connect]").await?;
        page.until_shown("watch", false).await?;
        page.wait_for_phase("open", SOON).await?;
        page.send("who?").await?;
        page.until("the target answers", async || Ok(page.texts("response").await? == ["from the target"])).await?;

        // What a watched connection showed is a recording.
        page.click("panel-health").await?;
        page.press("w").await?;
        page.until_shown("watch", true).await?;
        let script = "for (const item of document.querySelectorAll('[data-testid=watch-item]'))
            if (item.textContent.includes('/ws/via/api')) item.querySelector('[data-testid=watch-do]').click();";
        page.until("the connection is listed", async || {
            Ok(page.all("watch-item").await?.iter().any(|item| item.contains("/ws/via/api")))
        })
        .await?;
        page.run(script, Vec::new()).await?;
        page.wait_for_phase("open", SOON).await?;
        page.press("[").await?;
        page.send("and again?").await?;
        page.click("panel-health").await?;
        page.press("]").await?;
        page.until("it is watched", async || Ok(page.texts("response").await?.len() == 1)).await?;
        page.click("files-toggle").await?;
        let (name, text) = test.browser.download(async || page.click("export-jsonl").await).await?;
        ensure!(name.ends_with(".jsonl") && text.contains("and again?"), "{name}: {text}");
        let file = test.browser.folder().join("talk.jsonl");
        std::fs::write(&file, text)?;
        page.click("panel-health").await?;
        page.press("w").await?;
        page.until_shown("watch", true).await?;
        page.attach("replay-file", &file).await?;
        mounted(page, "replay/talk").await?;
        page.click_on("[data-url='replay/talk'] [data-testid=mounted-connect]").await?;
        page.wait_for_phase("open", SOON).await?;
        page.until("the recorded answer comes", async || Ok(page.texts("response").await? == ["from the target"]))
            .await?;

        page.click("panel-health").await?;
        page.press("w").await?;
        for url in ["via/api", "replay/talk"] {
            mounted(page, url).await?;
            page.click_on(&format!("[data-url='{url}'] [data-testid=mounted-delete]")).await?;
        }
        page.until("both are gone", async || Ok(page.all("mounted-item").await?.is_empty())).await?;
        Ok(())
    })
    .await
}

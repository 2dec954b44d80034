//! Connections of the page's own server, watched in a tab of their own.

use anyhow::{Result, ensure};
use e2e::{SOON, Server, scenario};

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

        // It only looks.
        page.write("composer", "not mine").await?;
        page.click("send").await?;
        page.until("why nothing is sent is said", async || Ok(page.state().await?.error.is_some())).await?;
        ensure!(page.texts("sent").await?.len() == 1);

        page.click("panel-health").await?;
        page.press("[").await?;
        page.press("d").await?;
        page.press("]").await?;
        page.wait_for_phase("closed", SOON).await?;
        Ok(())
    })
    .await
}

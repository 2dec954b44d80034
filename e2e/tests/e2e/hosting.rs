//! The page on a host of its own, the server elsewhere.

use anyhow::{Result, ensure};
use e2e::{Host, SOON, Server, scenario};

#[tokio::test]
async fn a_page_from_an_allowed_origin_connects() -> Result<()> {
    scenario(&[], async |test| {
        let host = Host::start().await?;
        let origin = format!("http://127.0.0.1:{}", host.port());
        let server = Server::start(&["--allow-origin", &origin])?;
        test.page.open(&format!("{origin}/?url={}&connect=1", server.socket())).await?;
        test.page.wait_for_phase("open", SOON).await?;
        test.page.send("from afar").await?;
        test.page.wait_for_count(3, SOON).await?;
        ensure!(test.page.texts("response").await? == ["from afar"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_page_from_elsewhere_is_refused() -> Result<()> {
    scenario(&[], async |test| {
        let host = Host::start().await?;
        let server = Server::start(&[])?;
        let page = format!(
            "http://127.0.0.1:{}/?url={}&connect=1&min=60000&max=60000",
            host.port(),
            server.socket()
        );
        test.page.open(&page).await?;
        let state = test.page.wait_for(SOON, "an explanation", |state| state.error.is_some()).await?;
        ensure!(state.error.as_deref().is_some_and(|text| text.contains("origin")), "{state:?}");
        let console = test.browser.console().await?;
        ensure!(console.iter().any(|line| line.contains("403")), "the server answers 403: {console:#?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_part_that_cannot_be_fetched_is_asked_for_again() -> Result<()> {
    scenario(&[], async |test| {
        let host = Host::start().await?;
        host.withhold(Some("sheets-"));
        let page = &test.page;
        page.open(&format!("http://127.0.0.1:{}/", host.port())).await?;
        page.click("open-settings").await?;
        page.until_shown("part-missing", true).await?;
        ensure!(!page.shows("settings").await?);
        page.click("part-again").await?;
        page.until_shown("part-missing", true).await?;
        host.withhold(None);
        page.click("part-again").await?;
        page.until_shown("settings", true).await?;
        ensure!(!page.shows("part").await?, "what stood in its place is gone");
        page.click("dialog-close").await?;
        page.until_shown("settings", false).await
    })
    .await
}

//! Breakpoints: messages on their way to a target are held, changed, answered and passed by hand.

use anyhow::{Result, ensure};
use e2e::{Page, SOON, Server, scenario};

/// A page whose connection is carried to an echo.
async fn carried(page: &Page) -> Result<(Server, Server)> {
    let target = Server::start(&[])?;
    let (mount, origin) = (format!("t={}", target.socket()), format!("t=Origin: {}", target.origin()));
    let server = Server::start(&["--via", &mount, "--via-header", &origin])?;
    page.open(&server.page("hb=0")).await?;
    page.connect(&format!("{}/via/t", server.socket())).await?;
    page.wait_for_phase("open", SOON).await?;
    // Out of the composer, where a key is a letter.
    page.click("panel-health").await?;
    page.press("b").await?;
    page.until_shown("hold", true).await?;
    Ok((server, target))
}

async fn until_said(page: &Page, id: &str, said: &str) -> Result<()> {
    page.until(&format!("{id} says {said}"), async || {
        Ok(page.shows(id).await? && page.text(id).await?.contains(said))
    })
    .await
}

async fn close(page: &Page) -> Result<()> {
    page.click("dialog-close").await?;
    page.until_shown("hold", false).await
}

#[tokio::test]
async fn a_message_is_held_changed_and_goes_on_and_another_is_put_in() -> Result<()> {
    scenario(&[], async |test| {
        let page = &test.page;
        let (_server, _target) = carried(page).await?;

        // What can't be read is said by the server, and stays written.
        page.fill("hold-filter", "(price").await?;
        page.choose("hold-direction", "to-target").await?;
        page.click("hold-set").await?;
        until_said(page, "hold-problem", "can't be read").await?;
        page.fill("hold-filter", "order").await?;
        page.click("hold-set").await?;
        page.until("the breakpoint is listed", async || Ok(page.all("breakpoint").await?.len() == 1)).await?;
        close(page).await?;

        for text in ["hello", "order 3", "behind it"] {
            page.send(text).await?;
        }
        page.until("the count is shown", async || Ok(page.shows("held-badge").await?)).await?;
        ensure!(page.texts("response").await? == ["hello"]);
        page.click("held-badge").await?;
        page.until_shown("hold", true).await?;
        until_said(page, "held-count", "1 message is held. 1 waits behind.").await?;
        ensure!(page.text("held-text").await? == "order 3");

        page.click("held-edit").await?;
        page.until_shown("hold-editor", true).await?;
        page.fill("hold-message", "order 0").await?;
        page.click("hold-instead").await?;
        until_said(page, "held-count", "Nothing is held.").await?;
        page.click("held-inject").await?;
        page.until_shown("hold-editor", true).await?;
        page.choose("hold-format", "hex").await?;
        page.fill("hold-message", "00 f").await?;
        page.click("hold-put-in").await?;
        page.until_shown("hold-fault", true).await?;
        page.fill("hold-message", "00 ff").await?;
        page.click("hold-put-in").await?;
        until_said(page, "hold-said", "put into: 1").await?;
        close(page).await?;
        let log = page.log().await?;
        let came: Vec<_> =
            log.iter().filter(|entry| entry.kind == "response").map(|entry| &*entry.text).collect();
        ensure!(came == ["hello", "order 0", "behind it", "00 ff"], "{came:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_is_written_outlives_the_message_that_it_was_for() -> Result<()> {
    scenario(&[], async |test| {
        let page = &test.page;
        let (_server, _target) = carried(page).await?;
        page.click("hold-set").await?;
        page.until("the breakpoint is listed", async || Ok(page.all("breakpoint").await?.len() == 1)).await?;
        close(page).await?;
        page.send("question").await?;
        page.until("the count is shown", async || Ok(page.shows("held-badge").await?)).await?;
        page.click("held-badge").await?;
        page.click("held-edit").await?;
        page.until_shown("hold-editor", true).await?;
        page.fill("hold-message", "my answer").await?;
        page.click("breakpoint-remove").await?;
        page.until_shown("hold-over", true).await?;
        until_said(page, "held-undecided", "Went on with their breakpoint: 1.").await?;
        ensure!(page.value("hold-message").await? == "my answer");
        page.choose("hold-way", "to-client").await?;
        page.click("hold-put-in").await?;
        close(page).await?;
        page.until("the answer and the echo have come", async || {
            let mut came = page.texts("response").await?;
            came.sort();
            Ok(came == ["my answer", "question"])
        })
        .await
    })
    .await
}

//! Connections over the browser's `WebSocketStream`, where it has one.

use anyhow::{Result, ensure};
use e2e::{SOON, Scenario, Server, scenario};
use serde_json::json;

/// A page that is not connected yet, with streams as its transport; `None` where the browser has none.
async fn with_streams(test: &Scenario, server: &Server, query: &str) -> Result<bool> {
    let page = &test.page;
    page.open(&server.page(query)).await?;
    if page.run("return 'WebSocketStream' in window", vec![]).await? != json!(true) {
        ensure!(test.browser.is_firefox(), "Chromium has streams");
        return Ok(false);
    }
    page.press(",").await?;
    page.click("settings-relay").await?;
    page.choose("settings-transport", "stream").await?;
    page.click("dialog-close").await?;
    // A transport that fell back to the other would pass every test.
    page.run("window.WebSocket = class { constructor() { throw new Error('not wanted'); } }", vec![]).await?;
    Ok(true)
}

#[tokio::test]
async fn a_stream_carries_text_and_bytes_and_the_heartbeat() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        if !with_streams(test, &server, "hb=300").await? {
            return Ok(());
        }
        page.click("connect").await?;
        page.wait_for_phase("open", SOON).await?;
        page.send("héllo").await?;
        page.pick("mode-hex").await?;
        page.send("00 ff").await?;
        page.pick("mode-text").await?;
        page.wait_for_count(5, SOON).await?;
        let answers = page.texts("response").await?;
        ensure!(answers == ["héllo", "00 ff"], "{answers:?}");
        page.wait_for(SOON, "a heartbeat that is answered", |state| {
            state.heartbeat == "alive" && state.rtt.ends_with("ms")
        })
        .await?;
        page.burst("many", 300).await?;
        page.wait_for_count(605, SOON).await?;
        page.click("disconnect").await?;
        let state = page.wait_for_phase("closed", SOON).await?;
        ensure!(state.error.is_none(), "{state:?}");
        let said = page.texts("disconnected").await?;
        ensure!(said.len() == 1 && said[0].starts_with("1000"), "{said:?}");
        let complaints = test.browser.console().await?;
        ensure!(complaints.is_empty(), "{complaints:#?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_stream_ends_with_the_code_and_reason_of_whoever_closes_it() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        if !with_streams(test, &server, "hb=0").await? {
            return Ok(());
        }
        page.connect(&format!("{}?close=4001&reason=why", server.socket())).await?;
        page.wait_for_phase("open", SOON).await?;
        page.send("close, please").await?;
        page.wait_for_phase("closed", SOON).await?;
        page.connect(&server.socket()).await?;
        page.wait_for_phase("open", SOON).await?;
        page.click("more-toggle").await?;
        page.fill("closing-code", "4002").await?;
        page.fill("closing-reason", "bye").await?;
        page.click("closing-close").await?;
        page.wait_for_phase("closed", SOON).await?;
        let said = page.texts("disconnected").await?;
        ensure!(said.len() == 2, "{said:?}");
        ensure!(said[0].starts_with("4001 why") && said[1].starts_with("4002 bye"), "{said:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_stream_notices_that_its_server_is_gone_and_connects_again() -> Result<()> {
    scenario(&[], async |test| {
        let mut server = Server::start(&[])?;
        let page = &test.page;
        if !with_streams(test, &server, "hb=0&min=200&max=400").await? {
            return Ok(());
        }
        page.click("connect").await?;
        page.wait_for_phase("open", SOON).await?;
        server.kill()?;
        page.wait_for(SOON, "the loss", |state| state.phase != "open").await?;
        page.wait_for(SOON, "an attempt that fails", |state| state.error.is_some()).await?;
        server.restart()?;
        page.wait_for_phase("open", SOON).await?;
        page.send("again").await?;
        page.until_text("log", |text| text.matches("again").count() == 2).await?;
        let said = page.texts("disconnected").await?;
        ensure!(said.len() == 1 && said[0].starts_with("1006"), "{said:?}");
        Ok(())
    })
    .await
}

/// What the server does not take is not taken from the page either.
#[tokio::test]
async fn a_stream_says_how_much_is_waiting_for_a_server_that_does_not_read() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        if !with_streams(test, &server, "hb=0").await? {
            return Ok(());
        }
        page.click("connect").await?;
        page.wait_for_phase("open", SOON).await?;
        server.freeze()?;
        // More than all buffers on the way hold.
        for _ in 0..4 {
            let script = "const area = document.querySelector('[data-testid=composer]');
                area.value = 'x'.repeat(4 << 20);
                area.dispatchEvent(new InputEvent('input', { bubbles: true }));";
            page.run(script, vec![]).await?;
            page.click("send").await?;
        }
        page.until_shown("unsent", true).await?;
        server.thaw()?;
        page.until_shown("unsent", false).await?;
        page.wait_for_count(9, SOON).await?;
        Ok(())
    })
    .await
}

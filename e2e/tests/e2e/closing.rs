//! Ends of a connection that are meant.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{SOON, Scenario, Server, scenario};
use serde_json::json;

#[tokio::test]
async fn the_servers_code_and_reason_are_on_screen() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        page.connect(&format!("{}?close=4001&reason=why", server.socket())).await?;
        page.wait_for_phase("open", SOON).await?;
        page.send("close, please").await?;
        let state = page
            .wait_for(SOON, "code and reason in the status", |state| {
                state.phase != "open" && state.status.contains("4001") && state.status.contains("why")
            })
            .await?;
        ensure!(state.phase == "closed", "a code of the application's own ends it: {state:?}");
        let said = page.texts("disconnected").await?;
        ensure!(said.len() == 1 && said[0].contains("4001") && said[0].contains("why"), "{said:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_was_written_for_one_server_never_goes_to_another() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        page.connect(&format!("{}?close=4001&reason=why", server.socket())).await?;
        page.wait_for_phase("open", SOON).await?;
        page.send("close, please").await?;
        page.wait_for_phase("closed", SOON).await?;
        // Queued or refused: either way it was meant for the address that closed.
        page.fill("composer", "a secret for the first server").await?;
        page.click("send").await?;
        page.connect(&server.socket()).await?;
        let before = page.wait_for_phase("open", SOON).await?;
        page.send("hello").await?;
        // The echo of anything sent earlier comes before that of this message.
        page.wait_for_count(before.count + 2, SOON).await?;
        let answers = page.texts("response").await?;
        ensure!(answers == ["close, please", "hello"], "{answers:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn who_disconnects_stays_disconnected() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1&hb=300&deadline=300&min=50&max=100")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.click("disconnect").await?;
        page.wait_for_phase("closed", SOON).await?;
        let before = page.state().await?;

        network(test, false).await?;
        page.run("if (navigator.onLine) throw new Error('still online');", vec![]).await?;
        network(test, true).await?;
        for state in ["frozen", "active"] {
            test.browser
                .driver()
                .cdp()
                .send_raw("Page.setWebLifecycleState", json!({ "state": state }))
                .await?;
        }
        let events = "for (const name of ['online', 'focus', 'pageshow', 'resume', 'visibilitychange']) {
            window.dispatchEvent(new Event(name)); document.dispatchEvent(new Event(name)); }";
        page.run(events, vec![]).await?;
        // Long enough for twenty retries and three heartbeats.
        tokio::time::sleep(Duration::from_secs(1)).await;

        let after = page.state().await?;
        ensure!(after.phase == "closed", "{after:?}");
        ensure!(after.count == before.count, "{:#?}", page.log().await?);

        page.click("connect").await?;
        page.wait_for_phase("open", SOON).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn disconnecting_while_waiting_ends_the_waiting() -> Result<()> {
    scenario(&[], async |test| {
        let mut server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1&min=500&max=1000")).await?;
        page.wait_for_phase("open", SOON).await?;
        server.kill()?;
        page.wait_for_phase("waiting", SOON).await?;
        page.click("disconnect").await?;
        page.wait_for_phase("closed", SOON).await?;
        server.restart()?;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        ensure!(page.state().await?.phase == "closed", "{:?}", page.state().await?);
        Ok(())
    })
    .await
}

/// Takes the browser's network away or gives it back, with the events that a page sees then.
async fn network(test: &Scenario, online: bool) -> Result<()> {
    let cdp = test.browser.driver().cdp();
    cdp.send_raw("Network.enable", json!({})).await?;
    let conditions =
        json!({ "offline": !online, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    cdp.send_raw("Network.emulateNetworkConditions", conditions).await?;
    Ok(())
}

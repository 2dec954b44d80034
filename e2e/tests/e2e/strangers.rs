//! Servers of other people's: what the page sends them by itself, and what it says about them.

use anyhow::{Result, ensure};
use e2e::{SOON, Server, scenario};

#[tokio::test]
async fn a_heartbeat_is_sent_at_once_to_the_own_server_and_never_to_a_strangers() -> Result<()> {
    scenario(&[], async |test| {
        let own = Server::start(&[])?;
        let stranger = Server::start(&["--allow-origin", &own.origin()])?;
        let page = &test.page;
        page.open(&own.page("connect=1")).await?;
        page.wait_for(SOON, "a round trip", |state| state.rtt.ends_with("ms")).await?;
        page.connect(&stranger.socket()).await?;
        page.until("it is connected to the stranger's", async || {
            let state = page.state().await?;
            Ok(state.phase == "open" && state.heartbeat == "off" && !state.rtt.ends_with("ms"))
        })
        .await?;
        // Changing how heartbeats are sent does not ask for them.
        page.press(",").await?;
        page.until_shown("heartbeat-payload", false).await?;
        page.click("heartbeat-on").await?;
        page.fill("heartbeat-interval", "200 ms").await?;
        page.click("dialog-close").await?;
        page.wait_for(SOON, "a heartbeat that was asked for", |state| state.heartbeat == "alive").await?;
        page.connect(&own.socket()).await?;
        page.wait_for(SOON, "a round trip", |state| state.rtt.ends_with("ms")).await?;
        page.connect(&stranger.socket()).await?;
        page.wait_for(SOON, "no heartbeat", |state| state.phase == "open" && state.heartbeat == "off")
            .await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_missed_heartbeat_is_called_so() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1&hb=200&deadline=500&min=60000&max=60000")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.until_shown("health", true).await?;
        server.freeze()?;
        page.wait_for_phase("waiting", SOON).await?;
        page.until_text("health-close", |text| text.contains("heartbeat")).await?;
        let advice = page.text("health-advice").await?;
        ensure!(!advice.contains("turn the heartbeat on"), "{advice}");
        ensure!(page.attribute("health-close", "data-code").await?.as_deref() == Some("3008"));
        ensure!(!page.rows().await?.iter().any(|row| row.text.contains("1006")));
        server.thaw()
    })
    .await
}

#[tokio::test]
async fn settings_hold_whole_and_what_cannot_be_sent_keeps_the_page_from_connecting() -> Result<()> {
    scenario(&[], async |test| {
        let mut server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1&hb=0&min=300&max=500")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.press(",").await?;
        page.click("settings-opening").await?;
        page.click("opening-add").await?;
        page.fill("opening-1", "hello {{nobody}}").await?;
        page.click("dialog-close").await?;
        page.wait_for(SOON, "a word about it", |state| {
            state.error.as_deref().is_some_and(|text| text.contains("nobody"))
        })
        .await?;
        server.kill()?;
        // It would reconnect; what it would have to send first cannot be made.
        page.wait_for(SOON, "rest", |state| state.phase == "closed").await?;
        ensure!(page.state().await?.error.is_some_and(|text| text.contains("nobody")));
        server.restart()?;
        page.press(",").await?;
        page.click("settings-opening").await?;
        page.fill("opening-1", "hello").await?;
        page.click("dialog-close").await?;
        page.click("connect").await?;
        page.wait_for_phase("open", SOON).await?;

        page.press(",").await?;
        page.click("settings-opening").await?;
        page.fill("opening-1", "{{nobody}}").await?;
        page.click("dialog-close").await?;
        page.click("options-toggle").await?;
        page.click("reconnect-toggle").await?;
        server.kill()?;
        page.wait_for_phase("closed", SOON).await?;
        let sent: Vec<String> = page.texts("sent").await?;
        ensure!(sent == ["hello"], "{sent:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_connection_that_never_opened_is_cancelled() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        // It takes connections and never answers.
        let silent = std::net::TcpListener::bind("127.0.0.1:0")?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        page.connect(&format!("ws://{}/", silent.local_addr()?)).await?;
        page.wait_for_phase("connecting", SOON).await?;
        page.click("disconnect").await?;
        let state = page.wait_for_phase("closed", SOON).await?;
        ensure!(state.status == "Cancelled" && state.error.is_none(), "{state:?}");
        page.until_shown("health", true).await?;
        page.until_shown("health-close", false).await
    })
    .await
}

#[tokio::test]
async fn a_value_goes_to_a_server_only_with_leave() -> Result<()> {
    scenario(&[], async |test| {
        let own = Server::start(&[])?;
        let stranger = Server::start(&["--allow-origin", &own.origin()])?;
        let page = &test.page;
        page.open(&own.page("")).await?;
        page.run(
            "localStorage.setItem('heartwire.variables', JSON.stringify('{\"token\":\"s3cret\"}'));",
            vec![],
        )
        .await?;
        // The page's own address may come from anybody, and asks to connect at once.
        let link = format!("{}/?t={{{{token}}}}", stranger.socket());
        page.open(&own.page(&format!("connect=1&url={}", link.replace('?', "%3F")))).await?;
        let state = page.wait_for(SOON, "a question", |state| state.error.is_some()).await?;
        let asked = state.error.unwrap_or_default();
        ensure!(
            state.phase == "idle" && asked.contains("token") && asked.contains(stranger.address()),
            "{asked}"
        );
        ensure!(!asked.contains("s3cret"));
        page.click("give-leave").await?;
        page.wait_for_phase("open", SOON).await?;

        // Asked once, and for each server.
        page.open(&own.page(&format!("connect=1&url={}", link.replace('?', "%3F")))).await?;
        page.wait_for_phase("open", SOON).await?;
        let other = Server::start(&["--allow-origin", &own.origin()])?;
        page.connect(&format!("{}?t={{{{token}}}}", other.socket())).await?;
        page.wait_for(SOON, "a question", |state| {
            state.error.as_deref().is_some_and(|text| text.contains(other.address()))
        })
        .await?;
        page.connect(&other.socket()).await?;
        page.wait_for(SOON, "it is open", |state| state.phase == "open" && state.error.is_none()).await?;
        page.fill("composer", "mine: {{token}}").await?;
        page.click("send").await?;
        page.wait_for(SOON, "a question", |state| state.error.is_some()).await?;
        ensure!(page.texts("sent").await?.is_empty(), "the message is still in the composer");
        page.click("give-leave").await?;
        page.click("send").await?;
        page.until("it is sent", async || Ok(page.rows().await?.iter().any(|row| row.text == "mine: s3cret")))
            .await
    })
    .await
}

//! Several connections at once, and what is sent on each of them first.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{SOON, Server, scenario};

#[tokio::test]
async fn connections_side_by_side_keep_to_themselves() -> Result<()> {
    scenario(&[], async |test| {
        let first = Server::start(&[])?;
        let mut second = Server::start(&["--allow-origin", &first.origin()])?;
        let page = &test.page;
        page.open(&first.page("connect=1&min=50&max=200")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.send("for the first").await?;
        page.wait_for_count(3, SOON).await?;

        page.click("tab-add").await?;
        page.wait_for(SOON, "a tab at rest", |state| state.phase == "idle" && state.count == 0).await?;
        ensure!(page.value("url").await? == first.socket(), "it begins with the page's own server");
        page.connect(&second.socket()).await?;
        page.wait_for_phase("open", SOON).await?;
        page.send("for the second").await?;
        page.wait_for_count(3, SOON).await?;
        // Another's server gets heartbeats if they are asked for.
        ensure!(page.state().await?.heartbeat == "off");
        page.click("options-toggle").await?;
        page.click("heartbeat-toggle").await?;
        page.wait_for(SOON, "a heartbeat", |state| state.heartbeat == "alive").await?;
        page.click("heartbeat-toggle").await?;
        page.wait_for(SOON, "no heartbeat", |state| state.heartbeat == "off").await?;

        page.click_on("[data-testid=tab]:nth-child(1) .tab-main").await?;
        page.until("its log is back", async || {
            Ok(page.rows().await?.iter().any(|row| row.text == "for the first"))
        })
        .await?;
        ensure!(page.value("url").await? == first.socket());
        ensure!(page.texts("response").await? == ["for the first"]);
        ensure!(page.state().await?.heartbeat != "off", "settings are each connection's own");

        // What happens behind is seen in its tab.
        let phases = async || page.attributes("tab", "data-phase").await;
        second.kill()?;
        page.until("the second has lost its server", async || Ok(phases().await?[1] != "open")).await?;
        ensure!(phases().await?[0] == "open");
        second.restart()?;
        page.until("it is back by itself", async || Ok(phases().await? == ["open", "open"])).await?;

        page.double_click_on("[data-testid=tab]:nth-child(2) .tab-main").await?;
        page.type_into("tab-name", "staging").await?;
        page.press(thirtyfour::Key::Enter).await?;
        page.until("the name is shown", async || Ok(page.all("tab").await?[1] == "staging")).await?;
        ensure!(page.texts("response").await? == ["for the second"]);

        page.click_on("[data-testid=tab]:nth-child(2) [data-testid=tab-close]").await?;
        page.until("one is left", async || Ok(page.all("tab").await?.len() == 1)).await?;
        ensure!(page.texts("response").await? == ["for the first"]);
        ensure!(!page.shows("tab-close").await?, "the last one stays");
        page.send("still there").await?;
        page.wait_for_count(5, SOON).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_subprotocol_is_offered_and_the_choice_shown() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        page.click("options-toggle").await?;
        page.type_into("protocols", "chat.v2, chat.v1").await?;
        page.click("connect").await?;
        page.wait_for_phase("open", SOON).await?;
        page.until_text("health-protocol", |text| text == "chat.v2").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn opening_messages_go_out_again_after_each_reconnect() -> Result<()> {
    scenario(&[], async |test| {
        let mut server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("min=100&max=300")).await?;
        page.click("open-settings").await?;
        page.click("settings-opening").await?;
        for (number, text) in [(1, "login"), (2, "subscribe {{uuid}}")] {
            page.click("opening-add").await?;
            page.type_into(&format!("opening-{number}"), text).await?;
        }
        page.click("dialog-close").await?;
        page.click("connect").await?;
        page.wait_for_count(5, SOON).await?;
        let sent = page.texts("sent").await?;
        ensure!(sent.len() == 2 && sent[0] == "login" && !sent[1].contains("{{"), "{sent:?}");
        let mut subscribed = vec![sent[1].clone()];

        for round in 2..=3 {
            server.kill()?;
            page.wait_for(SOON, "the loss is noticed", |state| state.phase != "open").await?;
            server.restart()?;
            page.wait_for_phase("open", Duration::from_secs(15)).await?;
            page.until("both went out again", async || Ok(page.texts("response").await?.len() == 2 * round))
                .await?;
            let log = page.log().await?;
            let at = log.iter().rposition(|entry| entry.kind == "connected").unwrap_or_default();
            let after: Vec<&str> = log[at + 1..]
                .iter()
                .filter(|entry| entry.kind == "sent")
                .map(|entry| entry.text.as_str())
                .collect();
            ensure!(
                after.len() == 2 && after[0] == "login" && after[1].starts_with("subscribe "),
                "{log:#?}"
            );
            ensure!(!subscribed.iter().any(|before| before == after[1]), "its placeholders are filled anew");
            subscribed.push(after[1].to_owned());
        }
        Ok(())
    })
    .await
}

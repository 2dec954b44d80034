//! Servers that drop a client which does not answer them, and what the page answers.

use anyhow::{Result, ensure};
use e2e::{Page, Peer, SOON, Server, scenario};

/// Waits until the peer has had so many answers on the connection that was opened last, and none was closed meanwhile.
async fn stays(page: &Page, peer: &Peer, answers: usize) -> Result<()> {
    let (closed, before) = (peer.count("closed"), peer.count("answered"));
    page.until("the peer is answered again and again", async || {
        Ok(peer.count("answered") >= before + answers)
    })
    .await?;
    ensure!(peer.count("closed") == closed, "it was closed all the same: {}", peer.said());
    ensure!(page.state().await?.phase == "open");
    Ok(())
}

#[tokio::test]
async fn socket_io_is_recognised_and_kept() -> Result<()> {
    scenario(&[], async |test| {
        let (server, peer) = (Server::start(&[])?, Peer::socket_io(300)?);
        let page = &test.page;
        page.open(&server.page("min=60000&max=60000")).await?;
        let address = format!("ws://{}/socket.io/?EIO=4&transport=websocket", peer.address());
        page.connect(&address).await?;
        page.wait_for_phase("open", SOON).await?;
        page.until_text("use-preset", |text| text.contains("Socket.IO")).await?;
        ensure!(peer.count("answered") == 0, "nothing is applied unasked");
        // Nobody who does not answer stays.
        page.until("it is dropped", async || Ok(peer.count("closed") == 1)).await?;

        page.click("use-preset").await?;
        page.click("connect").await.or(page.click("retry-now").await)?;
        page.until("the namespace is joined", async || Ok(peer.count("joined") == 1)).await?;
        stays(page, &peer, 6).await?;
        page.send("42[\"add\",20,22]").await?;
        page.until("it answers", async || {
            Ok(page.rows().await?.iter().any(|row| row.text.contains("[\"sum\",42]")))
        })
        .await
    })
    .await
}

#[tokio::test]
async fn graphql_over_websocket_is_recognised_and_kept() -> Result<()> {
    scenario(&[], async |test| {
        let (server, peer) = (Server::start(&[])?, Peer::graphql_ws(300)?);
        let page = &test.page;
        page.open(&server.page("min=60000&max=60000")).await?;
        page.click("options-toggle").await?;
        page.fill("protocols", "graphql-transport-ws").await?;
        page.connect(&format!("ws://{}/graphql", peer.address())).await?;
        page.until_text("use-preset", |text| text.contains("GraphQL")).await?;
        page.click("use-preset").await?;
        if page.shows("connect").await? {
            page.click("connect").await?;
        }
        page.until("it is joined", async || Ok(peer.count("joined") > 0)).await?;
        stays(page, &peer, 6).await?;
        page.send("{\"id\":\"1\",\"type\":\"subscribe\",\"payload\":{\"query\":\"{ hello }\"}}").await?;
        page.until("it answers", async || {
            Ok(page.rows().await?.iter().any(|row| row.text.contains("\"hello\":\"world\"")))
        })
        .await
    })
    .await
}

#[tokio::test]
async fn a_rule_answers_with_parts_of_the_message_and_never_its_own_echo() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1&hb=0")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.click("open-settings").await?;
        page.click("settings-answers").await?;
        page.click("answer-add").await?;
        page.fill("answer-1-filter", "/id=(\\d+)/").await?;
        page.fill("answer-1", "got {{match.1}} and id=9").await?;
        page.click("dialog-close").await?;
        page.send("id=41").await?;
        // The echo of the question is answered; the echo of the answer, which matches too, is not.
        page.until("the answer came back", async || {
            let rows = page.rows().await?;
            Ok(rows.iter().filter(|row| row.text == "got 41 and id=9").count() == 2)
        })
        .await?;
        page.send("once more: id=42").await?;
        page.until("the second is answered too", async || {
            let rows = page.rows().await?;
            Ok(rows.iter().filter(|row| row.text == "got 42 and id=9").count() == 2)
        })
        .await?;
        page.click("open-settings").await?;
        page.click("settings-answers").await?;
        page.until_text("answer-1-count", |text| text.contains('2')).await?;
        page.click("answer-1-on").await?;
        page.click("dialog-close").await?;
        page.send("id=43").await?;
        page.until("it came back", async || {
            Ok(page.rows().await?.iter().filter(|row| row.text == "id=43").count() == 2)
        })
        .await?;
        let rows = page.rows().await?;
        ensure!(!rows.iter().any(|row| row.text.contains("got 43") || row.text.contains("got 9")));
        Ok(())
    })
    .await
}

//! What cannot work is explained, and the page goes on.

use anyhow::{Result, ensure};
use e2e::{Host, Page, SOON, Server, scenario};

#[tokio::test]
async fn a_wrong_address_is_explained() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        for (address, word) in [
            ("", "address"),
            ("not an address", "space"),
            ("http://127.0.0.1/ws", "ws://"),
            ("ws://", "server"),
            ("ws://127.0.0.1:99999/ws", "99999"),
            ("ws://127.0.0.1:6667/", "6667"),
            ("ws://127.0.0.1/#part", "fragment"),
            ("ws://[::1/", ""),
        ] {
            page.connect(address).await?;
            let state = page
                .wait_for(SOON, &format!("a word about {address:?}"), |state| state.error.is_some())
                .await?;
            let message = state.error.unwrap_or_default();
            ensure!(message.contains(word) && message.len() > 15, "{address:?}: {message:?}");
            is_alive(page, &server).await?;
        }
        no_panic(test).await
    })
    .await
}

#[tokio::test]
async fn a_refused_port_is_explained() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("min=60000&max=60000")).await?;
        // Taken for a moment, so that nobody listens there.
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        page.connect(&format!("ws://127.0.0.1:{port}/ws")).await?;
        let state = page.wait_for(SOON, "an explanation", |state| state.error.is_some()).await?;
        ensure!(state.error.as_deref().is_some_and(|text| text.contains(&port.to_string())), "{state:?}");
        is_alive(page, &server).await?;
        no_panic(test).await
    })
    .await
}

#[tokio::test]
async fn a_server_without_websockets_is_explained() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let host = Host::start().await?;
        let page = &test.page;
        page.open(&server.page("min=60000&max=60000")).await?;
        page.connect(&format!("ws://127.0.0.1:{}/", host.port())).await?;
        let state = page.wait_for(SOON, "an explanation", |state| state.error.is_some()).await?;
        ensure!(
            state.error.as_deref().is_some_and(|text| text.contains("not a WebSocket server")),
            "{state:?}"
        );
        is_alive(page, &server).await?;
        no_panic(test).await
    })
    .await
}

#[tokio::test]
async fn mixed_content_is_explained() -> Result<()> {
    // A name that leads to this machine but does not look like it: browsers trust local addresses without TLS.
    let rules = "--host-resolver-rules=MAP heartwire.test 127.0.0.1";
    scenario(&[rules], async |test| {
        let host = Host::start_secure("heartwire.test").await?;
        let origin = format!("https://heartwire.test:{}", host.port());
        let server = Server::start(&["--allow-origin", &origin])?;
        let page = &test.page;
        page.open(&format!("{origin}/")).await?;
        let (_, port) = server.address().rsplit_once(':').unwrap_or_default();
        page.connect(&format!("ws://heartwire.test:{port}/ws")).await?;
        let state = page.wait_for(SOON, "an explanation", |state| state.error.is_some()).await?;
        let message = state.error.unwrap_or_default();
        ensure!(message.contains("https") && message.contains("wss://"), "{message:?}");
        is_alive(page, &server).await?;
        no_panic(test).await
    })
    .await
}

/// The page still does its job: connect, echo, disconnect.
async fn is_alive(page: &Page, server: &Server) -> Result<()> {
    let before = page.texts("response").await?.len();
    page.connect(&server.socket()).await?;
    let state = page.wait_for_phase("open", SOON).await?;
    ensure!(state.error.is_none(), "the explanation outlives its cause: {state:?}");
    page.send("alive").await?;
    e2e::eventually(SOON, "an echo", async || {
        Ok((page.texts("response").await?.len() > before).then_some(()))
    })
    .await?;
    page.click("disconnect").await?;
    page.wait_for_phase("closed", SOON).await?;
    Ok(())
}

async fn no_panic(test: &e2e::Scenario) -> Result<()> {
    ensure!(!test.page.state().await?.crashed);
    let console = test.browser.console().await?;
    ensure!(
        !console.iter().any(|line| line.contains("panicked") || line.contains("Uncaught")),
        "{console:#?}"
    );
    Ok(())
}

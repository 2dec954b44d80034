//! Logs as files, out and in.

use std::fs;

use anyhow::{Context, Result, ensure};
use e2e::{Entry, SOON, Scenario, Server, scenario};
use serde_json::Value;

/// Two text messages, a binary one and their echoes.
async fn talk(test: &Scenario, server: &Server) -> Result<()> {
    let page = &test.page;
    // A heartbeat is a message like others in the formats of other tools.
    page.open(&server.page("connect=1&hb=0")).await?;
    page.wait_for_phase("open", SOON).await?;
    page.send("comma, \"quote\"\nand line").await?;
    page.send("{\"price\": 1.50}").await?;
    page.pick("mode-hex").await?;
    page.send("de ad be ef").await?;
    page.wait_for_count(7, SOON).await?;
    Ok(())
}

async fn export(test: &Scenario, format: &str) -> Result<(String, String)> {
    let id = format!("export-{format}");
    let (name, text) = test.browser.download(async || test.page.click(&id).await).await?;
    ensure!(name.starts_with("heartwire-") && name.ends_with(&format!(".{format}")), "{name}");
    Ok((name, text))
}

/// What an entry says, and when, to whatever precision its file has.
fn essence(entries: &[Entry]) -> Vec<(String, String)> {
    entries
        .iter()
        .filter(|entry| entry.kind == "sent" || entry.kind == "response")
        .map(|entry| (entry.kind.clone(), entry.text.clone()))
        .collect()
}

#[tokio::test]
async fn an_exported_log_opens_again() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        talk(test, &server).await?;
        let original = page.log().await?;
        ensure!(essence(&original).len() == 6, "{original:#?}");
        page.click("files-toggle").await?;
        ensure!(!page.shows("export-shown").await?, "without a filter there is only all of it");
        for format in ["jsonl", "csv", "har"] {
            let (name, text) = export(test, format).await?;
            match format {
                "jsonl" => {
                    for line in text.lines() {
                        serde_json::from_str::<Value>(line).with_context(|| line.to_owned())?;
                    }
                }
                "csv" => ensure!(text.contains("\"comma, \"\"quote\"\"\nand line\""), "{text}"),
                _ => {
                    let har: Value = serde_json::from_str(&text)?;
                    let messages = &har["log"]["entries"][0]["_webSocketMessages"];
                    ensure!(messages.as_array().is_some_and(|messages| messages.len() == 6), "{har:#}");
                    ensure!(messages[1]["type"] == "send" || messages[1]["type"] == "receive", "{har:#}");
                }
            }
            let file = test.browser.folder().join(&name);
            fs::write(&file, text)?;
            page.attach("import", &file).await?;
            page.until("it has a tab", async || Ok(page.all("tab").await?.contains(&name))).await?;
            page.until("it is read", async || Ok(essence(&page.rows().await?).len() == 6)).await?;
            let read = page.log().await?;
            ensure!(essence(&read) == essence(&original), "{format}: {read:#?}");
            ensure!(page.state().await?.phase == "idle", "a log from a file is connected to nothing");
            page.click_on("[data-testid=tab].shown [data-testid=tab-close]").await?;
            page.click_on("[data-testid=tab]:nth-child(1) .tab-main").await?;
            page.until("the log is back", async || Ok(page.state().await?.phase == "open")).await?;
            page.click("files-toggle").await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn two_servers_in_one_tab_are_two_connections_of_a_har() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.send("to the first").await?;
        page.wait_for_count(3, SOON).await?;
        page.connect(&format!("{}?room=2&key=AKIA123456", server.socket())).await?;
        page.until("it is connected again", async || Ok(page.texts("connected").await?.len() == 2)).await?;
        page.send("to the second").await?;
        page.until("it is answered", async || Ok(page.texts("response").await?.len() == 2)).await?;
        page.click("files-toggle").await?;
        let (_, text) = export(test, "har").await?;
        let har: Value = serde_json::from_str(&text)?;
        let entries = har["log"]["entries"].as_array().context("no entries")?;
        ensure!(entries.len() == 2, "{har:#}");
        for (entry, (end, said)) in
            entries.iter().zip([("/ws", "to the first"), ("?room=2&key={{key}}", "to the second")])
        {
            let url = entry["request"]["url"].as_str().unwrap_or_default();
            ensure!(url.ends_with(end), "{url}");
            let sent = entry["_webSocketMessages"].as_array().context("no messages")?;
            ensure!(sent.iter().filter(|message| message["data"] == said).count() == 2, "{har:#}");
        }
        page.click("export-secrets").await?;
        let (_, text) = export(test, "har").await?;
        ensure!(text.contains("AKIA123456"), "what is asked for is there");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn only_what_is_filtered_is_exported() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        talk(test, &server).await?;
        page.fill("filter", "price dir:in").await?;
        page.until_rows(&["{\"price\": 1.50}"]).await?;
        page.click("files-toggle").await?;
        let (_, all) = export(test, "jsonl").await?;
        page.click("export-shown").await?;
        for format in ["jsonl", "csv", "har"] {
            let (_, text) = export(test, format).await?;
            ensure!(text.contains("1.50") && !text.contains("comma"), "{format}: {text}");
        }
        ensure!(all.contains("comma") && all.contains("1.50"), "{all}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_har_of_the_browsers_own_tools_opens() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        // As the network panel of Chromium saves it: opcode 1 is text, opcode 2 is binary in base64.
        let har = r#"{"log":{"version":"1.2","creator":{"name":"WebInspector","version":"537.36"},"pages":[],
          "entries":[{"_initiator":{"type":"script"},"_resourceType":"websocket","_webSocketMessages":[
            {"type":"send","time":1714564800.25,"opcode":1,"data":"{\"op\":\"hello\"}"},
            {"type":"receive","time":1714564800.5,"opcode":1,"data":"welcome"},
            {"type":"receive","time":1714564801.75,"opcode":2,"data":"3q2+7w=="}],
            "cache":{},"connection":"443","request":{"method":"GET","url":"wss://example.com/live",
            "httpVersion":"HTTP/1.1","headers":[],"queryString":[],"cookies":[],"headersSize":0,"bodySize":0},
            "response":{"status":101,"statusText":"Switching Protocols","httpVersion":"HTTP/1.1","headers":[],
            "cookies":[],"content":{"size":0,"mimeType":"x-unknown"},"redirectURL":"","headersSize":0,"bodySize":0,
            "_transferSize":0,"_error":null},"serverIPAddress":"","startedDateTime":"2024-05-01T12:00:00.000Z",
            "time":2000,"timings":{"blocked":-1,"dns":-1,"ssl":-1,"connect":-1,"send":0,"wait":0,"receive":0}}]}}"#;
        let file = test.browser.folder().join("devtools.har");
        fs::write(&file, har)?;
        page.click("files-toggle").await?;
        page.attach("import", &file).await?;
        page.until("it is read", async || Ok(essence(&page.rows().await?).len() == 3)).await?;
        let expected = [("sent", "{\"op\":\"hello\"}"), ("response", "welcome"), ("response", "de ad be ef")];
        let read = essence(&page.rows().await?);
        ensure!(read == expected.map(|(kind, text)| (kind.to_owned(), text.to_owned())), "{read:?}");
        ensure!(page.all("tab").await?[1] == "devtools.har");
        ensure!(page.value("url").await? == "wss://example.com/live");

        fs::write(&file, "{\"log\": nonsense")?;
        page.click("files-toggle").await?;
        page.attach("import", &file).await?;
        let state = page.wait_for(SOON, "a word about the file", |state| state.error.is_some()).await?;
        ensure!(state.error.as_deref().is_some_and(|text| text.len() > 20) && !state.crashed, "{state:?}");
        Ok(())
    })
    .await
}

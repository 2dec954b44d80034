//! Many messages at once.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{SOON, Server, scenario};

const COUNT: usize = 1000;

#[tokio::test]
async fn a_burst_of_a_thousand_messages_is_shown_whole_and_in_order() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.burst("message", COUNT).await?;
        page.wait_for_count(1 + 2 * COUNT, Duration::from_secs(20)).await?;

        let rows = page.rows_in_document().await?;
        ensure!((1..200).contains(&rows), "{rows} rows in the document");
        let expected: Vec<String> = (0..COUNT).map(|i| format!("message {i}")).collect();
        let log = page.log().await?;
        ensure!(log.len() == 1 + 2 * COUNT, "{} entries", log.len());
        for kind in ["sent", "response"] {
            let texts: Vec<&str> =
                log.iter().filter(|entry| entry.kind == kind).map(|entry| entry.text.as_str()).collect();
            ensure!(texts == expected, "{kind}: {} of {COUNT}, {:?} ...", texts.len(), texts.first());
        }
        ensure!(page.state().await?.phase == "open");
        Ok(())
    })
    .await
}

//! Many messages at once.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{SOON, Server, scenario};

const COUNT: usize = 1000;

/// Messages that the server sends within a tenth of a second.
const FLOOD: usize = 2000;

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

#[tokio::test]
async fn a_flood_is_in_the_log_whole_and_in_order_before_the_close_that_ends_it() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        page.connect(&format!("{}?flood=64B,20000msg/s,{FLOOD}&close-after=2s&code=4001", server.socket()))
            .await?;
        page.wait_for_phase("closed", Duration::from_secs(20)).await?;

        let log = page.log().await?;
        ensure!(log.len() == FLOOD + 2, "{} entries", log.len());
        let [first, messages @ .., last] = &log[..] else { anyhow::bail!("no log") };
        ensure!(first.kind == "connected" && last.kind == "disconnected", "{first:?} … {last:?}");
        let numbers: Vec<usize> = messages.iter().map(|entry| number(&entry.text)).collect();
        ensure!(numbers.is_sorted_by(|a, b| b - a == 1), "{:?} … {:?}", &numbers[..3], numbers.last());
        Ok(())
    })
    .await
}

/// The first number in a text.
fn number(text: &str) -> usize {
    let digits = text.chars().skip_while(|char| !char.is_ascii_digit()).take_while(char::is_ascii_digit);
    digits.collect::<String>().parse().unwrap_or_default()
}

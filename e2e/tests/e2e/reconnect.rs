//! The server goes away; the page comes back by itself.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::{SOON, Server, scenario};

#[tokio::test]
async fn a_killed_server_is_waited_for_and_nothing_written_meanwhile_is_lost() -> Result<()> {
    scenario(&[], async |test| {
        let mut server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1&min=2500&max=4000")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.send("before").await?;
        page.wait_for_count(3, SOON).await?;

        server.kill()?;
        let first = page.wait_for_phase("waiting", SOON).await?;
        ensure!(page.shows("retry-now").await?);
        let seconds = countdown(&first.status)?;
        ensure!(seconds <= 4.0, "{}", first.status);
        let later = page
            .wait_for(SOON, "the countdown runs", |state| {
                state.phase != "waiting" || countdown(&state.status).is_ok_and(|now| now < seconds)
            })
            .await?;
        ensure!(later.phase == "waiting", "the countdown was never seen running: {later:?}");

        let written: Vec<String> = (0..20).map(|i| format!("meanwhile {i}")).collect();
        for text in &written {
            page.send(text).await?;
        }
        page.wait_for(SOON, "twenty wait in the queue", |state| state.queue.contains("20")).await?;

        server.restart()?;
        page.wait_for_phase("open", Duration::from_secs(15)).await?;
        let answers = |log: &[e2e::Entry]| -> Vec<String> {
            log.iter()
                .filter(|entry| entry.kind == "response")
                .skip(1)
                .map(|entry| entry.text.clone())
                .collect()
        };
        page.wait_for(SOON, "an empty queue", |state| {
            !state.queue.contains(|c: char| ('1'..='9').contains(&c))
        })
        .await?;
        // The echo of a marker follows every other echo.
        page.send("marker").await?;
        let log = e2e::eventually(SOON, "the marker's echo", async || {
            let log = page.log().await?;
            Ok(answers(&log).last().is_some_and(|text| text == "marker").then_some(log))
        })
        .await?;
        let mut expected = written;
        expected.push("marker".to_owned());
        ensure!(answers(&log) == expected, "{log:#?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn retry_now_does_not_wait() -> Result<()> {
    scenario(&[], async |test| {
        let mut server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1&min=60000&max=60000")).await?;
        page.wait_for_phase("open", SOON).await?;
        server.kill()?;
        page.wait_for_phase("waiting", SOON).await?;
        server.restart()?;
        page.click("retry-now").await?;
        page.wait_for_phase("open", SOON).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_orderly_restart_is_followed() -> Result<()> {
    scenario(&[], async |test| {
        let mut server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1&min=100&max=1000")).await?;
        page.wait_for_phase("open", SOON).await?;
        server.terminate()?;
        page.wait_for(SOON, "the connection ends", |state| state.phase != "open").await?;
        let said = page.texts("disconnected").await?;
        ensure!(said.iter().any(|text| text.contains("1012")), "the server says that it restarts: {said:?}");
        server.restart()?;
        // A restarting server is given a longer, random delay.
        page.wait_for_phase("open", Duration::from_secs(40)).await?;
        page.send("back").await?;
        e2e::eventually(SOON, "an echo", async || {
            Ok((page.texts("response").await? == ["back"]).then_some(()))
        })
        .await
    })
    .await
}

#[tokio::test]
async fn a_frozen_server_is_noticed_by_the_heartbeat() -> Result<()> {
    const INTERVAL: Duration = Duration::from_millis(800);
    const DEADLINE: Duration = Duration::from_millis(700);
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        let query = format!(
            "connect=1&hb={}&deadline={}&min=200&max=400",
            INTERVAL.as_millis(),
            DEADLINE.as_millis()
        );
        page.open(&server.page(&query)).await?;
        page.wait_for(SOON, "a heartbeat", |state| state.heartbeat == "alive").await?;

        // Its sockets stay open and silent. TCP would take many minutes to notice.
        server.freeze()?;
        let begin = Instant::now();
        page.wait_for(SOON, "the silence is noticed", |state| state.phase != "open").await?;
        let took = begin.elapsed();
        // What a look at the page takes on a busy machine comes on top.
        ensure!(took < INTERVAL + DEADLINE + Duration::from_secs(1), "noticed after {took:?}");
        let said = page.texts("disconnected").await?;
        ensure!(
            said.len() == 1 && said[0].to_lowercase().contains("heartbeat"),
            "the reason is shown: {said:?}"
        );

        server.thaw()?;
        page.wait_for_phase("open", Duration::from_secs(15)).await?;
        page.send("awake").await?;
        e2e::eventually(SOON, "an echo", async || {
            Ok((page.texts("response").await? == ["awake"]).then_some(()))
        })
        .await
    })
    .await
}

/// The seconds in a status such as "Waiting 3.2 s for attempt 4".
fn countdown(status: &str) -> Result<f64> {
    let seconds = status.split_whitespace().find_map(|word| word.parse::<f64>().ok());
    seconds.with_context(|| format!("no seconds in {status:?}"))
}

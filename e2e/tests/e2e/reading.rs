//! Reading the log: following, pausing, times, heartbeats, clearing.

use anyhow::{Context, Result, ensure};
use e2e::{Page, SOON, Server, scenario};

/// The index of the last row in view.
async fn last_row(page: &Page) -> Result<usize> {
    Ok(page.rows().await?.last().context("no row")?.index)
}

async fn scroll_top(page: &Page) -> Result<f64> {
    let script = "return document.querySelector('[data-testid=log]').scrollTop;";
    page.run(script, vec![]).await?.as_f64().context("no number")
}

#[tokio::test]
async fn scrolling_up_stops_the_following_and_says_what_is_new() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.burst("message", 60).await?;
        page.wait_for_count(121, SOON).await?;
        page.until("the end is in view", async || Ok(last_row(page).await? == 120)).await?;

        page.wheel("log", -1200).await?;
        page.until("the reader is back in time", async || Ok(last_row(page).await? < 110)).await?;
        // Smooth scrolling has to come to rest first.
        let mut at = -1.0;
        page.until("the log stands still", async || {
            let before = std::mem::replace(&mut at, scroll_top(page).await?);
            Ok(before == at)
        })
        .await?;
        let (at, rows) = (scroll_top(page).await?, page.rows().await?);
        for text in ["one", "two", "three"] {
            page.send(text).await?;
        }
        page.wait_for_count(127, SOON).await?;
        page.until_text("follow", |text| text.contains("6 new")).await?;
        ensure!(page.rows().await? == rows && scroll_top(page).await? == at, "what is read stays in place");

        page.click("follow").await?;
        page.until("the end is in view", async || Ok(last_row(page).await? == 126)).await?;
        page.until_shown("follow", false).await?;
        page.send("four").await?;
        page.until("it is followed again", async || Ok(last_row(page).await? == 128)).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_pause_holds_back_and_loses_nothing() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.send("before").await?;
        page.wait_for_count(3, SOON).await?;
        page.click("pause").await?;
        page.send("meanwhile").await?;
        page.until("two are held back", async || {
            let script = "return document.querySelector('.log-tools').textContent;";
            Ok(page.run(script, vec![]).await?.as_str().unwrap_or_default().contains("2 held back"))
        })
        .await?;
        ensure!(page.rows().await?.len() == 3);
        page.click("pause").await?;
        page.wait_for_count(5, SOON).await?;
        ensure!(page.texts("response").await? == ["before", "meanwhile"]);

        page.click("clear").await?;
        page.until("nothing is left", async || Ok(page.rows().await?.is_empty())).await?;
        page.send("after").await?;
        page.until("the log goes on", async || Ok(page.rows().await?.len() == 2)).await?;
        ensure!(page.state().await?.phase == "open", "clearing closes nothing");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn times_are_written_as_the_reader_wants_them() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.send("one").await?;
        page.send("two").await?;
        page.wait_for_count(5, SOON).await?;
        let times = async || -> Result<Vec<String>> {
            Ok(page.rows().await?.into_iter().map(|row| row.time).collect())
        };
        ensure!(times().await?.iter().all(|time| time.len() == "12:34:56.789".len()));
        page.choose("time-mode", "relative").await?;
        page.until("since the start", async || Ok(times().await?[0] == "0.000")).await?;
        page.choose("time-mode", "delta").await?;
        page.until("since the row before", async || {
            let times = times().await?;
            Ok(times[0] == "–" && times[1..].iter().all(|time| time.starts_with('+')))
        })
        .await?;
        page.detail(3).await?;
        page.choose("time-mode", "selected").await?;
        page.until("since the selected row", async || Ok(times().await?[3] == "+0 ms")).await?;
        ensure!(!times().await?[1].starts_with('+'), "{:?}", times().await?);
        page.choose("time-mode", "clock").await?;
        page.until("the time of day", async || Ok(times().await?[0].matches(':').count() == 2)).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn heartbeats_are_shown_to_those_who_want_them() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1&hb=150&deadline=5000")).await?;
        page.wait_for(SOON, "a heartbeat", |state| state.rtt.ends_with(" ms")).await?;
        ensure!(page.rows().await?.len() == 1, "{:?}", page.rows().await?);
        page.click("show-heartbeats").await?;
        page.wait_for_count(5, SOON).await?;
        let beats = page.run("return document.querySelectorAll('.entry.beat').length;", vec![]).await?;
        ensure!(beats.as_u64() >= Some(4), "{beats}");
        page.click("show-heartbeats").await?;
        page.until("they are hidden", async || Ok(page.rows().await?.len() == 1)).await?;
        Ok(())
    })
    .await
}

//! Settings: of a connection, of the log, of how the page looks and speaks.

use anyhow::{Result, ensure};
use e2e::{Page, SOON, Server, scenario};
use thirtyfour::Key;

async fn pane(page: &Page, name: &str) -> Result<()> {
    page.click("open-settings").await?;
    page.click(&format!("settings-{name}")).await
}

async fn close(page: &Page) -> Result<()> {
    page.press(Key::Escape).await?;
    page.until_shown("settings", false).await
}

async fn root(page: &Page, attribute: &str) -> Result<String> {
    let value =
        page.run("return document.documentElement.getAttribute(arguments[0]);", vec![attribute.into()]);
    Ok(value.await?.as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn heartbeat_and_reconnecting_are_set_and_kept() -> Result<()> {
    scenario(&[], async |test| {
        let mut server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        pane(page, "heartbeat").await?;
        page.write("heartbeat-interval", "soon").await?;
        page.until_text("setting-problem", |text| text.contains("soon")).await?;
        page.write("heartbeat-interval", "150 ms").await?;
        page.write("heartbeat-payload", "beat {token}").await?;
        page.until_shown("setting-problem", false).await?;
        page.click("settings-reconnect").await?;
        page.click("reconnect-on").await?;
        close(page).await?;
        page.click("connect").await?;
        page.wait_for(SOON, "a heartbeat", |state| state.rtt.ends_with(" ms")).await?;
        page.click("show-heartbeats").await?;
        page.until("it is as it was set", async || {
            Ok(page.rows().await?.iter().any(|row| row.text.starts_with("beat ")))
        })
        .await?;
        server.kill()?;
        let state = page.wait_for(SOON, "the end", |state| state.phase != "open").await?;
        ensure!(state.phase == "closed", "without reconnecting every end is final: {state:?}");

        server.restart()?;
        page.open(&server.page("connect=1")).await?;
        page.wait_for(SOON, "a heartbeat as before", |state| state.rtt.ends_with(" ms")).await?;
        pane(page, "heartbeat").await?;
        ensure!(page.value("heartbeat-interval").await? == "150 ms");
        ensure!(
            page.value("heartbeat-payload").await? != "beat {token}",
            "what is said belongs to one server"
        );
        page.click("restore-defaults").await?;
        page.until("the default is back", async || Ok(page.value("heartbeat-interval").await? == "20 s"))
            .await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_limit_drops_the_oldest_and_says_how_many() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1&hb=0")).await?;
        page.wait_for_phase("open", SOON).await?;
        pane(page, "log").await?;
        page.write("limit-entries", "5").await?;
        page.until_shown("setting-problem", true).await?;
        page.write("limit-entries", "100").await?;
        page.choose("settings-times", "relative").await?;
        close(page).await?;
        page.burst("message", 100).await?;
        page.wait_for_count(201, SOON).await?;
        let dropped = page.until_text("dropped", |text| text.contains("dropped")).await?;
        let dropped: usize = dropped.chars().filter(char::is_ascii_digit).collect::<String>().parse()?;
        let kept: usize =
            page.text("line-count").await?.split(' ').next().unwrap_or_default().replace(',', "").parse()?;
        ensure!(kept <= 100 && kept + dropped == 201, "{kept} kept, {dropped} dropped");
        page.until("the newest is in view", async || {
            Ok(page.rows().await?.last().is_some_and(|row| row.text == "message 99"))
        })
        .await?;
        ensure!(
            !page.rows().await?[0].time.contains(':') || page.rows().await?[0].time.len() < 12,
            "relative times"
        );

        page.open(&server.page("")).await?;
        pane(page, "log").await?;
        ensure!(
            page.value("limit-entries").await? == "100" && page.value("settings-times").await? == "relative"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_language_that_cannot_be_fetched_is_said_and_asked_for_again() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        let point = "const link = document.querySelector('link[rel=texts]');
            [link.href, link.dataset.was] = [link.dataset.was ?? './nowhere.txt', link.href];";
        page.run(point, vec![]).await?;
        pane(page, "appearance").await?;
        page.choose("settings-language", "zh-CN").await?;
        page.until_text("language-missing", |text| text.contains("简体中文")).await?;
        ensure!(root(page, "lang").await? == "en" && page.text("connect").await? == "Connect");
        page.run(point, vec![]).await?;
        close(page).await?;
        page.click("language-again").await?;
        page.until_text("connect", |text| text == "连接").await?;
        ensure!(root(page, "lang").await? == "zh-CN");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn theme_rows_and_language_are_chosen_and_kept() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        let background =
            async || page.run("return getComputedStyle(document.body).backgroundColor;", vec![]).await;
        let row = "return document.querySelector('[data-testid=entry]').getBoundingClientRect().height;";
        let (light, high) = (background().await?, page.run(row, vec![]).await?);
        pane(page, "appearance").await?;
        page.choose("settings-theme", "dark").await?;
        page.choose("settings-density", "compact").await?;
        page.choose("settings-language", "zh-CN").await?;
        page.until_text("disconnect", |text| text == "断开").await?;
        close(page).await?;
        ensure!(background().await? != light);

        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        ensure!(root(page, "data-theme").await? == "dark" && background().await? != light);
        ensure!(page.run(row, vec![]).await?.as_f64() < high.as_f64());
        page.until("it is in Chinese", async || Ok(root(page, "lang").await? == "zh-CN")).await?;
        let state = page.state().await?;
        ensure!(state.status.contains("已连接"), "{state:?}");
        pane(page, "appearance").await?;
        page.choose("settings-language", "en").await?;
        page.until_text("disconnect", |text| text == "Disconnect").await?;
        page.choose("settings-theme", "light").await?;
        page.until("it is light", async || Ok(background().await? == light)).await?;
        Ok(())
    })
    .await
}

//! What outlives a server that is gone, a crash, and a full disk.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::{SOON, Server, eventually, scenario};
use serde_json::json;

#[tokio::test]
async fn the_page_opens_without_its_server_and_tests_others() -> Result<()> {
    scenario(&[], async |test| {
        let mut home = Server::start(&[])?;
        let other = Server::start(&["--allow-origin", &home.origin()])?;
        let page = &test.page;
        page.open(&home.page("")).await?;
        // The document is put there last, when all that it names is there.
        eventually(Duration::from_secs(20), "the page is kept", async || {
            let script =
                "const done = arguments[0]; caches.match(location.origin + '/', { ignoreVary: true })
                .then(kept => done(kept !== undefined), () => done(false));";
            let kept = test.browser.driver().execute_async(script, vec![]).await?;
            Ok((kept.json() == &json!(true)).then_some(()))
        })
        .await?;
        // A server that hangs is as good as none.
        home.freeze()?;
        page.leave().await?;
        page.open(&home.page("")).await?;
        ensure!(page.state().await?.phase == "idle");
        home.thaw()?;
        home.kill()?;
        page.open(&home.page(&format!("url={}&connect=1", other.socket()))).await?;
        page.wait_for_phase("open", SOON).await?;
        page.send("without a home").await?;
        page.wait_for_count(3, SOON).await?;
        ensure!(page.texts("response").await? == ["without a home"]);
        // The parts that are fetched when they are wanted were kept with the rest.
        page.click("open-settings").await?;
        page.until_shown("settings", true).await
    })
    .await
}

#[tokio::test]
async fn a_crash_loses_at_most_the_last_second() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        ensure!(!page.shows("restore").await?, "nothing was left");
        for text in ["first", "second"] {
            page.send(text).await?;
        }
        page.wait_for_count(5, SOON).await?;
        // The second that a crash may cost, and what a busy machine adds to it.
        tokio::time::sleep(Duration::from_millis(2500)).await;
        page.send("in the last moment").await?;
        test.browser.crash();

        let browser = test.browser.again().await?;
        let page = browser.page();
        page.open(&server.page("")).await?;
        let offer = page.until_text("restore", |text| text.contains(server.address())).await;
        offer.context("the log is not offered")?;
        page.click("restore-open").await?;
        page.until("it is in a tab of its own", async || Ok(page.all("tab").await?.len() == 2)).await?;
        page.wait_for_count(5, SOON).await?;
        for kind in ["sent", "response"] {
            let texts = page.texts(kind).await?;
            ensure!(texts.starts_with(&["first".to_owned(), "second".to_owned()]), "{kind}: {texts:?}");
        }
        ensure!(page.value("url").await? == server.socket());
        ensure!(page.state().await?.phase == "idle");
        ensure!(!page.shows("restore").await?);
        browser.quit().await
    })
    .await
}

#[tokio::test]
async fn every_log_that_a_crash_left_is_offered() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        let driver = test.browser.driver();
        for text in ["of the first", "of the second"] {
            if text == "of the second" {
                let second = driver.new_tab().await?;
                driver.switch_to_window(second).await?;
            }
            page.open(&server.page("connect=1")).await?;
            page.wait_for_phase("open", SOON).await?;
            page.send(text).await?;
            page.wait_for_count(3, SOON).await?;
        }
        tokio::time::sleep(Duration::from_millis(2500)).await;
        test.browser.crash();

        let browser = test.browser.again().await?;
        let page = browser.page();
        page.open(&server.page("")).await?;
        page.until("both are offered", async || Ok(page.all("restore-visit").await?.len() == 2)).await?;
        // A visit that opens neither leaves both to be offered again.
        page.open(&server.page("")).await?;
        page.until("both are offered again", async || Ok(page.all("restore-visit").await?.len() == 2))
            .await?;
        page.click("restore-open").await?;
        page.until("the latest is open", async || Ok(page.texts("sent").await? == ["of the second"])).await?;
        page.click("restore-open").await?;
        page.until("the other is too", async || Ok(page.texts("sent").await? == ["of the first"])).await?;
        ensure!(!page.shows("restore").await?);
        browser.quit().await
    })
    .await
}

#[tokio::test]
async fn without_locks_a_lease_says_whose_log_it_is() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        let driver = test.browser.driver();
        // As on a page that is not served securely.
        let no_locks =
            json!({ "source": "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });" });
        driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", no_locks.clone()).await?;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_count(1, SOON).await?;
        tokio::time::sleep(Duration::from_millis(2500)).await;
        let first = driver.window().await?;
        let second = driver.new_tab().await?;
        driver.switch_to_window(second).await?;
        driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", no_locks).await?;
        page.open(&server.page("")).await?;
        tokio::time::sleep(Duration::from_millis(2500)).await;
        ensure!(!page.shows("restore").await?, "it is still open");
        driver.switch_to_window(first).await?;
        // A page that is left says so. Where it has not by the time the next one looks, that looks again after 10 s.
        page.open(&server.page("")).await?;
        let offered = async || Ok(page.shows("restore").await?.then_some(()));
        eventually(Duration::from_secs(30), "the log is offered", offered).await
    })
    .await
}

#[tokio::test]
async fn a_log_that_is_not_wanted_is_not_offered_again() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_count(1, SOON).await?;
        tokio::time::sleep(Duration::from_millis(2500)).await;
        page.open(&server.page("")).await?;
        page.until_shown("restore", true).await?;
        page.click("restore-discard").await?;
        page.until_shown("restore", false).await?;
        // Forgotten in the storage too, soon.
        eventually(SOON, "nothing is offered", async || {
            page.open(&server.page("")).await?;
            tokio::time::sleep(Duration::from_millis(1000)).await;
            Ok((!page.shows("restore").await?).then_some(()))
        })
        .await
    })
    .await
}

#[tokio::test]
async fn the_log_of_a_page_that_is_still_open_is_not_offered() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_count(1, SOON).await?;
        tokio::time::sleep(Duration::from_millis(2500)).await;
        let driver = test.browser.driver();
        let first = driver.window().await?;
        let second = driver.new_tab().await?;
        driver.switch_to_window(second).await?;
        page.open(&server.page("")).await?;
        // Longer than it takes to find out that the other page lives.
        tokio::time::sleep(Duration::from_millis(2500)).await;
        ensure!(!page.shows("restore").await?);
        driver.switch_to_window(first).await?;
        driver.close_window().await?;
        driver.switch_to_window(driver.windows().await?.remove(0)).await?;
        page.open(&server.page("")).await?;
        page.until_shown("restore", true).await
    })
    .await
}

#[tokio::test]
async fn a_full_storage_is_said_and_the_log_goes_on() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        // Before anything is stored: Chromium remembers for a while how much room there was.
        let quota = json!({ "origin": format!("http://{}", server.address()), "quotaSize": 1000 });
        test.browser.driver().cdp().send_raw("Storage.overrideQuotaForOrigin", quota).await?;
        page.click("connect").await?;
        page.wait_for_phase("open", SOON).await?;
        page.send(&"x".repeat(200_000)).await?;
        let state = page.wait_for(SOON, "a word about the storage", |state| state.error.is_some()).await?;
        ensure!(
            state.error.as_deref().is_some_and(|text| text.contains("storage") && text.contains("full")),
            "{state:?}"
        );
        page.click("dismiss").await?;
        page.send("goes on").await?;
        page.wait_for_count(5, SOON).await?;
        ensure!(page.texts("response").await?[1] == "goes on");
        Ok(())
    })
    .await
}

//! Filter and find.

use anyhow::{Result, ensure};
use e2e::{Page, SOON, Server, scenario};
use thirtyfour::Key;

async fn page_with(page: &Page, server: &Server, texts: &[&str]) -> Result<()> {
    page.open(&server.page("connect=1")).await?;
    page.wait_for_phase("open", SOON).await?;
    for (done, text) in texts.iter().enumerate() {
        page.send(text).await?;
        page.wait_for_count(3 + 2 * done, SOON).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_filter_by_text_pattern_value_and_direction() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        let (dear, cheap) = (r#"{"price":120}"#, r#"{"price":80}"#);
        page_with(page, &server, &["apple", "pear", dear, cheap]).await?;
        page.write("filter", "app dir:in").await?;
        page.until_rows(&["apple"]).await?;
        page.until_text("line-count", |text| text == "1 of 9 lines").await?;
        page.write("filter", "/^(apple|pear)$/").await?;
        page.until_rows(&["apple", "apple", "pear", "pear"]).await?;
        page.write("filter", "$.price > 100").await?;
        page.until_rows(&[dear, dear]).await?;
        // What arrives is filtered as it comes.
        page.send(r#"{"price":150}"#).await?;
        page.until("the new one is there", async || Ok(page.rows().await?.len() == 4)).await?;

        page.fill("filter", "size>>5").await?;
        page.until_text("filter-error", |text| text.contains("number")).await?;
        ensure!(page.attribute("filter", "aria-invalid").await?.as_deref() == Some("true"));
        ensure!(page.rows().await?.len() == 4, "the last right filter stays");
        page.fill("filter", "/(/").await?;
        page.until_text("filter-error", |text| text.contains("pattern")).await?;
        page.write("filter", "banana").await?;
        page.until_shown("show-all", true).await?;
        page.click("show-all").await?;
        page.until("everything is back", async || Ok(page.rows().await?.len() == 11)).await?;

        page.click("show-sent").await?;
        page.click("show-events").await?;
        page.until("only answers are left", async || {
            Ok(page.rows().await?.iter().all(|row| row.kind == "response"))
        })
        .await?;
        ensure!(page.rows().await?.len() == 5);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn find_goes_from_hit_to_hit() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page_with(page, &server, &["needle one", "hay"]).await?;
        // Far enough apart that a hit has to be scrolled to.
        page.burst("hay", 60).await?;
        page.wait_for_count(125, SOON).await?;
        page.send("needle two").await?;
        page.wait_for_count(127, SOON).await?;

        page.click("find-toggle").await?;
        page.type_into("find", "NEEDLE").await?;
        page.until_text("find-count", |text| text == "4 of 4").await?;
        page.press(Key::Enter).await?;
        page.until_text("find-count", |text| text == "3 of 4").await?;
        page.click("find-previous").await?;
        page.until_text("find-count", |text| text == "2 of 4").await?;
        page.until("the hit is in view", async || {
            let script = "return document.querySelector('.entry.hit')?.querySelector('.entry-text').textContent ?? '';";
            Ok(page.run(script, vec![]).await? == "needle one")
        })
        .await?;
        page.click("find-next").await?;
        page.click("find-next").await?;
        page.click("find-next").await?;
        page.until_text("find-count", |text| text == "1 of 4").await?;
        page.write("find", "/two$/").await?;
        page.until_text("find-count", |text| text.ends_with("of 2")).await?;
        page.press(Key::Escape).await?;
        page.until_shown("find", false).await?;
        let marks = page.run("return document.querySelectorAll('.entry mark').length;", vec![]).await?;
        ensure!(marks == 0, "{marks}");
        Ok(())
    })
    .await
}

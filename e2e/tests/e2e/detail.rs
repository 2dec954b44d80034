//! One message in full, and what can be done with it.

use anyhow::{Context, Result, ensure};
use e2e::{SOON, Server, scenario};

const JSON: &str = r#"{"id":12345678901234567890,"list":[1,{"deep":true}],"price":1.50}"#;

#[tokio::test]
async fn a_message_is_a_tree_laid_out_text_bytes_or_raw() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.send(JSON).await?;
        page.wait_for_count(3, SOON).await?;
        page.click_on("[data-testid=entry][data-index='2']").await?;

        page.until("the tree is open", async || Ok(page.all("tree-row").await?.len() == 7)).await?;
        let tree = page.all("tree-row").await?;
        ensure!(tree[1].contains("12345678901234567890") && tree[6].contains("1.50"), "{tree:?}");
        page.click("fold-all").await?;
        page.until("it is folded", async || Ok(page.all("tree-row").await?.len() == 4)).await?;
        page.click_on("[data-testid=tree-row]:nth-child(3)").await?;
        page.until("a branch is open", async || Ok(page.all("tree-row").await?.len() == 6)).await?;

        page.click("view-text").await?;
        page.until_text("detail", |text| text.contains("\n  \"price\": 1.50\n}")).await?;
        page.click("view-hex").await?;
        page.until_text("detail", |text| text.starts_with("00000000  7b 22 69 64 22")).await?;
        page.click("view-raw").await?;
        page.until_text("detail", |text| text == JSON).await?;
        // The choice holds for the next message and for the next visit.
        page.send("[2]").await?;
        page.wait_for_count(5, SOON).await?;
        ensure!(page.detail(4).await? == "[2]");
        page.click("view-tree").await?;
        page.until_shown("detail-tree", true).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_message_is_copied_resent_edited_and_the_latest_pinned() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.send("Grüße, 世界").await?;
        page.wait_for_count(3, SOON).await?;
        ensure!(page.detail(1).await? == "Grüße, 世界");
        page.click("copy").await?;
        ensure!(page.paste().await? == "Grüße, 世界");
        page.click("pair").await?;
        page.until("its answer is selected", async || {
            let script = "return document.querySelector('[role=option][aria-selected=true]').dataset.index;";
            Ok(page.run(script, vec![]).await? == "2")
        })
        .await?;

        page.click("resend").await?;
        page.wait_for_count(5, SOON).await?;
        page.click("edit-resend").await?;
        page.until("it is in the composer", async || Ok(page.value("composer").await? == "Grüße, 世界"))
            .await?;
        page.type_into("composer", "!").await?;
        page.press(thirtyfour::Key::Enter).await?;
        page.wait_for_count(7, SOON).await?;
        let sent = page.texts("sent").await?;
        ensure!(sent == ["Grüße, 世界", "Grüße, 世界", "Grüße, 世界!"], "{sent:?}");

        page.click("pin").await?;
        page.send("the latest").await?;
        page.until_text("detail", |text| text == "the latest").await?;
        page.click("pin").await?;
        page.send("another").await?;
        page.wait_for_count(11, SOON).await?;
        ensure!(page.text("detail").await? == "the latest", "what was pinned last stays");
        page.click("detail-close").await?;
        page.until_shown("detail", false).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_close_is_explained_in_the_detail() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        page.connect(&format!("{}?close=1008&reason=no", server.socket())).await?;
        page.wait_for_phase("open", SOON).await?;
        page.send("end").await?;
        page.wait_for(SOON, "the end", |state| state.phase != "open").await?;
        let rows = page.rows().await?;
        let end = rows.iter().find(|row| row.kind == "disconnected").context("no end in the log")?;
        page.detail(end.index).await?;
        let script = "return document.querySelector('.detail-explanation').textContent;";
        let said = page.run(script, vec![]).await?;
        ensure!(said.as_str().is_some_and(|said| said.contains("1008") && said.len() > 40), "{said}");
        Ok(())
    })
    .await
}

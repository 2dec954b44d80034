//! Sending over and over, and closing with a code.

use anyhow::{Result, ensure};
use e2e::{SOON, Server, scenario};

#[tokio::test]
async fn a_message_is_sent_every_so_often_until_done_or_stopped() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.fill("composer", "tick {{n}}").await?;
        page.click("repeat-toggle").await?;
        page.write("repeat-interval", "20").await?;
        page.write("repeat-times", "5").await?;
        page.click("repeat-start").await?;
        page.until_text("run-progress", |text| text == "Sent 5 of 5. Done").await?;
        page.wait_for_count(11, SOON).await?;
        let answers = page.texts("response").await?;
        ensure!(answers == ["tick 1", "tick 2", "tick 3", "tick 4", "tick 5"], "{answers:?}");
        page.click("run-dismiss").await?;
        page.until_shown("run", false).await?;

        page.click("repeat-toggle").await?;
        page.write("repeat-interval", "20").await?;
        page.fill("repeat-times", "").await?;
        page.click("repeat-start").await?;
        page.wait_for_count(17, SOON).await?;
        page.click("run-stop").await?;
        page.until("it is over", async || {
            Ok(page.attribute("run", "data-state").await?.as_deref() == Some("over"))
        })
        .await?;
        ensure!(page.text("run-progress").await?.contains("Stopped"));
        // Two per message: once all echoes are there, an odd count means that something is still sent.
        let count =
            page.wait_for(SOON, "every message is answered", |state| state.count % 2 == 1).await?.count;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        ensure!(page.state().await?.count == count, "it goes on after the stop");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_list_is_sent_in_order() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.click("saved-toggle").await?;
        for name in ["first", "second"] {
            page.fill("composer", name).await?;
            page.write("saved-name", name).await?;
            page.click("saved-save").await?;
            page.until("it is kept", async || {
                Ok(page.attributes("saved-item", "data-name").await?.contains(&name.to_owned()))
            })
            .await?;
        }
        page.click("repeat-toggle").await?;
        page.pick("repeat-list").await?;
        for (index, count) in [("1", 1), ("0", 2), ("1", 3)] {
            page.choose("repeat-add", index).await?;
            page.until("it is in the list", async || Ok(page.all("repeat-step").await?.len() == count))
                .await?;
        }
        page.click_on("[data-testid=repeat-step]:nth-child(2) [data-testid=repeat-up]").await?;
        page.until("the first is first", async || {
            Ok(page.attributes("repeat-step", "data-name").await? == ["first", "second", "second"])
        })
        .await?;
        page.click_on("[data-testid=repeat-step]:nth-child(3) [data-testid=repeat-remove]").await?;
        page.until("one is out", async || Ok(page.all("repeat-step").await?.len() == 2)).await?;
        for step in [1, 2] {
            let field = format!("[data-testid=repeat-step]:nth-child({step}) [data-testid=repeat-delay]");
            page.run(&format!("document.querySelector(\"{field}\").select();"), vec![]).await?;
            page.click_on(&field).await?;
            page.press_with(thirtyfour::Key::Control, "a").await?;
            page.press("10").await?;
        }
        page.write("repeat-rounds", "2").await?;
        page.click("repeat-start").await?;
        page.wait_for_count(9, SOON).await?;
        let answers = page.texts("response").await?;
        ensure!(answers == ["first", "second", "first", "second"], "{answers:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_connection_is_closed_with_the_chosen_code_and_reason() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.click("more-toggle").await?;
        page.write("closing-code", "1005").await?;
        page.until_text("closing-problem", |text| text.contains("1000")).await?;
        page.write("closing-code", "4321").await?;
        page.write("closing-reason", "enough für heute").await?;
        page.until_text("closing-left", |text| text.contains("17 of 123")).await?;
        page.click("closing-close").await?;
        let state = page.wait_for_phase("closed", SOON).await?;
        // The server answers a Close with the same code.
        ensure!(state.status.contains("4321"), "{}", state.status);
        let said = page.texts("disconnected").await?;
        ensure!(said.len() == 1 && said[0].contains("4321"), "{said:?}");
        Ok(())
    })
    .await
}

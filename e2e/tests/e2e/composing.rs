//! Writing messages: text, JSON, bytes, files, history, kept ones, placeholders.

use std::fs;

use anyhow::{Result, ensure};
use e2e::{Page, SOON, Server, scenario};
use thirtyfour::Key;

async fn connected(page: &Page, server: &Server) -> Result<()> {
    page.open(&server.page("connect=1")).await?;
    page.wait_for_phase("open", SOON).await?;
    Ok(())
}

#[tokio::test]
async fn json_is_checked_and_laid_out_bytes_are_written_in_hex_and_base64() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        connected(page, &server).await?;
        page.pick("mode-json").await?;
        page.type_into("composer", "{\"id\":12345678901234567890,").await?;
        page.until("it is wrong", async || {
            Ok(page.attribute("composer-state", "data-state").await?.as_deref() == Some("wrong"))
        })
        .await?;
        page.click("send").await?;
        page.until_text("composer-state", |text| text.contains("Not sent")).await?;
        page.type_into("composer", "\"x\":1.50}").await?;
        page.until_text("composer-state", |text| text.starts_with("JSON")).await?;
        page.click("format").await?;
        let laid_out = "{\n  \"id\": 12345678901234567890,\n  \"x\": 1.50\n}";
        page.until("it is laid out", async || Ok(page.value("composer").await? == laid_out)).await?;
        page.click("send").await?;
        page.wait_for_count(3, SOON).await?;

        page.pick("mode-hex").await?;
        page.type_into("composer", "de ad be e").await?;
        page.until("half a byte is wrong", async || {
            Ok(page.attribute("composer-state", "data-state").await?.as_deref() == Some("wrong"))
        })
        .await?;
        page.type_into("composer", "f").await?;
        page.press(Key::Enter).await?;
        page.wait_for_count(5, SOON).await?;
        page.pick("mode-base64").await?;
        page.type_into("composer", "AAEC/w==").await?;
        page.press(Key::Enter).await?;
        page.wait_for_count(7, SOON).await?;
        let answers = page.texts("response").await?;
        ensure!(answers[1..] == ["de ad be ef", "00 01 02 ff"], "{answers:?}");
        ensure!(page.detail(2).await?.contains("12345678901234567890"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn files_are_chosen_or_dropped_and_sent() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        connected(page, &server).await?;
        let (chosen, dropped) =
            (test.browser.folder().join("chosen.bin"), test.browser.folder().join("dropped.txt"));
        fs::write(&chosen, [0, 1, 0xfe, 0xff])?;
        fs::write(&dropped, "dropped text")?;
        page.pick("mode-file").await?;
        page.attach("file-input", &chosen).await?;
        page.until_text("file", |text| text.contains("chosen.bin")).await?;
        page.double_click_on("[data-testid=send]").await?;
        page.wait_for_count(3, SOON).await?;
        ensure!(page.texts("response").await? == ["00 01 fe ff"], "a double click sends once");
        // Who is quick means it: only the second half of a double click is left out.
        page.press(Key::Enter).await?;
        page.wait_for_count(5, SOON).await?;

        page.pick("mode-text").await?;
        page.drag("dragEnter", &[&dropped]).await?;
        page.drag("dragOver", &[&dropped]).await?;
        page.until_shown("drop-hint", true).await?;
        page.drag("drop", &[&dropped]).await?;
        page.until_shown("drop-hint", false).await?;
        page.until_text("file", |text| text.contains("dropped.txt")).await?;
        page.click("files-as-text").await?;
        page.click("send").await?;
        page.wait_for_count(7, SOON).await?;
        ensure!(page.texts("response").await? == ["00 01 fe ff", "00 01 fe ff", "dropped text"]);
        page.click("file-remove").await?;
        page.until_shown("file", false).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn messages_are_found_in_the_history_and_kept_in_folders() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        connected(page, &server).await?;
        for text in ["alpha", "beta", "gamma"] {
            page.send(text).await?;
        }
        page.wait_for_count(7, SOON).await?;
        page.click("history-toggle").await?;
        page.until("the newest is first", async || {
            Ok(page.all("history-item").await?.iter().map(|item| item.contains("gamma")).collect::<Vec<_>>()
                == [true, false, false])
        })
        .await?;
        page.type_into("history-search", "alp").await?;
        page.until("one is left", async || Ok(page.all("history-item").await?.len() == 1)).await?;
        page.click("history-item").await?;
        page.until("it is in the composer", async || Ok(page.value("composer").await? == "alpha")).await?;

        page.click("saved-toggle").await?;
        for (name, folder, text) in [("join", "chat", "{\"join\":1}"), ("ping", "", "ping")] {
            page.fill("composer", text).await?;
            page.write("saved-name", name).await?;
            page.write("saved-folder", folder).await?;
            page.click("saved-save").await?;
            page.until("it is kept", async || {
                Ok(page.attributes("saved-item", "data-name").await?.contains(&name.to_owned()))
            })
            .await?;
        }
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.click("saved-toggle").await?;
        page.until("they outlive a reload", async || {
            Ok(page.attributes("saved-item", "data-folder").await? == ["", "chat"])
        })
        .await?;
        page.click_on("[data-name=ping] [data-testid=saved-send]").await?;
        page.wait_for_count(3, SOON).await?;
        page.click_on("[data-name=ping] [data-testid=saved-delete]").await?;
        page.until("it is gone", async || Ok(page.all("saved-item").await?.len() == 1)).await?;
        page.click("saved-undo").await?;
        page.until("it is back", async || Ok(page.all("saved-item").await?.len() == 2)).await?;
        page.click_on("[data-name=join] [data-testid=saved-load]").await?;
        page.until("it is in the composer", async || Ok(page.value("composer").await? == "{\"join\":1}"))
            .await?;
        page.click("send").await?;
        page.wait_for_count(5, SOON).await?;
        ensure!(page.texts("response").await? == ["ping", "{\"join\":1}"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn placeholders_are_filled_and_an_unknown_one_sends_nothing() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        connected(page, &server).await?;
        page.send("a {{n}}").await?;
        page.send("b {{n}} {{random 7 7}} {{{{").await?;
        page.wait_for_count(5, SOON).await?;
        page.fill("composer", "hello {{nobody}}").await?;
        page.press(Key::Enter).await?;
        page.click("send").await?;
        page.until_text("composer-state", |text| text.contains("Not sent") && text.contains("nobody"))
            .await?;
        ensure!(page.value("composer").await? == "hello {{nobody}}", "it is not lost either");

        page.click("more-toggle").await?;
        page.type_into("variable-name", "nobody").await?;
        page.type_into("variable-value", "somebody").await?;
        page.click("variable-add").await?;
        page.until_shown("variable", true).await?;
        page.click("drawer-close").await?;
        page.click("send").await?;
        page.wait_for_count(7, SOON).await?;
        let answers = page.texts("response").await?;
        ensure!(answers == ["a 1", "b 2 7 {{", "hello somebody"], "{answers:?}");
        Ok(())
    })
    .await
}

/// Carriage returns, braces, a placeholder's looks and what cannot be seen: all of it goes out again as it came.
#[tokio::test]
async fn what_is_loaded_into_the_composer_goes_out_as_it_is() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        connected(page, &server).await?;
        page.fill("composer", "a{{char 0d}} {{{{n}} {{char 7b}}{{char 0}} {{char 202e}}{{{{{{{{").await?;
        page.click("send").await?;
        page.wait_for_count(3, SOON).await?;
        let shown = "a␍ {{n}} {␀ ⟨U+202E⟩{{{{";
        ensure!(page.texts("response").await? == [shown], "{:?}", page.texts("response").await?);
        page.click_on("[data-testid=entry][data-index='2']").await?;
        page.click("edit-resend").await?;
        page.until("it is in the composer", async || {
            Ok(page.value("composer").await?.contains("{{char 0d}}"))
        })
        .await?;
        page.click("send").await?;
        page.wait_for_count(5, SOON).await?;
        ensure!(page.texts("response").await? == [shown; 2]);
        // Where placeholders are not filled, the field shows what it can and the rest is kept beside it.
        page.click("more-toggle").await?;
        page.click("placeholders-on").await?;
        page.click("drawer-close").await?;
        page.click_on("[data-testid=entry][data-index='2']").await?;
        page.click("edit-resend").await?;
        page.until("it is in the composer", async || Ok(page.value("composer").await?.contains("{{n}}")))
            .await?;
        page.click("send").await?;
        page.wait_for_count(7, SOON).await?;
        ensure!(page.texts("response").await? == [shown; 3]);
        Ok(())
    })
    .await
}

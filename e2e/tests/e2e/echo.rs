//! The main job: connect, say CONNECTED, send, show the RESPONSE.

use anyhow::{Result, ensure};
use e2e::{SOON, Server, scenario};
use thirtyfour::Key;

#[tokio::test]
async fn connects_and_echoes() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        ensure!(page.state().await?.phase == "idle");
        ensure!(
            page.value("url").await? == server.socket(),
            "the field begins with the server the page came from"
        );

        page.click("connect").await?;
        let state = page.wait_for_phase("open", SOON).await?;
        ensure!(state.status.contains("Connected"), "{}", state.status);
        page.send("hello").await?;
        page.wait_for_count(3, SOON).await?;
        page.click("disconnect").await?;
        let state = page.wait_for_phase("closed", SOON).await?;
        ensure!(state.error.is_none(), "leaving is no error: {:?}", state.error);

        let log = page.log().await?;
        let shown: Vec<_> = log.iter().map(|entry| (entry.label.as_str(), entry.kind.as_str())).collect();
        ensure!(
            shown
                == [
                    ("CONNECTED", "connected"),
                    ("SENT", "sent"),
                    ("RESPONSE", "response"),
                    ("DISCONNECTED", "disconnected")
                ],
            "{log:#?}"
        );
        ensure!(log[1].text == "hello" && log[2].text == "hello", "{log:#?}");
        for entry in &log {
            let shape: String =
                entry.time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
            ensure!(shape == "00:00:00.000", "{}", entry.time);
        }
        ensure!(log.is_sorted_by_key(|entry| &entry.time) || log[3].time.starts_with("00:"), "{log:#?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_load_and_an_echo_leave_no_complaint_in_the_console() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        test.page.open(&server.page("connect=1")).await?;
        test.page.wait_for_phase("open", SOON).await?;
        test.page.send("hello").await?;
        test.page.wait_for_count(3, SOON).await?;
        // Among these would be violations of the Content-Security-Policy, missing files and panics.
        let complaints: Vec<String> = test
            .browser
            .console()
            .await?
            .into_iter()
            .filter(|line| !line.starts_with("INFO") && !line.starts_with("DEBUG"))
            .collect();
        ensure!(complaints.is_empty(), "{complaints:#?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn text_in_any_script_comes_back_as_it_went() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        let texts = [
            "Grüße, façade, Ελληνικά, кириллица",
            "中文 日本語 한국어 ไทย हिन्दी",
            "עברית العربية",
            "👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇨🇭 𝒽𝓮𝓁𝓁𝓸 𐍈",
            "e\u{301} \u{1F468}\u{200D}\u{1F680} z\u{335}a\u{350}l\u{338}g\u{322}o",
            "<b>bold</b><script>document.title='owned'</script>&amp;",
            "{\"json\": [1, \"two\\n\"]}",
        ];
        for text in texts {
            page.send(text).await?;
        }
        page.wait_for_count(1 + 2 * texts.len(), SOON).await?;
        ensure!(page.texts("sent").await? == texts);
        ensure!(page.texts("response").await? == texts);
        ensure!(!test.browser.driver().title().await?.contains("owned"), "a message was taken for markup");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_message_of_a_mebibyte_comes_back_whole() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        // Every kilobyte is different, and four bytes of each are one character.
        let text: String = (0..1024).map(|i| format!("{i:04}{}😀", "x".repeat(1016))).collect();
        ensure!(text.len() == 1 << 20);
        page.send(&text).await?;
        page.wait_for_count(3, SOON).await?;
        let log = page.log().await?;
        ensure!(
            log[2].kind == "response" && log[2].text.len() < 10_000,
            "a row holds only the begin of a long message"
        );
        for index in [1, 2] {
            let detail = page.detail(index).await?;
            ensure!(detail.contains(&text), "entry {index} shows {} bytes of something else", detail.len());
        }
        // And the connection is as good as before.
        page.send("after").await?;
        page.wait_for_count(5, SOON).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_composer_works_by_keyboard() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;

        page.type_into("composer", "one").await?;
        page.type_into("composer", Key::Shift + Key::Enter).await?;
        page.type_into("composer", "two").await?;
        ensure!(page.value("composer").await? == "one\ntwo", "Shift-Enter breaks the line");
        page.type_into("composer", Key::Enter).await?;
        page.wait_for_count(3, SOON).await?;
        ensure!(page.value("composer").await?.is_empty(), "Enter sends");
        ensure!(page.detail(2).await?.contains("one\ntwo"));

        page.type_into("composer", "three").await?;
        page.type_into("composer", Key::Enter).await?;
        page.wait_for_count(5, SOON).await?;
        page.type_into("composer", Key::Up).await?;
        ensure!(page.value("composer").await? == "three", "arrow-up recalls the last message");
        page.type_into("composer", Key::Up).await?;
        ensure!(page.value("composer").await? == "one\ntwo", "and the one before");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_heartbeat_measures_and_stays_out_of_the_log() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1&hb=200&deadline=2000")).await?;
        let state = page.wait_for(SOON, "a round-trip time", |state| state.rtt.ends_with(" ms")).await?;
        ensure!(state.rtt.trim_end_matches(" ms").parse::<f64>()? < 2000.0, "{}", state.rtt);
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let state = page.state().await?;
        ensure!(
            state.phase == "open" && ["alive", "waiting"].contains(&state.heartbeat.as_str()),
            "{state:?}"
        );
        ensure!(state.count == 1, "only CONNECTED is for the user: {:#?}", page.log().await?);
        Ok(())
    })
    .await
}

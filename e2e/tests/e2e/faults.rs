//! Faults of the page's own server, switched on in the page.

use anyhow::{Result, ensure};
use e2e::{Page, SOON, Server, scenario};
use thirtyfour::Key;

/// Ticks a fault and writes its value.
async fn ask(page: &Page, name: &str, value: &str) -> Result<()> {
    page.click_on(&format!("[data-name={name}] [data-testid=fault-on]")).await?;
    let script =
        "const field = document.querySelector(`[data-name=${arguments[0]}] [data-testid=fault-value]`);
        field.value = arguments[1];
        field.dispatchEvent(new InputEvent('input', { bubbles: true }));";
    page.run(script, vec![name.into(), value.into()]).await.map(|_| ())
}

async fn until_checked(page: &Page, word: &str) -> Result<()> {
    page.until(&format!("the server finds it {word}"), async || {
        Ok(page.attribute("faults-state", "data-checked").await?.as_deref() == Some(word))
    })
    .await
}

#[tokio::test]
async fn two_faults_are_switched_on_and_happen() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("hb=0&min=60000&max=60000")).await?;
        page.press("x").await?;
        page.until_shown("faults", true).await?;
        page.until("the catalogue is there", async || Ok(page.all("fault").await?.len() > 30)).await?;

        // Found by what it does, or by a rule that it breaks.
        let found = async |words: &str, name: &'static str| {
            page.fill("faults-find", words).await?;
            let what = format!("{words:?} finds {name}");
            page.until(&what, async || Ok(page.attributes("fault", "data-name").await? == [name])).await
        };
        found("text NUMBER answers", "respond").await?;
        found("bomb", "violate").await?;
        page.fill("faults-find", "nothing like it").await?;
        page.until_shown("faults-not-found", true).await?;
        page.fill("faults-find", "").await?;
        page.until("all are back", async || Ok(page.all("fault").await?.len() > 30)).await?;

        ask(page, "respond", "{{n}}: {{message}}").await?;
        ask(page, "close-after", "soon").await?;
        until_checked(page, "wrong").await?;
        let said = page.text("faults-state").await?;
        ensure!(said.contains("close-after=soon can't be followed"), "{said}");
        // Off and on again: a value that the server takes.
        page.click_on("[data-name=close-after] [data-testid=fault-on]").await?;
        ask(page, "close-after", "2msg").await?;
        until_checked(page, "right").await?;

        let url =
            format!("{}?respond=%7B%7Bn%7D%7D:%20%7B%7Bmessage%7D%7D&close-after=2msg", server.socket());
        ensure!(page.text("faults-address").await? == url);
        for (language, marks) in [
            ("websocat", format!("websocat '{url}'")),
            ("JavaScript", format!("new WebSocket(\"{url}\")")),
            ("Python", format!("connect(\"{url}\")")),
            ("Go", format!("Dial(\"{url}\", nil)")),
            ("Rust", format!("connect(\"{url}\")?")),
        ] {
            page.choose("faults-as", language).await?;
            page.until_text("faults-address", |text| text.contains(&marks)).await?;
        }

        page.click("faults-connect").await?;
        page.until_shown("faults", false).await?;
        page.wait_for_phase("open", SOON).await?;
        for text in ["one", "two"] {
            page.send(text).await?;
        }
        page.until("the server has closed", async || Ok(!page.texts("disconnected").await?.is_empty()))
            .await?;
        let answers = page.texts("response").await?;
        ensure!(answers == ["1: one", "2: two"], "{answers:?}");

        // What the address asks for is what the switches say.
        page.click("panel-health").await?;
        page.press("x").await?;
        page.until("both are on", async || Ok(page.all("fault-value").await?.len() == 2)).await?;
        page.click("faults-clear").await?;
        page.click("faults-use").await?;
        page.until_shown("faults", false).await?;
        ensure!(page.value("url").await? == server.socket());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn only_the_own_server_is_asked_for_faults() -> Result<()> {
    scenario(&[], async |test| {
        let (mut server, stranger) = (Server::start(&[])?, Server::start(&[])?);
        let page = &test.page;
        page.open(&server.page("")).await?;
        page.fill("url", &stranger.socket()).await?;
        page.until_shown("open-faults", false).await?;
        page.press_with(Key::Control, "k").await?;
        page.write("palette-query", "fault").await?;
        page.until_shown("palette-item", false).await?;
        page.press(Key::Escape).await?;
        page.until_shown("palette", false).await?;
        page.fill("url", &format!("{}?delay=1s", server.socket())).await?;

        // One that is gone says nothing, and can be asked again.
        server.kill()?;
        page.press_with(Key::Control, "k").await?;
        page.write("palette-query", "fault").await?;
        page.until_shown("palette-item", true).await?;
        page.press(Key::Enter).await?;
        page.until_shown("faults-missing", true).await?;
        server.restart()?;
        page.click("faults-again").await?;
        page.until("its address is taken apart", async || Ok(page.all("fault-value").await?.len() == 1))
            .await?;
        ensure!(page.value("fault-value").await? == "1s");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_catalogue_is_in_the_readers_language() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        page.run("localStorage.setItem('heartwire.lang', '\"zh-CN\"');", vec![]).await?;
        page.open(&server.page("")).await?;
        page.press("x").await?;
        page.until_text("faults", |text| {
            text.contains("每条消息等待这么久") && text.contains("何时") && !text.contains("Each message")
        })
        .await?;
        Ok(())
    })
    .await
}

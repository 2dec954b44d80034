//! The second page: chat, prices and the game, each over a connection that may be cut.

use anyhow::{Result, ensure};
use e2e::{Page, Server, scenario, violations};
use thirtyfour::Key;

/// Opens a scene and waits until it is connected.
async fn open(page: &Page, server: &Server, query: &str) -> Result<()> {
    page.go_to(&server.page(query).replace("/?", "/scenes.html?")).await?;
    connected(page).await
}

async fn connected(page: &Page) -> Result<()> {
    page.until("the scene is connected", async || phase_is(page, "open").await).await
}

async fn phase_is(page: &Page, phase: &str) -> Result<bool> {
    Ok(page.attribute("phase", "data-phase").await?.as_deref() == Some(phase))
}

/// What the elements say that a selector finds.
async fn texts(page: &Page, selector: &str) -> Result<Vec<String>> {
    let script = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent);";
    page.strings(script, vec![selector.into()]).await
}

/// How it stands with one's own messages.
async fn marks(page: &Page) -> Result<Vec<String>> {
    page.strings("return [...document.querySelectorAll('.own .mark')].map(e => e.dataset.mark);", vec![])
        .await
}

async fn say(page: &Page, text: &str) -> Result<()> {
    page.type_into("message", text).await?;
    page.press(Key::Enter).await
}

#[tokio::test]
async fn two_pages_chat_and_one_that_is_cut_misses_nothing() -> Result<()> {
    let server = Server::start(&[])?;
    scenario(&[], async |ann| {
        scenario(&[], async |bob| {
            let (ann, bob) = (&ann.page, &bob.page);
            open(ann, &server, "name=Ann#chat").await?;
            open(bob, &server, "name=Bob#chat").await?;
            say(ann, "one").await?;
            bob.until("it is there", async || Ok(texts(bob, ".said .text").await? == ["one"])).await?;
            ann.until("it was delivered", async || Ok(marks(ann).await? == ["delivered"])).await?;

            bob.click("cut").await?;
            bob.until("it is cut", async || phase_is(bob, "cut").await).await?;
            say(ann, "two").await?;
            say(bob, "three").await?;
            bob.until("it waits", async || Ok(marks(bob).await? == ["queued"])).await?;
            say(ann, "four").await?;
            bob.click("cut").await?;
            let all = ["one", "two", "four", "three"];
            bob.until("all is there once", async || Ok(texts(bob, ".said .text").await? == all)).await?;
            ann.until("all is there once", async || Ok(texts(ann, ".said .text").await? == all)).await?;
            bob.until("what was made up for is told", async || {
                let recovery = bob.text("recovery").await?;
                Ok(recovery.contains("2 missed messages replayed")
                    && recovery.contains("1 message sent from the queue"))
            })
            .await?;
            bob.until("both are there", async || {
                let people = bob.text("people").await?;
                Ok(people.contains("Ann") && people.contains("Bob (you)"))
            })
            .await?;
            Ok(())
        })
        .await
    })
    .await
}

#[tokio::test]
async fn prices_go_on_after_a_cut_and_few_rows_are_in_the_page() -> Result<()> {
    let server = Server::start(&[])?;
    scenario(&[], async |test| {
        let page = &test.page;
        open(page, &server, "symbols=1000&hz=50#ticker").await?;
        page.until("prices come", async || {
            let rates = page.text("rates").await?;
            Ok(!rates.contains('–') && !texts(page, ".quote").await?.is_empty())
        })
        .await?;
        let rows = texts(page, ".quote").await?.len();
        ensure!((5..100).contains(&rows), "{rows}");
        page.click("cut").await?;
        page.until("it is cut", async || phase_is(page, "cut").await).await?;
        page.click("cut").await?;
        page.until("it is made up for", async || Ok(page.text("recovery").await?.contains("whole"))).await?;
        page.type_into("find", "zux").await?;
        page.until("one is left", async || Ok(texts(page, ".quote").await?.len() == 1)).await?;
        page.until_text("chart-name", |name| name == "ZUX").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn two_play_and_one_who_was_cut_has_its_seat_again() -> Result<()> {
    let server = Server::start(&[])?;
    scenario(&[], async |ann| {
        scenario(&[], async |bob| {
            let (ann, bob) = (&ann.page, &bob.page);
            open(ann, &server, "name=Ann&faults=delay%3D20..40ms#game").await?;
            open(bob, &server, "name=Bob#game").await?;
            for page in [ann, bob] {
                page.until("both play", async || {
                    let players = page.text("players").await?;
                    Ok(players.contains("Ann") && players.contains("Bob"))
                })
                .await?;
                page.until_text("rtt", |rtt| rtt.ends_with(" ms")).await?;
            }
            // What a key does is known by the delay of inputs: there is one only for who steers.
            ann.click("arena").await?;
            ann.press(Key::Right).await?;
            ann.until_text("delay", |delay| delay.ends_with(" ms")).await?;
            ann.click("cut").await?;
            bob.until("Ann is away", async || Ok(bob.text("players").await?.contains("away"))).await?;
            ann.click("cut").await?;
            bob.until("Ann is back", async || {
                let players = bob.text("players").await?;
                Ok(players.contains("Ann") && !players.contains("away"))
            })
            .await?;
            ann.until("it is made up for", async || Ok(ann.text("recovery").await?.contains("whole")))
                .await?;
            ann.until_text("standing", |standing| standing == "You play").await?;
            Ok(())
        })
        .await
    })
    .await
}

#[tokio::test]
async fn every_scene_is_for_everybody() -> Result<()> {
    let server = Server::start(&[])?;
    scenario(&[], async |test| {
        let page = &test.page;
        let mut found = Vec::new();
        open(page, &server, "name=Ann#chat").await?;
        say(page, "hello").await?;
        for theme in ["light", "dark"] {
            page.run("document.documentElement.dataset.theme = arguments[0];", vec![theme.into()]).await?;
            for scene in ["chat", "ticker", "game"] {
                page.click(&format!("scene-{scene}")).await?;
                connected(page).await?;
                let seen = violations(page).await?;
                found.extend(seen.into_iter().map(|line| format!("{theme} {scene}: {line}")));
            }
        }
        ensure!(found.is_empty(), "{found:#?}");
        page.click("language").await?;
        page.until_text("scene-chat", |text| text == "聊天").await?;
        ensure!(test.browser.console().await?.is_empty(), "{:?}", test.browser.console().await?);
        Ok(())
    })
    .await
}

//! Connections that are kept, carried in files and passed on in links.

use std::fs;

use anyhow::{Context, Result, ensure};
use e2e::{Page, SOON, Server, scenario};

const SECRET: &str = "tr0ub4dor";

/// Keeps a connection that needs a secret under "Staging" in the group "Team"; the dialog stays open.
async fn keep(page: &Page, server: &Server) -> Result<()> {
    page.click("more-toggle").await?;
    page.type_into("variable-name", "api_key").await?;
    page.type_into("variable-value", SECRET).await?;
    page.click("variable-add").await?;
    page.until_shown("variable", true).await?;
    page.click("drawer-close").await?;
    page.fill("url", &template(server)).await?;
    page.click("open-profiles").await?;
    page.until_shown("profiles-empty", true).await?;
    page.write("profile-name", "Staging").await?;
    page.write("profile-group", "Team").await?;
    page.click("profile-save").await?;
    page.until("it is listed in its group", async || {
        Ok(page.attributes("profile", "data-name").await? == ["Staging"]
            && page.text("profiles").await?.contains("Team"))
    })
    .await
}

fn template(server: &Server) -> String {
    format!("{}?close=4001&reason={{{{api_key}}}}", server.socket())
}

/// Opens the page as somebody who has never been here.
async fn open_as_stranger(page: &Page, address: &str) -> Result<()> {
    page.run("localStorage.clear();", vec![]).await?;
    // A change of the fragment alone would not load the page.
    page.leave().await?;
    page.open(address).await
}

#[tokio::test]
async fn a_profile_outlives_a_reload_and_opens_in_a_tab() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        keep(page, &server).await?;
        page.open(&server.page("")).await?;
        page.click("open-profiles").await?;
        page.click("profile-open").await?;
        page.until_shown("profiles", false).await?;
        page.until("it has a tab", async || Ok(page.all("tab").await?.len() == 2)).await?;
        ensure!(page.all("tab").await?[1] == "Staging");
        ensure!(page.value("url").await? == template(&server));
        ensure!(page.state().await?.phase == "idle", "opening a profile connects nothing");
        page.click("connect").await?;
        page.wait_for_phase("open", SOON).await?;
        // The server says what the placeholder was filled with.
        page.send("end").await?;
        let state = page.wait_for_phase("closed", SOON).await?;
        ensure!(state.status.contains(SECRET), "{}", state.status);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn profiles_travel_in_a_file() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        keep(page, &server).await?;
        let (name, without) = test.browser.download(async || page.click("profiles-export").await).await?;
        ensure!(name == "heartwire-profiles.json", "{name}");
        ensure!(without.contains("Staging") && !without.contains(SECRET), "{without}");
        page.click("profiles-secrets").await?;
        let (_, with) = test.browser.download(async || page.click("profiles-export").await).await?;
        ensure!(with.contains(SECRET), "{with}");

        let file = test.browser.folder().join("profiles.json");
        fs::write(&file, &with)?;
        open_as_stranger(page, &server.page("")).await?;
        page.click("open-profiles").await?;
        page.until_shown("profiles-empty", true).await?;
        page.attach("profiles-import", &file).await?;
        page.until_text("import", |text| text.contains("One profile is new")).await?;
        page.click("import-do").await?;
        page.until(
            "it is listed",
            async || Ok(page.attributes("profile", "data-name").await? == ["Staging"]),
        )
        .await?;

        fs::write(&file, "{\"some\": \"other file\"}")?;
        page.attach("profiles-import", &file).await?;
        page.until_text("import-problem", |text| text.contains("something other")).await?;
        ensure!(page.attributes("profile", "data-name").await? == ["Staging"], "nothing is lost");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_link_carries_a_profile_without_its_secrets() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        keep(page, &server).await?;
        page.click("profile-link").await?;
        page.until_text("profiles-said", |text| text.contains("copied")).await?;
        page.click("dialog-close").await?;
        let link = page.paste().await?;
        let (base, carried) = link.split_once("#p=").context("not the link of a profile")?;
        ensure!(base == format!("http://{}/", server.address()), "{link}");
        let script = "return atob(arguments[0].replaceAll('-', '+').replaceAll('_', '/'));";
        let carried = page.run(script, vec![carried.into()]).await?;
        let carried = carried.as_str().unwrap_or_default();
        ensure!(carried.contains("Staging") && carried.contains("api_key"), "{carried}");
        ensure!(!carried.contains(SECRET), "{carried}");

        open_as_stranger(page, &link).await?;
        ensure!(page.value("url").await? == template(&server));
        let state = page.wait_for(SOON, "a word about the link", |state| state.error.is_some()).await?;
        let said = state.error.unwrap_or_default();
        ensure!(said.contains("Staging") && said.contains("api_key"), "{said}");
        ensure!(state.phase == "idle" && state.count == 0, "a link connects nothing");
        page.click("connect").await?;
        page.wait_for(SOON, "what is missing", |state| {
            state.error.as_deref().is_some_and(|text| text != said && text.contains("api_key"))
        })
        .await?;
        ensure!(page.state().await?.phase == "idle", "without the secret nothing is sent");

        page.leave().await?;
        page.open(&link[..link.len() - 9]).await?;
        page.wait_for(SOON, "a word about the damage", |state| {
            state.error.as_deref().is_some_and(|text| text.contains("could not be read"))
        })
        .await?;
        Ok(())
    })
    .await
}

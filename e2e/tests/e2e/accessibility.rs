//! Nobody is kept out: axe-core finds nothing to complain about in any view, in light and dark, in both languages.

use anyhow::{Result, ensure};
use e2e::{Page, SOON, Scenario, Server, scenario, violations};
use serde_json::json;
use thirtyfour::Key;

/// What was found, view by view.
struct Audit<'a> {
    page: &'a Page,
    found: Vec<String>,
}

impl Audit<'_> {
    async fn view(&mut self, name: &str) -> Result<()> {
        // Opacity and colours in transition would be measured halfway.
        self.page.run("document.getAnimations().forEach(animation => { try { animation.finish(); } catch { animation.cancel(); } });", vec![]).await?;
        self.found.extend(violations(self.page).await?.into_iter().map(|line| format!("{name}: {line}")));
        Ok(())
    }

    async fn sheet(&mut self, button: &str, sheet: &str) -> Result<()> {
        self.page.click(button).await?;
        self.page.until_shown(sheet, true).await?;
        self.view(sheet).await
    }

    async fn faults(&mut self) -> Result<()> {
        let page = self.page;
        page.fill("url", "").await?;
        let address =
            page.run("return location.origin.replace('http', 'ws') + '/ws?delay=soon';", vec![]).await?;
        page.fill("url", address.as_str().unwrap_or_default()).await?;
        page.press("x").await?;
        page.until_shown("fault-value", true).await?;
        page.click_on("[data-name=violate] [data-testid=fault-on]").await?;
        let state = async || page.attribute("faults-state", "data-checked").await;
        page.until("the server is asked", async || Ok(state().await?.as_deref() == Some("wrong"))).await?;
        self.view("faults").await?;
        self.close("faults").await
    }

    async fn close(&mut self, sheet: &str) -> Result<()> {
        self.page.press(Key::Escape).await?;
        self.page.until_shown(sheet, false).await
    }
}

async fn width(test: &Scenario, pixels: u32) -> Result<()> {
    let metrics = json!({ "width": pixels, "height": 740, "deviceScaleFactor": 1, "mobile": pixels < 600 });
    test.browser.driver().cdp().send_raw("Emulation.setDeviceMetricsOverride", metrics).await?;
    Ok(())
}

async fn audit(theme: &str, language: &str) -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("")).await?;
        let choose = "localStorage.setItem('heartwire.theme', JSON.stringify(arguments[0]));
            localStorage.setItem('heartwire.lang', JSON.stringify(arguments[1]));";
        page.run(choose, vec![json!(theme), json!(language)]).await?;
        page.open(&server.page("hb=200&deadline=5000&min=60000&max=60000")).await?;
        let root = "return [document.documentElement.dataset.theme, document.documentElement.lang];";
        // Other texts than the English ones are fetched first.
        let wanted = json!([theme, language]);
        page.until("the page is as chosen", async || Ok(page.run(root, vec![]).await? == wanted)).await?;
        let mut audit = Audit { page, found: Vec::new() };
        desktop(&mut audit, &server).await?;
        width(test, 360).await?;
        phone(&mut audit).await?;
        ensure!(audit.found.is_empty(), "{}", audit.found.join("\n"));
        Ok(())
    })
    .await
}

async fn desktop(audit: &mut Audit<'_>, server: &Server) -> Result<()> {
    let page = audit.page;
    audit.view("empty").await?;
    page.connect("http://wrong").await?;
    page.wait_for(SOON, "a notice", |state| state.error.is_some()).await?;
    audit.view("notice").await?;
    // The first heartbeat is the message that it closes after.
    page.connect(&format!("{}?close=4001&reason=why", server.socket())).await?;
    page.wait_for_phase("closed", SOON).await?;
    audit.view("closed").await?;
    page.connect(&server.socket()).await?;
    page.wait_for_phase("open", SOON).await?;
    page.send(r#"{"price":1.5,"list":[1,{"a":null,"b":true}],"text":"x"}"#).await?;
    page.send("plain").await?;
    page.pick("mode-hex").await?;
    page.send("de ad be ef").await?;
    page.pick("mode-text").await?;
    page.until_text("health-rtt-last", |text| {
        text.ends_with(|last: char| !last.is_ascii_digit()) && text != "–"
    })
    .await?;
    audit.view("log and health").await?;

    let json = page.rows().await?.into_iter().find(|row| row.text.contains("price")).map(|row| row.index);
    page.detail(json.unwrap_or_default()).await?;
    audit.view("tree").await?;
    for view in ["view-text", "view-hex"] {
        page.click(view).await?;
        audit.view(view).await?;
    }
    page.click("view-tree").await?;
    page.click("panel-plot").await?;
    audit.view("no plot").await?;
    page.click("plot-suggestion").await?;
    page.until_shown("plot-chart", true).await?;
    audit.view("plot").await?;
    page.click("panel-health").await?;

    page.fill("filter", "size>>5").await?;
    page.until_shown("filter-error", true).await?;
    page.click("filter-help").await?;
    page.click("find-toggle").await?;
    page.type_into("find", "price").await?;
    page.until_text("find-count", |text| !text.is_empty()).await?;
    page.click("show-heartbeats").await?;
    audit.view("filter and find").await?;
    page.fill("filter", "nothing like it").await?;
    page.until_shown("show-all", true).await?;
    audit.view("nothing matches").await?;
    page.fill("filter", "").await?;
    page.click("filter-help").await?;
    page.click("find-close").await?;
    page.click("files-toggle").await?;
    audit.view("files").await?;
    page.click("files-toggle").await?;
    page.click("options-toggle").await?;
    page.click("tab-add").await?;
    audit.view("options and tabs").await?;
    page.click("tab-close").await?;

    page.fill("composer", "{{nobody}}").await?;
    page.click("send").await?;
    for drawer in ["history", "saved", "repeat", "more"] {
        page.click(&format!("{drawer}-toggle")).await?;
        page.until_shown("drawer", true).await?;
        audit.view(drawer).await?;
        page.click("drawer-close").await?;
    }
    page.pick("mode-file").await?;
    audit.view("files to send").await?;
    page.pick("mode-text").await?;
    page.fill("composer", "").await?;

    audit.sheet("open-settings", "settings").await?;
    for pane in ["reconnect", "relay", "opening", "answers", "log", "appearance"] {
        page.click(&format!("settings-{pane}")).await?;
        match pane {
            "opening" => page.click("opening-add").await?,
            "answers" => page.click("answer-add").await?,
            _ => {}
        }
        audit.view(pane).await?;
    }
    audit.close("settings").await?;
    audit.sheet("open-profiles", "profiles").await?;
    page.write("profile-name", "kept").await?;
    page.click("profile-save").await?;
    page.until_shown("profile", true).await?;
    audit.view("kept profile").await?;
    audit.close("profiles").await?;
    audit.sheet("open-help", "help").await?;
    audit.close("help").await?;
    audit.faults().await?;
    page.press("w").await?;
    page.until_shown("watch", true).await?;
    page.until("the server has said", async || Ok(page.shows("watch-count").await?)).await?;
    audit.view("watch").await?;
    audit.close("watch").await
}

async fn phone(audit: &mut Audit<'_>) -> Result<()> {
    let page = audit.page;
    let wide = "return document.documentElement.scrollWidth;";
    audit.view("phone with health").await?;
    page.click("panel-health").await?;
    page.until_shown("panel", false).await?;
    audit.view("phone").await?;
    ensure!(page.run(wide, vec![]).await? == json!(360), "the page is wider than the phone");
    for panel in ["detail", "plot"] {
        page.click(&format!("panel-{panel}")).await?;
        audit.view(&format!("phone with {panel}")).await?;
        ensure!(page.run(wide, vec![]).await? == json!(360), "{panel} is wider than the phone");
    }
    page.click("panel-plot").await?;
    page.click("more-toggle").await?;
    audit.view("phone with a drawer").await?;
    ensure!(page.run(wide, vec![]).await? == json!(360), "the drawer is wider than the phone");
    page.click("drawer-close").await?;
    for (button, sheet) in
        [("open-settings", "settings"), ("open-profiles", "profiles"), ("open-help", "help")]
    {
        audit.sheet(button, sheet).await?;
        ensure!(page.run(wide, vec![]).await? == json!(360), "{sheet} is wider than the phone");
        audit.close(sheet).await?;
    }
    audit.faults().await?;
    ensure!(page.run(wide, vec![]).await? == json!(360), "the faults are wider than the phone");
    Ok(())
}

#[tokio::test]
async fn changes_of_the_connection_are_announced_and_nothing_moves_for_those_who_mind() -> Result<()> {
    scenario(&[], async |test| {
        let mut server = Server::start(&[])?;
        let page = &test.page;
        let calm = json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
        test.browser.driver().cdp().send_raw("Emulation.setEmulatedMedia", calm).await?;
        page.open(&server.page("min=60000&max=60000")).await?;
        let attributes = page.attribute("announcement", "aria-live").await?;
        ensure!(attributes.as_deref() == Some("polite"));
        let still = async || -> Result<bool> {
            let script =
                "return document.getAnimations().every(animation => animation.playState !== 'running');";
            Ok(page.run(script, vec![]).await? == json!(true))
        };
        page.click("connect").await?;
        page.until_text("announcement", |text| text.contains("Connected")).await?;
        ensure!(still().await?, "something moves while connected");
        server.kill()?;
        page.until_text("announcement", |text| text.contains("1006") || text.contains("Waiting")).await?;
        page.wait_for_phase("waiting", SOON).await?;
        ensure!(still().await?, "something moves while waiting");
        server.restart()?;
        page.click("retry-now").await?;
        page.until_text("announcement", |text| text.contains("Connected")).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn light_in_english() -> Result<()> {
    audit("light", "en").await
}

#[tokio::test]
async fn dark_in_english() -> Result<()> {
    audit("dark", "en").await
}

#[tokio::test]
async fn light_in_chinese() -> Result<()> {
    audit("light", "zh-CN").await
}

#[tokio::test]
async fn dark_in_chinese() -> Result<()> {
    audit("dark", "zh-CN").await
}

//! The page on a phone of 360 pixels, with a finger.

use anyhow::{Result, ensure};
use e2e::{Page, SOON, Scenario, Server, scenario};
use serde_json::json;

async fn hold_phone(test: &Scenario) -> Result<()> {
    hold_phone_of(test, 360, 740).await
}

async fn hold_phone_of(test: &Scenario, width: u32, height: u32) -> Result<()> {
    let cdp = test.browser.driver().cdp();
    let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 2, "mobile": true });
    cdp.send_raw("Emulation.setDeviceMetricsOverride", metrics).await?;
    cdp.send_raw("Emulation.setTouchEmulationEnabled", json!({ "enabled": true })).await?;
    Ok(())
}

/// Everything fits between the edges, and what can be touched is large enough (WCAG 2.2, 2.5.8).
async fn fits(page: &Page, view: &str, misfits: &mut Vec<String>) -> Result<()> {
    let script = "const touchable = [...document.querySelectorAll('button, select, input:not(.visually-hidden), textarea')]
          .filter(element => element.checkVisibility());
        const beyond = touchable.filter(element => { const box = element.getBoundingClientRect();
            // What can be scrolled into view is not beyond the edge.
            for (let at = element.parentElement; at; at = at.parentElement)
              if (at.scrollWidth > at.clientWidth && getComputedStyle(at).overflowX !== 'visible') return false;
            return box.left < -1 || box.right > innerWidth + 1; });
        const small = touchable.filter(element => { const box = element.getBoundingClientRect();
            return (box.width < 24 || box.height < 24) && !['checkbox', 'radio'].includes(element.type)
              && getComputedStyle(element).display !== 'inline'; });
        const name = element => element.dataset.testid ?? element.className;
        return [document.documentElement.scrollWidth, beyond.map(name), small.map(name)];";
    let found = page.run(script, vec![]).await?;
    let checks = [
        ("is not as wide as the phone", json!(360)),
        ("beyond the edge", json!([])),
        ("too small", json!([])),
    ];
    for (index, (what, expected)) in checks.into_iter().enumerate() {
        if found[index] != expected {
            misfits.push(format!("{view}: {what}: {}", found[index]));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_conversation_on_a_phone() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        let mut misfits = Vec::new();
        hold_phone(test).await?;
        page.open(&server.page("")).await?;
        fits(page, "the page at rest", &mut misfits).await?;
        page.click("connect").await?;
        page.wait_for_phase("open", SOON).await?;
        for text in ["{\"price\":1.5}", "hello"] {
            page.send(text).await?;
        }
        page.wait_for_count(5, SOON).await?;
        page.until("the newest is in view", async || {
            Ok(page.rows().await?.last().is_some_and(|row| row.index == 4))
        })
        .await?;
        fits(page, "the log", &mut misfits).await?;
        page.click_on("[data-testid=entry][data-index='2']").await?;
        page.until_shown("detail-tree", true).await?;
        fits(page, "the detail", &mut misfits).await?;
        page.click("detail-close").await?;
        page.until_shown("detail-tree", false).await?;

        for panel in ["health", "plot"] {
            page.click(&format!("panel-{panel}")).await?;
            page.until_shown(panel, true).await?;
            fits(page, panel, &mut misfits).await?;
        }
        page.click("panel-plot").await?;
        page.until_shown("panel", false).await?;
        for drawer in ["history", "saved", "repeat", "more"] {
            page.click(&format!("{drawer}-toggle")).await?;
            page.until_shown("drawer", true).await?;
            fits(page, drawer, &mut misfits).await?;
            page.click("drawer-close").await?;
            page.until_shown("drawer", false).await?;
        }
        for (button, sheet) in
            [("open-settings", "settings"), ("open-profiles", "profiles"), ("open-help", "help")]
        {
            page.click(button).await?;
            page.until_shown(sheet, true).await?;
            fits(page, sheet, &mut misfits).await?;
            page.click("dialog-close").await?;
            page.until_shown(sheet, false).await?;
        }
        page.click("tab-add").await?;
        page.until("there are two tabs", async || Ok(page.all("tab").await?.len() == 2)).await?;
        fits(page, "two tabs", &mut misfits).await?;
        page.click("tab-close").await?;
        page.until("there is one", async || Ok(page.all("tab").await?.len() == 1)).await?;
        ensure!(misfits.is_empty(), "{}", misfits.join("\n"));
        Ok(())
    })
    .await
}

/// On its side, or upright with its keyboard open: whatever else is open, lines of the log can be read.
#[tokio::test]
async fn some_of_the_log_is_always_seen() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        for (width, height) in [(640, 360), (360, 380)] {
            hold_phone_of(test, width, height).await?;
            page.open(&server.page("connect=1")).await?;
            page.wait_for_phase("open", SOON).await?;
            page.send("hello").await?;
            page.wait_for_count(3, SOON).await?;
            let rows = async || -> Result<i64> {
                let script = "const log = document.querySelector('[data-testid=log]').getBoundingClientRect();
                    return [...document.querySelectorAll('[data-testid=entry]')].filter(row => {
                        const box = row.getBoundingClientRect();
                        const [x, y] = [box.left + 20, (box.top + box.bottom) / 2];
                        return y > log.top && y < log.bottom && y < innerHeight
                            && document.elementFromPoint(x, y)?.closest('[data-testid=entry]') === row; }).length;";
                Ok(page.run(script, vec![]).await?.as_i64().unwrap_or_default())
            };
            ensure!(rows().await? >= 2, "{width} x {height}: {} rows are seen", rows().await?);
            if width > height {
                page.click_on("[data-testid=entry][data-index='1']").await?;
                page.until_shown("detail", true).await?;
                ensure!(rows().await? >= 2, "beside the detail {} rows are seen", rows().await?);
                let room = "return document.querySelector('[data-testid=detail]').getBoundingClientRect().height;";
                let room = page.run(room, vec![]).await?.as_f64().unwrap_or_default();
                ensure!(room >= 60.0, "the detail is {room} pixels high");
            }
            page.click("composer").await?;
            ensure!(rows().await? >= 1, "{width} x {height}, writing: {} rows are seen", rows().await?);
        }
        Ok(())
    })
    .await
}

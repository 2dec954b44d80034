//! How the connection is doing, and numbers over time.

use anyhow::{Context, Result, ensure};
use e2e::{Page, SOON, Server, scenario};

async fn number(page: &Page, id: &str, name: &str) -> Result<u64> {
    let value = page.attribute(id, name).await?.with_context(|| format!("{id} has no {name}"))?;
    Ok(value.parse()?)
}

/// The phase that the diagram marks as present.
async fn present(page: &Page) -> Result<Vec<String>> {
    let script = "return [...document.querySelectorAll('[data-testid=health-diagram] [data-present=true]')]
        .map(node => node.dataset.phase);";
    page.strings(script, vec![]).await
}

/// The pixels of a canvas that are not of its most frequent colour.
async fn drawn(page: &Page, id: &str) -> Result<u64> {
    let script = "const canvas = document.querySelector(`canvas[data-testid=${arguments[0]}], [data-testid=${arguments[0]}] canvas`);
        const data = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
        const counts = new Map(); for (const pixel of data) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
        return data.length - Math.max(...counts.values());";
    page.run(script, vec![id.into()]).await?.as_u64().context("no number")
}

#[tokio::test]
async fn phases_round_trips_and_traffic_are_seen() -> Result<()> {
    scenario(&[], async |test| {
        let mut server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("hb=150&deadline=5000&min=300&max=600")).await?;
        page.until_shown("health", true).await?;
        ensure!(present(page).await? == ["idle"]);
        page.click("connect").await?;
        page.until("it is open", async || Ok(present(page).await? == ["open"])).await?;
        page.until_text("health-rtt-last", |text| text.ends_with("ms")).await?;
        page.until_text("health-rtt-p99", |text| text.ends_with("ms")).await?;
        page.run("document.querySelector('[data-testid=health-rtt-chart]').scrollIntoView();", vec![]).await?;
        let drawings = number(page, "health-rtt-chart", "data-drawings").await?;
        page.until("the chart goes on", async || {
            Ok(number(page, "health-rtt-chart", "data-drawings").await? > drawings)
        })
        .await?;
        page.until("something is drawn", async || Ok(drawn(page, "health-rtt-chart").await? > 20)).await?;
        page.burst("message", 20).await?;
        // Heartbeats count too.
        page.until_text("health-traffic", |text| {
            let totals = text.split("total ").skip(1);
            let mut totals = totals.filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok());
            totals.next().is_some_and(|received| received >= 20)
        })
        .await?;

        server.kill()?;
        page.until("it waits", async || Ok(present(page).await? == ["waiting"])).await?;
        page.until("the close is explained", async || {
            Ok(page.attribute("health-close", "data-code").await.ok().flatten().as_deref() == Some("1006"))
        })
        .await?;
        server.restart()?;
        page.until("it is open again", async || Ok(present(page).await? == ["open"])).await?;
        page.until_text("health-reconnects", |text| text == "1").await?;
        let spans = "return [...new Set([...document.querySelectorAll('.phases-span')].map(span => span.dataset.phase))];";
        let seen = page.strings(spans, vec![]).await?;
        for phase in ["idle", "open", "waiting"] {
            ensure!(seen.iter().any(|span| span == phase), "{phase} is not in the timeline: {seen:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn close_codes_are_explained_with_what_to_do() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("min=60000&max=60000")).await?;
        let mut advice = Vec::new();
        for code in ["4001", "1011"] {
            page.connect(&format!("{}?close={code}&reason=why", server.socket())).await?;
            page.wait_for_phase("open", SOON).await?;
            page.send("end").await?;
            page.until("the close is explained", async || {
                Ok(page.attribute("health-close", "data-code").await.ok().flatten().as_deref() == Some(code))
            })
            .await?;
            let said = page.text("health-close").await?;
            ensure!(said.contains(code) && said.contains("why"), "{said}");
            advice.push(page.text("health-advice").await?);
        }
        ensure!(advice.iter().all(|text| text.len() > 20) && advice[0] != advice[1], "{advice:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_number_in_the_messages_is_plotted_live() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("connect=1")).await?;
        page.wait_for_phase("open", SOON).await?;
        page.click("panel-plot").await?;
        page.until_shown("plot-empty", true).await?;
        for value in [10, 30, 20] {
            page.send(&format!("{{\"price\":{value},\"deep\":[{{\"n\":{}}}]}}", value * 2)).await?;
        }
        page.wait_for_count(7, SOON).await?;
        page.until("a field is suggested", async || {
            Ok(page.attributes("plot-suggestion", "data-path").await?.contains(&"$.price".to_owned()))
        })
        .await?;
        page.click_on("[data-testid=plot-suggestion][data-path='$.price']").await?;
        page.until_text("plot-value", |text| text == "20").await?;
        ensure!(page.text("plot-range").await? == "10 to 30");
        page.until("a line is drawn", async || Ok(drawn(page, "plot-chart").await? > 50)).await?;

        page.send("{\"price\":-5.5}").await?;
        page.until_text("plot-value", |text| text == "-5.5").await?;
        page.type_into("plot-path", "deep[").await?;
        page.click("plot-add").await?;
        page.until_text("plot-problem", |text| !text.is_empty()).await?;
        page.write("plot-path", "deep[0].n").await?;
        page.click("plot-add").await?;
        page.until("both are plotted", async || Ok(page.all("plot-value").await? == ["-5.5", "40"])).await?;
        page.click_on("[data-testid=plot-trace]:nth-child(2) [data-testid=plot-remove]").await?;
        page.until("one is left", async || Ok(page.all("plot-value").await? == ["-5.5"])).await?;
        Ok(())
    })
    .await
}

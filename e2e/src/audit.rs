//! An audit for people who see little, hear the page or use no mouse: axe-core, run in the page.

use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;

use crate::{Page, required_path};

/// The rules to hold: WCAG 2.2 at level AA, and what axe-core calls best practice.
const RULES: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

#[derive(Deserialize)]
struct Violation {
    id: String,
    help: String,
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    html: String,
    #[serde(rename = "failureSummary")]
    summary: Option<String>,
}

/// What is wrong with the page as it is shown, one line for each element.
///
/// # Errors
/// axe-core is missing or does not run.
pub async fn violations(page: &Page) -> Result<Vec<String>> {
    if page.run("return typeof window.axe;", vec![]).await? != json!("object") {
        let script = fs::read_to_string(required_path("HEARTWIRE_AXE")?)?;
        // Run by the driver, which the page's Content-Security-Policy does not bind.
        page.run(&script, vec![]).await.context("axe-core does not load")?;
    }
    let script = "const [tags, done] = arguments;
        axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })
          .then(result => done({ ok: result.violations }), error => done({ error: String(error) }));";
    let result = page.driver.execute_async(script, vec![json!(RULES)]).await?;
    let result = result.json();
    let list = result.get("ok").with_context(|| format!("axe-core does not run: {result}"))?;
    let violations: Vec<Violation> = serde_json::from_value(list.clone())?;
    Ok(violations
        .into_iter()
        .flat_map(|Violation { id, help, nodes }| {
            nodes.into_iter().map(move |node| {
                format!("{id}: {help}: {} {}", node.html, node.summary.unwrap_or_default().replace('\n', " "))
            })
        })
        .collect())
}

// Runs the browser that it is opened in through every case, one after the other. The server judges.
"use strict";

const byId = (id) => document.getElementById(id);

async function get(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${(await answer.text()).trim()}`);
  return answer.json();
}

function show(rows, { name, sends, section, code, verdict = "", did = "" }) {
  const row = rows.get(name) ?? byId("cases").insertRow();
  rows.set(name, row);
  const cells = [name, sends, section, code || "any", verdict.replace("-", " "), did];
  row.replaceChildren(...cells.map((text) => Object.assign(document.createElement("td"), { textContent: text })));
  row.dataset.verdict = verdict;
}

// Resolves once the connection has ended, whichever way. The server ends each within seconds.
const connect = (url) => new Promise((resolve) => {
  new WebSocket(url).addEventListener("close", resolve);
});

async function run() {
  byId("run").disabled = true;
  const base = `/api/conformance/browser-${Date.now()}`;
  const { cases } = await get(`${base}/cases`);
  const rows = new Map();
  cases.forEach((each) => show(rows, each.case));
  for (const [number, each] of cases.entries()) {
    byId("state").textContent = `${number + 1} of ${cases.length}: ${each.case.name}`;
    await connect(`${location.origin.replace(/^http/, "ws")}${each.target}`);
  }
  // What the last connection came to may not be written down yet.
  let report = await get(base);
  for (let more = 10; report.missing > 0 && more > 0; more -= 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    report = await get(base);
  }
  report.cases.forEach((judged) => show(rows, judged));
  byId("state").textContent = `${report.passed} passed, ${report.failed} failed, ${report.missing} missing`;
  for (const [id, query] of [["json", ""], ["junit", "?format=junit"]]) {
    Object.assign(byId(id), { href: base + query, hidden: false });
  }
  byId("run").disabled = false;
}

byId("run").addEventListener("click", () => {
  byId("cases").replaceChildren();
  run().catch((error) => {
    byId("state").textContent = error.message;
    byId("run").disabled = false;
  });
});

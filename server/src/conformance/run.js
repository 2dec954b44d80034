// Runs the browser through every rule, one after the other, or the example client through every case of sessions, all at
// the same time. The server judges.
import { Session } from "/conformance-session.mjs";

const byId = (id) => document.getElementById(id);
const origin = location.origin.replace(/^http/, "ws");
const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

async function get(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${(await answer.text()).trim()}`);
  return answer.json();
}

const rules = {
  suffix: "",
  path: "",
  cells: ({ name, sends, section, code }) => [name, sends, section, code || "any"],
  patience: 1000,
  async run(cases, tell) {
    for (const [number, each] of cases.entries()) {
      tell(`${number + 1} of ${cases.length}: ${each.case.name}`);
      await connect(origin + each.target);
    }
  },
};

const sessions = {
  suffix: "-sessions",
  path: "/session",
  cells: ({ name, does, section, asks }) => [name, does, section, asks],
  // A session that has ended has to stay away for a while before that is known.
  patience: 10_000,
  async run(cases, tell) {
    let done = 0;
    await Promise.all(cases.map(async ({ target, publish }) => {
      await hold(origin + target, publish);
      done += 1;
      tell(`${done} of ${cases.length} are done`);
    }));
  },
};

// Resolves once the connection has ended, whichever way. The server ends each within seconds.
const connect = (url) => new Promise((resolve) => {
  new WebSocket(url).addEventListener("close", resolve);
});

// Resolves once the session has ended.
const hold = (url, publish) => new Promise((resolve) => {
  const session = new Session(url, {
    onmessage: ({ data }, own) => { if (own === undefined) session.publish(data); },
    onended: resolve,
  });
  publish.forEach((text) => session.publish(text));
});

async function run({ suffix, path, cells, patience, run: through }) {
  const state = byId(`state${suffix}`);
  const rows = new Map();
  const show = (judged) => {
    const { name, verdict = "", did = "" } = judged;
    const row = rows.get(name) ?? byId(`cases${suffix}`).insertRow();
    rows.set(name, row);
    const texts = [...cells(judged), verdict.replace("-", " "), did];
    row.replaceChildren(...texts.map((text) => Object.assign(document.createElement("td"), { textContent: text })));
    row.dataset.verdict = verdict;
  };
  const base = `/api/conformance/browser-${Date.now()}${path}`;
  const { cases } = await get(`${base}/cases`);
  cases.forEach((each) => show(each.case));
  await through(cases, (text) => { state.textContent = text; });
  // What the last connection came to may not be written down yet.
  let report = await get(base);
  for (let waited = 0; report.missing > 0 && waited < patience; waited += 100) {
    await pause(100);
    report = await get(base);
  }
  report.cases.forEach(show);
  state.textContent = `${report.passed} passed, ${report.failed} failed, ${report.missing} missing`;
  for (const [id, query] of [["json", ""], ["junit", "?format=junit"]]) {
    Object.assign(byId(id + suffix), { href: base + query, hidden: false });
  }
}

for (const suite of [rules, sessions]) {
  const button = byId(`run${suite.suffix}`);
  button.addEventListener("click", async () => {
    button.disabled = true;
    byId(`cases${suite.suffix}`).replaceChildren();
    try {
      await run(suite);
    } catch (error) {
      byId(`state${suite.suffix}`).textContent = error.message;
    }
    button.disabled = false;
  });
}

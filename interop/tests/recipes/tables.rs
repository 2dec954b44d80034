//! The tables of docs/conformance.md: what clients make of every rule that is broken, and of every fault.
//!
//! Python's `websockets` and npm `ws` are run through the rules each time, and the rest is compared with the catalogue. With
//! `UPDATE_DOCS` (`cargo xtask conformance`) all is observed anew, in the browsers that `CHROME` and `FIREFOX` name as well.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use interop::heartwire::Heartwire;
use protocol::conformance::Case;
use protocol::fault::{Group, Label, Parameter};
use serde_json::{Value, json};
use server::{AllowedOrigin, Driver, OriginPolicy};

use super::browser::Browser;
use super::{Program, command, fetch, output, recipes, run_against};

/// The columns of the tables, without versions.
const CLIENTS: [&str; 4] = ["Chromium", "Firefox", "npm ws", "Python websockets"];
/// What is sent where something is expected to come back.
const TEXTS: [&str; 10] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
/// How long clients listen where faults are shown, and where the server ends each connection sooner, in milliseconds.
const LISTEN: u32 = 3000;
const LISTEN_TO_THE_END: u32 = 20_000;
/// What shows faults whose example takes longer than anybody listens here, or too little chance to be seen in ten messages.
const SHOWN_BY: [(&str, &str); 9] = [
    ("handshake-delay", "handshake-delay=1s"),
    ("handshake-protocol", "handshake-protocol=unrequested"),
    ("drop", "drop=50%25"),
    ("duplicate", "duplicate=50%25"),
    ("reorder", "reorder=50%25"),
    ("corrupt", "corrupt=50%25"),
    ("code", "close-after=3msg&code=none"),
    ("restart-after", "restart-after=3msg&retry-after=3s"),
    ("from", "from=5msg&drop=100%25"),
];

/// A client that is no browser.
pub(super) struct Client {
    /// As it stands in the tables.
    pub(super) name: String,
    pub(super) language: &'static str,
    pub(super) program: Arc<Program>,
}

/// Cells by row, for a client.
type Column = BTreeMap<String, String>;

/// A table of Markdown: what stands before the clients' columns is the row.
struct Table {
    mark: &'static str,
    /// What heads the rows.
    head: &'static str,
    rows: Vec<String>,
}

/// Compares the tables with what the clients do and with the catalogue, or writes them.
pub(super) fn check(clients: &[Client]) -> anyhow::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance.md");
    let doc = std::fs::read_to_string(&path)?;
    let updating = std::env::var_os("UPDATE_DOCS").is_some();
    let browsers = if updating { Browser::named()? } else { Vec::new() };
    let (rules, faults) = (Table::of_rules(), Table::of_faults());
    let (mut of_rules, mut of_faults) = (rules.columns(&doc)?, faults.columns(&doc)?);
    for client in clients {
        of_rules.set(&client.name, observe_rules(client)?);
        if updating {
            of_faults.set(&client.name, faults_seen_by(&client.observe(&fault_visits())?)?);
        }
    }
    for browser in &browsers {
        of_rules.set(&browser.name, in_browser(browser, true)?);
        of_faults.set(&browser.name, in_browser(browser, false)?);
    }
    let written = faults.put(&of_faults, &rules.put(&of_rules, &doc)?)?;
    if updating {
        return Ok(std::fs::write(&path, written)?);
    }
    ensure!(doc == written, "run `cargo xtask conformance` and look what changed:\n{written}");
    for client in clients {
        ensure!(of_faults.0.iter().any(|(name, _)| *name == client.name), "{} is another one", client.name);
    }
    ensure!(!written.contains("| ? |"), "`cargo xtask conformance` fills the gaps");
    Ok(())
}

/// The clients of a table, in order, with what they did.
struct Columns(Vec<(String, Column)>);

impl Columns {
    /// In place of another version of the client.
    fn set(&mut self, name: &str, column: Column) {
        let client = |name: &str| name.rsplit_once(' ').map_or(name, |(client, _)| client).to_owned();
        self.0.retain(|(there, _)| client(there) != client(name));
        self.0.push((name.to_owned(), column));
        self.0.sort_by_key(|(there, _)| CLIENTS.iter().position(|name| *name == client(there)));
    }
}

impl Table {
    fn of_rules() -> Table {
        let row = |case: Case| {
            let code = if case.code == 0 { "any".to_owned() } else { case.code.to_string() };
            format!("`{}`: {} | {code}", case.name, case.sends)
        };
        Table { mark: "rules", head: "what is sent | code", rows: Case::all().into_iter().map(row).collect() }
    }

    fn of_faults() -> Table {
        let rows = faults().map(|(name, query)| format!("`{name}` | `{query}`")).collect();
        Table { mark: "faults", head: "parameter | what is asked for", rows }
    }

    /// What stands in the docs between the marks, without them.
    fn place<'d>(&self, doc: &'d str) -> anyhow::Result<[&'d str; 3]> {
        let (begin, end) = (format!("<!-- {} -->\n", self.mark), format!("<!-- /{} -->", self.mark));
        let from = doc.find(&begin).with_context(|| format!("the docs have no {begin}"))? + begin.len();
        let to = doc[from..].find(&end).with_context(|| format!("the docs have no {end}"))? + from;
        Ok([&doc[..from], &doc[from..to], &doc[to..]])
    }

    fn columns(&self, doc: &str) -> anyhow::Result<Columns> {
        let [_, table, _] = self.place(doc)?;
        let mut lines = table.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
        let before = self.head.split(" | ").count();
        let Some(head) = lines.next() else { return Ok(Columns(Vec::new())) };
        let names = head.split(" | ").skip(before).map(str::to_owned);
        let mut columns: Vec<_> = names.map(|name| (name, Column::new())).collect();
        for line in lines {
            let cells: Vec<_> = line.split(" | ").collect();
            let row = cells[..before.min(cells.len())].join(" | ");
            for ((_, column), cell) in columns.iter_mut().zip(cells.iter().skip(before)) {
                column.insert(row.clone(), (*cell).to_owned());
            }
        }
        Ok(Columns(columns))
    }

    fn put(&self, Columns(columns): &Columns, doc: &str) -> anyhow::Result<String> {
        let names: String = columns.iter().map(|(name, _)| format!(" {name} |")).collect();
        let bars = "---|".repeat(self.head.split(" | ").count() + columns.len());
        let mut table = format!("\n| {} |{names}\n|{bars}\n", self.head);
        for row in &self.rows {
            let cells = columns.iter().map(|(_, column)| column.get(row).map_or("?", String::as_str));
            let cells: String = cells.map(|cell| format!(" {cell} |")).collect();
            table += &format!("| {row} |{cells}\n");
        }
        let [before, _, behind] = self.place(doc)?;
        Ok([before, &table, "\n", behind].concat())
    }
}

/// Each parameter that does something to a client, with the query that shows it.
fn faults() -> impl Iterator<Item = (&'static str, &'static str)> {
    let does_something = |parameter: &&Parameter| {
        // The rules have a table of their own.
        !matches!(parameter.group, Group::Connection | Group::Violations) && parameter.name != "times"
    };
    Parameter::all().filter(does_something).map(|parameter| {
        let shown_by = SHOWN_BY.iter().find(|(name, _)| *name == parameter.name);
        (parameter.name, shown_by.map_or(parameter.example, |(_, query)| query))
    })
}

fn fault_visits() -> Vec<(String, &'static [&'static str])> {
    faults().map(|(_, query)| (format!("/ws?{query}&seed=4"), &TEXTS[..])).collect()
}

impl Client {
    /// What it sees when it goes to these places of a server of its own and says something there.
    fn observe(&self, visits: &[(String, &'static [&'static str])]) -> anyhow::Result<Value> {
        let server = Heartwire::start(Driver::default(), |_| {})?;
        let visits = at(&server, visits);
        let text = match self.language {
            "js" => script(&visits, "Socket = require('ws'), report = console.log, oneByOne = false", LISTEN),
            _ => include_str!("../../peers/observe.py").to_owned(),
        };
        let mut command = command(&self.program, self.language, &text)?;
        Ok(serde_json::from_str(&output(command.env("VISITS", visits.to_string()))?)?)
    }
}

fn at(server: &Heartwire, visits: &[(String, &'static [&'static str])]) -> Value {
    let visit = |(target, texts): &(String, &'static [&'static str])| json!({ "url": format!("ws://{}{target}", server.address), "texts": texts });
    visits.iter().map(visit).collect()
}

fn script(visits: &Value, names: &str, listen: u32) -> String {
    let observe = include_str!("../../peers/observe.js");
    format!("const visits = {visits}, {names}, listen = {listen};\n{observe}")
}

/// The recipe of the docs, as it stands.
fn observe_rules(client: &Client) -> anyhow::Result<Column> {
    let server = Heartwire::start(Driver::default(), |_| {})?;
    let is_it = |(title, language, _): &(&str, &str, &str)| {
        *title == "Every rule at once" && *language == client.language
    };
    let (.., recipe) = recipes().into_iter().find(is_it).context("the docs have the recipe")?;
    run_against(&server, &client.program, client.language, recipe)?;
    rules_of(&fetch(&server, "/api/conformance/my-client")?)
}

fn in_browser(browser: &Browser, rules: bool) -> anyhow::Result<Column> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let origin = format!("http://{}", listener.local_addr()?).parse::<AllowedOrigin>()?;
    let server = Heartwire::start(Driver::default(), |config| config.origins = OriginPolicy::new([origin]))?;
    let label = Label::parse("my-client").context("it is a label")?;
    let visits = match rules {
        true => Case::all().iter().map(|case| (case.target(&label), &[][..])).collect(),
        false => fault_visits(),
    };
    let listen = if rules { LISTEN_TO_THE_END } else { LISTEN };
    let script = script(&at(&server, &visits), "Socket = WebSocket, oneByOne = true", listen);
    let seen = browser.run(&listener, &script)?;
    match rules {
        true => rules_of(&fetch(&server, "/api/conformance/my-client")?),
        false => faults_seen_by(&serde_json::from_str(&seen)?),
    }
}

fn rules_of(report: &Value) -> anyhow::Result<Column> {
    let cases = report["cases"].as_array().context("a report has cases")?;
    Ok(Table::of_rules().rows.into_iter().zip(cases.iter().map(judged)).collect())
}

/// What a client made of a rule, in a word or two.
fn judged(case: &Value) -> String {
    let text = |value: &'static str| case[value].as_str().unwrap_or_default();
    let did = text("did");
    let code = did.strip_prefix("sent a Close with ");
    match (text("verdict"), code) {
        ("passed", Some(code)) => code.to_owned(),
        ("passed", None) if did.starts_with("ended TCP") => "TCP".to_owned(),
        ("passed", None) => "takes it".to_owned(),
        ("other-code", Some(code)) => format!("*{code}*"),
        (_, Some(code)) => format!("**closed with {code}**"),
        _ => {
            let short = did.split(['(', ',', ':']).next().unwrap_or(did);
            format!("**{}**", short.trim_end_matches(" until the server closed in order").trim())
        }
    }
}

fn faults_seen_by(seen: &Value) -> anyhow::Result<Column> {
    let seen = seen.as_array().context("it saw something")?;
    ensure!(seen.len() == faults().count(), "it was not everywhere");
    Ok(Table::of_faults().rows.into_iter().zip(seen.iter().map(seen_in_short)).collect())
}

/// What came, and how it ended.
fn seen_in_short(seen: &Value) -> String {
    let text = |value: &'static str| seen[value].as_str().unwrap_or_default();
    let end = match text("end") {
        "waits" => return "waits for an answer".to_owned(),
        "leaves" => "goes on".to_owned(),
        "hangs" => "goes on, its Close unanswered".to_owned(),
        _ => match (text("error"), seen["code"].as_u64(), text("reason")) {
            (error, ..) if seen["opened"] == false && !error.is_empty() => return format!("fails: {error}"),
            (_, Some(code), _) if seen["opened"] == false => return format!("fails with {code}"),
            (_, Some(code), "") => format!("ends with {code}"),
            (_, Some(code), reason) => format!("ends with {code} {reason}"),
            (_, None, _) => "ends".to_owned(),
        },
    };
    let messages: Vec<_> =
        seen["messages"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let count = seen["count"].as_u64().unwrap_or_default();
    let came = match count {
        0 => "nothing".to_owned(),
        10 if messages == TEXTS => "all answers".to_owned(),
        1 if messages == TEXTS[..1] => "one answer".to_owned(),
        1..10 if messages == TEXTS[..messages.len()] => format!("{count} answers"),
        1..=16 if messages.iter().all(|text| text.len() <= 2) => {
            let texts: Vec<_> = messages.iter().map(|text| plain(&text.replace(' ', "␣"))).collect();
            texts.join(" ")
        }
        1..=16 => format!("{count} messages, the first {}", plain(messages[0].trim())),
        _ => "more and more".to_owned(),
    };
    format!("{came}; {end}")
}

/// Without what Markdown or a table would take for its own.
fn plain(text: &str) -> String {
    let sign = |sign: char| if sign.is_alphanumeric() || " ␣{}:\"".contains(sign) { sign } else { '·' };
    text.chars().map(sign).collect()
}

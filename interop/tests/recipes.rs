//! The recipes of the docs, run as they stand there against a server of their own.

use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use interop::heartwire::Heartwire;
use interop::report::Suite;
use serde_json::Value;
use server::Driver;

const DOCS: [&str; 2] =
    [include_str!("../../docs/testing-clients.md"), include_str!("../../docs/seeing-servers.md")];

/// What runs recipes: one per language.
type Programs = [Result<Arc<Program>, String>; 2];

struct Program {
    command: PathBuf,
    envs: Vec<(String, std::ffi::OsString)>,
    folder: PathBuf,
}

fn main() -> ExitCode {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interop");
    let programs = [python(&cache), node(&cache)].map(|program| match program {
        Ok(program) => Ok(Arc::new(program)),
        Err(error) => Err(format!("{error:#}")),
    });
    let mut suite = Suite::default();
    for driver in [Driver::Reactor, Driver::Tokio] {
        for (title, language, recipe) in recipes() {
            let name = format!("{title} ({language}, {driver:?})");
            match program_for(language, &programs) {
                Ok(program) => suite.test(name, move || run(&program, language, recipe, driver)),
                Err(why) => suite.skip(name, why),
            }
        }
    }
    if let [Ok(python), Ok(node)] = &programs {
        let clients =
            [("python", "Python websockets", Arc::clone(python)), ("js", "npm ws", Arc::clone(node))];
        suite.test("the table of what clients do", move || compare(&clients));
    } else {
        suite.skip("the table of what clients do", "it needs both Python and node");
    }
    suite.run()
}

/// Title, language and text of each block that is marked to run.
fn recipes() -> Vec<(&'static str, &'static str, &'static str)> {
    let mut found = Vec::new();
    for section in DOCS.into_iter().flat_map(|doc| doc.split("\n## ").skip(1)) {
        let title = section.lines().next().unwrap_or_default();
        let mut rest = section;
        while let Some((_, block)) = rest.split_once("\n```") {
            let Some((head, behind)) = block.split_once('\n') else { break };
            let Some((text, behind)) = behind.split_once("\n```") else { break };
            if let Some(language) = head.strip_suffix(" run") {
                found.push((title, language, text));
            }
            rest = behind;
        }
    }
    found
}

fn program_for<'p>(language: &str, [python, node]: &'p Programs) -> Result<Arc<Program>, &'p str> {
    // Shell recipes have clients in Python.
    let program = if language == "js" { node } else { python };
    program.as_ref().map(Arc::clone).map_err(String::as_str)
}

fn python(cache: &Path) -> anyhow::Result<Program> {
    let files = [("requirements.txt", include_str!("../peers/websockets/requirements.txt"))];
    let kit = peers::Kit::new(&cache.join("websockets"), &files)?;
    Ok(program(&kit.python()?, kit.folder()))
}

fn node(cache: &Path) -> anyhow::Result<Program> {
    let files = [("package.json", include_str!("../peers/ws/package.json"))];
    let kit = peers::Kit::new(&cache.join("ws"), &files)?;
    Ok(program(&kit.node()?, kit.folder()))
}

fn program(runner: &peers::Runner, folder: &Path) -> Program {
    let command = runner.command();
    let set = |(name, value): (&OsStr, Option<&OsStr>)| Some((name.to_str()?.to_owned(), value?.to_owned()));
    Program {
        command: command.get_program().into(),
        envs: command.get_envs().filter_map(set).collect(),
        folder: folder.to_owned(),
    }
}

fn run(program: &Program, language: &str, recipe: &str, driver: Driver) -> anyhow::Result<()> {
    let target = Heartwire::start(driver, |_| {})?;
    let mount = format!("echo=ws://{}/ws", target.address).parse()?;
    let server = Heartwire::start(driver, |config| config.via = vec![mount])?;
    run_against(&server, program, language, recipe)
}

/// Runs each client through every rule, and compares what came of it with the table in the docs.
fn compare(clients: &[(&str, &str, Arc<Program>)]) -> anyhow::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance.md");
    let doc = std::fs::read_to_string(&path)?;
    let (before, rest) = doc.split_once("<!-- table -->\n").context("the docs have a place for the table")?;
    let (there, behind) = rest.split_once("<!-- /table -->").context("the place ends")?;
    let mut reports = Vec::new();
    for (language, _, program) in clients {
        let server = Heartwire::start(Driver::default(), |_| {})?;
        let recipe =
            recipes().into_iter().find(|(title, of, _)| *title == "Every rule at once" && of == language);
        let (_, _, recipe) = recipe.context("the docs have the recipe")?;
        run_against(&server, program, language, recipe)?;
        reports.push(fetch(&server, "/api/conformance/my-client")?);
    }
    let names: Vec<_> = clients.iter().map(|(_, name, _)| *name).collect();
    let mut table = format!(
        "\n| what is sent | code | {} |\n|---|---|{}\n",
        names.join(" | "),
        "---|".repeat(names.len())
    );
    for (place, case) in reports[0]["cases"].as_array().context("a report has cases")?.iter().enumerate() {
        let code =
            case["code"].as_u64().filter(|code| *code > 0).map_or("any".to_owned(), |code| code.to_string());
        let did: Vec<_> = reports.iter().map(|report| in_short(&report["cases"][place])).collect();
        table += &format!(
            "| `{}`: {} | {code} | {} |\n",
            text(&case["name"]),
            text(&case["sends"]),
            did.join(" | ")
        );
    }
    table.push('\n');
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, [before, "<!-- table -->\n", &table, "<!-- /table -->", behind].concat())?;
        return Ok(());
    }
    ensure!(there == table, "run this with UPDATE_DOCS=1 and look what changed:\n{table}");
    Ok(())
}

fn in_short(case: &Value) -> String {
    let did = text(&case["did"]);
    let code = did.strip_prefix("sent a Close with ");
    match (text(&case["verdict"]), code) {
        ("passed", Some(code)) => code.to_owned(),
        ("passed", None) if did.starts_with("ended TCP") => "TCP".to_owned(),
        ("passed", None) => "takes it".to_owned(),
        (_, Some(code)) if case["verdict"] == "other-code" => format!("*{code}*"),
        (_, Some(code)) => format!("**closed with {code}**"),
        _ => format!(
            "**{}**",
            did.split(['(', ','])
                .next()
                .unwrap_or(did)
                .trim_end_matches(" until the server closed in order")
                .trim()
        ),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn fetch(server: &Heartwire, target: &str) -> anyhow::Result<Value> {
    let mut stream = TcpStream::connect(server.address)?;
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.address)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").context("an answer has a body")?;
    Ok(serde_json::from_str(body)?)
}

fn run_against(server: &Heartwire, program: &Program, language: &str, recipe: &str) -> anyhow::Result<()> {
    let mut command = match language {
        "sh" => {
            let mut shell = Command::new("sh");
            // The Python that has what the recipe imports.
            let folder = program.command.parent().context("a program lies in a folder")?;
            let path = std::env::var_os("PATH").unwrap_or_default();
            let path = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
            shell.args(["-eu", "-c", recipe]).env("PATH", std::env::join_paths(path)?);
            shell
        }
        "js" => {
            let mut node = Command::new(&program.command);
            node.args(["-e", recipe]);
            node
        }
        _ => {
            let mut python = Command::new(&program.command);
            python.args(["-c", recipe]);
            python
        }
    };
    command.envs(program.envs.iter().map(|(name, value)| (name, value)));
    command.current_dir(&program.folder).env("SERVER", server.address.to_string());
    let output = command.output()?;
    ensure!(
        output.status.success(),
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

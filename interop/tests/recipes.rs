//! The recipes of the docs, and the clients that the page writes for an address, run as they stand there against a server
//! of their own.

#[path = "recipes/browser.rs"]
mod browser;
#[path = "recipes/snippets.rs"]
mod snippets;
#[path = "recipes/tables.rs"]
mod tables;

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
use workbench::snippet::Snippet;

const DOCS: [&str; 2] =
    [include_str!("../../docs/testing-clients.md"), include_str!("../../docs/seeing-servers.md")];

const REQUIREMENTS_OF_PYTHON: &str = include_str!("../peers/websockets/requirements.txt");
const REQUIREMENTS_OF_NODE: &str = include_str!("../peers/ws/package.json");

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
    for driver in [Driver::Reactor, Driver::Tokio] {
        let name = format!("a room through faults (examples/session, {driver:?})");
        match program_for("js", &programs) {
            Ok(program) => suite.test(name, move || chaos(&program, driver)),
            Err(why) => suite.skip(name, why),
        }
    }
    for driver in [Driver::Reactor, Driver::Tokio] {
        let name = format!("every case of sessions (examples/session, {driver:?})");
        match program_for("js", &programs) {
            Ok(program) => suite.test(name, move || sessions(&program, driver)),
            Err(why) => suite.skip(name, why),
        }
    }
    for snippet in Snippet::ALL {
        let name = format!("the page's client ({})", snippet.name());
        let language = if snippet == Snippet::JavaScript { "js" } else { "python" };
        match (snippet, program_for(language, &programs)) {
            (Snippet::Url, _) => {}
            (Snippet::JavaScript | Snippet::Python, Err(why)) => suite.skip(name, why),
            (Snippet::JavaScript | Snippet::Python, Ok(program)) => {
                suite.test(name, move || snippets::interpreted(snippet, &program));
            }
            _ => match snippets::Tool::find(snippet) {
                Ok(tool) => suite.test(name, move || tool.run(snippet)),
                Err(why) => suite.skip(name, &why),
            },
        }
    }
    if let [Ok(python), Ok(node)] = &programs {
        let client = |name: &str, version: Option<&str>, language, program: &Arc<Program>| tables::Client {
            name: format!("{name} {}", version.unwrap_or("?")),
            language,
            program: Arc::clone(program),
        };
        let clients = [
            client("npm ws", REQUIREMENTS_OF_NODE.split('"').find(is_version), "js", node),
            client("Python websockets", REQUIREMENTS_OF_PYTHON.trim().split("==").nth(1), "python", python),
        ];
        suite.test("the tables of what clients do", move || tables::check(&clients));
    } else {
        suite.skip("the tables of what clients do", "it needs both Python and node");
    }
    suite.run()
}

fn is_version(text: &&str) -> bool {
    text.starts_with(|sign: char| sign.is_ascii_digit())
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
    let files = [("requirements.txt", REQUIREMENTS_OF_PYTHON)];
    let kit = peers::Kit::new(&cache.join("websockets"), &files)?;
    Ok(program(&kit.python()?, kit.folder()))
}

fn node(cache: &Path) -> anyhow::Result<Program> {
    let files = [("package.json", REQUIREMENTS_OF_NODE)];
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

/// Clients talk while their connections are cut: everything has to arrive once and in one order.
fn chaos(program: &Program, driver: Driver) -> anyhow::Result<()> {
    let server = Heartwire::start(driver, |_| {})?;
    let mut command = example(program, "chaos.mjs");
    command.arg(format!("ws://{}", server.address));
    output(command.args(["--clients", "5", "--messages", "40", "--fault-every", "200"])).map(drop)
}

/// The example client does all that is asked of a client of sessions, in shorter times than the protocol's own.
fn sessions(program: &Program, driver: Driver) -> anyhow::Result<()> {
    let server = Heartwire::start(driver, |_| {})?;
    let mut command = example(program, "conformance.mjs");
    command.args([&server.address.to_string(), "example"]);
    output(command.args(["--delay", "20", "--patience", "1000", "--quiet", "1500"])).map(drop)
}

/// A script of the example client's folder.
fn example(program: &Program, script: &str) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/session").join(script);
    let mut command = Command::new(&program.command);
    command.envs(program.envs.iter().map(|(name, value)| (name, value))).current_dir(&program.folder);
    command.arg(script);
    command
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
    output(command(program, language, recipe)?.env("SERVER", server.address.to_string())).map(drop)
}

/// What runs a text in a language.
fn command(program: &Program, language: &str, recipe: &str) -> anyhow::Result<Command> {
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
    command.current_dir(&program.folder);
    Ok(command)
}

/// What a program says, if it ends well.
fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("{:?} can't be started", command.get_program()))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "{}\n{said}{}", output.status, String::from_utf8_lossy(&output.stderr));
    Ok(said)
}

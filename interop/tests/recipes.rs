//! The recipes of docs/testing-clients.md, run as they stand there against a server of their own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use interop::heartwire::Heartwire;
use interop::report::Suite;
use server::Driver;

const DOC: &str = include_str!("../../docs/testing-clients.md");

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
    suite.run()
}

/// Title, language and text of each block that is marked to run.
fn recipes() -> Vec<(&'static str, &'static str, &'static str)> {
    let mut found = Vec::new();
    for section in DOC.split("\n## ").skip(1) {
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
    let server = Heartwire::start(driver, |_| {})?;
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

//! The clients that the page writes for an address ([`workbench::snippet`]): each sends a message, shows the answer and
//! says that the connection was closed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use interop::heartwire::Heartwire;
use server::Driver;
use workbench::snippet::Snippet;

use super::{Program, command, output};

/// The module that the Go client names, in a version for any Go there is.
const GO_MODULE: &str = "github.com/gorilla/websocket@v1.5.0";

/// Runs a client in a language that needs no compiler.
pub(super) fn interpreted(snippet: Snippet, program: &Program) -> anyhow::Result<()> {
    let server = Heartwire::start(Driver::default(), |_| {})?;
    let text = snippet.write(&address(&server));
    let (language, text) = match snippet {
        // What browsers have, older Node.js has from a package.
        Snippet::JavaScript => ("js", format!("globalThis.WebSocket ??= require('ws');\n{text}")),
        _ => ("python", text),
    };
    check(&mut command(program, language, &text)?)
}

/// What makes a program of a client, or has it as a line.
pub(super) struct Tool {
    folder: PathBuf,
    make: Make,
}

enum Make {
    Shell,
    Go,
    /// With each of the libraries that may be the one that fits this compiler.
    Rust(Vec<PathBuf>),
}

impl Tool {
    /// Says why there is none.
    pub(super) fn find(snippet: Snippet) -> Result<Tool, String> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interop").join(snippet.name());
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let runs = |program: &str, args: &[&str]| {
            let done = Command::new(program).args(args).current_dir(&folder).output();
            done.is_ok_and(|done| done.status.success())
        };
        let make = match snippet {
            Snippet::Websocat if runs("websocat", &["--version"]) => Make::Shell,
            Snippet::Go if !runs("go", &["version"]) => return Err("go is not installed".to_owned()),
            Snippet::Go => {
                let is_module = folder.join("go.mod").exists() || runs("go", &["mod", "init", "client"]);
                if !is_module || !runs("go", &["get", GO_MODULE]) {
                    return Err(format!("{GO_MODULE} cannot be fetched"));
                }
                Make::Go
            }
            Snippet::Rust => Make::Rust(libraries().map_err(|error| format!("{error:#}"))?),
            other => return Err(format!("{} is not installed", other.name())),
        };
        Ok(Tool { folder, make })
    }

    pub(super) fn run(&self, snippet: Snippet) -> anyhow::Result<()> {
        let server = Heartwire::start(Driver::default(), |_| {})?;
        let text = snippet.write(&address(&server));
        let program = self.folder.join("program");
        match &self.make {
            Make::Shell => return check(Command::new("sh").args(["-c", &format!("echo hello | {text}")])),
            Make::Go => {
                fs::write(self.folder.join("main.go"), text)?;
                output(Command::new("go").args(["build", "-o"]).arg(&program).current_dir(&self.folder))?;
            }
            Make::Rust(libraries) => {
                let source = self.folder.join("main.rs");
                fs::write(&source, text)?;
                let compile = |library: &PathBuf| {
                    let (mut rustc, mut needed) = (Command::new("rustc"), "tungstenite=".to_owned());
                    needed.push_str(&library.to_string_lossy());
                    rustc.args(["--edition", "2024", "--extern", &needed, "-L"]);
                    rustc.arg(library.parent().context("a library lies in a folder")?);
                    output(rustc.arg("-o").arg(&program).arg(&source))
                };
                let mut compiled = libraries.iter().map(compile);
                ensure!(compiled.any(|done| done.is_ok()), "none of {libraries:?} fits");
            }
        }
        check(&mut Command::new(&program))
    }
}

/// The crate `tungstenite` as it was compiled for this test, and perhaps for others.
fn libraries() -> anyhow::Result<Vec<PathBuf>> {
    let program = env::current_exe()?;
    let folder = program.parent().context("a program lies in a folder")?;
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut found: Vec<_> = entries
        .into_iter()
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.starts_with("libtungstenite-") && name.ends_with(".rlib")
        })
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    found.sort();
    ensure!(!found.is_empty(), "tungstenite was not compiled");
    Ok(found.into_iter().rev().map(|(_, path)| path).collect())
}

/// Asks for an answer of its own and for a Close behind it.
fn address(server: &Heartwire) -> String {
    format!("ws://{}/ws?respond=%7B%7Bn%7D%7D:%20%7B%7Bmessage%7D%7D&close-after=1msg", server.address)
}

fn check(client: &mut Command) -> anyhow::Result<()> {
    let said = output(client)?;
    ensure!(said.contains("1: hello"), "it did not show the answer: {said}");
    ensure!(said.contains("closed"), "it did not say that it was closed: {said}");
    Ok(())
}

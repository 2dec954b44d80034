//! The project's tasks, run as `cargo xtask TASK`.
//!
//! | task | what it does |
//! |---|---|
//! | `run` | set up, build the page and the server, serve both |
//! | `test` | set up and run every check and every test |
//! | `bench` | measure: echo cost, idle memory, the cost of a connection, the page under load, single operations |
//! | `conformance` | write the tables of what clients do anew |
//! | `setup` | only install what the other two need |
//!
//! Tasks change nothing but `target/`, `dist/`, the tool folder (see [`workspace::cache_dir`]) and, as root
//! on Debian, the packages they name before they install them.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to the person who started it")]

mod bench;
mod conformance;
mod cross;
mod firefox;
mod glue;
mod languages;
#[cfg(test)]
mod layering;
mod page;
mod process;
mod run;
mod setup;
mod split;
mod styles;
mod tally;
mod test;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
Usage: cargo xtask TASK

Tasks:
  run [--] [ARGS...]      Set up, build the page and the server, and serve both on http://127.0.0.1:8080.
                          ARGS go to the server: see `cargo xtask run -- --help`.
  test [--only LAYERS]    Set up, then run every check and every test; the last line counts them.
                          LAYERS is a list with commas of: fmt, clippy, doc, deny, cross, native, wasm,
                          e2e.
       [-- FILTER...]     Words after `--` go to the test programs of the chosen layers.
  bench echo [ARGS...]    Server CPU per echoed message beside a bare TCP echo and other servers; --json, --help.
  bench idle [ARGS...]    Process memory per idle connection; --json, --help.
  bench connect [ARGS...] Server CPU per connection opened, upgraded and closed; --json, --help.
  bench page [ARGS...]    The page under a flood of messages, beside the classic echo test page; --json, --help.
  bench micro             Time and instructions of single operations of the protocol core.
  conformance             Observe what Chromium, Firefox, npm ws and Python websockets make of every broken rule and
                          every fault, and write it to docs/conformance.md. Takes some minutes.
  setup                   Only install what the other tasks need.
  help                    Print this.

Environment:
  HEARTWIRE_WASM_TARGET   Where the standard library for wasm32 comes from: `toolchain` (already there),
                          `rustup` (added to the active toolchain) or `debian` (built from Debian's
                          packages). Without it the three are tried in this order.
  XDG_CACHE_HOME          Tools are kept in its folder `heartwire` (default: ~/.cache, on Windows
                          %LOCALAPPDATA%).
  CHROME, CHROMEDRIVER    The browser and the driver that the tests use, if not those on PATH.";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<ExitCode> {
    let Some((task, rest)) = args.split_first() else {
        println!("{HELP}");
        return Ok(ExitCode::from(2));
    };
    match task.as_str() {
        "run" => run::run(rest.strip_prefix(&["--".to_owned()]).unwrap_or(rest)),
        "test" => test::run(&test::Options::parse(rest)?),
        "bench" => bench::run(rest),
        "conformance" if rest.is_empty() => conformance::write(),
        "conformance" => bail!("`conformance` takes no arguments"),
        "setup" if rest.is_empty() => setup::all().map(|()| ExitCode::SUCCESS),
        "setup" => bail!("`setup` takes no arguments"),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("there is no task `{other}`; `cargo xtask help` lists them"),
    }
}

//! `cargo xtask test`: every check and every test, counted.

use std::io::{IsTerminal, stdout};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::cross::SYSTEMS;
use crate::firefox::{IN_FIREFOX, NEEDS_DEVTOOLS};
use crate::setup::{self, Browser, Firefox, Wasm, WasmBindgen};
use crate::tally::{self, Tally};
use crate::workspace::{self, Metadata};
use crate::{page, process, run};

/// A layer may take this long, compilation included.
const LIMIT: Duration = Duration::from_secs(25 * 60);
/// Of the end-to-end tests that fail, this many are run again.
const MOST_REPEATED: usize = 5;
/// What is compiled for the browser, as Cargo is told of it.
const PAGES: &str = "--package client --package page --package scenes --target wasm32-unknown-unknown";
/// What of it has tests that need one.
const PAGE: &str = "--package client --target wasm32-unknown-unknown";

/// All packages that can be compiled for this machine but those for the browser, as Cargo is told of them. The browser
/// tests send Unix's signals.
const PACKAGES: &str = if cfg!(unix) {
    "--workspace --exclude client --exclude page --exclude scenes"
} else {
    "--workspace --exclude client --exclude page --exclude scenes --exclude e2e"
};

/// What to run.
pub(crate) struct Options {
    layers: Vec<Layer>,
    /// The end-to-end tests run in Firefox, all of them.
    in_firefox: bool,
    /// Words for the test programs.
    filter: Vec<String>,
}

/// A kind of check or test, in the order in which they run: what is quick to fail comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    Fmt,
    Clippy,
    Doc,
    Deny,
    Cross,
    Native,
    Wasm,
    E2e,
    /// Some of the end-to-end tests, in Firefox.
    Firefox,
}

/// How a layer went.
struct Outcome {
    layer: Layer,
    tally: Tally,
    seconds: f64,
    /// Why something failed or was left out.
    notes: Vec<String>,
}

impl Options {
    pub(crate) fn parse(args: &[String]) -> Result<Self> {
        let (own, filter) = match args.iter().position(|arg| arg == "--") {
            Some(at) => (&args[..at], args[at + 1..].to_vec()),
            None => (args, Vec::new()),
        };
        let (own, in_firefox) = match own {
            [rest @ .., browser, name] if browser == "--browser" => match name.as_str() {
                "firefox" => (rest, true),
                "chromium" => (rest, false),
                other => bail!("`--browser` is chromium or firefox, not `{other}`"),
            },
            _ => (own, false),
        };
        let list = match own {
            [] if in_firefox => return Ok(Self { layers: vec![Layer::E2e], in_firefox, filter }),
            [] => return Ok(Self { layers: Layer::ALL.to_vec(), in_firefox, filter }),
            [only, list] if only == "--only" => list.as_str(),
            [only] if only.starts_with("--only=") => &only["--only=".len()..],
            _ => bail!(
                "`test` knows `--only LAYERS`, `--browser NAME` and `-- FILTER...`, not `{}`",
                own.join(" ")
            ),
        };
        let layers = list.split(',').map(|name| {
            let found = Layer::ALL.into_iter().find(|layer| layer.name() == name);
            found.ok_or_else(|| {
                anyhow::anyhow!(
                    "there is no layer `{name}`; there are {}",
                    Layer::ALL.map(Layer::name).join(", ")
                )
            })
        });
        Ok(Self { layers: layers.collect::<Result<_>>()?, in_firefox, filter })
    }
}

impl Layer {
    const ALL: [Self; 9] = [
        Self::Fmt,
        Self::Clippy,
        Self::Doc,
        Self::Deny,
        Self::Cross,
        Self::Native,
        Self::Wasm,
        Self::E2e,
        Self::Firefox,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::Doc => "doc",
            Self::Deny => "deny",
            Self::Cross => "cross",
            Self::Native => "native",
            Self::Wasm => "wasm",
            Self::E2e => "e2e",
            Self::Firefox => "firefox",
        }
    }

    fn run(self, options: &Options, outcome: &mut Outcome) -> Result<()> {
        match self {
            Self::Fmt => {
                setup::components()?;
                outcome.check(&mut cargo("fmt --all --check"))
            }
            Self::Clippy => {
                setup::components()?;
                build_page_early(options);
                outcome.check(&mut cargo(&format!("clippy {PACKAGES} --all-targets -- -D warnings")))?;
                let wasm = Wasm::find_or_install()?;
                if !wasm.clippy {
                    outcome.skip(
                        "clippy does not know the standard library that Debian's compiler made for wasm32",
                    );
                    return Ok(());
                }
                outcome.check(&mut cargo(&format!("clippy {PAGES} --all-targets -- -D warnings")))
            }
            Self::Doc => {
                let native = format!("doc {PACKAGES} --no-deps");
                outcome.check(cargo(&native).env("RUSTDOCFLAGS", "-D warnings"))?;
                let wasm = Wasm::find_or_install()?;
                if !wasm.clippy {
                    outcome.skip("Debian's compiler for wasm32 comes without rustdoc");
                    return Ok(());
                }
                outcome.check(cargo(&format!("doc {PAGES} --no-deps")).env("RUSTDOCFLAGS", "-D warnings"))
            }
            Self::Deny => {
                let program = setup::find_or_install_deny()?;
                let deny = |words: &str| {
                    let mut command = workspace::command(&program);
                    command.args(words.split_whitespace());
                    command
                };
                if process::run(&mut deny("fetch db"), Duration::from_secs(60)).is_ok() {
                    return outcome.check(&mut deny("check"));
                }
                outcome.skip("known vulnerabilities left out, their database cannot be fetched");
                outcome.check(&mut deny("check bans licenses sources"))
            }
            Self::Cross => {
                setup::components()?;
                for system in SYSTEMS {
                    if let Err(error) = system.prepare() {
                        outcome.skip(&format!("{} left out: {error:#}", system.name));
                        continue;
                    }
                    let (target, packages) = (system.target, system.packages);
                    // How large a value is differs between systems, and is judged on this one.
                    let lints = "-D warnings -A clippy::result_large_err";
                    outcome.check(&mut cargo(&format!("clippy --target {target} {packages} -- {lints}")))?;
                }
                Ok(())
            }
            // With what the page only computes: that needs no browser.
            Self::Native => {
                build_page_early(options);
                let without = setup::install_proxies();
                if !without.is_empty() {
                    outcome
                        .notes
                        .push(format!("without {}: tests of `deploy` are left out", without.join(", ")));
                }
                let native = "test --workspace --exclude e2e --no-fail-fast --";
                outcome.tests(cargo(native).args(&options.filter))
            }
            Self::Wasm => {
                let wasm = Wasm::find_or_install()?;
                let (bindgen, browser) = (WasmBindgen::find_or_install()?, Browser::find_or_install()?);
                let mut command = cargo(&format!("test {PAGE} --no-fail-fast --"));
                wasm.apply(browser.apply(&mut command));
                command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", bindgen.test_runner());
                command.env("WASM_BINDGEN_TEST_TIMEOUT", "120");
                outcome.tests(command.args(&options.filter))
            }
            Self::E2e | Self::Firefox if !cfg!(unix) => {
                outcome.skip("they send the server Unix's signals");
                Ok(())
            }
            Self::E2e if options.in_firefox => {
                let skipped = NEEDS_DEVTOOLS.into_iter().flat_map(|name| ["--skip", name]);
                let chosen: Vec<_> =
                    skipped.map(str::to_owned).chain(options.filter.iter().cloned()).collect();
                let firefox = Firefox::find_or_install()?;
                outcome.browser_tests(&chosen, |command| {
                    firefox.apply(command);
                })
            }
            Self::E2e => {
                let browser = Browser::find_or_install()?;
                outcome.browser_tests(&options.filter, |command| {
                    browser.apply(command);
                })
            }
            Self::Firefox => {
                let firefox = match Firefox::find_or_install() {
                    Ok(firefox) => firefox,
                    // Who works on something else need not have two browsers.
                    Err(error) if std::env::var_os("CI").is_none() => {
                        outcome.skip(&format!("{error:#}"));
                        return Ok(());
                    }
                    Err(error) => return Err(error),
                };
                let chosen = match options.filter.is_empty() {
                    true => IN_FIREFOX.map(str::to_owned).to_vec(),
                    false => options.filter.clone(),
                };
                outcome.browser_tests(&chosen, |command| {
                    firefox.apply(command);
                })
            }
        }
    }
}

impl Outcome {
    /// Runs a command that passes or fails as a whole.
    fn check(&mut self, command: &mut Command) -> Result<()> {
        announce(command);
        let passed = process::stream(command, LIMIT, |_| ())?.success();
        if !passed {
            self.notes.push(format!("`{}` failed", process::name(command)));
        }
        self.tally += if passed { Tally::PASSED } else { Tally::FAILED };
        Ok(())
    }

    /// Runs a command that counts its tests itself.
    fn tests(&mut self, command: &mut Command) -> Result<()> {
        let (tally, _) = counted(command)?;
        self.count(tally, command);
        Ok(())
    }

    /// Runs the end-to-end tests that are `chosen`. Those that fail get a second chance, one at a time: two browsers and
    /// their servers on a busy machine can be slower than any wait allows for. Which did is said.
    fn browser_tests(&mut self, chosen: &[String], with_browser: impl Fn(&mut Command)) -> Result<()> {
        let end_to_end = EndToEnd::prepare()?;
        // More than two browsers at once would slow each other down.
        let mut all = end_to_end.command(2);
        with_browser(all.args(chosen));
        let (mut tally, failed) = counted(&mut all)?;
        // Many failures at once are no matter of speed.
        if (1..=MOST_REPEATED).contains(&failed.len()) && tally.failed == failed.len() as u64 {
            let mut again = end_to_end.command(1);
            with_browser(again.arg("--exact").args(&failed));
            let (second, _) = counted(&mut again)?;
            self.notes.push(format!("failed at first, then repeated alone: {}", failed.join(", ")));
            tally = Tally { failed: 0, ..tally };
            tally += second;
        }
        self.count(tally, &all);
        Ok(())
    }

    fn count(&mut self, tally: Tally, command: &Command) {
        if tally.failed > 0 {
            self.notes.push(format!("`{}` failed", process::name(command)));
        }
        if tally == Tally::default() {
            self.notes.push("no test ran".to_owned());
        }
        self.tally += tally;
    }

    fn skip(&mut self, why: &str) {
        self.notes.push(why.to_owned());
        self.tally += Tally::SKIPPED;
    }
}

/// Runs the chosen layers, all of them even if one fails. The last line counts.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let mut outcomes = Vec::new();
    for &layer in &options.layers {
        let begin = Instant::now();
        let mut outcome = Outcome { layer, tally: Tally::default(), seconds: 0.0, notes: Vec::new() };
        if let Err(error) = layer.run(options, &mut outcome) {
            outcome.notes.push(format!("{error:#}"));
            outcome.tally += Tally::FAILED;
        }
        outcome.seconds = begin.elapsed().as_secs_f64();
        outcomes.push(outcome);
    }

    let mut total = Tally::default();
    println!("\n{:<8}{:>8}{:>8}{:>9}{:>10}", "layer", "passed", "failed", "skipped", "seconds");
    for Outcome { layer, tally, seconds, notes } in &outcomes {
        let Tally { passed, failed, skipped } = tally;
        println!("{:<8}{passed:>8}{failed:>8}{skipped:>9}{seconds:>10.1}", layer.name());
        for note in notes {
            println!("        {note}");
        }
        total += *tally;
    }
    println!("\n{}", total.summary());
    Ok(if total.failed == 0 && total.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The server embeds the page. Built only for the browser tests, it would make Cargo compile everything that
/// depends on the server again in the next run.
fn build_page_early(options: &Options) {
    if options.layers.iter().any(|layer| matches!(layer, Layer::E2e | Layer::Firefox)) {
        // A failure is the browser tests' to report: they try again.
        let _ = Metadata::load().and_then(|metadata| page::build(&metadata));
    }
}

/// What the end-to-end tests need but for a browser.
struct EndToEnd {
    server: PathBuf,
    axe: PathBuf,
}

impl EndToEnd {
    fn prepare() -> Result<Self> {
        let axe = setup::find_or_install_axe()?;
        let metadata = Metadata::load()?;
        page::build(&metadata)?;
        Ok(Self { server: run::build_server(&metadata)?, axe })
    }

    fn command(&self, at_once: usize) -> Command {
        let mut command = cargo(&format!("test --package e2e --no-fail-fast -- --test-threads={at_once}"));
        // A failure says what happened on the page; where in the harness it was noticed tells nobody anything.
        command.env("RUST_LIB_BACKTRACE", "0");
        command.env("HEARTWIRE_BIN", &self.server).env("HEARTWIRE_DIST", workspace::root().join("dist"));
        command.env("HEARTWIRE_AXE", &self.axe);
        command
    }
}

/// Runs test programs; returns what they counted and the names of the tests that failed.
fn counted(command: &mut Command) -> Result<(Tally, Vec<String>)> {
    announce(command);
    let (mut tally, mut failed) = (Tally::default(), Vec::new());
    let status = process::stream(command, LIMIT, |line| {
        tally += Tally::of_line(line).unwrap_or_default();
        failed.extend(tally::failed_test(line).map(str::to_owned));
    })?;
    // A program that does not compile or crashes says nothing about its tests.
    if !status.success() && tally.failed == 0 {
        tally.failed = 1;
    }
    Ok((tally, failed))
}

/// Cargo with the arguments in `words`.
fn cargo(words: &str) -> Command {
    let mut cargo = workspace::cargo();
    cargo.args(words.split_whitespace());
    cargo
}

fn announce(command: &mut Command) {
    // Its output goes through a pipe, where Cargo would leave colours out.
    if stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    println!("\n> {}", process::name(command));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Options> {
        Options::parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn everything_runs_unless_layers_are_named() {
        assert_eq!(parse(&[]).unwrap().layers, Layer::ALL);
        assert_eq!(parse(&["--only", "e2e,fmt"]).unwrap().layers, [Layer::E2e, Layer::Fmt]);
        assert_eq!(parse(&["--only=wasm"]).unwrap().layers, [Layer::Wasm]);
    }

    #[test]
    fn words_after_two_dashes_are_a_filter() {
        let options = parse(&["--only", "native", "--", "heartbeat"]).unwrap();
        assert_eq!((options.layers, options.filter), (vec![Layer::Native], vec!["heartbeat".to_owned()]));
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        assert!(parse(&["--only", "fmt,unit"]).err().unwrap().to_string().contains("no layer `unit`"));
        assert!(parse(&["e2e"]).is_err());
        assert!(parse(&["--browser", "netscape"]).is_err());
    }

    #[test]
    fn the_whole_suite_runs_in_firefox_when_asked_for() {
        let options = parse(&["--browser", "firefox", "--", "echo"]).unwrap();
        assert_eq!((options.layers, options.in_firefox), (vec![Layer::E2e], true));
        let options = parse(&["--only", "e2e", "--browser", "firefox"]).unwrap();
        assert_eq!((options.layers, options.in_firefox), (vec![Layer::E2e], true));
    }
}

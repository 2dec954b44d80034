//! `cargo xtask bench`: builds what is measured and measures it.

use std::env::consts::EXE_SUFFIX;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::setup::Browser;
use crate::workspace::{self, Metadata};
use crate::{page, process, run};

/// Iterations whose instructions are counted; the difference leaves out everything that happens once.
const ITERATIONS: [u32; 2] = [100, 300];
/// For a release build on a slow machine.
const BUILD_LIMIT: Duration = Duration::from_secs(20 * 60);
/// For one operation under callgrind, which takes some fifty times as long as without.
const COUNT_LIMIT: Duration = Duration::from_secs(120);

/// What can be measured.
const LIST: &str = "`echo`, `fanout`, `idle`, `connect`, `hop`, `soak`, `page` and `micro`";

/// Measures what `args` begin with: `echo`, `fanout`, `idle`, `connect`, `hop` and `soak` are the package `bench`'s, with the server
/// built for them; `page` is the package `e2e`'s, with the page built as well; `micro` is the protocol core's.
pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    let Some((what, rest)) = args.split_first() else { bail!("say what to measure: {LIST}") };
    match (what.as_str(), rest) {
        ("echo" | "fanout" | "idle" | "connect" | "hop" | "soak" | "page", _)
            if !cfg!(target_os = "linux") =>
        {
            bail!("`bench {what}` reads what Linux says about processes, so it runs there only")
        }
        ("echo" | "fanout" | "idle" | "connect" | "hop" | "soak", rest) => servers(what, rest),
        ("page", rest) => the_page(rest),
        ("micro", []) => micro(),
        ("micro", _) => bail!("`bench micro` takes no arguments"),
        _ => bail!("`bench` measures {LIST}, not `{what}`"),
    }
}

fn servers(what: &str, args: &[String]) -> Result<ExitCode> {
    let metadata = Metadata::load()?;
    let server = run::build_server(&metadata)?;
    build(&["--package", "bench", "--bin", "bench"])?;
    let mut bench = Command::new(metadata.target_dir().join("release").join("bench"));
    process::replace_with(bench.arg(what).arg("--server-bin").arg(server).args(args))
}

/// The page and the server are release builds; what drives the browser waits nearly all the time, and is built as for
/// the browser tests.
fn the_page(args: &[String]) -> Result<ExitCode> {
    let browser = Browser::find_or_install()?;
    let metadata = Metadata::load()?;
    page::build(&metadata)?;
    let server = run::build_server(&metadata)?;
    process::run(workspace::cargo().args(["build", "--package", "e2e", "--bin", "page-bench"]), BUILD_LIMIT)?;
    let mut bench = Command::new(metadata.target_dir().join("debug").join("page-bench"));
    bench.env("HEARTWIRE_BIN", server).env("HEARTWIRE_DIST", workspace::root().join("dist"));
    process::replace_with(browser.apply(&mut bench).args(args))
}

/// Times by criterion, then instruction counts by callgrind where it is installed: those are the same on any day.
fn micro() -> Result<ExitCode> {
    let metadata = Metadata::load()?;
    let mut bench = workspace::cargo();
    bench.args(["bench", "--package", "wire", "--bench", "micro"]);
    process::run(&mut bench, BUILD_LIMIT)?;
    if process::find("valgrind").is_none() {
        println!("\nno instruction counts: valgrind is not installed");
        return Ok(ExitCode::SUCCESS);
    }
    build(&["--package", "wire", "--example", "callgrind"])?;
    let program =
        metadata.target_dir().join("release").join("examples").join(format!("callgrind{EXE_SUFFIX}"));
    let operations = process::output(Command::new(&program).arg("list"), COUNT_LIMIT)?;
    println!("\n{:<28}{:>16}", "operation", "instructions");
    for operation in operations.lines() {
        let count = |iterations| instructions(&program, operation, iterations);
        let (few, many) = (count(ITERATIONS[0])?, count(ITERATIONS[1])?);
        println!(
            "{operation:<28}{:>16}",
            many.saturating_sub(few) / u64::from(ITERATIONS[1] - ITERATIONS[0])
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn instructions(program: &Path, operation: &str, iterations: u32) -> Result<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--log-fd=1"]).arg(program);
    valgrind.arg(operation).arg(iterations.to_string());
    let report = process::output(&mut valgrind, COUNT_LIMIT)?;
    collected(&report).with_context(|| format!("callgrind counted nothing for {operation}: {report}"))
}

/// The number in callgrind's line `Collected : N`.
fn collected(report: &str) -> Option<u64> {
    let (_, rest) = report.split_once("Collected :")?;
    rest.split_whitespace().next()?.parse().ok()
}

fn build(what: &[&str]) -> Result<()> {
    let mut cargo = workspace::cargo();
    cargo.args(["build", "--release"]).args(what);
    process::run(&mut cargo, BUILD_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_in_callgrinds_last_lines() {
        let report = "==7== Events    : Ir\n==7== Collected : 36552026\n==7==\n==7== I   refs: 36,552,026\n";
        assert_eq!(collected(report), Some(36_552_026));
        assert_eq!(collected("==7== Events    : Ir"), None);
    }

    #[test]
    fn only_what_there_is_can_be_measured() {
        for args in [&[][..], &["page-speed".to_owned()], &["micro".to_owned(), "--json".to_owned()]] {
            assert!(run(args).is_err(), "{args:?}");
        }
    }
}

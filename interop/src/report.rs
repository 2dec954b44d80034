//! Tests as a list that is made at run time: one entry per case, so that a failure names the setting that failed.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// The tests of one file.
#[derive(Default)]
pub struct Suite {
    trials: Vec<Trial>,
    /// How many tests were skipped for each reason.
    skipped: BTreeMap<String, usize>,
}

impl Suite {
    /// Adds a test.
    pub fn test(
        &mut self,
        name: impl Into<String>,
        run: impl FnOnce() -> anyhow::Result<()> + Send + 'static,
    ) {
        self.trials.push(Trial::test(name, move || run().map_err(|error| format!("{error:#}").into())));
    }

    /// Adds a test that can't run here: it is listed and counted among the ignored, and a line says why.
    pub fn skip(&mut self, name: impl Into<String>, why: &str) {
        *self.skipped.entry(why.to_owned()).or_default() += 1;
        self.trials.push(Trial::test(name, || Ok(())).with_ignored_flag(true));
    }

    /// Runs the tests as the command line asks.
    pub fn run(self) -> ExitCode {
        let args = Arguments::from_args();
        if !args.list {
            for (why, count) in &self.skipped {
                // A closed standard error is no reason to fail.
                let _ = writeln!(io::stderr(), "SKIPPED {count} tests: {why}");
            }
        }
        libtest_mimic::run(&args, self.trials).exit_code()
    }
}

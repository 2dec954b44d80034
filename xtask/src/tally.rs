//! Counts what test programs say about themselves.

use std::ops::AddAssign;

/// How many tests passed, failed and were left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Tally {
    /// One passed.
    pub(crate) const PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    /// One failed.
    pub(crate) const FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };
    /// One left out.
    pub(crate) const SKIPPED: Self = Self { passed: 0, failed: 0, skipped: 1 };

    /// What a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out` says.
    /// Tests that a filter left out were not asked for and do not count.
    pub(crate) fn of_line(line: &str) -> Option<Self> {
        let counts = line.trim_start().strip_prefix("test result: ")?.split_once(". ")?.1;
        let mut tally = Self::default();
        for part in counts.split("; ") {
            let mut words = part.split_whitespace();
            let Some(count) = words.next().and_then(|count| count.parse::<u64>().ok()) else { continue };
            match words.next() {
                Some("passed") => tally.passed = count,
                Some("failed") => tally.failed = count,
                Some("ignored") => tally.skipped = count,
                _ => {}
            }
        }
        Some(tally)
    }

    /// The last line of a test run.
    pub(crate) fn summary(&self) -> String {
        let Self { passed, failed, skipped } = self;
        match skipped {
            0 => format!("{passed} passed, {failed} failed"),
            _ => format!("{passed} passed, {failed} failed, {skipped} skipped"),
        }
    }
}

/// The name in a line such as `test echo::connects ... FAILED`.
pub(crate) fn failed_test(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_understood() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 5 filtered out; finished in 0.02s";
        assert_eq!(Tally::of_line(line), Some(Tally { passed: 12, failed: 3, skipped: 1 }));
        let wasm = "test result: ok. 7 passed; 0 failed; 0 ignored; 0 filtered out; finished in 0.01s";
        assert_eq!(Tally::of_line(wasm), Some(Tally { passed: 7, failed: 0, skipped: 0 }));
    }

    #[test]
    fn tests_that_failed_are_known_by_name() {
        assert_eq!(failed_test("test echo::connects ... FAILED"), Some("echo::connects"));
        for line in
            ["test echo::connects ... ok", "test result: FAILED. 1 passed; 1 failed", "    echo::connects"]
        {
            assert_eq!(failed_test(line), None, "{line}");
        }
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in [
            "",
            "running 3 tests",
            "test tally::result ... ok",
            "test result: ",
            "say test result: ok. 1 passed",
        ] {
            assert_eq!(Tally::of_line(line), None, "{line}");
        }
    }

    #[test]
    fn skipped_tests_are_named_only_if_there_are_any() {
        let mut tally = Tally { passed: 2, failed: 0, skipped: 0 };
        assert_eq!(tally.summary(), "2 passed, 0 failed");
        tally += Tally::SKIPPED;
        assert_eq!(tally.summary(), "2 passed, 0 failed, 1 skipped");
    }
}

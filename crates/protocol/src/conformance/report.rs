//! How a run came out, as data and as JUnit.

use serde::Serialize;

/// A run, as far as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report<C> {
    /// Cases that came out well.
    pub passed: usize,
    /// Cases that did not.
    pub failed: usize,
    /// Cases that were not run, or have not ended.
    pub missing: usize,
    /// Each case.
    pub cases: Vec<Judged<C>>,
}

/// A case and what the client made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judged<C> {
    /// The case.
    #[serde(flatten)]
    pub case: C,
    /// How it came out.
    pub verdict: Verdict,
    /// What the client did, in words.
    pub did: String,
}

/// How a case came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The client did what is asked of it.
    Passed,
    /// It failed the connection, with another code than the one that belongs to it.
    OtherCode,
    /// It did something else.
    Failed,
    /// It was not run, or has not ended.
    Missing,
}

/// What a report has to know of a case.
pub trait Named {
    /// Its name.
    fn name(&self) -> &str;
    /// The section that asks for it.
    fn section(&self) -> &str;
}

impl<C: Named> Report<C> {
    /// Counts the cases.
    #[must_use]
    pub fn new(cases: Vec<Judged<C>>) -> Report<C> {
        let count =
            |wanted: &[Verdict]| cases.iter().filter(|judged| wanted.contains(&judged.verdict)).count();
        Report {
            passed: count(&[Verdict::Passed, Verdict::OtherCode]),
            failed: count(&[Verdict::Failed]),
            missing: count(&[Verdict::Missing]),
            cases,
        }
    }

    /// The report as JUnit has it (XML), for a run of this name.
    #[must_use]
    pub fn to_junit(&self, name: &str) -> String {
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">\n",
            escaped(name),
            self.cases.len(),
            self.failed,
            self.missing
        );
        for Judged { case, verdict, did } in &self.cases {
            let inner = match verdict {
                Verdict::Passed | Verdict::OtherCode => format!("<system-out>{}</system-out>", escaped(did)),
                Verdict::Failed => format!("<failure message=\"{}\"/>", escaped(did)),
                Verdict::Missing => "<skipped/>".to_owned(),
            };
            let (name, section) = (escaped(case.name()), escaped(case.section()));
            xml += &format!("  <testcase classname=\"{section}\" name=\"{name}\">{inner}</testcase>\n");
        }
        xml + "</testsuite>\n"
    }
}

/// Control characters are not allowed in XML, not even escaped.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    text.replace(|sign: char| sign.is_control(), "\u{fffd}")
}

//! What the bars are held against, and how a run came out.

/// How a benchmark came out.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What to say, in whole lines; those about missed bars among them.
    pub lines: Vec<String>,
    judged: usize,
    missed: usize,
}

impl Verdict {
    /// Holds `value` against the most it may be, to two decimals, which is as much as a noisy machine allows.
    pub fn judge(&mut self, what: &str, value: f64, at_most: f64, unit: &str) {
        self.judged += 1;
        if round(value) > round(at_most) {
            self.missed += 1;
            self.lines.push(format!("missed: {what}: {value:.2}{unit}, the bar is {at_most:.2}"));
        }
    }

    /// Adds a line that judges nothing.
    pub fn say(&mut self, line: String) {
        self.lines.push(line);
    }

    /// Whether no bar was missed.
    pub fn holds(&self) -> bool {
        self.missed == 0
    }

    /// The lines, headed by how many bars hold.
    pub fn summary(mut self) -> Vec<String> {
        let Self { judged, missed, .. } = self;
        let head = match judged {
            0 => "no bar was judged".to_owned(),
            _ => format!("{} of {judged} bars hold", judged - missed),
        };
        self.lines.insert(0, head);
        self.lines
    }
}

fn round(value: f64) -> f64 {
    (value * 100.0).round()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_holds_to_two_decimals() {
        let mut verdict = Verdict::default();
        verdict.judge("16 B", 1.0049, 1.0, " × TCP");
        assert!(verdict.holds());
        verdict.judge("1 KiB", 1.0051, 1.0, " × TCP");
        assert!(!verdict.holds());
        verdict.say("and so on".to_owned());
        assert_eq!(
            verdict.summary(),
            ["1 of 2 bars hold", "missed: 1 KiB: 1.01 × TCP, the bar is 1.00", "and so on"]
        );
    }

    #[test]
    fn nothing_judged_is_said() {
        let verdict = Verdict::default();
        assert!(verdict.holds());
        assert_eq!(verdict.summary(), ["no bar was judged"]);
    }
}

//! A rule for answers, as it is written in a form.

use workbench::answers::{MAX_DELAY_MILLIS, Rule};
use workbench::decimal;
use workbench::draft::Draft;

use super::durations::{format_duration, parse_millis};

/// A rule as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleForm {
    /// Whether it is in force.
    pub enabled: bool,
    /// Which messages it answers.
    pub filter: String,
    /// What is sent.
    pub reply: Draft,
    /// How much later; empty for at once.
    pub delay: String,
    /// How often on one connection; empty for no limit.
    pub limit: String,
}

impl RuleForm {
    /// The form that says what is set.
    pub fn new(rule: &Rule) -> RuleForm {
        let text = |number: u64| decimal::shortest(number as f64);
        RuleForm {
            enabled: rule.enabled,
            filter: rule.filter.clone(),
            reply: rule.reply.clone(),
            delay: if rule.delay_millis == 0 { String::new() } else { format_duration(rule.delay_millis) },
            limit: rule.limit.map(text).unwrap_or_default(),
        }
    }

    /// The rule. A number that is wrong leaves what it has in `present`.
    pub fn read(&self, present: Option<&Rule>) -> Rule {
        let default = Rule::default();
        let present = present.unwrap_or(&default);
        Rule {
            enabled: self.enabled,
            filter: self.filter.clone(),
            reply: self.reply.clone(),
            delay_millis: self.delay_millis().unwrap_or(present.delay_millis),
            limit: self.limit().unwrap_or(present.limit),
        }
    }

    /// The delay; nothing if it is none.
    pub fn delay_millis(&self) -> Option<u64> {
        match self.delay.trim() {
            "" => Some(0),
            text => parse_millis(text).filter(|millis| *millis <= MAX_DELAY_MILLIS),
        }
    }

    /// The limit; nothing if it is none.
    pub fn limit(&self) -> Option<Option<u64>> {
        match self.limit.trim() {
            "" => Some(None),
            text => text.parse().ok().filter(|limit| *limit > 0).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_what_is_set_and_sets_what_it_says() {
        let all = Rule {
            enabled: false,
            filter: "a b".to_owned(),
            reply: Draft { text: "c".to_owned(), ..Draft::default() },
            delay_millis: 1_500,
            limit: Some(7),
        };
        for rule in [Rule::default(), all, Rule { delay_millis: 3, ..Rule::default() }] {
            assert_eq!(RuleForm::new(&rule).read(None), rule);
        }
    }

    #[test]
    fn a_wrong_number_sets_nothing() {
        let present = Rule { delay_millis: 5, limit: Some(2), ..Rule::default() };
        for (delay, limit) in [("soon", "0"), ("25 h", "-1"), ("1e9", "many")] {
            let form =
                RuleForm { delay: delay.to_owned(), limit: limit.to_owned(), ..RuleForm::new(&present) };
            assert_eq!((form.delay_millis(), form.limit()), (None, None));
            assert_eq!(form.read(Some(&present)), present);
        }
    }
}

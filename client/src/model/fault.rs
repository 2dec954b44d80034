//! What is wrong with a message as it is written, in words.

use workbench::draft::{Fault, Problem};
use workbench::filter::PatternError;
use workbench::json::{JsonErrorKind, PathError};
use workbench::position::{Position, position};
use workbench::template::TemplateErrorKind;

use crate::texts::composer::Composer;
use crate::texts::fill;
use crate::texts::health::Health;
use crate::texts::log::Log;

/// What is wrong, without the place.
pub fn problem(problem: &Problem, t: &Composer) -> String {
    match problem {
        Problem::Template(kind) => template(kind, t),
        Problem::Json(kind) => json(*kind, t).to_owned(),
        Problem::Character(char) => fill(t.fault_character, &[char]),
        Problem::Incomplete => t.fault_incomplete.to_owned(),
        Problem::Dump => t.fault_dump.to_owned(),
        Problem::Words => t.fault_words.to_owned(),
    }
}

/// What is wrong and where in `text`.
pub fn sentence(fault: &Fault, text: &str, t: &Composer) -> String {
    sentence_at(&fault.problem, position(text, fault.at), t)
}

/// What is wrong and where.
pub fn sentence_at(what: &Problem, at: Position, t: &Composer) -> String {
    fill(t.fault_at, &[&at.line, &at.column, &problem(what, t)])
}

fn template(kind: &TemplateErrorKind, t: &Composer) -> String {
    match kind {
        TemplateErrorKind::Unclosed => t.fault_unclosed.to_owned(),
        TemplateErrorKind::Empty => t.fault_empty.to_owned(),
        TemplateErrorKind::Unknown(name) => fill(t.fault_unknown, &[name]),
        TemplateErrorKind::Argument(word) => fill(t.fault_argument, &[word]),
        TemplateErrorKind::RandomBounds => t.fault_random.to_owned(),
        TemplateErrorKind::Char => t.fault_char.to_owned(),
        TemplateErrorKind::RandomOrder => t.fault_order.to_owned(),
    }
}

/// What is wrong with a path into JSON.
pub fn path(error: PathError, t: &Health) -> &'static str {
    match error {
        PathError::ExpectedName(_) => t.plot_expected_name,
        PathError::BadIndex(_) => t.plot_bad_index,
        PathError::TooLong(_) => t.plot_too_long,
        PathError::Trailing(_) => t.plot_trailing,
    }
}

/// What is wrong with a regular expression.
pub fn pattern(error: PatternError, t: &Log) -> &'static str {
    match error {
        PatternError::Group => t.pattern_group,
        PatternError::Class => t.pattern_class,
        PatternError::Repetition => t.pattern_repeat,
        PatternError::Escape => t.pattern_escape,
        PatternError::Unsupported => t.pattern_unsupported,
        PatternError::TooLarge => t.pattern_large,
        PatternError::Other => t.pattern_other,
    }
}

/// What is wrong with JSON.
pub fn json(kind: JsonErrorKind, t: &Composer) -> &'static str {
    match kind {
        JsonErrorKind::ExpectedValue => t.fault_value,
        JsonErrorKind::ExpectedKey => t.fault_key,
        JsonErrorKind::ExpectedColon => t.fault_colon,
        JsonErrorKind::ExpectedCommaOrEnd => t.fault_comma,
        JsonErrorKind::TrailingText => t.fault_trailing,
        JsonErrorKind::UnclosedString => t.fault_string,
        JsonErrorKind::ControlCharacter => t.fault_control,
        JsonErrorKind::BadEscape => t.fault_escape,
        JsonErrorKind::BadNumber => t.fault_number,
        JsonErrorKind::TooDeep => t.fault_deep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Lang;
    use crate::texts::tests::texts_in;

    #[test]
    fn says_what_and_where() {
        let fault = Fault { at: 5, problem: Problem::Json(JsonErrorKind::ExpectedColon) };
        let shown = sentence(&fault, "{\n\"é\"", &Composer::EN);
        assert_eq!(shown, "Line 2, column 3: “:” is expected after the name");
        let fault = Fault { at: 0, problem: Problem::Template(TemplateErrorKind::Unknown("x".to_owned())) };
        let shown = sentence(&fault, "{{x}}", &texts_in(Lang::Zh).composer);
        assert!(
            shown.contains("第 1 行第 1 列") && shown.contains("“x”") && shown.contains("{{{{"),
            "{shown}"
        );
    }
}

//! What is written in the composer, and the message it makes.

use thiserror::Error;

use crate::bytes::DecodeError;
use crate::json::{self, JsonErrorKind};
use crate::template::{self, Filled, Template, TemplateError, TemplateErrorKind, Values};
use crate::view::{Format, Payload, PayloadError};

/// A message as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// What the text means.
    pub format: Format,
    /// What is written.
    pub text: String,
}

/// Why a draft makes no message, and where. Show the place and send nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{problem} at byte {at}")]
pub struct Fault {
    /// The byte of the written text: of its placeholder if what was filled in is wrong.
    pub at: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a draft.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// A placeholder.
    #[error(transparent)]
    Template(TemplateErrorKind),
    /// Not JSON. As text it could be sent.
    #[error(transparent)]
    Json(JsonErrorKind),
    /// A character that is no digit of hex or base64.
    #[error("{0:?} does not belong here")]
    Character(char),
    /// The hex or base64 ends within a byte.
    #[error("half a byte is missing")]
    Incomplete,
    /// A line of a hex dump does not go on with those above it.
    #[error("the line does not go on with the dump above it")]
    Dump,
    /// A hex dump of words whose order is not known.
    #[error("words of several bytes, in an order that is not known")]
    Words,
}

/// What a draft without fault would send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Bytes of the message. With placeholders the real number may differ.
    pub bytes: usize,
    /// Whether there are placeholders to fill.
    pub has_placeholders: bool,
}

impl Draft {
    /// The message. `values` fills the placeholders; without it braces are text.
    ///
    /// # Errors
    /// The first fault.
    pub fn prepare<R: FnMut() -> u64>(&self, values: Option<&mut Values<'_, R>>) -> Result<Payload, Fault> {
        match values {
            Some(values) if self.text.contains("{{") => {
                let filled = template::fill(&self.text, values)?;
                Payload::parse(self.format, &filled.text).map_err(|error| fault(error, Some(&filled)))
            }
            _ => Payload::parse(self.format, &self.text).map_err(|error| fault(error, None)),
        }
    }

    /// Whether [`Draft::prepare`] would succeed, without keeping the message.
    ///
    /// # Errors
    /// The first fault.
    pub fn check<R: FnMut() -> u64>(&self, values: Option<&mut Values<'_, R>>) -> Result<Preview, Fault> {
        let is_template = values.is_some() && self.text.contains("{{");
        if self.format == Format::Text && !is_template {
            return Ok(Preview { bytes: self.text.len(), has_placeholders: false });
        }
        let bytes = match self.prepare(values)? {
            Payload::Text(text) => text.len(),
            Payload::Binary(bytes) => bytes.len(),
        };
        let has_placeholders = is_template && Template::parse(&self.text).is_ok_and(|t| !t.is_plain());
        Ok(Preview { bytes, has_placeholders })
    }

    /// The text laid out as JSON with two spaces per level; numbers, strings and placeholders stay as written.
    ///
    /// # Errors
    /// The text is not JSON, or a placeholder is wrong.
    pub fn pretty(&self, with_placeholders: bool) -> Result<String, Fault> {
        if !with_placeholders {
            return json::pretty(&self.text, 2).map_err(|error| fault(error.into(), None));
        }
        let template = Template::parse(&self.text)?;
        template
            .rearrange(|text| json::pretty(text, 2))
            .map_err(|(error, covered)| fault(error.into(), Some(&covered)))
    }
}

impl From<TemplateError> for Fault {
    fn from(error: TemplateError) -> Fault {
        Fault { at: error.at, problem: Problem::Template(error.kind) }
    }
}

fn fault(error: PayloadError, filled: Option<&Filled>) -> Fault {
    let at = filled.map_or(error.at(), |filled| filled.origin(error.at()));
    let problem = match error {
        PayloadError::Json(error) => Problem::Json(error.kind),
        PayloadError::Bytes(DecodeError::BadCharacter { found, .. }) => Problem::Character(found),
        PayloadError::Bytes(DecodeError::Incomplete { .. }) => Problem::Incomplete,
        PayloadError::Bytes(DecodeError::Dump { .. }) => Problem::Dump,
        PayloadError::Bytes(DecodeError::Words { .. }) => Problem::Words,
    };
    Fault { at, problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Variables;
    use crate::time::Micros;

    fn prepare(format: Format, text: &str) -> Result<Payload, Fault> {
        let variables = Variables::from([("q".to_owned(), "a\"b".to_owned())]);
        let draft = Draft { format, text: text.to_owned() };
        let random = || 0;
        let result =
            draft.prepare(Some(&mut Values { n: 12, now: Micros(0), random, variables: &variables }));
        let checked = draft.check(Some(&mut Values { n: 12, now: Micros(0), random, variables: &variables }));
        match (&result, checked) {
            (Ok(payload), Ok(preview)) => assert_eq!(preview.bytes, payload.body().bytes().len()),
            (Err(fault), Err(checked)) => assert_eq!(*fault, checked),
            (result, checked) => panic!("{text}: {result:?} but checked as {checked:?}"),
        }
        result
    }

    fn fault(format: Format, text: &str) -> (usize, Problem) {
        let fault = prepare(format, text).expect_err(text);
        (fault.at, fault.problem)
    }

    #[test]
    fn every_format_is_filled_before_it_is_read() {
        assert_eq!(prepare(Format::Text, "#{{n}}"), Ok(Payload::Text("#12".into())));
        assert_eq!(prepare(Format::Json, "[{{n}}]"), Ok(Payload::Text("[12]".into())));
        assert_eq!(prepare(Format::Hex, "ff {{n}}"), Ok(Payload::Binary(vec![0xff, 0x12])));
        assert_eq!(prepare(Format::Base64, "AP8="), Ok(Payload::Binary(vec![0, 0xff])));
        assert_eq!(prepare(Format::Text, ""), Ok(Payload::Text(String::new())));
    }

    #[test]
    fn faults_are_placed_in_what_was_written() {
        assert_eq!(
            fault(Format::Text, "{{x}}"),
            (0, Problem::Template(TemplateErrorKind::Unknown("x".into())))
        );
        assert_eq!(fault(Format::Json, "[{{n}}, ,]"), (8, Problem::Json(JsonErrorKind::ExpectedValue)));
        let (at, _) = fault(Format::Json, r#"["{{q}}"]"#);
        assert_eq!(at, 2, "the value of the variable broke the string");
        assert_eq!(fault(Format::Hex, "00 {{n}} g"), (9, Problem::Character('g')));
        assert_eq!(fault(Format::Hex, "0"), (0, Problem::Incomplete));
        assert_eq!(fault(Format::Base64, "AP8=!"), (4, Problem::Character('!')));
    }

    #[test]
    fn without_values_braces_are_text() {
        let draft = Draft { format: Format::Text, text: "{{x".into() };
        let none = || None::<&mut Values<'_, fn() -> u64>>;
        assert_eq!(draft.prepare(none()), Ok(Payload::Text("{{x".into())));
        assert_eq!(draft.check(none()), Ok(Preview { bytes: 3, has_placeholders: false }));
    }

    #[test]
    fn pretty_keeps_placeholders_and_digits() {
        let draft = |text: &str| Draft { format: Format::Json, text: text.into() };
        let text = r#"{"n":{{n}},"big":12345678901234567890.10}"#;
        let pretty = "{\n  \"n\": {{n}},\n  \"big\": 12345678901234567890.10\n}";
        assert_eq!(draft(text).pretty(true).unwrap(), pretty);
        let fault = draft("[{{n}},]").pretty(true).unwrap_err();
        assert_eq!((fault.at, fault.problem), (7, Problem::Json(JsonErrorKind::ExpectedValue)));
        assert_eq!(draft(r#"["{{"]"#).pretty(false).unwrap(), "[\n  \"{{\"\n]");
        assert_eq!(draft(r#"["{{"]"#).pretty(true).unwrap_err().at, 2);
    }
}

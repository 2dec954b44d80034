//! What is wrong with a file, in words.

use workbench::import::{ImportError, ImportErrorKind};
use workbench::profile::ProfileError;

use super::fault;
use crate::texts::settings::Settings;
use crate::texts::{Texts, fill};

/// What is wrong, where, and what to do about it.
pub fn sentence(error: &ImportError, all: &Texts) -> String {
    let t = &all.log;
    let what = match error.kind {
        // These are about the file as a whole.
        ImportErrorKind::UnknownFormat => return t.import_unknown.to_owned(),
        ImportErrorKind::NoMessages => return t.import_no_messages.to_owned(),
        ImportErrorKind::NewerVersion(version) => return fill(t.import_newer, &[&version]),
        ImportErrorKind::Json(kind) => fill(t.import_json, &[&fault::json(kind, &all.composer)]),
        ImportErrorKind::Missing(name) => fill(t.import_missing, &[&name]),
        ImportErrorKind::Invalid(name) => fill(t.import_invalid, &[&name]),
        ImportErrorKind::UnclosedQuote => t.import_unclosed.to_owned(),
    };
    fill(t.import_line, &[&error.line, &what])
}

/// Why a text holds no profiles.
pub fn profiles(error: &ProfileError, t: &Settings) -> String {
    match error {
        ProfileError::Json(error) => fill(t.profiles_not_json, &[&(error.at + 1)]),
        ProfileError::Kind => t.profiles_other_kind.to_owned(),
        ProfileError::Newer(version) => fill(t.profiles_newer, &[version]),
        ProfileError::Field { number, field } => fill(t.profiles_field, &[number, field]),
        ProfileError::Link => t.link_cut.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use workbench::json::JsonErrorKind;

    use super::*;
    use crate::texts::Lang;

    #[test]
    fn every_fault_is_told_in_each_language_with_its_line() {
        for kind in [
            ImportErrorKind::UnknownFormat,
            ImportErrorKind::NewerVersion(9),
            ImportErrorKind::Json(JsonErrorKind::ExpectedColon),
            ImportErrorKind::Missing("time"),
            ImportErrorKind::Invalid("dir"),
            ImportErrorKind::UnclosedQuote,
            ImportErrorKind::NoMessages,
        ] {
            let error = ImportError { line: 37, kind };
            let [english, chinese] = Lang::ALL.map(|lang| sentence(&error, lang.texts()));
            assert!(chinese.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{chinese}");
            assert_eq!(english.contains("37"), chinese.contains("37"), "{english}");
            assert!(english.is_ascii() || english.contains('“'), "{english}");
        }
    }
}

//! The README lists every parameter, as the catalogue has it, and the page has its phrases in every language; the sessions'
//! protocol lists the cases that its clients are tried by.

use std::path::Path;

use protocol::conformance::session::SessionCase;
use protocol::fault::{Group, Parameter, Violation};

/// The parameters, one table a group.
fn faults() -> String {
    let mut text = String::new();
    let groups = [
        (Group::Handshake, "Handshake"),
        (Group::Traffic, "Traffic"),
        (Group::Ends, "Ends"),
        (Group::Violations, "Violations"),
        (Group::When, "When"),
        (Group::Connection, "The connection"),
    ];
    text.push_str("\n| parameter | what it does | values | default |\n|---|---|---|---|\n");
    for (group, title) in groups {
        text.push_str(&format!("| **{title}** | | | |\n"));
        for parameter in Parameter::all().filter(|parameter| parameter.group == group) {
            let Parameter { name, summary, values, default, .. } = parameter;
            text.push_str(&format!("| `{name}` | {summary} | {values} | {default} |\n"));
        }
    }
    let names: Vec<String> = Violation::all().map(|violation| format!("`{violation}`")).collect();
    text.push_str(&format!("\nViolations: {}.\n\n", names.join(", ")));
    text
}

/// The cases of sessions, in the order of the protocol's text.
fn cases() -> String {
    let mut text =
        "| case | section | what the server does | what the client has to do |\n|---|---|---|---|\n"
            .to_owned();
    for SessionCase { name, section, does, asks, .. } in SessionCase::all() {
        text.push_str(&format!("| `{name}` | {section} | {does} | {asks} |\n"));
    }
    text
}

/// A file has these lines between its marks. With `UPDATE_README=1` they are written anew.
fn check(file: &str, mark: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    let (begin, end) = (
        format!("<!-- {mark}: written by crates/protocol/tests/readme.rs -->\n"),
        format!("<!-- /{mark} -->"),
    );
    let whole = std::fs::read_to_string(&path).expect("the file is there");
    let (before, rest) = whole.split_once(&begin).expect("the file has a place for the lines");
    let (there, behind) = rest.split_once(&end).expect("the place ends");
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, [before, &begin, text, &end, behind].concat())
            .expect("the file can be written");
    } else {
        assert_eq!(there, text, "run this test with UPDATE_README=1 after a change of what {file} lists");
    }
}

#[test]
fn the_readme_has_the_catalogue() {
    check("README.md", "faults", &faults());
}

#[test]
fn the_sessions_protocol_lists_the_cases_by_its_own_sections() {
    check("docs/session-protocol.md", "cases", &cases());
    let text = include_str!("../../../docs/session-protocol.md");
    for SessionCase { name, section, .. } in SessionCase::all() {
        assert!(text.contains(&format!("\n## {section}\n")), "{name} names {section}");
    }
}

/// The page shows the catalogue in the reader's language: each phrase of it stands in the books of `client/texts`.
#[test]
fn the_pages_languages_have_every_phrase() {
    let texts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../client/texts");
    let entries = std::fs::read_dir(&texts).expect("the page has texts");
    let paths: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let books: Vec<_> = paths.iter().filter(|path| name(path).starts_with("faults.")).collect();
    assert_eq!(books.len() * 2, paths.len(), "each language has its texts and its book: {paths:?}");
    let parameters = Parameter::all().flat_map(|parameter| {
        let Parameter { summary, values, default, .. } = *parameter;
        [summary, values, default]
    });
    let phrases: Vec<_> =
        parameters.chain(Violation::all().map(|violation| violation.rule().sends)).collect();
    for path in books {
        let book = std::fs::read_to_string(path).expect("a book can be read");
        let pairs = book.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_once(" = "));
        let known: Vec<_> = pairs.map(|pair| pair.expect("a phrase and its translation").0).collect();
        let missing: Vec<_> = phrases.iter().filter(|phrase| !known.contains(phrase)).collect();
        assert!(missing.is_empty(), "{}: {missing:#?}", name(path));
        let idle: Vec<_> = known.iter().filter(|known| !phrases.contains(known)).collect();
        assert!(idle.is_empty(), "{} has what the server does not say: {idle:#?}", name(path));
    }
}

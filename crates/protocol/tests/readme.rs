//! The README lists every parameter, as the catalogue has it, and the page has its phrases in every language.

use std::path::Path;

use protocol::fault::{Group, Parameter, Violation};

const BEGIN: &str = "<!-- faults: written by crates/protocol/tests/readme.rs -->\n";
const END: &str = "<!-- /faults -->";

/// The tables, one a group.
fn tables() -> String {
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

/// With `UPDATE_README=1` it is written anew.
#[test]
fn the_readme_has_the_catalogue() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(&path).expect("the README is there");
    let (before, rest) = readme.split_once(BEGIN).expect("the README has a place for the tables");
    let (there, behind) = rest.split_once(END).expect("the place ends");
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, [before, BEGIN, &tables(), END, behind].concat())
            .expect("the README can be written");
    } else {
        assert_eq!(there, tables(), "run this test with UPDATE_README=1 after a change of the catalogue");
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

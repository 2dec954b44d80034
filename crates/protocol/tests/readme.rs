//! The README lists every parameter, as the catalogue has it.

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

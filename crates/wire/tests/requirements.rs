//! REQUIREMENTS.md names tests that exist, and every test by section is named there.

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

use std::collections::BTreeSet;
use std::path::Path;

const TABLE: &str = include_str!("../REQUIREMENTS.md");

/// A row of a table: the section and the tests. Rows without a test must say why in their place.
struct Row {
    requirement: String,
    rfc: String,
    section: String,
    tests: Vec<String>,
    why_none: String,
}

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut rfc = String::new();
    for line in TABLE.lines() {
        if let Some(heading) = line.strip_prefix("## RFC ") {
            rfc = heading.split_whitespace().next().unwrap_or_default().to_owned();
        }
        let Some(cells) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else { continue };
        let cells = cells.split(" | ").collect::<Vec<_>>();
        let &[requirement, section, tests] = &cells[..] else { panic!("three columns: {line}") };
        if section == "section" {
            continue;
        }
        let names = tests.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        rows.push(Row {
            requirement: requirement.to_owned(),
            rfc: rfc.clone(),
            section: section.to_owned(),
            why_none: if names.is_empty() { tests.to_owned() } else { String::new() },
            tests: names,
        });
    }
    rows
}

/// The names of all `#[test]` functions in the files whose names start with `rfc`.
fn tests() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        if !(file.starts_with("rfc") && file.ends_with(".rs")) {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        let mut lines = source.lines();
        while let Some(line) = lines.next() {
            if line.trim() != "#[test]" {
                continue;
            }
            let function = lines.find_map(|line| line.trim().strip_prefix("fn ")).unwrap();
            let name = function.split('(').next().unwrap();
            assert!(name.starts_with("rfc"), "{file}: {name} doesn't name its section");
            assert!(names.insert(name.to_owned()), "{name} is there twice");
        }
    }
    names
}

#[test]
fn the_table_and_the_tests_agree() {
    let tests = tests();
    let mut named = BTreeSet::new();
    for row in rows() {
        let section = format!("rfc{}_{}_", row.rfc, row.section.replace('.', "_"));
        for test in &row.tests {
            assert!(tests.contains(test), "the table names {test}, which doesn't exist");
            assert!(test.starts_with(&section), "{test} isn't of section {}", row.section);
            named.insert(test.clone());
        }
    }
    let missing = tests.difference(&named).collect::<Vec<_>>();
    assert!(missing.is_empty(), "not in the table: {missing:#?}");
}

#[test]
fn a_requirement_without_a_test_says_why() {
    for row in rows() {
        assert!(
            !row.tests.is_empty() || row.why_none.len() > 20,
            "neither a test nor a reason: {}",
            row.requirement
        );
    }
}

#[test]
fn every_section_with_requirements_is_covered() {
    let sections = rows().into_iter().map(|row| (row.rfc, row.section)).collect::<BTreeSet<_>>();
    for section in [
        "4.1", "4.2.1", "4.2.2", "5.1", "5.2", "5.3", "5.4", "5.5", "5.5.1", "5.5.2", "5.5.3", "5.6", "6.1",
        "6.2", "7.1.1", "7.1.7", "7.4.1", "7.4.2", "8.1", "10.4",
    ] {
        let there = sections.iter().any(|(rfc, there)| rfc == "6455" && there.starts_with(section));
        assert!(there, "RFC 6455 §{section}");
    }
    for section in ["5", "6", "7.1.1.1", "7.1.1.2", "7.1.2.1", "7.1.2.2", "7.2.1", "7.2.2"] {
        let there = sections.iter().any(|(rfc, there)| rfc == "7692" && there.starts_with(section));
        assert!(there, "RFC 7692 §{section}");
    }
}

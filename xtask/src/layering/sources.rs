//! What a crate's sources name, as far as text tells. Comments and tests at a file's end are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What a pure crate must not name: it would then depend on more than its arguments.
const IMPURE: [&str; 8] = [
    "Instant::now",
    "std::time::Instant",
    "SystemTime",
    "std::thread",
    "std::fs",
    "std::env",
    "std::process",
    "std::net::{Tcp",
];

/// Each line of the crate's sources in `folder` that names a clock or the system.
pub(super) fn impurities(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in sources(folder) {
        for line in code(&text).filter(|line| is_impure(line)) {
            found.push(format!("{}: {}", path.display(), line.trim()));
        }
    }
    found
}

/// Modules of the crate in `folder` that know each other in a circle, if there are any: the first is the last again.
/// Modules are told apart at the crate's top level.
pub(super) fn circle(folder: &Path) -> Option<Vec<String>> {
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in sources(folder) {
        let module = path.iter().next().map(|name| name.to_string_lossy().replace(".rs", ""));
        let Some(module) = module.filter(|module| !["lib", "main"].contains(&module.as_str())) else {
            continue;
        };
        let named = code(&text).flat_map(names);
        edges.entry(module.clone()).or_default().extend(named.filter(|other| *other != module));
    }
    let mut settled = BTreeSet::new();
    edges.keys().find_map(|module| follow(module, &edges, &mut Vec::new(), &mut settled))
}

/// Goes from `module` wherever it leads; gives the circle that it runs into.
fn follow(
    module: &str,
    edges: &BTreeMap<String, BTreeSet<String>>,
    way: &mut Vec<String>,
    settled: &mut BTreeSet<String>,
) -> Option<Vec<String>> {
    if let Some(start) = way.iter().position(|before| before == module) {
        return Some(
            way[start..].iter().map(String::as_str).chain([module]).map(ToOwned::to_owned).collect(),
        );
    }
    if settled.contains(module) {
        return None;
    }
    way.push(module.to_owned());
    let found = edges.get(module)?.iter().find_map(|next| {
        // A name that is no module is an item of the root, which knows everybody.
        edges.contains_key(next).then(|| follow(next, edges, way, settled)).flatten()
    });
    way.pop();
    settled.insert(module.to_owned());
    found
}

/// The modules that a line names: `crate::module::…`, one a path.
fn names(line: &str) -> impl Iterator<Item = String> {
    line.split("crate::").skip(1).map(|rest| {
        rest.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
    })
}

fn is_impure(line: &str) -> bool {
    let imported = line.contains("std::time::{") && line.contains("Instant");
    imported || IMPURE.iter().any(|name| line.contains(name))
}

/// The lines that are neither comments nor tests.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .filter(|line| !line.trim_start().starts_with("//"))
}

/// All Rust files below `folder`, by their path in it.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let entries = fs::read_dir(&next).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap_or_default();
                found.push((path.strip_prefix(folder).unwrap_or(&path).to_owned(), text));
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("heartwire-sources-{}-{name}", std::process::id()));
        for (path, text) in files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn clocks_are_found_wherever_they_are_named() {
        for (line, impure) in [
            ("let now = Instant::now();", true),
            ("use std::time::{Duration, Instant};", true),
            ("std::time::SystemTime::UNIX_EPOCH", true),
            ("use std::time::Duration;", false),
            ("struct Instant(u64);", false),
            ("// Instant::now is for shells", false),
        ] {
            let folder =
                folder("clocks", &[("deep/er.rs", line), ("tests.rs", "#[cfg(test)]\nInstant::now")]);
            assert_eq!(impurities(&folder).len(), usize::from(impure), "{line}");
            fs::remove_dir_all(folder).unwrap();
        }
    }

    #[test]
    fn circles_are_found_through_others_and_folders() {
        let files = [
            ("lib.rs", "use crate::a; use crate::b;"),
            ("a.rs", "use crate::b::Thing;"),
            ("b/inner.rs", "fn f(_: crate::c::Other) {}"),
            ("c.rs", "use crate::Root;"),
        ];
        let straight = folder("straight", &files);
        assert_eq!(circle(&straight), None);
        fs::write(straight.join("c.rs"), "use crate::a::Thing;").unwrap();
        assert_eq!(circle(&straight).unwrap(), ["a", "b", "c", "a"]);
        fs::remove_dir_all(straight).unwrap();
    }
}

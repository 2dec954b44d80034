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

/// Modules of the crate in `folder` that know each other in a circle, at whatever depth: for each folder of modules the
/// first circle found in it, its first module named again at the end. That a module knows those inside it, and they it,
/// is none.
pub(super) fn circles(folder: &Path) -> Vec<Vec<String>> {
    let texts: Vec<(Vec<String>, String)> = sources(folder)
        .into_iter()
        .filter(|(path, _)| !path.to_string_lossy().ends_with("tests.rs"))
        .map(|(path, text)| (module(&path), code(&text).collect::<Vec<_>>().join("\n")))
        .collect();
    let is_module = |path: &[String]| texts.iter().any(|(known, _)| known.starts_with(path));
    // By the module that they lie in.
    let mut levels: BTreeMap<Vec<String>, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (module, text) in &texts {
        for named in names(module, text) {
            let shared = module.iter().zip(&named).take_while(|(one, other)| one == other).count();
            let (Some(from), Some(to)) = (module.get(shared), named.get(shared)) else { continue };
            if is_module(&named[..=shared]) {
                let edges = levels.entry(module[..shared].to_vec()).or_default();
                edges.entry(from.clone()).or_default().insert(to.clone());
            }
        }
    }
    let full = |level: &[String], name: String| [level, &[name]].concat().join("::");
    let named = |(level, edges): (&Vec<String>, _)| {
        Some(circle(edges)?.into_iter().map(|name| full(level, name)).collect())
    };
    levels.iter().filter_map(named).collect()
}

fn circle(edges: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    let mut settled = BTreeSet::new();
    edges.keys().find_map(|module| follow(module, edges, &mut Vec::new(), &mut settled))
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
    let found = edges.get(module).into_iter().flatten().find_map(|next| follow(next, edges, way, settled));
    way.pop();
    settled.insert(module.to_owned());
    found
}

/// The module of a file, from the crate's root.
fn module(path: &Path) -> Vec<String> {
    let mut module: Vec<String> =
        path.with_extension("").iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if module.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        module.pop();
    }
    module
}

/// The paths that the text of a module names, from the crate's root: `crate::…` and `super::…`, each in a group by
/// itself.
fn names(module: &[String], text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = ["crate::", "super::"].iter().filter_map(|start| rest.find(start)).min() {
        let mut base = if rest[at..].starts_with("crate") {
            Vec::new()
        } else {
            module[..module.len().saturating_sub(1)].to_vec()
        };
        rest = &rest[at + "crate::".len()..];
        while let Some(further) = rest.strip_prefix("super::") {
            base.pop();
            rest = further;
        }
        rest = read_path(rest, &base, &mut found);
    }
    found
}

/// Reads what follows `base::`, a name or a group of them, and gives what stands behind it.
fn read_path<'a>(text: &'a str, base: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        while !rest.trim_start().is_empty() && !rest.trim_start().starts_with('}') {
            let behind = read_path(rest, base, found).trim_start();
            rest = behind.strip_prefix(',').unwrap_or(behind);
            if rest.len() == behind.len() && !behind.starts_with('}') {
                break;
            }
        }
        return rest;
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let path: Vec<String> = base.iter().cloned().chain([name.to_owned()]).collect();
    match rest.strip_prefix("::") {
        Some(further) => read_path(further, &path, found),
        None => {
            found.push(path);
            // `name as other`
            rest.strip_prefix(" as ")
                .map_or(rest, |other| other.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_'))
        }
    }
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
            ("a.rs", "use crate::{b::Thing, c as other};"),
            ("b/inner.rs", "fn f(_: crate::c::Other) {}"),
            ("c.rs", "use crate::Root;"),
        ];
        let straight = folder("straight", &files);
        assert!(circles(&straight).is_empty());
        fs::write(straight.join("c.rs"), "use crate::a::Thing;").unwrap();
        assert_eq!(circles(&straight), [["a", "b", "c", "a"]]);
        fs::remove_dir_all(straight).unwrap();
    }

    #[test]
    fn circles_are_found_inside_of_modules() {
        let files = [
            ("views/mod.rs", "mod one; mod two; pub use self::one::One;"),
            ("views/one.rs", "use super::{Shared, two::{self, Two}};"),
            ("views/two.rs", "use crate::model;"),
            ("model.rs", ""),
        ];
        let inside = folder("inside", &files);
        assert!(circles(&inside).is_empty(), "a module and those inside it may know each other");
        fs::write(inside.join("views/two.rs"), "use super::Shared;\nuse super::one::One;").unwrap();
        assert_eq!(circles(&inside), [["views::one", "views::two", "views::one"]]);
        fs::remove_dir_all(inside).unwrap();
    }
}

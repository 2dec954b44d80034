//! The pages: built by trunk into `dist/` and `scenes/dist/`, each only when something that goes into it changed.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::workspace::{self, Metadata, Package};
use crate::{glue, languages, process, setup, split, styles};

/// A page of the server.
struct Page {
    /// Its crate.
    package: &'static str,
    /// What it is called while it is built.
    name: &'static str,
    /// What it is built from beside its crates, from the root.
    files: &'static [&'static str],
    /// How trunk builds it, from the root.
    config: &'static str,
    /// Where to, from the root.
    dist: &'static str,
    /// Its document there.
    document: &'static str,
    /// Whether it has parts that are fetched later.
    has_parts: bool,
}

const PAGES: [Page; 2] = [
    Page {
        package: "client",
        name: "page",
        files: &["index.html", "Trunk.toml", "Cargo.toml", "Cargo.lock"],
        config: "Trunk.toml",
        dist: "dist",
        document: "index.html",
        has_parts: true,
    },
    Page {
        package: "scenes",
        name: "scenes",
        files: &["Cargo.toml", "Cargo.lock"],
        config: "scenes/Trunk.toml",
        dist: "scenes/dist",
        document: "scenes.html",
        has_parts: false,
    },
];

/// Makes sure that the pages are there as the sources describe them.
pub(crate) fn build(metadata: &Metadata) -> Result<()> {
    PAGES.iter().try_for_each(|page| build_one(page, metadata))
}

fn build_one(page: &Page, metadata: &Metadata) -> Result<()> {
    let stamp = metadata.target_dir().join("xtask").join(page.name);
    let inputs = inputs(page, &metadata.packages())?;
    let wanted = format!("{:016x}", fingerprint(&inputs, &setup::forced_way().unwrap_or_default())?);
    let dist = workspace::root().join(page.dist);
    let state =
        |wanted: &str| anyhow::Ok(format!("{wanted} {:016x}", fingerprint(std::slice::from_ref(&dist), "")?));
    let document = dist.join(page.document);
    if document.is_file()
        && fs::read_to_string(&stamp).is_ok_and(|old| state(&wanted).is_ok_and(|new| old == new))
    {
        return Ok(());
    }

    let wasm = setup::Wasm::find_or_install()?;
    let trunk = setup::install_trunk()?;
    let bindgen = setup::WasmBindgen::find_or_install()?;
    println!("building {} (a few seconds; about 2 minutes the first time)", page.document);
    process::run(workspace::cargo().arg("fetch"), Duration::from_secs(300))
        .context("cannot fetch the crates that the page is made of")?;
    let mut command = workspace::command(trunk);
    // Offline: trunk would otherwise fetch tools of its own choice.
    command.args(["build", "--release=true", "--offline=true", "--config", page.config]);
    command.env("PATH", path_with(&bindgen.folder)?);
    // An empty or foreign value makes trunk fail: its flag knows `true` and `false` only.
    command.env_remove("NO_COLOR");
    if page.has_parts {
        // Its `build.rs` has the linker leave what splitting needs.
        command.env("HEARTWIRE_SPLIT", "1");
    }
    process::run(wasm.apply(&mut command), Duration::from_secs(20 * 60))?;
    styles::join(&document)?;
    languages::name(&document)?;
    if page.has_parts {
        let linked = metadata
            .target_dir()
            .join("wasm32-unknown-unknown")
            .join("page")
            .join(format!("{}.wasm", page.package));
        split::split(&document, &linked)?;
    }
    glue::shorten(&document)?;

    if let Some(folder) = stamp.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&stamp, state(&wanted)?).with_context(|| format!("cannot write {}", stamp.display()))
}

/// PATH with `folder` before everything else.
fn path_with(folder: &Path) -> Result<std::ffi::OsString> {
    let rest = env::var_os("PATH").unwrap_or_default();
    Ok(env::join_paths([folder.to_owned()].into_iter().chain(env::split_paths(&rest)))?)
}

/// The files and folders that a page is built from: the files that say how, and its crate and the workspace's crates
/// that it reaches, without their tests.
fn inputs(page: &Page, packages: &[Package]) -> Result<Vec<PathBuf>> {
    let mut inputs: BTreeSet<_> = page.files.iter().map(|name| workspace::root().join(name)).collect();
    for folder in folders(page.package, packages) {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            if !["tests", "benches", "dist"].iter().any(|name| entry.file_name() == *name) {
                inputs.insert(entry.path());
            }
        }
    }
    Ok(inputs.into_iter().collect())
}

/// The folders of a page's crate and of every crate of the workspace that it reaches.
fn folders<'a>(package: &'a str, packages: &'a [Package]) -> BTreeSet<PathBuf> {
    let mut reached = BTreeSet::new();
    let mut next = vec![package];
    while let Some(name) = next.pop() {
        let Some(package) = packages.iter().find(|package| package.name == name) else { continue };
        if reached.insert(package.folder.clone()) {
            next.extend(package.dependencies.iter().filter(|line| !line.dev).map(|line| line.name.as_str()));
        }
    }
    reached
}

/// A number that stands for some content in the name of its file.
pub(crate) fn digest(content: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

/// A number that changes with the name or the content of anything below `paths`. Content rather than times: a
/// fresh checkout or a branch switched there and back is the same page.
fn fingerprint(paths: &[PathBuf], salt: &str) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    salt.hash(&mut hasher);
    let mut next: Vec<PathBuf> = paths.iter().rev().cloned().collect();
    while let Some(path) = next.pop() {
        path.strip_prefix(workspace::root()).unwrap_or(&path).hash(&mut hasher);
        if path.is_dir() {
            let mut entries: Vec<PathBuf> = fs::read_dir(&path)?
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<_, _>>()?;
            entries.sort_unstable_by(|a, b| b.cmp(a));
            next.extend(entries);
        } else if path.exists() {
            fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?.hash(&mut hasher);
        }
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    fn package(name: &str, dependencies: &[(&str, bool)]) -> Package {
        let line = |(name, dev): &(&str, bool)| Dependency { name: (*name).into(), dev: *dev };
        Package {
            name: name.into(),
            folder: name.into(),
            dependencies: dependencies.iter().map(line).collect(),
        }
    }

    #[test]
    fn the_page_is_made_of_the_client_and_what_it_reaches() {
        let packages = [
            package("server", &[("wire", false)]),
            package("client", &[("link", false), ("yew", false), ("e2e", true)]),
            package("link", &[("protocol", false)]),
            package("protocol", &[]),
            package("wire", &[]),
            package("e2e", &[]),
        ];
        let expected = ["client", "link", "protocol"].map(PathBuf::from);
        assert_eq!(folders("client", &packages), BTreeSet::from(expected));
    }

    #[test]
    fn the_fingerprint_follows_names_and_content() {
        let folder = env::temp_dir().join(format!("heartwire-fingerprint-{}", std::process::id()));
        fs::create_dir_all(folder.join("inner")).unwrap();
        let state = || fingerprint(std::slice::from_ref(&folder), "").unwrap();
        let mut seen = vec![state()];
        let mut expect_new = |step: &str| {
            let new = state();
            assert!(!seen.contains(&new), "{step}");
            seen.push(new);
        };
        fs::write(folder.join("inner/a"), "1").unwrap();
        expect_new("a file was added");
        fs::write(folder.join("inner/a"), "2").unwrap();
        expect_new("a file changed");
        fs::rename(folder.join("inner/a"), folder.join("inner/b")).unwrap();
        expect_new("a file was renamed");
        assert_eq!(state(), state());
        fs::remove_dir_all(&folder).unwrap();
    }
}

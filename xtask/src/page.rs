//! The page: built by trunk into `dist/`, and only when something that goes into it changed.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::workspace::{self, Metadata, Package};
use crate::{glue, languages, process, setup, split, styles};

/// What the page is built from beside its crates.
const ROOT_FILES: [&str; 4] = ["index.html", "Trunk.toml", "Cargo.toml", "Cargo.lock"];

/// Makes sure that `dist/` holds the page as the sources describe it.
pub(crate) fn build(metadata: &Metadata) -> Result<()> {
    let stamp = metadata.target_dir().join("xtask").join("page");
    let inputs = inputs(&metadata.packages())?;
    let wanted = format!("{:016x}", fingerprint(&inputs, &setup::forced_way().unwrap_or_default())?);
    let dist = workspace::root().join("dist");
    let state =
        |wanted: &str| anyhow::Ok(format!("{wanted} {:016x}", fingerprint(std::slice::from_ref(&dist), "")?));
    if dist.join("index.html").is_file()
        && fs::read_to_string(&stamp).is_ok_and(|old| state(&wanted).is_ok_and(|new| old == new))
    {
        return Ok(());
    }

    let wasm = setup::Wasm::find_or_install()?;
    let trunk = setup::install_trunk()?;
    let bindgen = setup::WasmBindgen::find_or_install()?;
    println!("building the page (a few seconds; about 2 minutes the first time)");
    process::run(workspace::cargo().arg("fetch"), Duration::from_secs(300))
        .context("cannot fetch the crates that the page is made of")?;
    let mut command = workspace::command(trunk);
    // Offline: trunk would otherwise fetch tools of its own choice.
    command.args(["build", "--release=true", "--offline=true"]);
    command.env("PATH", path_with(&bindgen.folder)?);
    // An empty or foreign value makes trunk fail: its flag knows `true` and `false` only.
    command.env_remove("NO_COLOR");
    // `client/build.rs` has the linker leave what splitting needs.
    command.env("HEARTWIRE_SPLIT", "1");
    process::run(wasm.apply(&mut command), Duration::from_secs(20 * 60))?;
    let linked = metadata.target_dir().join("wasm32-unknown-unknown/page/client.wasm");
    styles::join(&dist)?;
    languages::name(&dist)?;
    split::split(&dist, &glue::module(&dist)?, &linked)?;
    glue::shorten(&dist)?;

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

/// The files and folders that the page is built from: the files that say how, and the client and the
/// workspace's crates it reaches, without their tests.
fn inputs(packages: &[Package]) -> Result<Vec<PathBuf>> {
    let mut inputs = BTreeSet::from(ROOT_FILES.map(|name| workspace::root().join(name)));
    for folder in folders(packages) {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            if entry.file_name() != "tests" && entry.file_name() != "benches" {
                inputs.insert(entry.path());
            }
        }
    }
    Ok(inputs.into_iter().collect())
}

/// The folders of the client and of every crate of the workspace that it reaches.
fn folders(packages: &[Package]) -> BTreeSet<PathBuf> {
    let mut reached = BTreeSet::new();
    let mut next = vec!["client"];
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
        assert_eq!(folders(&packages), BTreeSet::from(expected));
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

//! Embeds the pages: every file of `dist` and `scenes/dist` with its brotli and gzip variants, and a table of them.
//!
//! Compressing at the highest level takes seconds, so each variant is kept under the hash of its content and
//! made again only when that changes.

use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{env, fs};

/// Already compressed: trying again takes time and gains nothing.
const INCOMPRESSIBLE: &[&str] = &["png", "jpg", "jpeg", "webp", "woff2"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let root = folder("CARGO_MANIFEST_DIR").join("..");
    let bundles = [("dist", "index.html"), ("scenes/dist", "scenes.html")];
    for (dist, _) in bundles {
        let dist = root.join(dist);
        println!("cargo::rerun-if-changed={}", dist.display());
        // Cargo runs a script that watches a missing folder on every build, and once more for one that is younger
        // than the script's start. Where neither can be helped, building again is all that happens.
        if fs::create_dir(&dist).is_ok()
            && let Ok(folder) = fs::File::open(&dist)
        {
            let _ = folder.set_modified(SystemTime::now() - Duration::from_secs(60));
        }
    }

    let out = folder("OUT_DIR");
    let cache = out.join("bundle");
    fs::create_dir_all(&cache)?;

    let mut kept = HashSet::new();
    let mut table = String::from("static EMBEDDED: &[File] = &[\n");
    let mut files = BTreeMap::new();
    for (dist, document) in bundles {
        let dist = root.join(dist);
        // Without its document a bundle is a half-finished one.
        if dist.join(document).is_file() {
            for file in files_below(&dist)? {
                // What both have is the same, under a name that says what is in it.
                files.insert(url_path(&dist, &file)?, file);
            }
        }
    }
    for (url, file) in files {
        let content = fs::read(&file)?;
        let digest = hex(&Sha256::digest(&content)[..16]);
        let compressible =
            !file.extension().is_some_and(|extension| INCOMPRESSIBLE.iter().any(|known| extension == *known));
        let mut variant = |name: &str, compress: fn(&[u8]) -> io::Result<Vec<u8>>| -> io::Result<PathBuf> {
            let path = cache.join(format!("{digest}.{name}"));
            if !path.is_file() {
                write_whole(&path, &compress(&content)?)?;
            }
            kept.insert(path.clone());
            Ok(path)
        };
        // Embedded from copies: `dist` may change while the compiler runs.
        let identity = variant("identity", |content| Ok(content.to_vec()))?;
        let mut smaller = |name, compress| -> io::Result<String> {
            if !compressible {
                return Ok("None".to_owned());
            }
            let path = variant(name, compress)?;
            let gained = fs::metadata(&path)?.len() < content.len() as u64;
            Ok(if gained { format!("Some(include_bytes!({path:?}))") } else { "None".to_owned() })
        };
        let (brotli, gzip) = (smaller("br", brotli)?, smaller("gz", gzip)?);
        writeln!(
            table,
            "    File {{ path: {url:?}, digest: {digest:?}, identity: include_bytes!({identity:?}), \
             brotli: {brotli}, gzip: {gzip} }},"
        )
        .map_err(io::Error::other)?;
    }
    table.push_str("];\n");
    write_whole(&out.join("bundle.rs"), table.as_bytes())?;
    for entry in fs::read_dir(&cache)? {
        let path = entry?.path();
        if !kept.contains(&path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// A folder that cargo names to build scripts while they run.
fn folder(variable: &str) -> PathBuf {
    PathBuf::from(env::var_os(variable).expect("cargo sets it"))
}

/// All files below `folder` in a stable order, leaving out the hidden ones that bundlers work in.
fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            files.extend(files_below(&entry.path())?);
        } else {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

fn url_path(dist: &Path, file: &Path) -> io::Result<String> {
    let relative = file.strip_prefix(dist).map_err(io::Error::other)?;
    let parts: Option<Vec<_>> = relative.iter().map(|part| part.to_str()).collect();
    parts
        .map(|parts| parts.join("/"))
        .ok_or_else(|| io::Error::other(format!("the name of {} is not UTF-8: rename it", file.display())))
}

fn brotli(content: &[u8]) -> io::Result<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut compressed, &params)?;
    Ok(compressed)
}

fn gzip(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

/// Writes under another name first, so that an interrupted build leaves no half of a file in the cache.
fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, content)?;
    fs::rename(unfinished, path)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! Short names between the module and its JavaScript. wasm-bindgen gives everything that the one imports from the other
//! a long name with a hash, which stands in both files and which nothing can compress: 9 kB of brotli.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::page::digest;

/// What the names of wasm-bindgen's functions begin with.
const PREFIX: &str = "__wb";
/// What the functions are imported from, in short.
const MODULE: &str = "i";

/// Shortens the names in the bundle's module and its JavaScript, which get new names of their own for it.
pub(crate) fn shorten(page: &Path) -> Result<()> {
    let dist = page.parent().unwrap_or(page);
    let html = fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
    let wasm = module(dist)?;
    let stem = wasm.file_name().and_then(|name| name.to_str()?.strip_suffix("_bg.wasm")).unwrap_or_default();
    let script = dist.join(format!("{stem}.js"));
    ensure!(html.contains(stem), "{} does not name {}", page.display(), wasm.display());
    let module = fs::read(&wasm)?;
    let glue = fs::read_to_string(&script).with_context(|| format!("cannot read {}", script.display()))?;

    let (module, names) = shortened(&module).with_context(|| format!("cannot read {}", wasm.display()))?;
    let glue = renamed(&squeezed(&glue), &names)?;
    // What trunk's name stands for has changed, and a browser that has it would never ask for it again.
    let new = format!("{}-{:016x}", stem.split('-').next().unwrap_or("page"), digest(&(&module, &glue)));
    fs::write(dist.join(format!("{new}_bg.wasm")), module)?;
    fs::write(dist.join(format!("{new}.js")), glue)?;
    fs::write(page, html.replace(stem, &new))?;
    fs::remove_file(wasm)?;
    Ok(fs::remove_file(script)?)
}

/// The bundle's module, as wasm-bindgen names it.
pub(crate) fn module(dist: &Path) -> Result<PathBuf> {
    for entry in fs::read_dir(dist)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.as_encoded_bytes().ends_with(b"_bg.wasm")) {
            return Ok(path);
        }
    }
    bail!("{} holds no module", dist.display())
}

/// A module with short names for what it imports, and the short name of each long one.
fn shortened(module: &[u8]) -> Result<(Vec<u8>, BTreeMap<String, String>)> {
    let mut names = BTreeMap::new();
    let mut reader = Reader { rest: module };
    let mut out = reader.take(8)?.to_vec();
    while !reader.rest.is_empty() {
        let kind = reader.take(1)?[0];
        let length = reader.number()?;
        let section = reader.take(length)?;
        let imports = (kind == IMPORTS).then(|| short_imports(section, &mut names)).transpose()?;
        let section = imports.as_deref().unwrap_or(section);
        out.push(kind);
        put_number(&mut out, section.len());
        out.extend_from_slice(section);
    }
    Ok((out, names))
}

/// The number of the section of imports.
const IMPORTS: u8 = 2;

fn short_imports(section: &[u8], names: &mut BTreeMap<String, String>) -> Result<Vec<u8>> {
    let mut reader = Reader { rest: section };
    let count = reader.number()?;
    let mut out = Vec::with_capacity(section.len());
    put_number(&mut out, count);
    for index in 0..count {
        let module = reader.name()?;
        let name = reader.name()?;
        // The page imports functions only, and those are followed by the number of their type.
        ensure!(reader.take(1)? == [0], "{name} is no function");
        let of_type = reader.number()?;
        ensure!(name.starts_with(PREFIX), "{name} is not wasm-bindgen's");
        let short = short(index);
        put_name(&mut out, MODULE);
        put_name(&mut out, &short);
        out.push(0);
        put_number(&mut out, of_type);
        names.insert(module.to_owned(), MODULE.to_owned());
        names.insert(name.to_owned(), short);
    }
    Ok(out)
}

/// The name of the function of this number: letters only, as few as will do.
pub(crate) fn short(mut index: usize) -> String {
    let mut name = String::new();
    loop {
        name.push(char::from(b'a' + (index % 26) as u8));
        match index / 26 {
            0 => return name,
            more => index = more - 1,
        }
    }
}

/// JavaScript with the short names. Each must be in it, or the page would not start.
fn renamed(script: &str, names: &BTreeMap<String, String>) -> Result<String> {
    // A module's name is a path.
    let is_part = |char: char| char.is_ascii_alphanumeric() || "_$./-".contains(char);
    let mut missing: BTreeSet<&str> = names.keys().map(String::as_str).collect();
    let mut out = String::with_capacity(script.len());
    let mut rest = script;
    while let Some(first) = rest.chars().next() {
        let is_word = is_part(first);
        let end = rest.find(|char| is_part(char) != is_word).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        missing.remove(word);
        out.push_str(names.get(word).map_or(word, String::as_str));
        rest = after;
    }
    ensure!(missing.is_empty(), "the page's JavaScript lacks {:?}", missing.first());
    Ok(out)
}

/// Without indentation, empty lines and lines that are comments. Of the strings that wasm-bindgen writes none goes over
/// several lines.
fn squeezed(script: &str) -> String {
    script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .fold(String::new(), |all, line| all + line + "\n")
}

/// Reads a module's binary format.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length).context("it ends too early")?;
        self.rest = rest;
        Ok(taken)
    }

    /// A number of up to 32 bits in LEB128.
    fn number(&mut self) -> Result<usize> {
        let mut number = 0;
        for shift in (0..35).step_by(7) {
            let byte = self.take(1)?[0];
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        bail!("it has a number of more than 32 bits")
    }

    fn name(&mut self) -> Result<&'a str> {
        let length = self.number()?;
        Ok(std::str::from_utf8(self.take(length)?)?)
    }
}

fn put_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_name(out: &mut Vec<u8>, name: &str) {
    put_number(out, name.len());
    out.extend_from_slice(name.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env;

    /// A module with these imports and a section that is left alone.
    fn module_with(imports: &[(&str, &str)]) -> Vec<u8> {
        let mut section = Vec::new();
        put_number(&mut section, imports.len());
        for (index, (module, name)) in imports.iter().enumerate() {
            put_name(&mut section, module);
            put_name(&mut section, name);
            section.push(0);
            put_number(&mut section, index * 100);
        }
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        module.push(IMPORTS);
        put_number(&mut module, section.len());
        module.extend(section);
        module.extend([10, 3, 7, 8, 9]);
        module
    }

    #[test]
    fn names_are_short_and_the_same_in_both_files() {
        let dist = env::temp_dir().join(format!("heartwire-glue-{}", std::process::id()));
        fs::create_dir_all(&dist).unwrap();
        let path = "./client-1f_bg.js";
        let imports =
            [(path, "__wbg_now_0123456789abcdef"), (path, "__wbg_now_01"), (path, "__wbindgen_cast_1")];
        fs::write(dist.join("client-1f_bg.wasm"), module_with(&imports)).unwrap();
        let glue = "const import0 = {\n    // now\n    __wbg_now_0123456789abcdef: function() {\n        return \"a, b\";\n    },\n\n    \
            __wbg_now_01: Date.now, __wbindgen_cast_1: my__wbg_now_01,\n};\nreturn { \"./client-1f_bg.js\": import0 };\n";
        fs::write(dist.join("client-1f.js"), glue).unwrap();
        fs::write(
            dist.join("index.html"),
            "<link href=\"./client-1f.js\"><link href=\"./client-1f_bg.wasm\">",
        )
        .unwrap();
        shorten(&dist.join("index.html")).unwrap();

        let html = fs::read_to_string(dist.join("index.html")).unwrap();
        let stem = html.split("./").nth(1).and_then(|rest| rest.split(".js").next()).unwrap();
        assert!(stem.starts_with("client-") && stem != "client-1f", "{html}");
        assert!(html.contains(&format!("{stem}_bg.wasm")), "{html}");
        assert_eq!(
            fs::read_to_string(dist.join(format!("{stem}.js"))).unwrap(),
            "const import0 = {\na: function() {\nreturn \"a, b\";\n},\nb: Date.now, c: my__wbg_now_01,\n};\nreturn { \"i\": import0 };\n"
        );
        let module = fs::read(dist.join(format!("{stem}_bg.wasm"))).unwrap();
        assert_eq!(module, module_with(&[("i", "a"), ("i", "b"), ("i", "c")]));
        assert_eq!(fs::read_dir(&dist).unwrap().count(), 3, "the files with the long names are gone");
        fs::remove_dir_all(&dist).unwrap();
    }

    #[test]
    fn what_would_not_start_is_refused() {
        let (_, names) = shortened(&module_with(&[("./m.js", "__wbg_a")])).unwrap();
        assert!(renamed("\"./m.js\": { __wbg_b }", &names).is_err());
        assert!(shortened(&module_with(&[("./m.js", "memory")])).is_err());
        assert!(shortened(&module_with(&[("./m.js", "__wbg_a")])[..20]).is_err());
    }

    #[test]
    fn short_names_do_not_repeat() {
        let names: BTreeSet<_> = (0..1000).map(short).collect();
        assert_eq!(names.len(), 1000);
        assert_eq!([short(0), short(25), short(26), short(27)], ["a", "z", "aa", "ba"]);
    }
}

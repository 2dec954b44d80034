//! Takes parts of the page out of its module, to be fetched when they are first needed.
//!
//! The linker leaves a list of every place where it has filled in where a function or a piece of data is
//! (`--emit-relocs`), so all that a function can reach is known exactly. What only the entries of a part reach goes into
//! a module that the page puts beside its own, with the same memory and the same table of functions; see
//! `client/src/running/chunks.rs`. wasm-bindgen comes between the linker and here and numbers functions anew: it is by
//! their names that they are found again.

mod links;
mod module;
mod parts;
#[cfg(test)]
mod tests;
mod write;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use self::links::Links;
use self::module::Module;
use crate::glue;
use crate::page::digest;

/// Takes the parts out of the module of a bundle's document, which was made from `linked`, and names them there.
pub(crate) fn split(page: &Path, linked: &Path) -> Result<()> {
    let dist = page.parent().unwrap_or(page);
    let module = glue::module(dist)?;
    let read = |path: &Path| fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    let (bytes, linked) = (read(&module)?, read(linked)?);
    let (main, parts) =
        taken_apart(&bytes, &linked).with_context(|| format!("cannot take {} apart", module.display()))?;
    let mut links = String::new();
    for Named { name, module } in parts {
        let file = format!("{name}-{:016x}.wasm", digest(&module));
        fs::write(dist.join(&file), module)?;
        links += &format!("<link rel=\"chunk\" title=\"{name}\" href=\"./{file}\">\n");
    }
    fs::write(module, main)?;
    let html = fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
    Ok(fs::write(page, html.replacen("</head>", &(links + "</head>"), 1))?)
}

/// The module of a part.
#[derive(Debug)]
struct Named {
    name: String,
    module: Vec<u8>,
}

/// The module without its parts, and theirs.
fn taken_apart(module: &[u8], linked: &[u8]) -> Result<(Vec<u8>, Vec<Named>)> {
    let linked = Module::read(linked).context("what the linker has left is not as expected")?;
    let module = Module::read(module)?;
    let links = Links::read(&linked)?;
    let parts = parts::find(&links, &linked, &module)?;
    let (main, chunks) = write::write(&module, &parts)?;
    let named = parts.into_iter().zip(chunks).map(|(part, module)| Named { name: part.name, module });
    Ok((main, named.collect()))
}

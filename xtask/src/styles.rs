//! One stylesheet instead of many: trunk copies each file by itself, and every one is a request before the first
//! picture.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::page::digest;

const LINK: &str = "<link rel=\"stylesheet\" href=\"./";

/// Puts the stylesheets that a bundle's document names into one file, in their order.
pub(crate) fn join(page: &Path) -> Result<()> {
    let dist = page.parent().unwrap_or(page);
    let html = fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
    let names = linked(&html);
    ensure!(!names.is_empty(), "{} names no stylesheet", page.display());
    let mut all = String::new();
    for name in &names {
        let path = dist.join(name);
        let sheet = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        all.push_str(&squeezed(&sheet));
    }
    let joined = format!("style-{:016x}.css", digest(&all));
    fs::write(dist.join(&joined), &all)?;
    fs::write(page, relinked(&html, &joined))?;
    for name in names.iter().filter(|name| **name != joined) {
        fs::remove_file(dist.join(name))?;
    }
    Ok(())
}

/// The files that a page's stylesheet links name.
fn linked(html: &str) -> Vec<&str> {
    html.split(LINK).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// The page with one link in place of the first, and without the others.
fn relinked(html: &str, name: &str) -> String {
    let mut link = Some(format!("{LINK}{name}\">"));
    let mut out = String::with_capacity(html.len());
    let mut parts = html.split(LINK);
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        out.push_str(&link.take().unwrap_or_default());
        out.push_str(part.split_once('>').map_or("", |(_, rest)| rest));
    }
    out
}

/// Without comments, indentation and line breaks. None of our sheets has a comment's signs in a string.
fn squeezed(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, comment)) = rest.split_once("/*") {
        out.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    // A line break may be all that stands between two words.
    out.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .fold(String::new(), |all, line| all + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env;

    #[test]
    fn sheets_are_joined_in_order_and_linked_once() {
        let dist = env::temp_dir().join(format!("heartwire-styles-{}", std::process::id()));
        fs::create_dir_all(&dist).unwrap();
        let html = "<head>\n<link rel=\"stylesheet\" href=\"./a-1.css\" integrity=\"sha384-x\"/>\n\
            <link rel=\"icon\" href=\"./i.svg\">\n<link rel=\"stylesheet\" href=\"./b-2.css\"/></head>";
        fs::write(dist.join("index.html"), html).unwrap();
        fs::write(dist.join("a-1.css"), "/* one */\na {\n  color: red;\n}\n").unwrap();
        fs::write(dist.join("b-2.css"), "a::before { content: \"b\"; /* two\n lines */ }\n\n").unwrap();
        for round in 1..=2 {
            join(&dist.join("index.html")).unwrap();
            let html = fs::read_to_string(dist.join("index.html")).unwrap();
            let names = linked(&html);
            let [name] = names[..] else { panic!("round {round}: {names:?}") };
            assert_eq!(
                fs::read_to_string(dist.join(name)).unwrap(),
                "a {\ncolor: red;\n}\na::before { content: \"b\";  }\n"
            );
            assert!(html.contains("<link rel=\"icon\" href=\"./i.svg\">"), "{html}");
            assert!(!html.contains("sha384"), "{html}");
            assert_eq!(fs::read_dir(&dist).unwrap().count(), 2, "the sheets that were joined are gone");
        }
        fs::remove_dir_all(&dist).unwrap();
    }
}

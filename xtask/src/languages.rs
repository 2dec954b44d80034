//! The texts of languages, under names that say what is in them: a page that asks for one gets that of its own version
//! or none.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::page::digest;

/// What the links of such files begin with: the page's own texts, and phrases that the server says in English.
const LINKS: [&str; 2] = ["<link rel=\"texts\" ", "<link rel=\"phrases\" "];
const ADDRESS: &str = "href=\"./";

/// Gives the files that a bundle's document names as texts new names, there as well.
pub(crate) fn name(page: &Path) -> Result<()> {
    let dist = page.parent().unwrap_or(page);
    let mut html = fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
    for name in linked(&html) {
        let path = dist.join(&name);
        let texts = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let (stem, extension) = name.rsplit_once('.').with_context(|| format!("{name} has no extension"))?;
        let new = format!("{stem}-{:016x}.{extension}", digest(&texts));
        fs::rename(&path, dist.join(&new))?;
        html = html.replace(&format!("{ADDRESS}{name}\""), &format!("{ADDRESS}{new}\""));
    }
    Ok(fs::write(page, html)?)
}

fn linked(html: &str) -> Vec<String> {
    let links =
        LINKS.iter().flat_map(|link| html.split(link).skip(1)).filter_map(|rest| rest.split('>').next());
    links.filter_map(|link| Some(link.split_once(ADDRESS)?.1.split('"').next()?.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env;

    #[test]
    fn texts_are_named_by_what_is_in_them() {
        let dist = env::temp_dir().join(format!("heartwire-languages-{}", std::process::id()));
        fs::create_dir_all(&dist).unwrap();
        let html = "<link rel=\"icon\" href=\"./i.svg\">\n\
            <link rel=\"phrases\" hreflang=\"xx\" href=\"./more.xx.txt\">\n\
            <link rel=\"texts\" hreflang=\"xx\" href=\"./xx.txt\">";
        fs::write(dist.join("index.html"), html).unwrap();
        for name in ["xx.txt", "more.xx.txt"] {
            fs::write(dist.join(name), "a = b\n").unwrap();
        }
        name(&dist.join("index.html")).unwrap();
        let html = fs::read_to_string(dist.join("index.html")).unwrap();
        let names = linked(&html);
        let [named, more] = &names[..] else { panic!("{names:?}") };
        assert!(named.starts_with("xx-") && named.len() == "xx-0123456789abcdef.txt".len(), "{named}");
        assert_eq!(fs::read_to_string(dist.join(named)).unwrap(), "a = b\n");
        assert!(more.starts_with("more.xx-") && dist.join(more).is_file(), "{more}");
        assert!(html.contains("href=\"./i.svg\""), "{html}");
        assert_eq!(fs::read_dir(&dist).unwrap().count(), 3, "the old names are gone");
        fs::remove_dir_all(&dist).unwrap();
    }
}

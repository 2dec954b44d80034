//! How much the page weighs.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::Result;

/// Bytes of all files together, each compressed for itself as the server has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bundle {
    pub(crate) files: usize,
    pub(crate) raw: usize,
    pub(crate) gzip: usize,
    pub(crate) brotli: usize,
}

/// What the document's links to files begin with that nobody waits for: parts that are fetched when they are wanted,
/// and texts in other languages.
const ON_DEMAND: [&str; 3] = ["<link rel=\"chunk\" ", "<link rel=\"texts\" ", "<link rel=\"phrases\" "];

impl Bundle {
    /// What the page in `folder` loads at first, and everything.
    pub(crate) fn weigh(folder: &Path) -> Result<[Self; 2]> {
        let document = fs::read_to_string(folder.join("index.html"))?;
        let (mut first, mut all) = (Self::default(), Self::default());
        let mut next = vec![folder.to_owned()];
        while let Some(folder) = next.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                // The bundler's workshop.
                if entry.file_name().as_encoded_bytes().starts_with(b".") {
                    continue;
                }
                if entry.file_type()?.is_dir() {
                    next.push(entry.path());
                } else {
                    let file = Self::of(&fs::read(entry.path())?)?;
                    all.add(file);
                    if !is_on_demand(&document, &entry.file_name().to_string_lossy()) {
                        first.add(file);
                    }
                }
            }
        }
        Ok([first, all])
    }

    fn add(&mut self, file: Self) {
        self.files += file.files;
        self.raw += file.raw;
        self.gzip += file.gzip;
        self.brotli += file.brotli;
    }

    fn of(content: &[u8]) -> Result<Self> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(content)?;
        let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
        let mut compressed = Vec::new();
        brotli::BrotliCompress(&mut &content[..], &mut compressed, &params)?;
        Ok(Self {
            files: 1,
            raw: content.len(),
            // What compressing makes larger is served as it is.
            gzip: gzip.finish()?.len().min(content.len()),
            brotli: compressed.len().min(content.len()),
        })
    }
}

fn is_on_demand(document: &str, file: &str) -> bool {
    let links = ON_DEMAND
        .iter()
        .flat_map(|link| document.split(link).skip(1))
        .filter_map(|rest| rest.split('>').next());
    links.into_iter().any(|link| link.contains(&format!("/{file}\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_weighed_each_for_itself() {
        let mut bundle = Bundle::of(&[b'a'; 5000]).unwrap();
        bundle.add(Bundle::of(b"short").unwrap());
        let Bundle { files, raw, gzip, brotli } = bundle;
        assert_eq!((files, raw), (2, 5005));
        assert!((10..100).contains(&gzip) && (10..100).contains(&brotli), "{gzip} {brotli}");
    }

    #[test]
    fn what_is_fetched_later_is_told_apart() {
        let document = "<link rel=\"icon\" href=\"./icon.svg\"><link rel=\"chunk\" title=\"a\" href=\"./a-1.wasm\">\n\
            <link rel=\"preload\" href=\"./client_bg.wasm\"><link rel=\"texts\" hreflang=\"xx\" href=\"./xx.txt\">";
        let later: Vec<_> = ["icon.svg", "a-1.wasm", "client_bg.wasm", "xx.txt", "sw.js"]
            .into_iter()
            .filter(|file| is_on_demand(document, file))
            .collect();
        assert_eq!(later, ["a-1.wasm", "xx.txt"]);
    }
}

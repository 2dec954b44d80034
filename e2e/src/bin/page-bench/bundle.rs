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

impl Bundle {
    /// Everything below `folder`.
    pub(crate) fn weigh(folder: &Path) -> Result<Self> {
        let mut bundle = Self::default();
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
                    bundle.add(&fs::read(entry.path())?)?;
                }
            }
        }
        Ok(bundle)
    }

    fn add(&mut self, content: &[u8]) -> Result<()> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(content)?;
        let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
        let mut compressed = Vec::new();
        brotli::BrotliCompress(&mut &content[..], &mut compressed, &params)?;
        self.files += 1;
        self.raw += content.len();
        // What compressing makes larger is served as it is.
        self.gzip += gzip.finish()?.len().min(content.len());
        self.brotli += compressed.len().min(content.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_weighed_each_for_itself() {
        let mut bundle = Bundle::default();
        bundle.add(&[b'a'; 5000]).unwrap();
        bundle.add(b"short").unwrap();
        let Bundle { files, raw, gzip, brotli } = bundle;
        assert_eq!((files, raw), (2, 5005));
        assert!((10..100).contains(&gzip) && (10..100).contains(&brotli), "{gzip} {brotli}");
    }
}

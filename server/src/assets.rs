//! The page and its files, compressed when the server was built and served from memory.

mod csp;
mod negotiate;

use crate::reply;
use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap,
    HeaderValue, IF_NONE_MATCH, VARY,
};
use http::{Method, StatusCode};
use negotiate::Encoding;
use std::collections::HashMap;
use warp::reply::Response;

/// What `/` says when the server was built without the page.
const NO_BUNDLE: &str = "This server was built without its page; the WebSocket endpoints work all the same.\n\
    To have the page, run in the repository:\n\n    \
    cargo xtask run\n\n\
    or, step by step:\n\n    \
    trunk build --release\n    \
    cargo run --release --package server";

/// One file of the page, with the compressed variants that are smaller than it.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Its URL without the leading slash, such as `index.html`.
    pub path: &'static str,
    /// Changes whenever the content does; it becomes the ETag. Printable ASCII without quotes.
    pub digest: &'static str,
    /// The content as it is.
    pub identity: &'static [u8],
    /// The content in brotli.
    pub brotli: Option<&'static [u8]>,
    /// The content in gzip.
    pub gzip: Option<&'static [u8]>,
}

/// The files that the server serves at `/`; `/` itself is `index.html`.
#[derive(Debug, Default)]
pub struct Bundle {
    assets: HashMap<&'static str, Asset>,
}

/// A file with all that can be known about its answers beforehand.
#[derive(Debug)]
struct Asset {
    identity: Variant,
    /// The smaller ones, the smallest first.
    compressed: Vec<Variant>,
    content_type: HeaderValue,
    cache_control: HeaderValue,
    /// For documents.
    security_policy: Option<HeaderValue>,
}

/// One form of a file's content.
#[derive(Debug)]
struct Variant {
    encoding: Encoding,
    body: &'static [u8],
    etag: HeaderValue,
}

include!(concat!(env!("OUT_DIR"), "/bundle.rs"));

impl Bundle {
    /// The page that was in `dist` when the server was built; empty when there was none.
    pub fn embedded() -> Self {
        Self::new(EMBEDDED)
    }

    /// A bundle of these files.
    ///
    /// # Panics
    /// When a digest is not what [`File::digest`] asks for.
    pub fn new(files: &[File]) -> Self {
        Self { assets: files.iter().map(|file| (file.path, Asset::new(file))).collect() }
    }

    /// Whether there is a page to serve.
    pub fn has_page(&self) -> bool {
        self.assets.contains_key("index.html")
    }

    /// Answers a request for `path`, which begins with a slash.
    pub(crate) fn respond(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response {
        let name = match path.strip_prefix('/').unwrap_or(path) {
            "" => "index.html",
            name => name,
        };
        match *method {
            Method::GET | Method::HEAD => {}
            Method::OPTIONS => return reply::options(reply::READ_ONLY),
            _ => return reply::method_not_allowed(method, reply::READ_ONLY),
        }
        match self.assets.get(name) {
            Some(asset) => asset.respond(headers),
            None if path == "/" => reply::text(StatusCode::SERVICE_UNAVAILABLE, NO_BUNDLE),
            None => reply::text(StatusCode::NOT_FOUND, "nothing here: the page is at /, the echo at /ws"),
        }
    }
}

impl Asset {
    fn new(file: &File) -> Self {
        let variant = |encoding: Encoding, body| {
            let etag = format!("\"{}{}\"", file.digest, encoding.etag_suffix());
            Variant {
                encoding,
                body,
                etag: HeaderValue::from_str(&etag).expect("digests are printable ASCII"),
            }
        };
        let content_type = content_type(file.path);
        let security_policy = content_type.starts_with("text/html").then(|| {
            let policy = csp::policy(&String::from_utf8_lossy(file.identity));
            HeaderValue::from_str(&policy).expect("a policy is made of ASCII words")
        });
        // A hashed name never changes its content. Everything else is asked for again each time, and usually
        // answered by 304.
        let cache_control =
            if has_hashed_name(file.path) { "public, max-age=31536000, immutable" } else { "no-cache" };
        Self {
            identity: variant(Encoding::Identity, file.identity),
            compressed: [(Encoding::Brotli, file.brotli), (Encoding::Gzip, file.gzip)]
                .into_iter()
                .filter_map(|(encoding, body)| body.map(|body| variant(encoding, body)))
                .collect(),
            content_type: HeaderValue::from_static(content_type),
            cache_control: HeaderValue::from_static(cache_control),
            security_policy,
        }
    }

    fn respond(&self, request: &HeaderMap) -> Response {
        let available = self.compressed.iter().chain([&self.identity]);
        let Variant { encoding, body, etag } =
            negotiate::choose(request.get_all(ACCEPT_ENCODING), available, |variant| variant.encoding)
                .unwrap_or(&self.identity);

        let mut response = Response::default();
        if negotiate::none_match(request.get_all(IF_NONE_MATCH), etag) {
            *response.body_mut() = Bytes::from_static(body).into();
        } else {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        if let Some(name) = encoding.name() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        if !self.compressed.is_empty() {
            headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        headers.insert(ETAG, etag.clone());
        headers.insert(CONTENT_TYPE, self.content_type.clone());
        headers.insert(CACHE_CONTROL, self.cache_control.clone());
        if let Some(policy) = &self.security_policy {
            headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
        }
        reply::harden(headers);
        response
    }
}

/// By the name's extension. Browsers refuse scripts, styles and streamed wasm of any other type.
fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Whether the file's name carries a hash of its content as trunk writes it: `name-0123456789abcdef.js` or
/// `name-0123456789abcdef_bg.wasm`.
fn has_hashed_name(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    stem.rsplit_once('-').is_some_and(|(_, hash)| {
        hash.len() >= 12 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_immutable() {
        for name in [
            "client-0123456789abcdef.js",
            "client-0123456789abcdef_bg.wasm",
            "sheets-0123456789abcdef.wasm",
            "a/b-c-00112233445566.css",
        ] {
            assert!(has_hashed_name(name), "{name}");
        }
        for name in
            ["index.html", "site.webmanifest", "client-bg.wasm", "color-facade.css", "0123456789abcdef.js"]
        {
            assert!(!has_hashed_name(name), "{name}");
        }
        assert!(
            !has_hashed_name("snippets/gloo-0123456789abcdef/inline0.js"),
            "that hash is not of the content"
        );
    }
}

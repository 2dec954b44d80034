//! The page's Content-Security-Policy.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest as _, Sha256};

/// The policy for a document: nothing but what the bundle needs, its own inline scripts and styles by hash, and
/// sockets to anywhere, which is what the page is for.
pub(super) fn policy(html: &str) -> String {
    let scripts = hashes(html, "script");
    let styles = hashes(html, "style");
    // `wasm-unsafe-eval` compiles WebAssembly and evaluates no JavaScript.
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self'{styles}; \
         img-src 'self' data:; font-src 'self'; connect-src 'self' ws: wss:; worker-src 'self'; \
         manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// A source expression for the content of each inline `element`, each with a space before it.
///
/// Reads the little HTML that a bundler writes: a tag inside a comment only adds a hash that nothing uses.
fn hashes(html: &str, element: &str) -> String {
    let mut sources = String::new();
    // Offsets stay the same in lower case: only ASCII changes.
    let lower = html.to_ascii_lowercase();
    let (open, close) = (format!("<{element}"), format!("</{element}"));
    let mut at = 0;
    while let Some(start) = lower[at..].find(&open).map(|start| at + start + open.len()) {
        at = start;
        if !lower[start..].starts_with(|c: char| c.is_ascii_whitespace() || c == '>') {
            continue;
        }
        let Some(tag_end) = tag_end(&lower[start..]).map(|end| start + end) else { break };
        let Some(end) = lower[tag_end..].find(&close).map(|end| tag_end + end) else { break };
        at = end;
        // A script with `src` has no use for its content.
        let content = &html[tag_end..end];
        if !content.is_empty() {
            // Parsers turn line ends into LF before they hash.
            let content = content.replace("\r\n", "\n").replace('\r', "\n");
            sources.push_str(&format!(" 'sha256-{}'", BASE64.encode(Sha256::digest(content))));
        }
    }
    sources
}

/// The offset behind the `>` that ends a tag, skipping the ones inside quoted attributes.
fn tag_end(rest: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at + 1),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf "alert('Hello, world.');" | openssl sha256 -binary | base64`, the example of CSP level 2.
    const HELLO: &str = " 'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='";

    #[test]
    fn inline_scripts_are_hashed() {
        let hello = "alert('Hello, world.');";
        assert_eq!(hashes(&format!("<script>{hello}</script>"), "script"), HELLO);
        assert_eq!(
            hashes(&format!("<SCRIPT type=\"module\" data-x='>'>{hello}</SCRIPT><p>"), "script"),
            HELLO
        );
        let two = format!("<script src=\"a.js\"></script><scripts>x</scripts>\n<script\n>{hello}</script>");
        assert_eq!(hashes(&two, "script"), HELLO);
    }

    #[test]
    fn line_ends_are_hashed_as_the_browser_reads_them() {
        assert_eq!(hashes("<style>a\r\nb</style>", "style"), hashes("<style>a\nb</style>", "style"));
        assert_ne!(hashes("<style>a\nb</style>", "style"), hashes("<style>ab</style>", "style"));
    }

    #[test]
    fn broken_html_ends_the_search() {
        for html in ["<script", "<script a=\"", "<script>x", "<script>x</scrip"] {
            assert_eq!(hashes(html, "script"), "");
        }
    }

    #[test]
    fn the_policy_names_no_inline_code_that_is_not_there() {
        let policy = policy("<!doctype html><title>x</title>");
        assert!(
            policy
                .starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; ")
        );
        assert!(policy.contains("connect-src 'self' ws: wss:"));
        assert!(!policy.contains("unsafe-inline"));
        assert!(!policy.contains("'unsafe-eval'"));
    }
}

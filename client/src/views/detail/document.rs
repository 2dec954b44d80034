//! A payload and what it turned out to be.

use workbench::json::Tree;

use crate::model::owned::OwnedBody;
use crate::texts::log::Log;

/// A text longer than this is not looked at as JSON: it would hold up the page.
const MAX_JSON_BYTES: usize = 1 << 20;

/// A tree of more nodes is not built.
const MAX_NODES: usize = 200_000;

/// A way of showing a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// JSON as a tree that folds.
    Tree,
    /// Text for reading: JSON on lines of its own.
    Text,
    /// Bytes.
    Hex,
    /// Exactly what was sent.
    Raw,
}

/// A payload and what it turned out to be.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) body: OwnedBody,
    pub(super) tree: Option<Tree>,
    is_message: bool,
}

impl PartialEq for Document {
    fn eq(&self, other: &Document) -> bool {
        // The tree follows from the rest.
        self.is_message == other.is_message && self.body == other.body
    }
}

impl Shape {
    pub(super) const ALL: [Shape; 4] = [Shape::Tree, Shape::Text, Shape::Hex, Shape::Raw];

    pub(super) fn slug(self) -> &'static str {
        match self {
            Shape::Tree => "tree",
            Shape::Text => "text",
            Shape::Hex => "hex",
            Shape::Raw => "raw",
        }
    }

    pub(super) fn name(self, t: &Log) -> &'static str {
        match self {
            Shape::Tree => t.view_tree,
            Shape::Text => t.view_text,
            Shape::Hex => t.view_hex,
            Shape::Raw => t.view_raw,
        }
    }
}

impl Document {
    /// Looks at a payload.
    pub(super) fn read(body: &OwnedBody, is_message: bool) -> Document {
        let tree = text_of(body).filter(|text| is_message && text.len() <= MAX_JSON_BYTES).and_then(|text| {
            let start = text.trim_start();
            // A number or a word alone makes no tree.
            let tree = start.starts_with(['{', '[']).then(|| Tree::parse(text, MAX_NODES));
            tree?.ok()
        });
        Document { body: body.clone(), tree, is_message }
    }

    /// The shapes it can take, the most telling first.
    pub(super) fn shapes(&self) -> &'static [Shape] {
        match (&self.body, &self.tree) {
            _ if !self.is_message => &[Shape::Text],
            (_, Some(_)) => &[Shape::Tree, Shape::Text, Shape::Hex, Shape::Raw],
            (OwnedBody::Text(_), None) => &[Shape::Text, Shape::Hex],
            (OwnedBody::Binary(_), None) if text_of(&self.body).is_some() => &[Shape::Hex, Shape::Text],
            (OwnedBody::Binary(_), None) => &[Shape::Hex],
        }
    }

    /// The payload as text, if it is UTF-8.
    pub(super) fn text(&self) -> &str {
        text_of(&self.body).unwrap_or_default()
    }
}

fn text_of(body: &OwnedBody) -> Option<&str> {
    match body {
        OwnedBody::Text(text) => Some(text),
        OwnedBody::Binary(bytes) => std::str::from_utf8(bytes).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(body: OwnedBody) -> Vec<&'static str> {
        Document::read(&body, true).shapes().iter().map(|shape| shape.slug()).collect()
    }

    #[test]
    fn a_payload_is_shown_as_what_it_is_and_a_wrong_guess_never_fails() {
        assert_eq!(shapes(OwnedBody::Text(r#" {"a":[1,2.50]}"#.into())), ["tree", "text", "hex", "raw"]);
        assert_eq!(shapes(OwnedBody::Text("{nearly".into())), ["text", "hex"]);
        assert_eq!(shapes(OwnedBody::Text("42".into())), ["text", "hex"]);
        assert_eq!(shapes(OwnedBody::Binary(b"[1]"[..].into())), ["tree", "text", "hex", "raw"]);
        assert_eq!(shapes(OwnedBody::Binary(b"abc"[..].into())), ["hex", "text"]);
        assert_eq!(shapes(OwnedBody::Binary([0xff, 0][..].into())), ["hex"]);
        let event = Document::read(&OwnedBody::Text("{}".into()), false);
        assert_eq!(event.shapes(), [Shape::Text]);
    }
}

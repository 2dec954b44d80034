//! The payload of an entry, in the shapes it can be shown in.

use std::rc::Rc;

use workbench::json::{self, Tree};
use yew::prelude::*;

use super::tree::TreeView;
use crate::components::virtual_list::VirtualList;
use crate::i18n::log::Log as Texts;
use crate::i18n::{fill, use_texts};
use crate::model::format::{HEX_LINE_BYTES, hex_dump, hex_line, size};
use crate::model::owned::OwnedBody;
use crate::session::Session;

/// A text longer than this is not looked at as JSON: it would hold up the page.
const MAX_JSON_BYTES: usize = 4 << 20;

/// A tree of more nodes is not built.
const MAX_NODES: usize = 200_000;

/// So much of a text is laid out, in bytes. A browser takes a second for this much.
const MAX_TEXT_BYTES: usize = 4 << 20;

const HEX_ROW_PX: f64 = 20.0;

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
    body: OwnedBody,
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

    pub(super) fn name(self, t: &Texts) -> &'static str {
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

#[derive(PartialEq, Properties)]
pub(super) struct ContentProps {
    pub(super) session: Session,
    pub(super) document: Rc<Document>,
    pub(super) shape: Shape,
}

#[component]
pub(super) fn Content(props: &ContentProps) -> Html {
    let document = &props.document;
    match props.shape {
        Shape::Tree => html! { <TreeView session={props.session.clone()} document={document.clone()} /> },
        Shape::Text => {
            let pretty = document.tree.as_ref().and_then(|_| json::pretty(document.text(), 2).ok());
            let text = pretty.map_or_else(|| AttrValue::from(document.text().to_owned()), AttrValue::from);
            html! { <TextView {text} /> }
        }
        Shape::Raw => html! { <TextView text={document.text().to_owned()} /> },
        Shape::Hex => html! { <HexView document={document.clone()} /> },
    }
}

#[derive(PartialEq, Properties)]
struct TextViewProps {
    text: AttrValue,
}

#[component]
fn TextView(props: &TextViewProps) -> Html {
    let t = &use_texts().log;
    let text = &props.text;
    let end = text.floor_char_boundary(MAX_TEXT_BYTES);
    html! {
        <>
            if end < text.len() {
                <p class="detail-explanation">
                    {fill(t.text_cut, &[&size(end as u64), &size(text.len() as u64)])}
                </p>
            }
            <pre class="detail-body text" data-testid="detail" tabindex="0">{&text[..end]}</pre>
        </>
    }
}

#[derive(PartialEq, Properties)]
struct HexViewProps {
    document: Rc<Document>,
}

#[component]
fn HexView(props: &HexViewProps) -> Html {
    let document = props.document.clone();
    let rows = document.body.bytes().len().div_ceil(HEX_LINE_BYTES);
    let draw = use_callback(document, |range: std::ops::Range<usize>, document| {
        let line = |line| html! { <div class="hex-line" key={line}>{hex_line(document.body.bytes(), line)}{"\n"}</div> };
        range.map(line).collect::<Html>()
    });
    html! { <VirtualList class="detail-body hex" {rows} row_px={HEX_ROW_PX} {draw} testid="detail" /> }
}

/// What is copied: text as it is, bytes as a hex dump.
pub(super) fn as_text(body: &OwnedBody) -> String {
    match body {
        OwnedBody::Text(text) => text.to_string(),
        OwnedBody::Binary(bytes) => hex_dump(bytes),
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

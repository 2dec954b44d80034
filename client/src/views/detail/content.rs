//! The payload of an entry, in the shapes it can be shown in.

use std::rc::Rc;

use workbench::entry::EntryId;
use workbench::json;
use yew::prelude::*;

use super::document::{Document, Shape};
use super::tree::TreeView;
use crate::actions::stage::Scene;
use crate::model::format::{HEX_LINE_BYTES, hex_dump, hex_line, size};
use crate::model::visible::lines;
use crate::texts::fill;
use crate::texts::log::Log;
use crate::views::block::Block;
use crate::views::markup::html;
use crate::views::virtual_list::VirtualList;

/// So much of a text is shown, in bytes; all of it can be copied.
const MAX_TEXT_BYTES: usize = 4 << 20;

/// The browser lays a text out piece by piece of so many bytes, as they come into view: it takes 50 ms for 192 KiB, and
/// a second for 4 MiB.
const PIECE_BYTES: usize = 32 << 10;

const HEX_ROW_PX: f64 = 20.0;

pub(super) fn content(
    scene: &Scene,
    key: EntryId,
    document: &Rc<Document>,
    shape: Shape,
    t: &'static Log,
) -> Html {
    match shape {
        Shape::Tree => TreeView { scene: scene.clone(), document: document.clone() }.keyed(key),
        Shape::Text => match pretty(document, MAX_TEXT_BYTES + 1) {
            Some(text) => text_view(&text, text.len().max(document.text().len()), t),
            None => text_view(document.text(), document.text().len(), t),
        },
        Shape::Raw => text_view(document.text(), document.text().len(), t),
        Shape::Hex => hex_view(key, document),
    }
}

/// What cannot be seen in it is written out: a text from elsewhere could read as another. `whole` is the length of all of
/// it, of which `text` may be the beginning.
fn text_view(text: &str, whole: usize, t: &'static Log) -> Html {
    let end = text.floor_char_boundary(MAX_TEXT_BYTES);
    html! {
        <>
            if end < text.len() {
                <p class="detail-explanation">
                    {fill(t.text_cut, &[&size(end as u64), &size(whole as u64)])}
                </p>
            }
            <pre class="detail-body text" data-testid="detail" tabindex="0">
                for piece in pieces(&text[..end]) {
                    <span class="text-piece">{lines(piece).into_owned()}</span>
                }
            </pre>
        </>
    }
}

/// Cuts a text after line breaks, where it has some.
fn pieces(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let end = text.floor_char_boundary(PIECE_BYTES);
        let end = match text[..end].rfind('\n') {
            Some(at) if end < text.len() && at >= PIECE_BYTES / 2 => at + 1,
            _ => end,
        };
        let (piece, rest) = text.split_at(end);
        text = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

fn hex_view(key: EntryId, document: &Rc<Document>) -> Html {
    let rows = document.body.bytes().len().div_ceil(HEX_LINE_BYTES);
    let document = document.clone();
    let draw = Callback::from(move |range: std::ops::Range<usize>| {
        let line = |line: usize| html! { <div class="hex-line" key={line}>{hex_line(document.body.bytes(), line)}{"\n"}</div> };
        range.map(line).collect::<Html>()
    });
    VirtualList {
        class: "detail-body hex",
        rows,
        row_px: HEX_ROW_PX,
        draw,
        testid: "detail",
        role: None,
        label: None,
    }
    .keyed(key)
}

/// What is copied: what is shown. A tree is copied as the JSON it shows.
pub(super) fn shown(document: &Document, shape: Shape) -> String {
    match shape {
        Shape::Hex => hex_dump(document.body.bytes()),
        Shape::Text => pretty(document, usize::MAX).unwrap_or_else(|| document.text().to_owned()),
        Shape::Tree | Shape::Raw => document.text().to_owned(),
    }
}

/// JSON on lines of its own, about so much of it; `None` where the payload is none.
fn pretty(document: &Document, max_bytes: usize) -> Option<String> {
    document.tree.as_ref().and_then(|_| json::pretty_start(document.text(), 2, max_bytes).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::owned::OwnedBody;

    #[test]
    fn pieces_are_the_whole_and_end_with_lines() {
        for line in ["", "short\n", "é", "a line of some length\n"] {
            let text = line.repeat(3 * PIECE_BYTES / line.len().max(1));
            let pieces: Vec<&str> = pieces(&text).collect();
            assert_eq!(pieces.concat(), text);
            assert!(pieces.iter().all(|piece| piece.len() <= PIECE_BYTES));
            assert!(!line.ends_with('\n') || pieces.iter().all(|piece| piece.ends_with('\n')), "{line:?}");
        }
    }

    #[test]
    fn what_is_copied_is_what_is_shown() {
        let binary = Document::read(&OwnedBody::Binary(b"[1]"[..].into()), true);
        assert_eq!(shown(&binary, Shape::Text), "[\n  1\n]");
        assert_eq!(shown(&binary, Shape::Raw), "[1]");
        let dump = shown(&binary, Shape::Hex);
        assert!(dump.starts_with("00000000  5b 31 5d "), "{dump}");
        assert_eq!(workbench::bytes::from_hex(&dump).unwrap(), b"[1]", "what is copied can be sent");
    }
}

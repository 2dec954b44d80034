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
use crate::views::virtual_list::VirtualList;

/// So much of a text is laid out, in bytes. A browser takes about 50 ms for this much, and a second for 4 MiB.
const MAX_TEXT_BYTES: usize = 192 << 10;

const HEX_ROW_PX: f64 = 20.0;

pub(super) fn content(
    scene: &Scene,
    key: EntryId,
    document: &Rc<Document>,
    shape: Shape,
    t: &'static Log,
) -> Html {
    match shape {
        Shape::Tree => html! { <TreeView {key} scene={scene.clone()} document={document.clone()} /> },
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
            <pre class="detail-body text" data-testid="detail" tabindex="0">{lines(&text[..end]).into_owned()}</pre>
        </>
    }
}

fn hex_view(key: EntryId, document: &Rc<Document>) -> Html {
    let rows = document.body.bytes().len().div_ceil(HEX_LINE_BYTES);
    let document = document.clone();
    let draw = Callback::from(move |range: std::ops::Range<usize>| {
        let line = |line| html! { <div class="hex-line" key={line}>{hex_line(document.body.bytes(), line)}{"\n"}</div> };
        range.map(line).collect::<Html>()
    });
    html! { <VirtualList {key} class="detail-body hex" {rows} row_px={HEX_ROW_PX} {draw} testid="detail" /> }
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
    fn what_is_copied_is_what_is_shown() {
        let binary = Document::read(&OwnedBody::Binary(b"[1]"[..].into()), true);
        assert_eq!(shown(&binary, Shape::Text), "[\n  1\n]");
        assert_eq!(shown(&binary, Shape::Raw), "[1]");
        let dump = shown(&binary, Shape::Hex);
        assert!(dump.starts_with("00000000  5b 31 5d "), "{dump}");
        assert_eq!(workbench::bytes::from_hex(&dump).unwrap(), b"[1]", "what is copied can be sent");
    }
}

//! The payload of an entry, in the shapes it can be shown in.

use std::rc::Rc;

use workbench::entry::EntryId;
use workbench::json;
use yew::prelude::*;

use super::document::{Document, Shape};
use super::tree::TreeView;
use crate::actions::stage::Scene;
use crate::model::format::{HEX_LINE_BYTES, hex_line, size};
use crate::model::visible::lines;
use crate::texts::fill;
use crate::texts::log::Log;
use crate::views::virtual_list::VirtualList;

/// So much of a text is laid out, in bytes. A browser takes a second for this much.
const MAX_TEXT_BYTES: usize = 4 << 20;

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
        Shape::Text => {
            let pretty = document.tree.as_ref().and_then(|_| json::pretty(document.text(), 2).ok());
            text_view(pretty.as_deref().unwrap_or(document.text()), t)
        }
        Shape::Raw => text_view(document.text(), t),
        Shape::Hex => hex_view(key, document),
    }
}

/// What cannot be seen in it is written out: a text from elsewhere could read as another.
fn text_view(text: &str, t: &'static Log) -> Html {
    let end = text.floor_char_boundary(MAX_TEXT_BYTES);
    html! {
        <>
            if end < text.len() {
                <p class="detail-explanation">
                    {fill(t.text_cut, &[&size(end as u64), &size(text.len() as u64)])}
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

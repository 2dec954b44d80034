//! A long list of lines of the same height, of which only those on screen are in the page.

use std::ops::Range;

use web_sys::{Element, HtmlElement};
use workbench::decimal;
use workbench::window::Window;
use yew::prelude::*;

use crate::block::block;
use crate::hooks::{use_effect_on, use_height};
use crate::markup::html;

const OVERSCAN: usize = 8;

/// Begins at the top, and does again when it is another list (give it another `key`).
#[derive(Debug, PartialEq)]
pub struct VirtualList {
    /// Classes beside its own.
    pub class: &'static str,
    /// How many lines there are.
    pub rows: usize,
    /// How high each is, in CSS pixels.
    pub row_px: f64,
    /// Draws a run of rows.
    pub draw: Callback<Range<usize>, Html>,
    /// Its `data-testid`.
    pub testid: &'static str,
    /// Its role for screen readers.
    pub role: Option<&'static str>,
    /// What it is called.
    pub label: Option<&'static str>,
}

block!(VirtualList, use_virtual_list);

#[hook]
fn use_virtual_list(props: &VirtualList) -> Html {
    let (scroller, spacer, lines) = (use_node_ref(), use_node_ref(), use_node_ref());
    let row_px = props.row_px;
    let window = use_mut_ref(|| {
        let mut window = Window::new(row_px, 600.0);
        window.set_following(false);
        window
    });
    let redraw = use_force_update();
    if window.borrow().rows() != props.rows {
        let mut window = window.borrow_mut();
        let top = window.visible(0).start;
        window.replaced(props.rows, top);
    }
    {
        let (window, redraw) = (window.clone(), redraw.clone());
        use_height(&scroller, move |height_px| {
            window.borrow_mut().resized(row_px, height_px);
            redraw.force_update();
        });
    }
    let on_scroll = {
        let (scroller, window) = (scroller.clone(), window.clone());
        move |_: Event| {
            let Some(element) = scroller.cast::<Element>() else { return };
            let mut window = window.borrow_mut();
            if window.on_scroll(f64::from(element.scroll_top())) {
                element.set_scroll_top(window.scroll_top_px().round() as i32);
            }
            // The end of this list is not followed.
            window.set_following(false);
            redraw.force_update();
        }
    };
    let (element_px, visible, offset_px) = {
        let window = window.borrow();
        let visible = window.visible(OVERSCAN);
        (window.element_px(), visible.clone(), window.row_top_px(visible.start))
    };
    {
        let (spacer, lines) = (spacer.clone(), lines.clone());
        use_effect_on((element_px, offset_px), move |(element_px, offset_px)| {
            let set = |node: &NodeRef, name: &str, value: String| {
                if let Some(element) = node.cast::<HtmlElement>() {
                    // Only a malformed property could fail.
                    let _ = element.style().set_property(name, &value);
                }
            };
            set(&spacer, "height", format!("{}px", decimal::shortest(*element_px)));
            set(&lines, "transform", format!("translateY({}px)", decimal::shortest(*offset_px)));
        });
    }
    html! {
        <div
            class={classes!("virtual", props.class)}
            ref={scroller}
            data-testid={props.testid}
            role={props.role}
            aria-label={props.label}
            tabindex="0"
            onscroll={on_scroll}
        >
            <div class="virtual-spacer" ref={spacer} role="presentation">
                <div class="virtual-lines" ref={lines} role="presentation">{props.draw.emit(visible)}</div>
            </div>
        </div>
    }
}

//! The log: as many rows in the page as fit on screen, however many entries there are.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, HtmlElement, ResizeObserver};
use yew::prelude::*;

use super::icons::{Icon, Picture};
use crate::model::format::{count, hex_preview, plural, preview, size, time_of_day};
use crate::model::journal::{Body, Delivery, Entry};
use crate::model::viewport::Viewport;
use crate::session::Session;

/// Height of a row. The style sheet takes it from here, through `--row-height`.
const ROW_PX: f64 = 28.0;

/// A message of this size or more has its size written in its row.
const SIZE_SHOWN_FROM: usize = 1024;

#[derive(PartialEq, Properties)]
pub(super) struct LogViewProps {
    pub(super) session: Session,
    /// Position of the oldest entry kept.
    pub(super) start: usize,
    /// Position the next entry will have.
    pub(super) end: usize,
    /// Changes whenever an entry may have.
    pub(super) revision: u64,
    pub(super) selected: Option<usize>,
    pub(super) on_select: Callback<Option<usize>>,
}

/// What the browser says about the scroll container.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Geometry {
    scroll_px: f64,
    view_px: f64,
}

#[component]
pub(super) fn LogView(props: &LogViewProps) -> Html {
    let (scroller, spacer, rows) = (use_node_ref(), use_node_ref(), use_node_ref());
    let geometry = use_state_eq(|| Geometry { scroll_px: 0.0, view_px: 0.0 });
    let following = use_state_eq(|| true);
    // How far the container was scrolled when last seen, and how much of the log the reader has.
    let scrolled_px = use_mut_ref(|| 0.0);
    let seen = use_mut_ref(|| 0);

    let mut viewport = Viewport {
        rows: props.end - props.start,
        row_px: ROW_PX,
        view_px: geometry.view_px,
        scroll_px: geometry.scroll_px,
    };
    if *following {
        viewport.scroll_px = viewport.bottom_px();
        *seen.borrow_mut() = props.end;
    }
    let slice = viewport.slice();
    let unseen = props.end.saturating_sub(*seen.borrow());

    let measure = {
        let (scroller, scrolled_px) = (scroller.clone(), scrolled_px.clone());
        let (geometry, following) = (geometry.setter(), following.setter());
        use_callback((), move |(), ()| {
            let Some(element) = scroller.cast::<Element>() else { return };
            let scroll_px = f64::from(element.scroll_top());
            let view_px = f64::from(element.client_height());
            let before = scrolled_px.replace(scroll_px);
            // The end moves away while messages come in, so only scrolling up stops following.
            if scroll_px + view_px >= f64::from(element.scroll_height()) - ROW_PX {
                following.set(true);
            } else if scroll_px < before {
                following.set(false);
            }
            geometry.set(Geometry { scroll_px, view_px });
        })
    };

    {
        let (scroller, measure) = (scroller.clone(), measure.clone());
        use_effect_with((), move |()| {
            let on_resize = Closure::<dyn FnMut()>::new(move || measure.emit(()));
            let observer = ResizeObserver::new(on_resize.as_ref().unchecked_ref()).ok();
            if let (Some(observer), Some(element)) = (&observer, scroller.cast::<HtmlElement>()) {
                set_style(&element, "--row-height", &format!("{ROW_PX}px"));
                observer.observe(&element);
            }
            move || {
                if let Some(observer) = observer {
                    observer.disconnect();
                }
                drop(on_resize);
            }
        });
    }
    {
        // Styles go through the object model: the page's policy forbids style attributes in markup.
        let (scroller, spacer, rows) = (scroller.clone(), spacer.clone(), rows.clone());
        let follow_px = following.then(|| viewport.bottom_px());
        use_effect_with(
            (slice.spacer_px, slice.offset_px, follow_px),
            move |(spacer_px, offset_px, follow_px)| {
                if let Some(spacer) = spacer.cast::<HtmlElement>() {
                    set_style(&spacer, "height", &format!("{spacer_px}px"));
                }
                if let Some(rows) = rows.cast::<HtmlElement>() {
                    set_style(&rows, "transform", &format!("translateY({offset_px}px)"));
                }
                if let (Some(follow_px), Some(scroller)) = (follow_px, scroller.cast::<Element>()) {
                    scroller.set_scroll_top(follow_px.ceil() as i32);
                    scrolled_px.replace(f64::from(scroller.scroll_top()));
                }
            },
        );
    }

    {
        // The details take room from the log; the entry they belong to stays in view, and so does its place.
        let (scroller, following) = (scroller.clone(), following.setter());
        let (start, last) = (props.start, props.end.saturating_sub(1));
        use_effect_with((props.selected, geometry.view_px.to_bits()), move |(selected, _)| {
            let Some(row) = selected.and_then(|position| position.checked_sub(start)) else { return };
            following.set(*selected == Some(last));
            if let (Some(top), Some(element)) = (viewport.reveal_px(row), scroller.cast::<Element>()) {
                element.set_scroll_top(top.round() as i32);
            }
        });
    }

    let on_click = props.on_select.reform(|event: MouseEvent| position_of(&event));
    let on_key = {
        let on_select = props.on_select.clone();
        let (start, end, selected) = (props.start, props.end, props.selected);
        move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                on_select.emit(None);
                return;
            }
            let Some(target) = step(&event.key(), selected, start, end, viewport.page_rows()) else { return };
            event.prevent_default();
            on_select.emit(Some(target));
        }
    };
    let follow = {
        let following = following.setter();
        move |_: MouseEvent| following.set(true)
    };
    let clear = {
        let (session, on_select) = (props.session.clone(), props.on_select.clone());
        move |_: MouseEvent| {
            on_select.emit(None);
            session.clear();
        }
    };

    let rendered = props.start + slice.first..props.start + slice.end;
    let active = props.selected.filter(|position| rendered.contains(position)).map(row_id);
    html! {
        <section class="log-pane" aria-label="Log">
            <header class="log-header">
                <h2 class="log-title">{"Log"}</h2>
                <span class="log-count">{plural(props.end as u64, "line")}</span>
                if props.start > 0 {
                    <span class="log-dropped" data-testid="dropped">
                        {format!("the oldest {} dropped to save memory", count(props.start as u64))}
                    </span>
                }
                <button class="button small" type="button" data-testid="clear" disabled={props.end == 0} onclick={clear}>
                    <Picture icon={Icon::Trash} />{"Clear"}
                </button>
            </header>
            <div
                class="log"
                ref={scroller}
                data-testid="log"
                data-count={props.end.to_string()}
                role="listbox"
                aria-label="Log entries"
                aria-activedescendant={active}
                tabindex="0"
                onscroll={measure.reform(|_: Event| ())}
                onclick={on_click}
                onkeydown={on_key}
            >
                <div class="log-spacer" ref={spacer} role="presentation">
                    <div class="log-rows" ref={rows} role="presentation">
                        for position in rendered {
                            if let Some(entry) = props.session.entry(position) {
                                {row(position, &entry, props.selected == Some(position), props.end)}
                            }
                        }
                    </div>
                </div>
            </div>
            if props.end == 0 {
                <div class="log-empty">
                    <p class="log-empty-title">{"Nothing here yet"}</p>
                    <p>{"Connect to a WebSocket server, then send it a message."}</p>
                    <p>{"Everything that is sent, received, opened or closed appears here, to the millisecond."}</p>
                </div>
            }
            if unseen > 0 {
                <button class="button log-follow" type="button" data-testid="follow" onclick={follow}>
                    <Picture icon={Icon::Down} />{format!("{} new", count(unseen as u64))}
                </button>
            }
        </section>
    }
}

fn row(position: usize, entry: &Entry, selected: bool, total: usize) -> Html {
    let text = match &entry.body {
        Body::Text(text) => preview(text),
        Body::Binary(bytes) => hex_preview(bytes),
    };
    let (mark, bytes) = match &entry.body {
        Body::Text(text) if text.is_empty() => (Some("empty"), 0),
        Body::Text(text) => (None, text.len()),
        Body::Binary(bytes) => (Some("binary"), bytes.len()),
    };
    html! {
        <div
            key={position}
            class="entry"
            id={row_id(position)}
            role="option"
            aria-selected={selected.to_string()}
            aria-setsize={total.to_string()}
            aria-posinset={(position + 1).to_string()}
            data-testid="entry"
            data-index={position.to_string()}
            data-kind={entry.kind.slug()}
            data-delivery={entry.delivery.map(Delivery::slug)}
        >
            <span class="entry-time">{time_of_day(entry.local_millis)}</span>
            <span class="entry-label">{entry.label()}</span>
            if let Some(mark) = mark {
                <span class="entry-mark">{mark}</span>
            }
            <span class="entry-text">{text}</span>
            if bytes >= SIZE_SHOWN_FROM {
                <span class="entry-size">{size(bytes as u64)}</span>
            }
        </div>
    }
}

fn row_id(position: usize) -> String {
    format!("entry-{position}")
}

/// The row under a click.
fn position_of(event: &MouseEvent) -> Option<usize> {
    let row = event.target_dyn_into::<Element>()?.closest("[data-index]").ok()??;
    row.get_attribute("data-index")?.parse().ok()
}

/// Where a key moves the selection. Without one, up and down begin at the end, where the eye is.
fn step(key: &str, selected: Option<usize>, start: usize, end: usize, page: usize) -> Option<usize> {
    let last = end.checked_sub(1).filter(|last| *last >= start)?;
    let target = match (key, selected) {
        ("ArrowUp" | "ArrowDown", None) => last,
        ("ArrowUp", Some(position)) => position.saturating_sub(1),
        ("ArrowDown", Some(position)) => position + 1,
        ("PageUp", Some(position)) => position.saturating_sub(page),
        ("PageDown", Some(position)) => position + page,
        ("Home", _) => start,
        ("End", _) => last,
        _ => return None,
    };
    Some(target.clamp(start, last))
}

fn set_style(element: &HtmlElement, name: &str, value: &str) {
    // Only a malformed property could fail, and there the sheet's own value stays.
    let _ = element.style().set_property(name, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_move_the_selection_within_the_log() {
        assert_eq!(step("ArrowUp", None, 10, 20, 5), Some(19));
        assert_eq!(step("ArrowUp", Some(10), 10, 20, 5), Some(10));
        assert_eq!(step("ArrowDown", Some(19), 10, 20, 5), Some(19));
        assert_eq!(step("PageUp", Some(18), 10, 20, 5), Some(13));
        assert_eq!(step("PageDown", Some(18), 10, 20, 5), Some(19));
        assert_eq!(step("Home", Some(18), 10, 20, 5), Some(10));
        assert_eq!(step("End", None, 10, 20, 5), Some(19));
        assert_eq!(step("a", Some(18), 10, 20, 5), None);
    }

    #[test]
    fn an_empty_log_has_nothing_to_select() {
        for key in ["ArrowUp", "ArrowDown", "Home", "End"] {
            assert_eq!(step(key, None, 0, 0, 5), None);
        }
    }
}

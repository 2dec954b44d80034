//! As many rows in the page as fit on screen, however many entries there are.

use web_sys::{Element, HtmlElement};
use workbench::decimal;
use workbench::entry::EntryId;
use yew::prelude::*;

use super::row::{Frame, Place, Time, row, row_id};
use crate::actions::stage::Scene;
use crate::actions::{Action, Panel};
use crate::lasting::preferences::Density;
use crate::model::list::{List, TimeMode};
use crate::model::log::Log;
use crate::running::driver::clock::zone;
use crate::running::session::Session;
use crate::views::block::block;
use crate::views::hooks::{use_effect_on, use_height};
use crate::views::lang::use_texts;
use crate::views::markup::html;

/// Rows drawn beyond either end of the screen, so that a fast scroll shows no gap.
const OVERSCAN: usize = 6;

#[derive(PartialEq)]
pub(super) struct Rows {
    pub(super) scene: Scene,
    /// Changes whenever something in the log may have.
    pub(super) revision: u64,
}

block!(Rows, use_rows);

#[hook]
fn use_rows(props: &Rows) -> Html {
    let t = &use_texts().log;
    let (scene, session) = (&props.scene, props.scene.session());
    let (scroller, spacer, rows) = (scene.places().log.clone(), use_node_ref(), use_node_ref());
    let redraw = use_force_update();
    // The scroll position that was last set or seen. Asking the browser costs a layout.
    let scrolled_px = use_mut_ref(|| -1.0);

    let on_scroll = {
        let (session, scroller, redraw) = (session.clone(), scroller.clone(), redraw.clone());
        let scrolled_px = scrolled_px.clone();
        move |_: Event| {
            let Some(element) = scroller.cast::<Element>() else { return };
            let top_px = f64::from(element.scroll_top());
            // The browser reports what was set here as well; drawing again for it would double the work of a frame.
            if (top_px - scrolled_px.replace(top_px)).abs() < 0.5 {
                return;
            }
            session.look(|list, _| list.window_mut().on_scroll(top_px));
            redraw.force_update();
        }
    };
    {
        let session = session.clone();
        use_height(&scroller, move |view_px| {
            session.look(|list, log| {
                list.window_mut().resized(Density::current().row_px(), view_px);
                keep_focus_in_view(list, log);
            });
            redraw.force_update();
        });
    }

    let (element_px, top_px, visible, offset_px) = session.read(|_, list| {
        let window = list.window();
        let visible = window.visible(OVERSCAN);
        (window.element_px(), window.scroll_top_px(), visible.clone(), window.row_top_px(visible.start))
    });
    {
        // Styles go through the object model: the page's policy forbids style attributes in markup.
        let (scroller, spacer, rows) = (scroller.clone(), spacer.clone(), rows.clone());
        use_effect_on((element_px, offset_px), move |(element_px, offset_px)| {
            if let Some(spacer) = spacer.cast::<HtmlElement>() {
                set_style(&spacer, "height", &format!("{}px", decimal::shortest(*element_px)));
            }
            if let Some(rows) = rows.cast::<HtmlElement>() {
                set_style(&rows, "transform", &format!("translateY({}px)", decimal::shortest(*offset_px)));
            }
        });
        use_effect(move || {
            if let Some(scroller) = scroller.cast::<Element>()
                && (*scrolled_px.borrow() - top_px).abs() >= 0.5
            {
                scroller.set_scroll_top(top_px.round() as i32);
                // What the browser made of it: where it could not scroll that far yet, it is not the reader who
                // left the end.
                scrolled_px.replace(f64::from(scroller.scroll_top()));
            }
        });
    }

    let on_click = {
        let scene = scene.clone();
        move |event: MouseEvent| {
            if let Some(id) = entry_of(&event) {
                scene.select(Some(id), event.shift_key());
            }
        }
    };
    let on_key = {
        let scene = scene.clone();
        move |event: KeyboardEvent| {
            let commanded = event.ctrl_key() || event.meta_key();
            let action = match event.key().as_str() {
                "f" if commanded => Some(Action::Find),
                "c" if commanded && !has_selection() => Some(Action::Copy),
                "Escape" => Some(Action::Deselect),
                _ => None,
            };
            if let Some(action) = action {
                event.prevent_default();
                scene.perform(action);
                return;
            }
            let Some(by) = step(&event.key(), page_rows(scene.session())) else { return };
            event.prevent_default();
            let is_empty = scene.session().look(|list, log| {
                list.step(by, event.shift_key(), log.store());
                list.rows(log.store()).is_empty()
            });
            if !is_empty {
                scene.set_copied(None);
                scene.reveal(Panel::Detail);
            }
        }
    };

    let (count, active, drawn) = session.read(|log, list| {
        let store = log.store();
        let shown = list.rows(store);
        let trimmed = list.trimmed();
        let focus = list.selection().focus(&shown);
        let start = store.range(0..EntryId::MAX).next().map(|first| first.time);
        let frame = Frame {
            t,
            today: session.wall().day_start(zone),
            highlights: list.highlights(),
            total: trimmed + shown.len() as u64,
            scene,
        };
        let mut active = None;
        let drawn: Vec<Html> = visible
            .enumerate()
            .filter_map(|(slot, position)| {
                let entry = shown.entry(position)?;
                let index = trimmed + position as u64;
                let selected = focus == Some(entry.id) || list.selection().contains(entry.id);
                if focus == Some(entry.id) {
                    active = Some(scene.id(&row_id(index)));
                }
                let time = match list.time_mode {
                    TimeMode::Clock => Time::Clock,
                    TimeMode::Relative => Time::Elapsed(start.map_or(0, |start| entry.time.since(start))),
                    TimeMode::Delta => Time::Since(shown.delta_to_previous(position)),
                    TimeMode::Selected => Time::Since(focus.and_then(|id| shown.delta_to(id, position))),
                };
                let place = Place { slot, index, selected, is_hit: list.is_hit(entry.id), time };
                Some(row(&entry, &place, &frame))
            })
            .collect();
        (frame.total, active, drawn)
    });
    html! {
        <div
            class="log"
            ref={scroller}
            data-testid="log"
            aria-keyshortcuts={Action::ToLog.key()}
            data-count={count.to_string()}
            role="listbox"
            aria-label={t.entries}
            aria-activedescendant={active}
            tabindex="0"
            onscroll={on_scroll}
            onclick={on_click}
            onkeydown={on_key}
        >
            <div class="log-spacer" ref={spacer} role="presentation">
                <div class="log-rows" ref={rows} role="presentation">
                    for row in drawn {
                        {row}
                    }
                </div>
            </div>
        </div>
    }
}

/// The details take room from the log; the entry they belong to stays in view.
fn keep_focus_in_view(list: &mut List, log: &Log) {
    let focus = list.selection().focus(&list.rows(log.store()));
    if let Some(id) = focus.filter(|_| !list.window().following()) {
        list.reveal(id, log.store());
    }
}

fn page_rows(session: &Session) -> isize {
    session.read(|_, list| (list.window().visible(0).len() as isize - 1).max(1))
}

/// Whether some text on the page is selected, which is then what copying means.
fn has_selection() -> bool {
    let selection = web_sys::window().and_then(|window| window.get_selection().ok()?);
    selection.is_some_and(|selection| !selection.is_collapsed())
}

/// The row under a click.
fn entry_of(event: &MouseEvent) -> Option<EntryId> {
    let row = event.target_dyn_into::<Element>()?.closest("[data-id]").ok()??;
    row.get_attribute("data-id")?.parse().ok()
}

/// By how many rows a key moves the selection.
fn step(key: &str, page: isize) -> Option<isize> {
    match key {
        "ArrowUp" => Some(-1),
        "ArrowDown" => Some(1),
        "PageUp" => Some(-page),
        "PageDown" => Some(page),
        "Home" => Some(isize::MIN),
        "End" => Some(isize::MAX),
        _ => None,
    }
}

fn set_style(element: &HtmlElement, name: &str, value: &str) {
    // Only a malformed property could fail, and there the sheet's own value stays.
    let _ = element.style().set_property(name, value);
}

//! What the page's own server holds at breakpoints: how much, in a bar, and a sheet to set them and to decide.
//!
//! `data-testid`: `held-badge`; `hold` (the dialog), `hold-missing`, `hold-place`, `hold-direction`, `hold-filter`,
//! `hold-deadline`, `hold-heartbeats`, `hold-set`, `hold-said`; `breakpoint` (a row, with `data-number`) with `breakpoint-on` and
//! `breakpoint-remove`; `held-count`, `held-pass-all`, `held-inject`, `held-undecided`; `held` (a row, with `data-id`) with
//! `held-text`, `held-left`, `held-pass`, `held-drop`, `held-edit`; the editor's are in [`editor`].

mod editor;
mod rows;
mod setting;

use std::cell::Cell;
use std::rc::Rc;

use gloo_timers::callback::Interval;
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;
use workbench::json::Value;
use workbench::view::Payload;
use yew::prelude::*;

use self::editor::{Editor, Subject};
use self::rows::{breakpoint_row, held_row};
use self::setting::Setting;
use super::dialog::Dialog;
use super::watch::List;
use crate::actions::stage::{Scene, focus};
use crate::actions::{Action, Sheet};
use crate::model::held::{Board, Held};
use crate::running::fetching;
use crate::texts::settings::Settings;
use crate::texts::{fill, plural};
use crate::views::block::{Block, block};
use crate::views::buttons::act;
use crate::views::hooks::use_effect_on;
use crate::views::lang::use_texts;
use crate::views::markup::html;

/// The server answers when something changes, and otherwise after this: before anybody loses patience.
const ASK: &str = "api/held?timeout=8s";
/// Between two questions, in milliseconds: where much changes, and where the server does not answer.
const PACE_MILLIS: u32 = 100;
const REST_MILLIS: u32 = 2_000;
/// How often the time that is left is drawn, in milliseconds.
const TICK_MILLIS: u32 = 1_000;

/// What is held, and the sheet where it is open.
#[derive(PartialEq)]
pub(super) struct Hold {
    pub(super) scene: Scene,
    pub(super) is_open: bool,
    pub(super) on_close: Callback<()>,
}

/// What is known: nothing yet, nothing since it can't be had, or that.
type Known = Option<Option<Rc<Board>>>;

/// Which connections: the parameter that says so, and the words for it.
type Places = Vec<(AttrValue, AttrValue)>;

block!(Hold, use_hold);

#[hook]
fn use_hold(props: &Hold) -> Html {
    let t = &use_texts().settings;
    let known = use_state_eq(|| None as Known);
    let board = known.as_ref().and_then(Option::as_ref);
    // From when on the sheet was open it is asked for, as long as there is anything to be held.
    let asks = props.is_open || board.is_some_and(|board| !board.breakpoints.is_empty() || board.total > 0);
    {
        let known = known.setter();
        use_effect_on(asks, move |asks| {
            let goes_on = Rc::new(Cell::new(*asks));
            let asking = goes_on.clone();
            #[expect(clippy::disallowed_methods, reason = "it ends with the effect")]
            spawn_local(async move {
                let mut address = ASK.to_owned();
                while asking.get() {
                    let answer = fetching::text(&address).await;
                    let board = answer.and_then(|answer| Board::read(&answer)).map(Rc::new);
                    if !asking.get() {
                        return;
                    }
                    let rest = if board.is_some() { PACE_MILLIS } else { REST_MILLIS };
                    address = match &board {
                        Some(board) => format!("{ASK}&after={}", board.revision),
                        None => ASK.to_owned(),
                    };
                    known.set(Some(board));
                    TimeoutFuture::new(rest).await;
                }
            });
            move || goes_on.set(false)
        });
    }
    let held = board.map_or(0, |board| board.total);
    html! {
        <>
            if held > 0 && !props.is_open {
                <section class="held-bar" aria-label={t.hold}>
                    <p class="notice-text" role="status">{plural(t.hold_count, held)}</p>
                    <button
                        class="button small"
                        type="button"
                        aria-haspopup="dialog"
                        data-testid="held-badge"
                        onclick={act::<MouseEvent>(&props.scene, Action::Open(Sheet::Hold))}
                    >
                        {t.hold_open}
                    </button>
                </section>
            }
            if props.is_open {
                {Dialog {
                    title: t.hold,
                    name: "hold",
                    on_close: props.on_close.clone(),
                    children: match &*known {
                        Some(None) => html! { <p class="hold-none" role="alert" data-testid="hold-missing">{t.hold_missing}</p> },
                        _ => Deciding { board: board.cloned() }.block(),
                    },
                }.block()}
            }
        </>
    }
}

/// The sheet.
#[derive(PartialEq)]
struct Deciding {
    /// Once it is known.
    board: Option<Rc<Board>>,
}

block!(Deciding, use_deciding);

#[hook]
fn use_deciding(props: &Deciding) -> Html {
    let t = &use_texts().settings;
    // What nobody decided on before the sheet was open is not told.
    let before = use_mut_ref(|| None::<u64>);
    let mut before = before.borrow_mut();
    let before = match &props.board {
        Some(board) => *before.get_or_insert_with(|| board.last_undecided()),
        None => 0,
    };
    let board = &props.board.clone().unwrap_or_default();
    let places = use_places(t);
    let said = use_state_eq(String::new);
    let editing = use_state_eq(|| None::<Subject>);
    let list = use_node_ref();
    let elapsed = use_elapsed(board);
    let tell = {
        let (said, list) = (said.setter(), list.clone());
        Callback::from(move |(method, address): (&'static str, String)| {
            let (said, list) = (said.clone(), list.clone());
            fetching::ask(method, address, None, move |told| {
                said.set(outcome(told, t));
                // The row with the button goes; the keyboard stays here.
                focus(&list);
            });
        })
    };
    let edit = {
        let (said, editing) = (said.setter(), editing.setter());
        Callback::from(move |id: u64| {
            let (said, editing) = (said.clone(), editing.clone());
            // The list has the beginning of a long message.
            fetching::ask("GET", format!("api/held/{id}"), None, move |answer| {
                match answer.map(|answer| Held::read(&Value::parse(&answer).ok()?)) {
                    Ok(Some(held)) => editing.set(Some(Subject::Held(Rc::new(held)))),
                    Ok(None) => said.set(t.hold_failed.to_owned()),
                    Err(wrong) => said.set(outcome(Err(wrong), t)),
                }
            });
        })
    };
    let inject = {
        let editing = editing.setter();
        move |_: MouseEvent| editing.set(Some(Subject::New))
    };
    let on_done = {
        let (said, editing, list) = (said.setter(), editing.setter(), list.clone());
        Callback::from(move |sentence: String| {
            said.set(sentence);
            editing.set(None);
            focus(&list);
        })
    };
    let count = match board.total {
        0 => t.hold_none.to_owned(),
        held if board.waiting == 0 => plural(t.hold_count, held),
        held => format!("{} {}", plural(t.hold_count, held), plural(t.hold_waiting, board.waiting)),
    };
    let pass_all = {
        let tell = tell.clone();
        move |_: MouseEvent| tell.emit(("POST", "api/release".to_owned()))
    };
    let editor = (*editing).clone().map(|subject| {
        let is_over =
            matches!(&subject, Subject::Held(held) if !board.held.iter().any(|one| one.id == held.id));
        let key = if let Subject::Held(held) = &subject { held.id } else { 0 };
        Editor { subject, is_over, places: places.clone(), on_done }.keyed(key)
    });
    html! {
        <div class="dialog-body" tabindex="0" autofocus=true role="region" aria-label={t.hold}>
            if board.total == 0 {
                <p>{t.hold_intro}</p>
            }
            <div class="hold-line">
                <p class="hold-count" role="status" data-testid="held-count">{count}</p>
                if board.total > 0 {
                    <button class="button small" type="button" data-testid="held-pass-all" onclick={pass_all}>{t.hold_pass_all}</button>
                }
                <button class="button small" type="button" data-testid="held-inject" onclick={inject}>{t.hold_inject}</button>
            </div>
            <p class="setting-hint" role="status" data-testid="held-undecided">{undecided(board, before, t)}</p>
            if !said.is_empty() {
                <p class="setting-problem" role="alert" data-testid="hold-said">{&*said}</p>
            }
            {editor}
            <ul class="hold-list" ref={list} tabindex="-1" aria-label={t.hold_message}>
                for held in &board.held {
                    {held_row(held, elapsed, &tell, &edit, t)}
                }
            </ul>
            {Setting { places }.block()}
            if !board.breakpoints.is_empty() {
                <ul class="hold-list" aria-label={t.hold}>
                    for breakpoint in &board.breakpoints {
                        {breakpoint_row(breakpoint, &tell, t)}
                    }
                </ul>
            }
        </div>
    }
}

/// Milliseconds since the board was told.
#[hook]
fn use_elapsed(board: &Rc<Board>) -> u64 {
    let elapsed = use_state_eq(|| 0);
    let setter = elapsed.setter();
    use_effect_on(board.clone(), move |_| {
        setter.set(0);
        let passed = Cell::new(0);
        let ticking = Interval::new(TICK_MILLIS, move || {
            passed.set(passed.get() + u64::from(TICK_MILLIS));
            setter.set(passed.get());
        });
        move || drop(ticking)
    });
    *elapsed
}

/// The connections that something can be held on: all, those of each target, and each by itself.
#[hook]
fn use_places(t: &'static Settings) -> Places {
    let list = use_state_eq(|| None::<Rc<List>>);
    {
        let list = list.setter();
        use_effect_on((), move |()| {
            fetching::ask("GET", "api/connections".to_owned(), None, move |answer| {
                list.set(answer.ok().and_then(|answer| List::read(&answer)).map(Rc::new));
            });
        });
    }
    let mut places: Places = vec![("".into(), t.hold_everywhere.into())];
    let carried = || list.iter().flat_map(|list| list.carried());
    for name in carried().filter_map(|(_, path)| via(path)) {
        let place = format!("via={name}");
        if !places.iter().any(|(there, _)| **there == *place) {
            places.push((place.into(), fill(t.hold_via, &[&name]).into()));
        }
    }
    places.extend(carried().map(|(number, path)| {
        let end = path.find('?').unwrap_or(path.len());
        (format!("connection={number}").into(), format!("#{number} {}", &path[..end]).into())
    }));
    places
}

/// The target's name in the path of a client's connection.
fn via(path: &str) -> Option<&str> {
    path.strip_prefix("/ws/via/")?.split(['/', '?']).next()
}

/// What has become of messages that nobody decided on.
fn undecided(board: &Board, before: u64, t: &'static Settings) -> String {
    let sentences = [
        ("deadline", t.hold_by_deadline),
        ("limit", t.hold_by_limit),
        ("released", t.hold_by_released),
        ("gone", t.hold_by_gone),
    ];
    let mut all = String::new();
    for (why, sentence) in sentences {
        let count = board.undecided_since(before, why);
        if count > 0 {
            all.push_str(&fill(sentence, &[&count]));
            all.push(' ');
        }
    }
    all
}

/// What to say of something that the server was told to do: nothing, where it was done.
fn outcome(told: Result<String, String>, t: &'static Settings) -> String {
    match told {
        Ok(_) => String::new(),
        Err(said) if said.is_empty() => t.hold_failed.to_owned(),
        Err(said) => said,
    }
}

/// How a message is shown on a line.
fn preview(payload: &Payload) -> String {
    workbench::view::preview(payload.body(), 300)
}

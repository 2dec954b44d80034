//! The connections of the page's own server, each of which can be watched in a tab of its own.
//!
//! `data-testid`: `watch` (the dialog), `watch-missing`, `watch-count`, `watch-item` (a connection, with `data-number`) with
//! `watch-do`.

use std::rc::Rc;

use gloo_timers::callback::Interval;
use workbench::connection::WATCH_PROTOCOL;
use workbench::json::Value;
use yew::prelude::*;

use super::dialog::Dialog;
use super::mounted::Mounted;
use crate::model::format::{countdown, size};
use crate::model::visible;
use crate::running::fetching;
use crate::running::session::Draft;
use crate::running::workspace::Workspace;
use crate::texts::fill;
use crate::texts::settings::Settings;
use crate::views::block::{Block, block};
use crate::views::hooks::use_effect_on;
use crate::views::lang::use_texts;
use crate::views::markup::html;

/// How often the server is asked, in milliseconds.
const PACE_MILLIS: u32 = 2_000;

#[derive(PartialEq)]
pub(super) struct Watch {
    pub(super) workspace: Workspace,
    pub(super) on_close: Callback<()>,
}

/// A connection, as the server tells of it.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    number: u64,
    peer: String,
    /// The path of its URL with the faults it asks for.
    path: String,
    millis: u64,
    messages: [u64; 2],
    bytes: [u64; 2],
}

/// The newest connections, and how many there are.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct List {
    shown: Vec<Shown>,
    total: u64,
}

block!(Watch, use_watch);

#[hook]
fn use_watch(props: &Watch) -> Html {
    let t = &use_texts().settings;
    // None until it is there, and again where it can't be had.
    let list = use_state_eq(|| None::<Option<Rc<List>>>);
    {
        let list = list.setter();
        use_effect_on((), move |()| {
            let ask = move || {
                let list = list.clone();
                fetching::ask("GET", "api/connections".to_owned(), None, move |answer| {
                    list.set(Some(answer.ok().and_then(|answer| List::read(&answer)).map(Rc::new)));
                });
            };
            ask();
            let asking = Interval::new(PACE_MILLIS, ask);
            move || drop(asking)
        });
    }
    let watch = |shown: &Shown| {
        let (workspace, on_close, number) = (props.workspace.clone(), props.on_close.clone(), shown.number);
        let name = format!("#{number} {}", shown.path);
        Callback::from(move |_: MouseEvent| {
            let address = format!("{}/watch/{number}", workspace.page().endpoint());
            let tab =
                workspace.add(Some(Draft { address: address.into(), protocols: WATCH_PROTOCOL.into() }));
            workspace.rename(tab.id, &name);
            // So the server says that the connection has ended, and no other will have its number.
            let mut options = tab.session.options();
            options.reconnect.stop_codes.push(1000..=1000);
            tab.session.set_options(options);
            on_close.emit(());
            tab.session.connect();
        })
    };
    let count = match &*list {
        None => t.watch_loading.to_owned(),
        Some(None) => t.watch_missing.to_owned(),
        Some(Some(list)) if list.total == 0 => t.watch_none.to_owned(),
        Some(Some(list)) => fill(t.watch_some, &[&list.shown.len(), &list.total]),
    };
    let id = if matches!(*list, Some(None)) { "watch-missing" } else { "watch-count" };
    let items = list.as_ref().and_then(Option::as_ref).map(|list| &list.shown[..]).unwrap_or_default();
    let mounted = Mounted { workspace: props.workspace.clone(), on_close: props.on_close.clone() }.block();
    Dialog {
        title: t.watch,
        name: "watch",
        on_close: props.on_close.clone(),
        children: html! {
            <div class="dialog-body" tabindex="0" autofocus=true role="region" aria-label={t.watch}>
                <p>{t.watch_intro}</p>
                <p class="setting-hint" role="status" data-testid={id}>{count}</p>
                <ul class="watch-list">
                    for shown in items {
                        <li class="watch-item" key={shown.number} data-testid="watch-item" data-number={shown.number.to_string()}>
                            <p class="watch-path"><code>{format!("#{} {}", shown.number, visible::foreign(&shown.path))}</code></p>
                            <button
                                class="button small"
                                type="button"
                                data-testid="watch-do"
                                aria-label={fill(t.watch_number, &[&shown.number])}
                                onclick={watch(shown)}
                            >
                                {t.watch_do}
                            </button>
                            {facts(shown, t)}
                        </li>
                    }
                </ul>
                {mounted}
            </div>
        },
    }
    .block()
}

fn facts(shown: &Shown, t: &'static Settings) -> Html {
    let carried = |way: usize| format!("{} · {}", shown.messages[way], size(shown.bytes[way]));
    html! {
        <dl class="watch-facts">
            for (name, value) in [
                (t.watch_peer, shown.peer.clone()),
                (t.watch_age, countdown(shown.millis)),
                (t.watch_in, carried(0)),
                (t.watch_out, carried(1)),
            ] {
                <div key={name}><dt>{name}</dt><dd>{value}</dd></div>
            }
        </dl>
    }
}

impl List {
    pub(super) fn read(answer: &str) -> Option<List> {
        let answer = Value::parse(answer).ok()?;
        let shown = answer.get("connections")?.items().iter().filter_map(Shown::read).collect();
        Some(List { shown, total: answer.get("total")?.as_u64()? })
    }

    /// The number and path of each client that is carried to a target.
    pub(super) fn carried(&self) -> impl Iterator<Item = (u64, &str)> {
        let is_carried =
            |shown: &&Shown| ["/ws/via/", "/ws/relay"].iter().any(|path| shown.path.starts_with(path));
        self.shown.iter().filter(is_carried).map(|shown| (shown.number, &*shown.path))
    }
}

impl Shown {
    fn read(of: &Value<'_>) -> Option<Shown> {
        let number = |name| of.get(name).and_then(Value::as_u64);
        let text = |name| of.get(name).and_then(Value::as_str).unwrap_or_default();
        let faults = text("faults");
        let asks = if faults.is_empty() { "" } else { "?" };
        Some(Shown {
            number: number("connection")?,
            peer: text("peer").to_owned(),
            path: format!("{}{asks}{faults}", text("path")),
            millis: (of.get("seconds").and_then(Value::as_f64).unwrap_or_default() * 1000.0) as u64,
            messages: [number("messages_in")?, number("messages_out")?],
            bytes: [number("bytes_in")?, number("bytes_out")?],
        })
    }
}

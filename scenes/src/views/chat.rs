//! A room.

use page::block::{Block, block};
use page::clock::zone;
use page::hooks::use_effect_on;
use page::markup::html;
use protocol::session::{MAX_NAME, SUBPROTOCOL};
use web_sys::{Element, HtmlInputElement, HtmlTextAreaElement};
use workbench::time::Micros;
use yew::prelude::*;

use super::app::Stage;
use super::connection::{Connection, Held};
use super::fields::{Where, fields};
use crate::model::address::{Params, Scene};
use crate::model::chat::{Chat, Earlier, Line, Mark, Pending, Said};
use crate::running::{Live, use_live};
use crate::texts::{Texts, fill, plural, texts};

/// Scrolled to within so many pixels of the end, the log follows what comes.
const NEAR_PX: i32 = 40;

#[derive(PartialEq)]
pub(super) struct ChatView {
    pub(super) stage: Stage,
}

block!(ChatView, use_chat);

/// A scene of the log before it was drawn anew.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scrolled {
    follows: bool,
    height: i32,
    first: Option<u64>,
}

#[hook]
fn use_chat(props: &ChatView) -> Html {
    let t = texts();
    let stage = &props.stage;
    let name = stage.name();
    let live = use_live(stage.params.target(Scene::Chat, &stage.base), SUBPROTOCOL, 0, || {
        // Whoever comes back from another scene is the same person.
        Chat::new(CLIENT.with(|client| *client), random(), &name)
    });
    let problem = use_state_eq(|| false);
    let (log, field) = (use_node_ref(), use_node_ref());
    let scrolled = use_mut_ref(|| Scrolled { follows: true, height: 0, first: None });
    {
        let live = live.clone();
        use_effect_on(name, move |name| {
            if live.talk().name() != name {
                live.ask(|chat, _| chat.rename(name));
            }
        });
    }
    let talk = live.talk();
    let first = talk.lines().iter().find_map(|line| match line {
        Line::Said(said) => Some(said.offset),
        Line::Gap(..) => None,
    });
    let shown = (first, talk.lines().len(), talk.lines().back().cloned(), talk.pending().count());
    {
        let (log, scrolled) = (log.clone(), scrolled.clone());
        use_effect_on(shown, move |(first, ..)| {
            let Some(log) = log.cast::<Element>() else { return };
            let mut before = scrolled.borrow_mut();
            let height = log.scroll_height();
            if before.follows {
                log.set_scroll_top(height);
            } else if before.first > *first {
                // What was read stays where it was, below what came before it.
                log.set_scroll_top(log.scroll_top() + height - before.height);
            }
            (before.height, before.first) = (height, *first);
        });
    }
    let on_scroll = {
        let log = log.clone();
        move |_: Event| {
            if let Some(log) = log.cast::<Element>() {
                let below = log.scroll_height() - log.scroll_top() - log.client_height();
                scrolled.borrow_mut().follows = below <= NEAR_PX;
            }
        }
    };
    let send = {
        let (live, field, problem) = (live.clone(), field.clone(), problem.setter());
        move || {
            let Some(field) = field.cast::<HtmlTextAreaElement>() else { return };
            let text = field.value();
            if text.trim().is_empty() {
                return;
            }
            let taken = live.ask(|chat, now| chat.say(text.trim_end(), now));
            problem.set(!taken);
            if taken {
                field.set_value("");
            }
            let _ = field.focus();
        }
    };
    let on_submit = {
        let send = send.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            send();
        }
    };
    let on_key = move |event: KeyboardEvent| {
        // Enter also ends what an input method composes.
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            send();
        }
    };
    let on_input = {
        let live = live.clone();
        move |_: InputEvent| live.ask(|chat, now| chat.types(now))
    };
    let earlier = {
        let live = live.clone();
        move |_: MouseEvent| live.ask(|chat, _| chat.ask_for_earlier())
    };
    let said = match (talk.has_ended(), *problem, talk.error()) {
        (true, ..) => Some(t.ended.to_owned()),
        (_, true, _) => Some(t.too_many.to_owned()),
        (.., error) => error.map(ToOwned::to_owned),
    };
    html! {
        <main class="scene chat">
            <section class="chat-main" aria-label={t.messages}>
                <div
                    class="log"
                    ref={log}
                    role="log"
                    aria-label={t.messages}
                    tabindex="0"
                    data-testid="log"
                    onscroll={on_scroll}
                >
                    if talk.earlier() != Earlier::None {
                        <button
                            class="button small earlier"
                            type="button"
                            disabled={talk.earlier() == Earlier::Coming}
                            data-testid="earlier"
                            onclick={earlier}
                        >
                            {if talk.earlier() == Earlier::Coming { t.earlier_coming } else { t.earlier }}
                        </button>
                    }
                    <ol class="lines">
                        for line in talk.lines() {
                            {row(line)}
                        }
                        for pending in talk.pending() {
                            {pending_row(pending, &live, t)}
                        }
                    </ol>
                    if talk.lines().is_empty() && talk.pending().count() == 0 {
                        <p class="empty">{t.no_messages}</p>
                    }
                </div>
                <p class="typing" role="status">{typing(&talk, t)}</p>
                if let Some(said) = said {
                    <p class="problem" role="alert" data-testid="problem">{said}</p>
                }
                <form class="say" onsubmit={on_submit}>
                    <textarea
                        class="field say-text"
                        ref={field}
                        rows="1"
                        aria-label={t.message}
                        placeholder={t.message_hint}
                        data-testid="message"
                        onkeydown={on_key}
                        oninput={on_input}
                    />
                    <button class="button primary" type="submit" data-testid="send">{t.send}</button>
                </form>
            </section>
            <aside class="beside">
                {Connection { stage: stage.clone(), scene: Scene::Chat, line: Held(live.line().clone()) }.block()}
                {room(stage, t)}
                {people(&talk, t)}
            </aside>
        </main>
    }
}

#[derive(PartialEq)]
struct Row {
    line: Line,
    t: &'static Texts,
}

block!(Row, use_row);

fn row(line: &Line) -> Html {
    let key = match line {
        Line::Said(said) => format!("{}.{}", said.epoch, said.offset),
        Line::Gap(number, _) => format!("gap {number}"),
    };
    Row { line: line.clone(), t: texts() }.keyed(key)
}

#[hook]
fn use_row(props: &Row) -> Html {
    let t = props.t;
    match &props.line {
        Line::Gap(_, count) => html! {
            <li class="gap">{count.map_or(t.gap_unknown.to_owned(), |count| plural(t.gap, count))}</li>
        },
        Line::Said(said) => {
            let Said { name, at, text, is_own, is_replayed, .. } = &**said;
            let at = Micros(at * 1000);
            let time = at.clock(zone);
            html! {
                <li class={classes!("said", is_own.then_some("own"), is_replayed.then_some("replayed"))}>
                    <span class="who">
                        <span class="name">{if name.is_empty() { t.nameless } else { name }}</span>
                        <time class="when">{time.get(..5).unwrap_or_default()}</time>
                        if *is_replayed {
                            <span class="late">{t.replayed}</span>
                        }
                    </span>
                    <span class="text">{text}</span>
                    if *is_own {
                        <span class="mark" data-mark="delivered">{"✓✓"}<span class="visually-hidden">{t.delivered}</span></span>
                    }
                </li>
            }
        }
    }
}

fn pending_row(pending: &Pending, live: &Live<Chat>, t: &'static Texts) -> Html {
    let (word, slug, sign) = match pending.mark {
        Mark::Queued => (t.queued, "queued", "…"),
        Mark::Sent => (t.sent, "sent", "✓"),
        Mark::Delivered => (t.delivered, "delivered", "✓✓"),
        Mark::Unknown => (t.unknown, "unknown", "?"),
        Mark::Refused => (t.refused, "refused", "✕"),
        Mark::TooFast => (t.too_fast, "refused", "✕"),
    };
    let seq = pending.seq;
    let (again, forget) = (live.clone(), live.clone());
    html! {
        <li class="said own pending" key={format!("own {seq}")}>
            <span class="text">{&pending.text}</span>
            <span class="mark" data-mark={slug}>{sign}{" "}<span class="mark-word">{word}</span></span>
            if pending.mark.is_open() {
                <span class="decide">
                    if pending.mark != Mark::Refused {
                        <button
                            class="button small"
                            type="button"
                            data-testid="say-again"
                            onclick={move |_: MouseEvent| again.ask(|chat, now| chat.say_again(seq, now))}
                        >
                            {t.say_again}
                        </button>
                    }
                    <button
                        class="button small"
                        type="button"
                        onclick={move |_: MouseEvent| drop(forget.ask(|chat, _| chat.forget(seq)))}
                    >
                        {t.forget}
                    </button>
                </span>
            }
        </li>
    }
}

fn typing(chat: &Chat, t: &Texts) -> String {
    let names: Vec<_> = chat.typing().take(3).collect();
    match names[..] {
        [] => String::new(),
        [one] => fill(t.one_types, &[&one]),
        [one, two] => fill(t.two_type, &[&one, &two]),
        _ => t.many_type.to_owned(),
    }
}

fn people(chat: &Chat, t: &Texts) -> Html {
    let (members, here) = chat.present();
    html! {
        <section class="people" aria-labelledby="people">
            <h2 class="small-title" id="people">
                {t.people}{" "}<span class="count">{plural(t.people_here, here as u64)}</span>
            </h2>
            <ul class="names" data-testid="people">
                for member in members {
                    <li key={member.client.0.to_string()}>
                        {&member.name}
                        if chat.is_own(member) {
                            <span class="you">{format!(" ({})", t.you)}</span>
                        }
                    </li>
                }
            </ul>
        </section>
    }
}

/// What the room and the person are called.
fn room(stage: &Stage, t: &'static Texts) -> Html {
    let rename = {
        let stage = stage.clone();
        move |event: Event| {
            let field = event.target_unchecked_into::<HtmlInputElement>();
            let name: String =
                field.value().trim().chars().filter(|char| !char.is_control()).take(MAX_NAME).collect();
            field.set_value(&name);
            stage.rename(&name);
        }
    };
    let there = Where {
        label: t.room,
        name: stage.params.room.clone(),
        testid: "room",
        choose: |params, room| Params { room, ..params },
    };
    fields(stage, "40", rename, there, t)
}

thread_local! {
    /// Who this is, until the page is left.
    static CLIENT: u128 = random();
}

/// 128 bits that nobody can guess.
fn random() -> u128 {
    let mut bytes = [0; 16];
    if let Some(Ok(crypto)) = web_sys::window().map(|window| window.crypto()) {
        // Fails for more than 64 KiB only.
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    u128::from_ne_bytes(bytes)
}

//! The game: its canvas, its players, and how well it goes.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use page::block::{Block, block};
use page::frame::FrameLoop;
use page::hooks::use_effect_on;
use page::markup::html;
use protocol::game::{SUBPROTOCOL, Standing, TICK, Token, Why, Wish};
use web_sys::{HtmlCanvasElement, HtmlElement, HtmlInputElement};
use yew::prelude::*;

use super::app::Stage;
use super::arena;
use super::canvas::{Colours, Sheet};
use super::connection::{Connection, Held};
use super::fields::{Where, fields};
use crate::model::address::{Params, Scene};
use crate::model::figures::clock;
use crate::model::pilot::{Key, Pilot};
use crate::running::{Live, use_live};
use crate::texts::{Texts, fill, plural, texts};

/// Figures are drawn so often; the arena is drawn in every frame.
const PACE_MILLIS: u32 = 250;
/// How much of a correction matters: a puck is 40 units wide.
const UNIT_DIGITS: usize = 1;

#[derive(PartialEq)]
pub(super) struct GameView {
    pub(super) stage: Stage,
}

block!(GameView, use_game);

/// A finger or the mouse on the arena.
#[derive(Clone, Copy, Debug)]
struct Finger {
    id: i32,
    start: (f64, f64),
    now: (f64, f64),
}

#[hook]
fn use_game(props: &GameView) -> Html {
    let t = texts();
    let stage = &props.stage;
    let name = stage.name();
    // The seat is kept across connections with other faults, and while one looks at another scene.
    let live = use_live(stage.params.target(Scene::Game, &stage.base), SUBPROTOCOL, PACE_MILLIS, || {
        Pilot::new(&name, Wish::Play, kept(&stage.params.arena))
    });
    let (canvas, finger) = (use_node_ref(), use_mut_ref(|| None::<Finger>));
    {
        let (canvas, finger) = (canvas.clone(), finger.clone());
        use_effect_on((live.clone(), stage.params.arena.clone()), move |(live, arena)| {
            if let Some(canvas) = canvas.cast::<HtmlElement>() {
                // Whoever comes to play steers at once.
                let _ = canvas.focus();
            }
            let frames = run(live.clone(), canvas, finger, arena.clone());
            move || drop(frames)
        });
    }
    let key = |is_down: bool| {
        let live = live.clone();
        move |event: KeyboardEvent| {
            let held = event.ctrl_key() || event.meta_key() || event.alt_key();
            if let Some(key) = Key::of(&event.code()).filter(|_| !held) {
                event.prevent_default();
                if !event.repeat() {
                    live.ask(|pilot, _| pilot.key(key, is_down));
                }
            }
        }
    };
    let on_blur = {
        let live = live.clone();
        move |_: FocusEvent| live.ask(|pilot, _| pilot.let_go())
    };
    let on_down = {
        let (live, finger) = (live.clone(), finger.clone());
        move |event: PointerEvent| {
            let at = (f64::from(event.offset_x()), f64::from(event.offset_y()));
            let mut finger = finger.borrow_mut();
            if finger.is_some() {
                return live.ask(|pilot, _| pilot.dash());
            }
            let node = event.target_unchecked_into::<HtmlElement>();
            // Fails for a pointer that is gone already.
            let _ = node.set_pointer_capture(event.pointer_id());
            *finger = Some(Finger { id: event.pointer_id(), start: at, now: at });
        }
    };
    let on_move = {
        let (live, finger) = (live.clone(), finger.clone());
        move |event: PointerEvent| {
            let mut finger = finger.borrow_mut();
            let Some(finger) = finger.as_mut().filter(|finger| finger.id == event.pointer_id()) else {
                return;
            };
            finger.now = (f64::from(event.offset_x()), f64::from(event.offset_y()));
            let (x, y) = (finger.now.0 - finger.start.0, finger.now.1 - finger.start.1);
            live.ask(|pilot, _| pilot.stick(Some((x as i32, y as i32))));
        }
    };
    let on_up = {
        let live = live.clone();
        move |event: PointerEvent| {
            if finger.borrow_mut().take_if(|finger| finger.id == event.pointer_id()).is_some() {
                live.ask(|pilot, _| pilot.stick(None));
            }
        }
    };
    let dash = {
        let live = live.clone();
        move |_: PointerEvent| live.ask(|pilot, _| pilot.dash())
    };
    html! {
        <main class="scene game">
            <section class="game-main">
                <canvas
                    class="arena"
                    ref={canvas}
                    role="application"
                    aria-label={t.game_label}
                    tabindex="0"
                    data-testid="arena"
                    onkeydown={key(true)}
                    onkeyup={key(false)}
                    onblur={on_blur}
                    onpointerdown={on_down}
                    onpointermove={on_move}
                    onpointerup={on_up.clone()}
                    onpointercancel={on_up}
                />
                <div class="game-bar">
                    {standing(&live, t)}
                    <button class="button dash" type="button" data-testid="dash" onpointerdown={dash}>{t.dash}</button>
                </div>
                {figures(&live, t)}
                <p class="game-help">{t.game_help}</p>
            </section>
            <aside class="beside">
                {players(&live, t)}
                {Connection { stage: stage.clone(), scene: Scene::Game, line: Held(live.line().clone()) }.block()}
                {arena_field(stage, t)}
            </aside>
        </main>
    }
}

/// Draws the arena in every frame for as long as the answer is kept.
fn run(
    live: Live<Pilot>,
    canvas: NodeRef,
    finger: Rc<RefCell<Option<Finger>>>,
    arena: String,
) -> Rc<RefCell<Option<FrameLoop>>> {
    let frames = Rc::new(RefCell::new(None::<FrameLoop>));
    let next = Rc::downgrade(&frames);
    let frame = FrameLoop::new(move || {
        if let Some(canvas) = canvas.cast::<HtmlCanvasElement>()
            && let Some(sheet) = Sheet::of(&canvas)
        {
            let scene = live.look(Pilot::scene);
            let finger = finger
                .borrow()
                .map(|finger| (finger.start, (finger.now.0 - finger.start.0, finger.now.1 - finger.start.1)));
            let talk = live.talk();
            arena::draw(&sheet, &scene, talk.roster(), finger, &Colours::of_page());
            keep(&arena, talk.token());
        }
        // What the frame wanted to say goes out with it.
        live.line().drive();
        if let Some(frames) = next.upgrade()
            && let Some(frame) = &*frames.borrow()
        {
            frame.request();
        }
    });
    frame.request();
    frames.replace(Some(frame));
    frames
}

fn standing(live: &Live<Pilot>, t: &'static Texts) -> Html {
    let talk = live.talk();
    let said = match talk.standing() {
        None => String::new(),
        Some((Standing::Playing(_), _)) => t.playing.to_owned(),
        Some((Standing::InLine(place), _)) => fill(t.in_line, &[&place]),
        Some((Standing::Watching, Why::Idle)) => t.idle.to_owned(),
        Some((Standing::Watching, Why::Wished)) => t.watching.to_owned(),
    };
    let looks_on = matches!(talk.standing(), Some((Standing::Watching, _)));
    let change = {
        let live = live.clone();
        let wish = if looks_on { Wish::Play } else { Wish::Watch };
        move |_: MouseEvent| live.ask(|pilot, _| pilot.wish(wish))
    };
    html! {
        <p class="standing" role="status" data-testid="standing">{said}</p>
        <button class="button small" type="button" data-testid="wish" onclick={change}>
            {if looks_on { t.play } else { t.watch }}
        </button>
    }
}

fn figures(live: &Live<Pilot>, t: &Texts) -> Html {
    let now = live.line().now();
    let figures = live.talk().figures(now);
    let millis =
        |time: Option<Duration>| time.map_or("–".to_owned(), |time| fill(t.millis, &[&time.as_millis()]));
    let units = |length: f32| fill(t.units, &[&workbench::decimal::fixed(f64::from(length), UNIT_DIGITS)]);
    let shown = [
        ("rtt", t.rtt, millis(figures.rtt_mean)),
        ("correction", t.correction, units(figures.correction)),
        ("worst", t.correction_worst, units(figures.worst_correction)),
        ("delay", t.input_delay, millis(figures.input_delay)),
        ("playback", t.playback, millis(Some(figures.playback_delay))),
    ];
    html! {
        <dl class="figures" data-testid="figures">
            for (slug, name, value) in shown {
                <div class="figure"><dt>{name}</dt><dd data-testid={slug}>{value}</dd></div>
            }
        </dl>
    }
}

fn players(live: &Live<Pilot>, t: &Texts) -> Html {
    let scene = live.look(Pilot::scene);
    let talk = live.talk();
    let roster = talk.roster();
    let score = |slot| scene.pucks.iter().find(|puck| puck.slot == slot).map_or(0, |puck| puck.score);
    let mut players: Vec<_> = roster.players.iter().map(|seated| (score(seated.slot), seated)).collect();
    players.sort_by_key(|(score, seated)| (std::cmp::Reverse(*score), seated.slot));
    let own = scene.pucks.iter().find(|puck| puck.own).map(|puck| puck.slot);
    let left = TICK * scene.round_ticks_left;
    let champion = roster.champion.as_ref();
    html! {
        <section class="players" aria-labelledby="players">
            <h2 class="small-title" id="players">
                {t.players}{" "}
                <span class="count">{format!("{} {}", t.round, clock(left))}</span>
            </h2>
            <ol class="scores" data-testid="players">
                for (score, seated) in players {
                    <li class={classes!("score", (Some(seated.slot) == own).then_some("own"))} key={usize::from(seated.slot)}>
                        <svg class="seat" viewBox="0 0 10 10" aria-hidden="true">
                            <circle cx="5" cy="5" r="5" fill={arena::colour(seated.slot)} />
                        </svg>
                        <span class="player">{seated.name.as_str()}</span>
                        if Some(seated.slot) == own {
                            <span class="you">{format!("({})", t.you)}</span>
                        }
                        if seated.away {
                            <span class="you">{t.away}</span>
                        }
                        <span class="points">{score.to_string()}</span>
                    </li>
                }
            </ol>
            <p class="count">{plural(t.watchers, u64::from(roster.watchers))}</p>
            if let Some(champion) = champion {
                <p class="count">{fill(t.champion, &[&champion.name.as_str(), &champion.score])}</p>
            }
        </section>
    }
}

fn arena_field(stage: &Stage, t: &'static Texts) -> Html {
    let rename = {
        let stage = stage.clone();
        move |event: Event| stage.rename(event.target_unchecked_into::<HtmlInputElement>().value().trim())
    };
    let there = Where {
        label: t.arena,
        name: stage.params.arena.clone(),
        testid: "arena-name",
        choose: |params, arena| Params { arena, ..params },
    };
    fields(stage, "16", rename, there, t)
}

thread_local! {
    /// The seat that was had last, and where. It is a secret, and lasts until the page is left.
    static SEAT: RefCell<Option<(String, Token)>> = const { RefCell::new(None) };
}

fn kept(arena: &str) -> Option<Token> {
    SEAT.with_borrow(|seat| seat.as_ref().filter(|(known, _)| known == arena).map(|(_, token)| *token))
}

fn keep(arena: &str, token: Option<Token>) {
    SEAT.with_borrow_mut(|seat| match token {
        Some(token) if seat.as_ref().is_none_or(|(known, kept)| known != arena || *kept != token) => {
            *seat = Some((arena.to_owned(), token));
        }
        _ => {}
    });
}

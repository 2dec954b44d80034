//! The price board: a list of symbols, and the chart of one.

use std::ops::Range;
use std::time::Duration;

use page::block::{Block, block};
use page::markup::html;
use page::virtual_list::VirtualList;
use protocol::ticker::{SUBPROTOCOL, name_of};
use web_sys::{HtmlCanvasElement, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::app::Stage;
use super::canvas::{Colours, Sheet};
use super::connection::{Connection, Held};
use crate::model::address::{Params, Scene};
use crate::model::board::{Board, MARKED, Order, Quote};
use crate::model::figures::{change, price};
use crate::model::trail::SAMPLES;
use crate::running::{Live, use_live};
use crate::texts::{Texts, fill, texts};

/// The height of a row; the style sheet has it too.
const ROW_PX: f64 = 34.0;
/// Rows that are sorted by what changes stay in their places for so long.
const SORTED: Duration = Duration::from_secs(1);
/// Numbers of symbols and rates that are offered.
const COUNTS: [&str; 4] = ["10", "100", "500", "1000"];
const RATES: [u32; 5] = [1, 5, 10, 25, 50];
/// The height of a row's line in its own units.
const SPARK_UNITS: u16 = 20;
/// Room for the prices beside the chart, in pixels.
const SCALE_PX: f64 = 62.0;

#[derive(PartialEq)]
pub(super) struct BoardView {
    pub(super) stage: Stage,
}

block!(BoardView, use_board);

/// The rows as they were put in order.
#[derive(Default)]
struct Listed {
    rows: Vec<u16>,
    asked: Option<(String, Order, usize)>,
    at: Duration,
}

#[hook]
fn use_board(props: &BoardView) -> Html {
    let t = texts();
    let stage = &props.stage;
    let hz = stage.params.hz;
    let live = use_live(stage.params.target(Scene::Ticker, &stage.base), SUBPROTOCOL, 0, || Board::new(hz));
    let text = use_state_eq(String::new);
    let order = use_state_eq(Order::default);
    let chosen = use_state_eq(|| None::<u16>);
    let listed = use_mut_ref(Listed::default);
    let canvas = use_node_ref();
    let now = live.line().now();
    let talk = live.talk();
    let rows = {
        let mut listed = listed.borrow_mut();
        let asked = Some(((*text).clone(), *order, talk.symbols()));
        let is_old = *order != Order::Name && now.saturating_sub(listed.at) >= SORTED;
        if listed.asked != asked || is_old {
            *listed = Listed { rows: talk.listed(&text, *order), asked, at: now };
        }
        listed.rows.clone()
    };
    let shown = chosen.filter(|number| talk.quote(*number).is_some()).or(rows.first().copied());
    {
        // The canvas is drawn once it is there, which is once a frame.
        let (canvas, live) = (canvas.clone(), live.clone());
        use_effect(move || {
            let talk = live.talk();
            let canvas = canvas.cast::<HtmlCanvasElement>();
            if let (Some(sheet), Some(quote)) =
                (canvas.as_ref().and_then(Sheet::of), shown.and_then(|number| talk.quote(number)))
            {
                big(&sheet, quote, &Colours::of_page());
            }
        });
    }
    let count = rows.len();
    let is_empty = talk.symbols() == 0;
    let list = {
        let (live, chosen) = (live.clone(), chosen.setter());
        Callback::from(move |range: Range<usize>| {
            let talk = live.talk();
            let rows = rows.get(range).unwrap_or_default();
            let quotes = rows.iter().filter_map(|number| Some((*number, talk.quote(*number)?)));
            let rows: Vec<Html> = quotes
                .map(|(number, quote)| {
                    let version = quote.trail.version();
                    let spark = Spark { live: live.clone(), number, version }.block();
                    row(number, quote, spark, Some(number) == shown, now, &chosen)
                })
                .collect();
            html! { <>{rows}</> }
        })
    };
    html! {
        <main class="scene board">
            <section class="board-main" aria-label={t.quotes}>
                {controls(stage, &text, *order, (text.setter(), order.setter()), t)}
                if is_empty {
                    <p class="empty">{t.no_prices}</p>
                } else if count == 0 {
                    <p class="empty">{t.no_symbol}</p>
                } else {
                    {VirtualList {
                        class: "quotes",
                        rows: count,
                        row_px: ROW_PX,
                        draw: list,
                        testid: "quotes",
                        role: Some("group"),
                        label: Some(t.quotes),
                    }.keyed(format!("{:?} {}", *order, *text))}
                }
            </section>
            <aside class="beside">
                {chart(&talk, shown, &canvas, t)}
                {figures(&live, t)}
                {Connection { stage: stage.clone(), scene: Scene::Ticker, line: Held(live.line().clone()) }.block()}
            </aside>
        </main>
    }
}

fn controls(
    stage: &Stage,
    text: &str,
    order: Order,
    (set_text, set_order): (UseStateSetter<String>, UseStateSetter<Order>),
    t: &Texts,
) -> Html {
    let symbols = {
        let stage = stage.clone();
        move |event: Event| {
            let symbols = event.target_unchecked_into::<HtmlInputElement>().value().replace(' ', "");
            if !symbols.is_empty() {
                stage.set.emit(Params { symbols, ..stage.params.clone() });
            }
        }
    };
    let rate = {
        let stage = stage.clone();
        move |event: Event| {
            if let Ok(hz) = event.target_unchecked_into::<HtmlSelectElement>().value().parse() {
                stage.set.emit(Params { hz, ..stage.params.clone() });
            }
        }
    };
    let orders = [
        ("name", Order::Name, t.order_name),
        ("rise", Order::Rise, t.order_rise),
        ("fall", Order::Fall, t.order_fall),
    ];
    let choose = move |event: Event| {
        let value = event.target_unchecked_into::<HtmlSelectElement>().value();
        if let Some((_, order, _)) = orders.iter().find(|(slug, ..)| *slug == value) {
            set_order.set(*order);
        }
    };
    let find =
        move |event: InputEvent| set_text.set(event.target_unchecked_into::<HtmlInputElement>().value());
    let hz = stage.params.hz;
    html! {
        <div class="controls">
            <label class="labelled">
                <span>{t.symbols}</span>
                <input
                    class="field narrow"
                    list="counts"
                    value={stage.params.symbols.clone()}
                    title={t.symbols_hint}
                    spellcheck="false"
                    data-testid="symbols"
                    onchange={symbols}
                />
            </label>
            <datalist id="counts">
                for count in COUNTS {
                    <option value={count} />
                }
            </datalist>
            <label class="labelled">
                <span>{t.hz}</span>
                <select class="field select" data-testid="hz" onchange={rate}>
                    for rate in RATES {
                        <option value={rate.to_string()} selected={rate == hz}>{rate.to_string()}</option>
                    }
                    if !RATES.contains(&hz) {
                        <option value={hz.to_string()} selected={true}>{hz.to_string()}</option>
                    }
                </select>
            </label>
            <label class="labelled">
                <span>{t.order}</span>
                <select class="field select" data-testid="order" onchange={choose}>
                    for (slug, each, name) in orders {
                        <option value={slug} selected={each == order}>{name}</option>
                    }
                </select>
            </label>
            <label class="labelled grows">
                <span>{t.find}</span>
                <input class="field" type="search" value={text.to_owned()} data-testid="find" oninput={find} />
            </label>
        </div>
    }
}

fn row(
    number: u16,
    quote: &Quote,
    spark: Html,
    is_shown: bool,
    now: Duration,
    choose: &UseStateSetter<Option<u16>>,
) -> Html {
    let is_marked = now.saturating_sub(quote.changed) < MARKED;
    let way = match (is_marked, quote.rose) {
        (false, _) => "",
        (true, true) => "rose",
        (true, false) => "fell",
    };
    let sign = match way {
        "rose" => "▲",
        "fell" => "▼",
        _ => "",
    };
    let (change_of, choose) = (quote.change(), choose.clone());
    html! {
        <button
            class={classes!("quote", way)}
            type="button"
            key={usize::from(number)}
            aria-pressed={if is_shown { "true" } else { "false" }}
            onclick={move |_: MouseEvent| choose.set(Some(number))}
        >
            <span class="symbol">{name_of(usize::from(number))}</span>
            <span class="way" aria-hidden="true">{sign}</span>
            <span class="price">{price(quote.price)}</span>
            <span class={classes!("change", tone(change_of))}>{change(change_of)}</span>
            {spark}
        </button>
    }
}

/// The line of a row. Prices change every frame, their lines a few times a second: so it is drawn by itself.
#[derive(PartialEq)]
struct Spark {
    live: Live<Board>,
    number: u16,
    version: u32,
}

block!(Spark, use_spark);

#[hook]
fn use_spark(props: &Spark) -> Html {
    let talk = props.live.talk();
    let Some(quote) = talk.quote(props.number) else { return Html::default() };
    html! {
        <svg
            class={classes!("spark", tone(quote.change()))}
            viewBox={format!("0 0 {} {SPARK_UNITS}", SAMPLES - 1)}
            preserveAspectRatio="none"
            aria-hidden="true"
        >
            <path d={quote.trail.path(SPARK_UNITS)} />
        </svg>
    }
}

fn tone(change: i32) -> &'static str {
    match change {
        0 => "",
        1.. => "up",
        _ => "down",
    }
}

fn chart(board: &Board, shown: Option<u16>, canvas: &NodeRef, t: &Texts) -> Html {
    let quote = shown.and_then(|number| Some((name_of(usize::from(number)), board.quote(number)?)));
    let (name, now, change_of, label) = match quote {
        Some((name, quote)) => {
            let (low, high) = quote.trail.range().unwrap_or((quote.price, quote.price));
            let values: [&dyn std::fmt::Display; 5] =
                [&name, &price(quote.price), &change(quote.change()), &price(low), &price(high)];
            let label = fill(t.chart_of, &values);
            (name, price(quote.price), Some(quote.change()), label)
        }
        None => (String::new(), String::new(), None, t.no_prices.to_owned()),
    };
    html! {
        <section class="chart-box">
            <p class="chart-head">
                <span class="chart-name" data-testid="chart-name">{name}</span>
                <span class="chart-price">{now}</span>
                <span class={classes!("change", tone(change_of.unwrap_or(0)))}>{change_of.map(change)}</span>
            </p>
            <canvas class="price-chart" ref={canvas.clone()} role="img" aria-label={label} data-testid="chart" />
        </section>
    }
}

fn figures(live: &Live<Board>, t: &Texts) -> Html {
    let talk = live.talk();
    let rate = talk.rate();
    let kilobytes = workbench::decimal::fixed(rate.bytes as f64 / 1000.0, 1);
    let tick = talk.tick().map_or("–".to_owned(), |tick| tick.to_string());
    let figures = [
        (t.rate_messages, rate.messages.to_string()),
        (t.rate_prices, rate.prices.to_string()),
        (t.rate_bytes, kilobytes),
        (t.tick, tick),
    ];
    let error = talk.error().map(ToOwned::to_owned);
    html! {
        <dl class="figures" data-testid="rates">
            for (name, value) in figures {
                <div class="figure"><dt>{name}</dt><dd>{value}</dd></div>
            }
        </dl>
        if let Some(error) = error {
            <p class="problem" role="alert">{error}</p>
        }
    }
}

/// The points of a line within a width and between two heights.
fn points(
    quote: &Quote,
    width: f64,
    (top, bottom): (f64, f64),
    (low, high): (i32, i32),
) -> impl Iterator<Item = Option<(f64, f64)>> {
    let span = f64::from((high - low).max(1));
    let samples = quote.trail.samples().count();
    let step = width / (SAMPLES - 1) as f64;
    quote.trail.samples().enumerate().map(move |(place, sample)| {
        // The latest is at the right end.
        let x = width - (samples - 1 - place) as f64 * step;
        Some((x, bottom - (bottom - top) * f64::from(sample? - low) / span))
    })
}

fn big(sheet: &Sheet, quote: &Quote, colours: &Colours) {
    let Some((low, high)) = quote.trail.range() else { return };
    // A price that stands still is in the middle.
    let (low, high) = if high - low < 4 { (low - 2, high + 2) } else { (low, high) };
    let Sheet { ink, width, height } = sheet;
    let (top, bottom, right) = (12.0, height - 12.0, width - SCALE_PX);
    ink.set_font("12px system-ui, sans-serif");
    ink.set_text_baseline("middle");
    ink.set_line_width(1.0);
    let (text, line) = (colours.get("--text-2"), colours.get("--line"));
    for step in 0..=4 {
        let part = f64::from(step) / 4.0;
        let y = (bottom - (bottom - top) * part).round() + 0.5;
        ink.set_stroke_style_str(&line);
        ink.begin_path();
        ink.move_to(0.0, y);
        ink.line_to(right, y);
        ink.stroke();
        ink.set_fill_style_str(&text);
        let value = price(low + (f64::from(high - low) * part).round() as i32);
        // Fails where there is no font at all.
        let _ = ink.fill_text(&value, right + 8.0, y);
    }
    let colour = colours.get(if quote.change() < 0 { "--bad" } else { "--good" });
    ink.set_stroke_style_str(&colour);
    ink.set_fill_style_str(&colour);
    ink.set_line_width(2.0);
    ink.set_line_join("round");
    if let Some((x, y)) = sheet.trace(points(quote, right - 4.0, (top, bottom), (low, high))) {
        sheet.disc(x, y, 4.0);
    }
}

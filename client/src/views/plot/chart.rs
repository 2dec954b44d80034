//! A live chart as a component: a canvas that draws itself at most once per animation frame, only while it can be
//! seen, and tells what lies under the pointer or the keyboard's crosshair.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use gloo_timers::callback::Interval;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, VisibilityState};
use workbench::series::Bucket;
use workbench::time::Micros;
use yew::prelude::*;

use super::paint::{Area, Figure, Palette, paint, reach};
use super::watch::{Watch, reduced_motion};
use crate::running::frame::FrameLoop;
use crate::views::block::block;
use crate::views::hooks::use_effect_on;
use crate::views::markup::html;

/// Denser screens and wider charts are not drawn any finer.
const MAX_COLUMNS: f64 = 4096.0;

/// Between two drawings of a chart that moves with time alone, where motion is not wanted.
const CALM_MILLIS: u32 = 1000;

/// How far an arrow key moves the crosshair, in CSS pixels.
const KEY_STEP_PX: f64 = 8.0;

/// The size at which a figure is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::views) struct Canvas {
    /// Columns to reduce lines to.
    pub(in crate::views) columns: usize,
    /// The height of all, in CSS pixels.
    pub(in crate::views) height_px: f64,
}

/// What lies under the crosshair.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::views) struct Readout {
    /// Where the crosshair is.
    pub(in crate::views) time: Micros,
    /// How long before the right end that is, in microseconds.
    pub(in crate::views) ago_micros: u64,
    /// The samples nearest to it, by the line's slot.
    pub(in crate::views) values: Vec<(usize, Bucket)>,
}

/// Asks something mounted, as a rule a chart, to run at the next animation frame. Equal only to its clones.
#[derive(Clone, Default)]
pub(in crate::views) struct Redraw(Rc<RefCell<Option<FrameLoop>>>);

/// Something mounted on a [`Redraw`]. It leaves when this is dropped, and what it held on to goes with it.
pub(in crate::views) struct Mounted<T> {
    redraw: Redraw,
    _held: T,
}

/// The chart. `data-drawings` counts how often it was drawn.
#[derive(PartialEq)]
pub(in crate::views) struct Chart {
    /// What to draw. Called once per drawing, with nothing of the session borrowed.
    pub(in crate::views) figure: Callback<Canvas, Figure>,
    /// With which the owner asks for a drawing when values are new.
    pub(in crate::views) redraw: Redraw,
    /// Between two drawings while no values come, in milliseconds: time moves the chart on.
    pub(in crate::views) period_millis: u32,
    /// What is told of the crosshair as it moves; `None` when it goes.
    pub(in crate::views) on_readout: Callback<Option<Readout>>,
    /// The figures in words.
    pub(in crate::views) label: AttrValue,
    pub(in crate::views) testid: &'static str,
    pub(in crate::views) class: &'static str,
}

struct Board {
    canvas: NodeRef,
    figure: RefCell<Callback<Canvas, Figure>>,
    on_readout: RefCell<Callback<Option<Readout>>>,
    readout: RefCell<Option<Readout>>,
    /// In CSS pixels from the left of the lines.
    crosshair: Cell<Option<f64>>,
    in_sight: Cell<bool>,
    drawings: Cell<u32>,
}

impl<T> Drop for Mounted<T> {
    fn drop(&mut self) {
        self.redraw.0.take();
    }
}

impl PartialEq for Redraw {
    fn eq(&self, other: &Redraw) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Redraw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Redraw").finish()
    }
}

impl Redraw {
    /// Runs it at the next animation frame, if something is mounted.
    pub(in crate::views) fn request(&self) {
        if let Some(frame) = &*self.0.borrow() {
            frame.request();
        }
    }

    /// Makes `frame` what is run, for as long as the answer lives.
    pub(in crate::views) fn mount<T>(&self, frame: FrameLoop, held: T) -> Mounted<T> {
        self.0.replace(Some(frame));
        Mounted { redraw: self.clone(), _held: held }
    }
}

block!(Chart, use_chart);

#[hook]
fn use_chart(props: &Chart) -> Html {
    let canvas = use_node_ref();
    let board = use_memo((), |()| Board::new(canvas.clone(), props));
    board.on_readout.replace(props.on_readout.clone());
    {
        let (board, redraw) = (board.clone(), props.redraw.clone());
        use_effect_on(props.figure.clone(), move |figure| {
            board.figure.replace(figure.clone());
            redraw.request();
        });
    }
    {
        let board = board.clone();
        use_effect_on((props.redraw.clone(), props.period_millis), move |(redraw, period_millis)| {
            let guard = board.start(redraw, *period_millis);
            move || drop(guard)
        });
    }
    let aim = {
        let (board, redraw) = (board.clone(), props.redraw.clone());
        move |crosshair: Option<f64>| {
            board.crosshair.set(crosshair);
            redraw.request();
        }
    };
    let on_move = {
        let aim = aim.clone();
        Callback::from(move |event: PointerEvent| aim(Some(pointer_x(&event))))
    };
    let on_leave = {
        let aim = aim.clone();
        move |_: PointerEvent| aim(None)
    };
    let on_blur = {
        let aim = aim.clone();
        move |_: FocusEvent| aim(None)
    };
    let on_key = move |event: KeyboardEvent| {
        let (at, end) = (board.crosshair.get(), board.area().map_or(0.0, |area| area.width));
        let next = match event.key().as_str() {
            "ArrowLeft" => Some((at.unwrap_or(end) - KEY_STEP_PX).max(0.0)),
            "ArrowRight" => Some((at.unwrap_or(end) + KEY_STEP_PX).min(end)),
            "Home" => Some(0.0),
            "End" => Some(end),
            "Escape" if at.is_some() => None,
            _ => return,
        };
        event.prevent_default();
        aim(next);
    };
    html! {
        <canvas
            ref={canvas}
            class={classes!("chart", props.class)}
            role="img"
            aria-label={props.label.clone()}
            tabindex="0"
            data-testid={props.testid}
            onpointerdown={on_move.clone()}
            onpointermove={on_move}
            onpointerleave={on_leave}
            onblur={on_blur}
            onkeydown={on_key}
        />
    }
}

impl Board {
    fn new(canvas: NodeRef, props: &Chart) -> Board {
        Board {
            canvas,
            figure: RefCell::new(props.figure.clone()),
            on_readout: RefCell::new(props.on_readout.clone()),
            readout: RefCell::default(),
            crosshair: Cell::new(None),
            in_sight: Cell::new(true),
            drawings: Cell::new(0),
        }
    }

    /// Draws on request, with time, and after changes of size, sight and theme, until the answer is dropped.
    fn start(self: &Rc<Self>, redraw: &Redraw, period_millis: u32) -> Mounted<(Option<Watch>, Interval)> {
        let board = Rc::downgrade(self);
        let frame = FrameLoop::new({
            let board = board.clone();
            move || {
                if let Some(board) = board.upgrade() {
                    board.draw();
                }
            }
        });
        frame.request();
        let watch = self.canvas.cast::<web_sys::Element>().map(|element| {
            let (on_change, on_sight) = (frame.clone(), frame.clone());
            Watch::new(
                &element,
                move || on_change.request(),
                move |in_sight| {
                    if let Some(board) = board.upgrade() {
                        board.in_sight.set(in_sight);
                        on_sight.request();
                    }
                },
            )
        });
        let period_millis = if reduced_motion() { period_millis.max(CALM_MILLIS) } else { period_millis };
        let on_tick = frame.clone();
        let interval = Interval::new(period_millis, move || on_tick.request());
        redraw.mount(frame, (watch, interval))
    }

    fn area(&self) -> Option<Area> {
        let canvas = self.canvas.cast::<HtmlCanvasElement>()?;
        Some(Area::within(f64::from(canvas.client_width()), f64::from(canvas.client_height())))
    }

    fn draw(&self) {
        let Some(canvas) = self.canvas.cast::<HtmlCanvasElement>() else { return };
        let Some(window) = web_sys::window() else { return };
        let is_hidden = canvas
            .owner_document()
            .is_none_or(|document| document.visibility_state() != VisibilityState::Visible);
        let (width, height) = (f64::from(canvas.client_width()), f64::from(canvas.client_height()));
        if is_hidden || !self.in_sight.get() || width < 1.0 || height < 1.0 {
            return;
        }
        let scale = window.device_pixel_ratio();
        let (device_width, device_height) = ((width * scale).round(), (height * scale).round());
        // Setting either size empties the canvas, even if it stays the same.
        if f64::from(canvas.width()) != device_width || f64::from(canvas.height()) != device_height {
            canvas.set_width(device_width as u32);
            canvas.set_height(device_height as u32);
        }
        let context = canvas.get_context("2d").ok().flatten();
        let Some(context) = context.and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok())
        else {
            return;
        };
        let Ok(Some(style)) = window.get_computed_style(&canvas) else { return };

        let area = Area::within(width, height);
        let columns = (area.width * scale).clamp(1.0, MAX_COLUMNS);
        let columns_per_px = columns / area.width;
        let columns = columns as usize;
        let figure = self.figure.borrow().clone().emit(Canvas { columns, height_px: height });
        let crosshair = self
            .crosshair
            .get()
            .filter(|x| (0.0..=area.width).contains(x))
            .map(|x| ((x * columns_per_px) as usize).min(columns - 1));
        // Only the scale: 1 CSS pixel is then one unit.
        let _ = context.set_transform(scale, 0.0, 0.0, scale, 0.0, 0.0);
        paint(&context, &Palette::read(&style), &figure, (width, height), columns_per_px, crosshair);
        self.drawings.set(self.drawings.get() + 1);
        let _ = canvas.set_attribute("data-drawings", &self.drawings.get().to_string());

        let readout = crosshair.map(|column| read(&figure, column, columns, columns_per_px));
        if *self.readout.borrow() != readout {
            self.readout.replace(readout.clone());
            let on_readout = self.on_readout.borrow().clone();
            on_readout.emit(readout);
        }
    }
}

/// What lies at a column.
fn read(figure: &Figure, column: usize, columns: usize, columns_per_px: f64) -> Readout {
    let duration = figure.to.0.saturating_sub(figure.from.0);
    let after = (duration as f64 * (column as f64 / columns as f64)) as u64;
    let lines = figure.lanes.iter().flat_map(|lane| &lane.lines);
    let nearest = lines.filter_map(|line| {
        line.columns.nearest(column, reach(columns_per_px)).map(|found| (line.slot, found.bucket))
    });
    Readout {
        time: Micros(figure.from.0 + after),
        ago_micros: duration.saturating_sub(after),
        values: nearest.collect(),
    }
}

/// Where a pointer is, from the left of the lines.
fn pointer_x(event: &PointerEvent) -> f64 {
    f64::from(event.offset_x()) - Area::within(0.0, 0.0).left
}

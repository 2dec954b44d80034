//! A chart on a canvas: axes, lines reduced to pixel columns, guides and a crosshair.

use wasm_bindgen::JsValue;
use web_sys::{CanvasRenderingContext2d, CssStyleDeclaration};
use workbench::decimal;
use workbench::series::{Axis, Columns, time_step};
use workbench::time::Micros;

/// Room for the labels of the value axis, in CSS pixels.
const LEFT_PX: f64 = 54.0;
const RIGHT_PX: f64 = 14.0;
const TOP_PX: f64 = 8.0;
/// Room for the labels of the time axis.
const BOTTOM_PX: f64 = 20.0;
const LANE_GAP_PX: f64 = 20.0;
/// About as much between two labels of an axis.
const VALUE_LABEL_PX: f64 = 34.0;
const TIME_LABEL_PX: f64 = 74.0;
/// With more room than this for each sample they are also drawn as dots.
const DOT_ROOM_PX: f64 = 7.0;

/// What a chart shows.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::views) struct Figure {
    /// The left end.
    pub(in crate::views) from: Micros,
    /// The right end.
    pub(in crate::views) to: Micros,
    /// From top to bottom; they share the time axis.
    pub(in crate::views) lanes: Vec<Lane>,
    /// The words on the time axis.
    pub(in crate::views) words: TimeWords,
}

/// A value axis and what is drawn on it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::views) struct Lane {
    pub(in crate::views) axis: Axis,
    pub(in crate::views) lines: Vec<Line>,
    pub(in crate::views) guides: Vec<Guide>,
}

/// One series.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::views) struct Line {
    /// Its place among the colours, from 0.
    pub(in crate::views) slot: usize,
    pub(in crate::views) columns: Columns,
}

/// A level line with a label.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::views) struct Guide {
    pub(in crate::views) value: f64,
    pub(in crate::views) label: &'static str,
}

/// How long ago, in the page's language.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::views) struct TimeWords {
    pub(in crate::views) now: &'static str,
    pub(in crate::views) millis: &'static str,
    pub(in crate::views) seconds: &'static str,
    pub(in crate::views) minutes: &'static str,
}

/// Where the lines are drawn, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The theme, as style sheets have it.
#[derive(Debug)]
pub(super) struct Palette {
    text: String,
    grid: String,
    guide: String,
    surface: String,
    lines: [String; 4],
    font: String,
}

impl Area {
    /// The part of a canvas of this size that is left for the lines.
    pub(super) fn within(width: f64, height: f64) -> Area {
        Area {
            left: LEFT_PX,
            top: TOP_PX,
            width: (width - LEFT_PX - RIGHT_PX).max(1.0),
            height: (height - TOP_PX - BOTTOM_PX).max(1.0),
        }
    }

    fn lane(self, index: usize, count: usize) -> Area {
        let count = count.max(1) as f64;
        let height = ((self.height - LANE_GAP_PX * (count - 1.0)) / count).max(1.0);
        Area { top: self.top + (height + LANE_GAP_PX) * index as f64, height, ..self }
    }

    fn y(self, axis: &Axis, value: f64) -> f64 {
        self.top + self.height * (1.0 - axis.position(value))
    }
}

impl Palette {
    /// The colours in force, from the custom properties of the canvas's style.
    pub(super) fn read(style: &CssStyleDeclaration) -> Palette {
        let get = |name: &str| style.get_property_value(name).unwrap_or_default().trim().to_owned();
        Palette {
            text: get("--text-2"),
            grid: get("--line"),
            guide: get("--line-strong"),
            surface: get("--surface"),
            lines: ["--series-1", "--series-2", "--series-3", "--series-4"].map(get),
            font: format!("11px {}", get("--font")),
        }
    }
}

/// How many value labels fit a canvas of this height with so many lanes.
pub(in crate::views) fn value_steps(height_px: f64, lanes: usize) -> usize {
    let lane = Area::within(1.0, height_px).lane(0, lanes);
    ((lane.height / VALUE_LABEL_PX) as usize).clamp(1, 8)
}

/// Draws it all. `columns_per_px` is the resolution at which the lines were reduced; `crosshair` a column.
pub(super) fn paint(
    context: &CanvasRenderingContext2d,
    palette: &Palette,
    figure: &Figure,
    (width, height): (f64, f64),
    columns_per_px: f64,
    crosshair: Option<usize>,
) {
    context.clear_rect(0.0, 0.0, width, height);
    context.set_font(&palette.font);
    context.set_line_join("round");
    let area = Area::within(width, height);
    paint_time(context, palette, figure, area);
    let is_numbered = figure.lanes.iter().map(|lane| lane.lines.len()).sum::<usize>() > 1;
    for (index, lane) in figure.lanes.iter().enumerate() {
        let area = area.lane(index, figure.lanes.len());
        paint_values(context, palette, lane, area);
        context.save();
        context.begin_path();
        context.rect(area.left, area.top - 2.0, area.width + RIGHT_PX, area.height + 4.0);
        context.clip();
        for line in &lane.lines {
            paint_line(context, palette, line, &lane.axis, area, columns_per_px, crosshair);
        }
        context.restore();
        if is_numbered {
            paint_numbers(context, palette, lane, area);
        }
        paint_guides(context, palette, lane, area);
    }
    if let Some(column) = crosshair {
        let x = (area.left + column as f64 / columns_per_px).round() + 0.5;
        context.set_stroke_style_str(&palette.guide);
        context.set_line_width(1.0);
        segment(context, (x, area.top), (x, area.top + area.height));
    }
}

fn paint_time(context: &CanvasRenderingContext2d, palette: &Palette, figure: &Figure, area: Area) {
    let duration_millis = figure.to.0.saturating_sub(figure.from.0) as f64 / 1000.0;
    let marks = ((area.width / TIME_LABEL_PX) as u64).clamp(1, 8);
    let step_millis = if duration_millis >= 5000.0 {
        time_step((duration_millis / 1000.0) as u64, marks) as f64 * 1000.0
    } else {
        Axis::around(0.0, duration_millis.max(1.0), marks as usize).step
    };
    context.set_fill_style_str(&palette.text);
    context.set_stroke_style_str(&palette.grid);
    context.set_line_width(1.0);
    context.set_text_baseline("alphabetic");
    let baseline = area.top + area.height + 15.0;
    let mut ago = 0.0;
    while ago <= duration_millis {
        let x = (area.left + area.width * (1.0 - ago / duration_millis)).round() + 0.5;
        segment(context, (x, area.top), (x, area.top + area.height));
        let text = ago_text(ago, step_millis, &figure.words);
        // The outermost labels stay inside.
        let align = if ago == 0.0 {
            "right"
        } else if x < area.left + 24.0 {
            "left"
        } else {
            "center"
        };
        context.set_text_align(align);
        let x = if ago == 0.0 { x + RIGHT_PX - 2.0 } else { x };
        let _ = context.fill_text(&text, x, baseline);
        ago += step_millis;
    }
}

fn paint_values(context: &CanvasRenderingContext2d, palette: &Palette, lane: &Lane, area: Area) {
    context.set_fill_style_str(&palette.text);
    context.set_stroke_style_str(&palette.grid);
    context.set_line_width(1.0);
    context.set_text_align("right");
    context.set_text_baseline("middle");
    for value in lane.axis.ticks() {
        let y = area.y(&lane.axis, value).round() + 0.5;
        segment(context, (area.left, y), (area.left + area.width, y));
        let _ = context.fill_text(&lane.axis.label(value, 0), area.left - 6.0, y);
    }
}

fn paint_line(
    context: &CanvasRenderingContext2d,
    palette: &Palette,
    line: &Line,
    axis: &Axis,
    area: Area,
    columns_per_px: f64,
    crosshair: Option<usize>,
) {
    let colour = &palette.lines[line.slot % palette.lines.len()];
    let x = |column: f64| area.left + column / columns_per_px;
    let y = |value: f64| area.y(axis, value);
    let columns = &line.columns.columns;
    context.set_stroke_style_str(colour);
    context.set_fill_style_str(colour);
    context.set_line_width(1.5);
    context.begin_path();
    let mut pen_down = false;
    if let Some((column, value)) = line.columns.lead_in {
        context.move_to(x(column), y(value));
        pen_down = true;
    }
    for column in columns {
        let (x, bucket) = (x(column.x as f64), &column.bucket);
        if pen_down && !bucket.gap {
            context.line_to(x, y(bucket.first));
        } else {
            context.move_to(x, y(bucket.first));
        }
        if bucket.min < bucket.max {
            context.line_to(x, y(bucket.min));
            context.line_to(x, y(bucket.max));
            context.line_to(x, y(bucket.last));
        }
        pen_down = true;
    }
    context.stroke();
    let sparse = columns.len() as f64 * DOT_ROOM_PX <= area.width;
    for column in columns {
        if sparse {
            dot(context, (x(column.x as f64), y(column.bucket.last)), 2.0);
        }
    }
    let marked = crosshair.and_then(|at| line.columns.nearest(at, reach(columns_per_px)));
    if let Some(column) = marked {
        let centre = (x(column.x as f64), y(column.bucket.last));
        context.set_fill_style_str(&palette.surface);
        dot(context, centre, 5.0);
        context.set_fill_style_str(colour);
        dot(context, centre, 3.5);
    }
}

/// Numbers the lines at their right end, as the legend does: colour alone does not tell them apart for everybody.
fn paint_numbers(context: &CanvasRenderingContext2d, palette: &Palette, lane: &Lane, area: Area) {
    context.set_text_align("left");
    context.set_text_baseline("middle");
    for line in &lane.lines {
        if let Some(column) = line.columns.columns.last() {
            context.set_fill_style_str(&palette.lines[line.slot % palette.lines.len()]);
            let y = area.y(&lane.axis, column.bucket.last);
            let _ = context.fill_text(&(line.slot + 1).to_string(), area.left + area.width + 4.0, y);
        }
    }
}

fn paint_guides(context: &CanvasRenderingContext2d, palette: &Palette, lane: &Lane, area: Area) {
    context.set_stroke_style_str(&palette.guide);
    context.set_line_width(1.0);
    let dash = js_sys::Array::of2(&JsValue::from_f64(4.0), &JsValue::from_f64(3.0));
    let _ = context.set_line_dash(&dash);
    for guide in &lane.guides {
        let y = area.y(&lane.axis, guide.value).round() + 0.5;
        segment(context, (area.left, y), (area.left + area.width, y));
    }
    let _ = context.set_line_dash(&js_sys::Array::new());
    context.set_text_align("left");
    context.set_text_baseline("bottom");
    let mut last_y = f64::INFINITY;
    for guide in &lane.guides {
        // Labels of guides that lie close together are moved apart upwards.
        let y = area.y(&lane.axis, guide.value).min(last_y - 13.0).max(area.top + 12.0);
        last_y = y;
        context.set_line_width(3.0);
        context.set_stroke_style_str(&palette.surface);
        let _ = context.stroke_text(guide.label, area.left + 4.0, y - 1.0);
        context.set_fill_style_str(&palette.text);
        let _ = context.fill_text(guide.label, area.left + 4.0, y - 1.0);
    }
}

/// How many columns away from the pointer a sample is still meant.
pub(super) fn reach(columns_per_px: f64) -> usize {
    (24.0 * columns_per_px) as usize
}

fn segment(context: &CanvasRenderingContext2d, from: (f64, f64), to: (f64, f64)) {
    context.begin_path();
    context.move_to(from.0, from.1);
    context.line_to(to.0, to.1);
    context.stroke();
}

fn dot(context: &CanvasRenderingContext2d, centre: (f64, f64), radius: f64) {
    context.begin_path();
    // Only a negative radius is refused.
    let _ = context.arc(centre.0, centre.1, radius, 0.0, std::f64::consts::TAU);
    context.fill();
}

/// `now`, `-200 ms`, `-45 s`, `-5 min`.
fn ago_text(ago_millis: f64, step_millis: f64, words: &TimeWords) -> String {
    let minus = |template: &str, value: f64| {
        template.replace("{0}", &format!("\u{2212}{}", decimal::shortest(value)))
    };
    if ago_millis <= 0.0 {
        words.now.to_owned()
    } else if step_millis >= 60_000.0 {
        minus(words.minutes, (ago_millis / 6000.0).round() / 10.0)
    } else if step_millis >= 1000.0 {
        minus(words.seconds, (ago_millis / 100.0).round() / 10.0)
    } else {
        minus(words.millis, (ago_millis * 1000.0).round() / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: TimeWords = TimeWords { now: "now", millis: "{0} ms", seconds: "{0} s", minutes: "{0} min" };

    #[test]
    fn times_are_told_in_the_unit_of_the_step() {
        let texts = [(0.0, 1.0), (200.0, 100.0), (45_000.0, 15_000.0), (300_000.0, 60_000.0)]
            .map(|(ago, step)| ago_text(ago, step, &WORDS));
        assert_eq!(texts, ["now", "−200 ms", "−45 s", "−5 min"]);
    }

    #[test]
    fn lanes_share_the_height() {
        let area = Area::within(400.0, 300.0);
        let lanes = [0, 1, 2].map(|index| area.lane(index, 3));
        assert_eq!(lanes[0].top, area.top);
        assert!((lanes[2].top + lanes[2].height - (area.top + area.height)).abs() < 1e-9);
        assert!(lanes[1].top >= lanes[0].top + lanes[0].height);
        assert_eq!(area.lane(0, 0), area);
        assert!(value_steps(20.0, 4) == 1 && value_steps(300.0, 1) > 3);
    }
}

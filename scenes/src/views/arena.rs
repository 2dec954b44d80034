//! The arena on its canvas.

use std::f64::consts::{FRAC_PI_2, TAU};

use protocol::game::{BUMPERS, CELL, Drawn, HEIGHT, Roster, SUB, Scene, WIDTH};

use super::canvas::{Colours, Sheet};

/// The radius of a puck, in units.
const PUCK: f64 = 20.0;
/// Steps from one dash to the next.
const REST: f64 = 60.0;
/// A colour for each seat, told apart by those who see fewer too.
const SEATS: [&str; 8] =
    ["#2dd4bf", "#f59e0b", "#60a5fa", "#f472b6", "#a3e635", "#c084fc", "#fb7185", "#e5e7eb"];

/// The colour of a seat.
pub(super) fn colour(slot: u8) -> &'static str {
    SEATS[usize::from(slot) % SEATS.len()]
}

/// Draws the arena. The finger is drawn where it was put down, and how far it is from there, in CSS pixels.
pub(super) fn draw(
    sheet: &Sheet,
    scene: &Scene,
    roster: &Roster,
    finger: Option<((f64, f64), (f64, f64))>,
    colours: &Colours,
) {
    let (wide, high) = (f64::from(WIDTH / SUB), f64::from(HEIGHT / SUB));
    let scale = (sheet.width / wide).min(sheet.height / high);
    let ink = &sheet.ink;
    ink.save();
    // Neither fails for numbers.
    let _ = ink.translate((sheet.width - wide * scale) / 2.0, (sheet.height - high * scale) / 2.0);
    let _ = ink.scale(scale, scale);
    ink.set_fill_style_str(&colours.get("--arena"));
    ink.fill_rect(0.0, 0.0, wide, high);
    ink.set_stroke_style_str(&colours.get("--arena-line"));
    ink.set_line_width(1.0);
    ink.begin_path();
    for step in 1..16 {
        let x = f64::from(step) * 80.0;
        ink.move_to(x, 0.0);
        ink.line_to(x, high);
        ink.move_to(0.0, x);
        ink.line_to(wide, x);
    }
    ink.stroke();
    ink.set_fill_style_str(&colours.get("--arena-bumper"));
    let unit = |sub: i32| f64::from(sub) / f64::from(SUB);
    for bumper in BUMPERS {
        sheet.disc(unit(bumper.x), unit(bumper.y), unit(bumper.radius));
    }
    let cell = unit(CELL);
    for spark in &scene.sparks {
        let (x, y) = ((f64::from(spark.column) + 0.5) * cell, (f64::from(spark.row) + 0.5) * cell);
        ink.set_fill_style_str(if spark.golden { "#fbbf24" } else { "#67e8f9" });
        sheet.disc(x, y, if spark.golden { 9.0 } else { 5.5 });
    }
    for puck in &scene.pucks {
        draw_puck(sheet, puck, roster);
    }
    ink.restore();
    if let Some(((x, y), (dx, dy))) = finger {
        ink.set_stroke_style_str("rgb(255 255 255 / 45%)");
        ink.set_fill_style_str("rgb(255 255 255 / 30%)");
        ink.set_line_width(2.0);
        ink.begin_path();
        let _ = ink.arc(x, y, 44.0, 0.0, TAU);
        ink.stroke();
        let reach = dx.hypot(dy).max(1.0);
        let held = reach.min(44.0) / reach;
        sheet.disc(x + dx * held, y + dy * held, 18.0);
    }
}

fn draw_puck(sheet: &Sheet, puck: &Drawn, roster: &Roster) {
    let ink = &sheet.ink;
    let (x, y) = (f64::from(puck.x), f64::from(puck.y));
    let seated = roster.players.iter().find(|seated| seated.slot == puck.slot);
    ink.set_global_alpha(if seated.is_some_and(|seated| seated.away) { 0.4 } else { 1.0 });
    if puck.rams {
        ink.set_fill_style_str("rgb(255 255 255 / 35%)");
        sheet.disc(x, y, PUCK + 9.0);
    }
    ink.set_fill_style_str(colour(puck.slot));
    sheet.disc(x, y, PUCK);
    if puck.own {
        ink.set_stroke_style_str("#ffffff");
        ink.set_line_width(3.0);
        ink.begin_path();
        let ready = 1.0 - f64::from(puck.rest) / REST;
        let _ = ink.arc(x, y, PUCK + 5.0, -FRAC_PI_2, -FRAC_PI_2 + TAU * ready.max(0.001));
        ink.stroke();
    }
    ink.set_fill_style_str("#0b1413");
    ink.set_text_align("center");
    ink.set_text_baseline("middle");
    ink.set_font("700 17px system-ui, sans-serif");
    let _ = ink.fill_text(&puck.score.to_string(), x, y + 1.0);
    if let Some(seated) = seated {
        ink.set_fill_style_str("#e6f4f1");
        ink.set_font("600 16px system-ui, sans-serif");
        // Inside the arena, also along its edges.
        let above = if y < 60.0 { PUCK + 20.0 } else { -PUCK - 16.0 };
        let half =
            ink.measure_text(seated.name.as_str()).map_or(0.0, |measured| measured.width() / 2.0) + 4.0;
        let middle = x.min(f64::from(WIDTH / SUB) - half).max(half);
        let _ = ink.fill_text(seated.name.as_str(), middle, y + above);
    }
    ink.set_global_alpha(1.0);
}

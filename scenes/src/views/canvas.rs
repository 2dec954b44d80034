//! Drawing on a canvas: its size, and the theme's colours.

use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, CssStyleDeclaration, HtmlCanvasElement};

/// A canvas that is ready to be drawn on, in CSS pixels.
pub(super) struct Sheet {
    pub(super) ink: CanvasRenderingContext2d,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The theme's colours, as style sheets have them.
pub(super) struct Colours(Option<CssStyleDeclaration>);

impl Sheet {
    /// Empty, with as many pixels as the screen has for it.
    pub(super) fn of(canvas: &HtmlCanvasElement) -> Option<Sheet> {
        let scale = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio());
        let (width, height) = (f64::from(canvas.client_width()), f64::from(canvas.client_height()));
        if width < 1.0 || height < 1.0 {
            return None;
        }
        let pixels = |length: f64| (length * scale).round() as u32;
        // Whoever sets a size clears the canvas and all that was set.
        if (canvas.width(), canvas.height()) != (pixels(width), pixels(height)) {
            canvas.set_width(pixels(width));
            canvas.set_height(pixels(height));
        }
        let ink: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        ink.set_transform(scale, 0.0, 0.0, scale, 0.0, 0.0).ok()?;
        ink.clear_rect(0.0, 0.0, width, height);
        Some(Sheet { ink, width, height })
    }

    /// A line through points, the last of which is given. A `None` breaks it.
    pub(super) fn trace(&self, points: impl Iterator<Item = Option<(f64, f64)>>) -> Option<(f64, f64)> {
        let mut last = None;
        let mut is_on = false;
        self.ink.begin_path();
        for point in points {
            match point {
                Some((x, y)) if is_on => self.ink.line_to(x, y),
                Some((x, y)) => self.ink.move_to(x, y),
                None => {}
            }
            is_on = point.is_some();
            last = point.or(last);
        }
        self.ink.stroke();
        last
    }

    /// A disc.
    pub(super) fn disc(&self, x: f64, y: f64, radius: f64) {
        self.ink.begin_path();
        // Fails for negative radii only.
        let _ = self.ink.arc(x, y, radius.max(0.0), 0.0, std::f64::consts::TAU);
        self.ink.fill();
    }
}

impl Colours {
    pub(super) fn of_page() -> Colours {
        let root = web_sys::window()
            .and_then(|window| window.get_computed_style(&window.document()?.document_element()?).ok()?);
        Colours(root)
    }

    /// The colour under a name such as `--accent`.
    pub(super) fn get(&self, name: &str) -> String {
        self.0.as_ref().and_then(|style| style.get_property_value(name).ok()).unwrap_or_default()
    }
}

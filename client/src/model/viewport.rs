//! Which rows of a long list are on screen: fixed row height, constant time.

/// Taller elements are cut off: Chromium stops at about 33 million pixels, Firefox at 17 million.
const MAX_SPACER_PX: f64 = 8_000_000.0;

/// Rows rendered above and below the visible ones, so that scrolling by a wheel step shows no gap.
const OVERSCAN_ROWS: usize = 8;

/// A scroll container over a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// Rows in the list.
    pub rows: usize,
    /// Height of each row.
    pub row_px: f64,
    /// Height of the container.
    pub view_px: f64,
    /// The container's `scrollTop`.
    pub scroll_px: f64,
}

/// The part of a list to render.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slice {
    /// First rendered row.
    pub first: usize,
    /// One past the last rendered row.
    pub end: usize,
    /// Where the first rendered row begins, from the spacer's top.
    pub offset_px: f64,
    /// The spacer's height: what makes the scroll bar as long as the list.
    pub spacer_px: f64,
}

impl Viewport {
    /// The rows to render. In a list taller than a browser can lay out, the scroll bar stands for a share
    /// of the list instead of pixels; rows keep their height.
    pub fn slice(&self) -> Slice {
        let list_px = self.list_px();
        let spacer_px = list_px.min(MAX_SPACER_PX);
        let scroll_px = self.scroll_px.clamp(0.0, (spacer_px - self.view_px).max(0.0));
        let top_px = scroll_px * self.scale();
        let first = ((top_px / self.row_px) as usize).saturating_sub(OVERSCAN_ROWS).min(self.rows);
        let end = (((top_px + self.view_px) / self.row_px).ceil() as usize + OVERSCAN_ROWS).min(self.rows);
        Slice { first, end, offset_px: scroll_px + (first as f64 * self.row_px - top_px), spacer_px }
    }

    /// The `scrollTop` that shows the list's end.
    pub fn bottom_px(&self) -> f64 {
        (self.list_px().min(MAX_SPACER_PX) - self.view_px).max(0.0)
    }

    /// Whether the end of the list is in view, with a row of tolerance for fractional scroll positions.
    pub fn at_bottom(&self) -> bool {
        self.scroll_px >= self.bottom_px() - self.row_px
    }

    /// The least change of `scrollTop` that brings a row fully into view; `None` when it is.
    pub fn reveal_px(&self, row: usize) -> Option<f64> {
        let top_px = self.scroll_px * self.scale();
        let row_top = row as f64 * self.row_px;
        let wanted = if row_top < top_px {
            row_top
        } else if row_top + self.row_px > top_px + self.view_px {
            row_top + self.row_px - self.view_px
        } else {
            return None;
        };
        Some((wanted / self.scale()).clamp(0.0, self.bottom_px()))
    }

    /// Whole rows that fit, for page up and page down.
    pub fn page_rows(&self) -> usize {
        ((self.view_px / self.row_px) as usize).max(1)
    }

    fn list_px(&self) -> f64 {
        self.rows as f64 * self.row_px
    }

    /// List pixels per scroll pixel: 1 unless the list is taller than the spacer may be.
    fn scale(&self) -> f64 {
        let list_px = self.list_px();
        let travel = MAX_SPACER_PX - self.view_px;
        if list_px > MAX_SPACER_PX && travel > 0.0 { (list_px - self.view_px) / travel } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewport(rows: usize, scroll_px: f64) -> Viewport {
        Viewport { rows, row_px: 28.0, view_px: 560.0, scroll_px }
    }

    /// Rows that the slice puts on screen, as (first, last), by the browser's own geometry.
    fn on_screen(view: Viewport) -> (usize, usize) {
        let slice = view.slice();
        let scroll = view.scroll_px.clamp(0.0, view.bottom_px());
        let visible = (slice.first..slice.end).filter(|row| {
            let top = slice.offset_px + (row - slice.first) as f64 * view.row_px - scroll;
            top + view.row_px > 0.001 && top < view.view_px - 0.001
        });
        let rows: Vec<_> = visible.collect();
        (rows[0], rows[rows.len() - 1])
    }

    #[test]
    fn an_empty_list_renders_nothing() {
        assert_eq!(viewport(0, 0.0).slice(), Slice { first: 0, end: 0, offset_px: 0.0, spacer_px: 0.0 });
        assert!(viewport(0, 0.0).at_bottom());
    }

    #[test]
    fn a_short_list_is_rendered_whole() {
        let slice = viewport(5, 0.0).slice();
        assert_eq!((slice.first, slice.end, slice.spacer_px), (0, 5, 140.0));
    }

    #[test]
    fn work_does_not_grow_with_the_list() {
        for rows in [1_000, 100_000, 1_000_000, 50_000_000] {
            for share in [0.0, 0.31, 0.99999, 1.0] {
                let view = viewport(rows, viewport(rows, 0.0).bottom_px() * share);
                let slice = view.slice();
                assert!(slice.end - slice.first <= 20 + 2 * OVERSCAN_ROWS + 1, "{rows} {share} {slice:?}");
                assert!(slice.spacer_px <= MAX_SPACER_PX);
            }
        }
    }

    #[test]
    fn both_ends_are_reachable_at_any_length() {
        for rows in [21, 1_000, 285_714, 285_715, 1_000_000, 50_000_000] {
            assert_eq!(on_screen(viewport(rows, 0.0)).0, 0, "{rows}");
            let bottom = viewport(rows, viewport(rows, 0.0).bottom_px());
            assert_eq!(on_screen(bottom).1, rows - 1, "{rows}");
            assert!(bottom.at_bottom());
        }
    }

    #[test]
    fn rows_move_pixel_by_pixel() {
        let slice = viewport(1_000, 2_810.0).slice();
        assert_eq!(slice.first, 100 - OVERSCAN_ROWS);
        assert_eq!(slice.offset_px, f64::from(100 - OVERSCAN_ROWS as u32) * 28.0);
        assert_eq!(on_screen(viewport(1_000, 2_810.0)), (100, 120));
    }

    #[test]
    fn a_scroll_position_beyond_the_end_shows_the_end() {
        assert_eq!(on_screen(viewport(100, 1e9)).1, 99);
        assert_eq!(on_screen(viewport(100, -50.0)).0, 0);
    }

    #[test]
    fn following_stops_a_row_above_the_end() {
        let bottom = viewport(1_000, 0.0).bottom_px();
        assert!(viewport(1_000, bottom - 20.0).at_bottom());
        assert!(!viewport(1_000, bottom - 29.0).at_bottom());
    }

    #[test]
    fn reveal_brings_a_row_on_screen_and_leaves_a_visible_one_alone() {
        for rows in [1_000, 1_000_000] {
            for row in [0, 1, rows / 3, rows - 1] {
                let mut view = viewport(rows, viewport(rows, 0.0).bottom_px() / 2.0);
                let target = view.reveal_px(row).expect("not on screen yet");
                view.scroll_px = target;
                let (first, last) = on_screen(view);
                assert!(first <= row && row <= last, "{rows} {row} {first} {last}");
            }
        }
        assert_eq!(viewport(1_000, 0.0).reveal_px(5), None);
    }
}

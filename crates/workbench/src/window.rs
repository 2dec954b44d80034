//! Which rows of a long list are on the screen, and the scroll position that belongs to them.
//!
//! Rows have a fixed height. Browsers cap the height of an element (Chromium at 33,554,400 px, Firefox near
//! 17,800,000 px), so a long list gets an element no taller than a cap and the scroll bar is mapped onto it:
//! a drag of its thumb jumps in proportion, while wheel and keys move the list pixel by pixel. As long as the
//! list fits under the cap, the two positions are the same.
//!
//! The page's part: one scroll container of `viewport_px`, in it one element of [`Window::element_px`], in that
//! the rows [`Window::visible`], each at [`Window::row_top_px`]. On a scroll event call [`Window::on_scroll`];
//! after every other call, and when `on_scroll` returns true, set `scrollTop` to [`Window::scroll_top_px`] if it
//! differs by half a pixel or more. The scroll event that this causes changes nothing.

use std::ops::Range;

/// The default cap of the element's height in pixels, below that of every browser.
pub const MAX_ELEMENT_PX: f64 = 16_000_000.0;

/// A jump of the scroll position of more than this many viewports is a drag of the thumb.
const JUMP_VIEWPORTS: f64 = 3.0;

const MARGIN_VIEWPORTS: f64 = 30.0;

/// The state of one virtualised list.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    rows: usize,
    row_px: f64,
    viewport_px: f64,
    max_px: f64,
    /// Of the container, in the element.
    scroll_top: f64,
    /// Of the list, in rows' pixels without a cap.
    offset: f64,
    following: bool,
    unseen: usize,
}

impl Window {
    /// An empty list that follows its end. Heights in CSS pixels; both must be positive.
    #[must_use]
    pub fn new(row_px: f64, viewport_px: f64) -> Self {
        Self::with_cap(row_px, viewport_px, MAX_ELEMENT_PX)
    }

    /// As [`Window::new`] with another cap for the element's height.
    #[must_use]
    pub fn with_cap(row_px: f64, viewport_px: f64, max_px: f64) -> Self {
        let row_px = if row_px > 0.0 { row_px } else { 1.0 };
        let viewport_px = viewport_px.max(0.0);
        let max_px = max_px.max(viewport_px * 16.0).max(row_px);
        Self {
            rows: 0,
            row_px,
            viewport_px,
            max_px,
            scroll_top: 0.0,
            offset: 0.0,
            following: true,
            unseen: 0,
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The height of what is on screen, in CSS pixels.
    #[must_use]
    pub fn viewport_px(&self) -> f64 {
        self.viewport_px
    }

    /// The height of the element that gives the scroll bar its size.
    #[must_use]
    pub fn element_px(&self) -> f64 {
        self.list_px().min(self.max_px)
    }

    /// The `scrollTop` that the container should have.
    #[must_use]
    pub fn scroll_top_px(&self) -> f64 {
        self.scroll_top
    }

    /// The rows on the screen and `overscan` more on either side.
    #[must_use]
    pub fn visible(&self, overscan: usize) -> Range<usize> {
        let first = (self.offset / self.row_px).floor() as usize;
        let end = ((self.offset + self.viewport_px) / self.row_px).ceil() as usize;
        first.saturating_sub(overscan).min(self.rows)..(end + overscan).min(self.rows)
    }

    /// Where a row's top lies in the element. Meaningful for rows near the visible ones.
    #[must_use]
    pub fn row_top_px(&self, row: usize) -> f64 {
        row as f64 * self.row_px - self.offset + self.scroll_top
    }

    /// Whether the list sticks to its end.
    #[must_use]
    pub fn following(&self) -> bool {
        self.following
    }

    /// Rows that arrived at the end since following stopped and that have not been on the screen since.
    #[must_use]
    pub fn unseen(&self) -> usize {
        self.unseen
    }

    /// The container scrolled (by the reader, or because the page set it). Following stops when the reader
    /// leaves the end and starts again when they come back to it. Returns whether `scrollTop` must be set to
    /// [`Window::scroll_top_px`], which happens only in lists taller than the cap.
    pub fn on_scroll(&mut self, scroll_top: f64) -> bool {
        let max = self.max_scroll();
        let scroll_top = if scroll_top.is_finite() { within(scroll_top, max) } else { 0.0 };
        let moved = scroll_top - self.scroll_top;
        // Browsers round what they are given to a fraction of a pixel.
        if moved.abs() < 0.5 {
            return false;
        }
        self.scroll_top = scroll_top;
        if scroll_top < 0.5 {
            self.offset = 0.0;
        } else if max - scroll_top < 0.5 {
            self.offset = self.max_offset();
        } else if !self.capped() {
            self.offset = scroll_top;
        } else if moved.abs() > JUMP_VIEWPORTS * self.viewport_px {
            self.offset = self.to_offset(scroll_top);
        } else {
            self.offset = within(self.offset + moved, self.max_offset());
        }
        self.following = self.max_offset() - self.offset < self.row_px;
        self.mark_seen();
        self.correct()
    }

    /// Rows were added at the end.
    pub fn appended(&mut self, count: usize) {
        self.rows += count;
        self.unseen += count;
        self.settle();
        self.mark_seen();
    }

    /// Rows were added before all others, as a filter reaches further into the past. What is on the screen
    /// stays.
    pub fn prepended(&mut self, count: usize) {
        self.rows += count;
        self.offset += count as f64 * self.row_px;
        self.settle();
    }

    /// Rows were dropped from the start. What is on the screen stays while it exists.
    pub fn trimmed(&mut self, count: usize) {
        let count = count.min(self.rows);
        self.rows -= count;
        self.offset -= count as f64 * self.row_px;
        self.unseen = self.unseen.min(self.rows);
        self.settle();
    }

    /// The list is another one (a new filter, another tab, cleared): `anchor` is the row to keep at the top of
    /// the screen unless the end is followed.
    pub fn replaced(&mut self, rows: usize, anchor: usize) {
        self.rows = rows;
        self.unseen = 0;
        self.offset = anchor as f64 * self.row_px;
        self.settle();
    }

    /// The container or the rows changed height. The top row stays.
    pub fn resized(&mut self, row_px: f64, viewport_px: f64) {
        let top = self.offset / self.row_px;
        let (rows, unseen, following) = (self.rows, self.unseen, self.following);
        *self = Self { rows, unseen, following, ..Self::with_cap(row_px, viewport_px, self.max_px) };
        self.offset = top * self.row_px;
        self.settle();
        self.mark_seen();
    }

    /// Goes to the end and follows it, or stops following where it is.
    pub fn set_following(&mut self, following: bool) {
        self.following = following;
        self.settle();
        self.mark_seen();
    }

    /// Scrolls as little as possible so that the row is wholly on the screen; far rows are centred. Following
    /// stops unless it is the last row.
    pub fn reveal(&mut self, row: usize) {
        let top = row.min(self.rows.saturating_sub(1)) as f64 * self.row_px;
        let lowest = top + self.row_px - self.viewport_px;
        self.following = self.following && row + 1 >= self.rows;
        let far = (top - self.offset).abs() > 2.0 * self.viewport_px;
        if far && (top < self.offset || lowest > self.offset) {
            self.offset = top - (self.viewport_px - self.row_px) / 2.0;
        } else if top < self.offset {
            self.offset = top;
        } else if lowest > self.offset {
            self.offset = lowest;
        }
        self.settle();
        self.mark_seen();
    }

    fn list_px(&self) -> f64 {
        self.rows as f64 * self.row_px
    }

    fn capped(&self) -> bool {
        self.list_px() > self.max_px
    }

    fn max_offset(&self) -> f64 {
        (self.list_px() - self.viewport_px).max(0.0)
    }

    fn max_scroll(&self) -> f64 {
        (self.element_px() - self.viewport_px).max(0.0)
    }

    /// At both ends of a capped list the two positions run pixel by pixel over this length, so that wheel and
    /// keys reach the ends without a jump. What lies between is scaled.
    fn margin(&self) -> f64 {
        (MARGIN_VIEWPORTS * self.viewport_px).min(self.max_scroll() / 4.0)
    }

    fn to_offset(&self, scroll: f64) -> f64 {
        Self::convert(scroll, self.max_scroll(), self.max_offset(), self.margin())
    }

    fn to_scroll(&self, offset: f64) -> f64 {
        Self::convert(offset, self.max_offset(), self.max_scroll(), self.margin())
    }

    fn convert(at: f64, from_max: f64, to_max: f64, margin: f64) -> f64 {
        if at <= margin {
            at
        } else if from_max - at <= margin {
            to_max - (from_max - at)
        } else {
            margin + (at - margin) / (from_max - 2.0 * margin) * (to_max - 2.0 * margin)
        }
    }

    /// After the list changed: keep to the bounds and to the end if it is followed, and put the scroll bar
    /// where it belongs.
    fn settle(&mut self) {
        let max = self.max_offset();
        self.offset = if self.following { max } else { within(self.offset, max) };
        if self.capped() {
            self.correct();
        } else {
            self.scroll_top = self.offset;
        }
    }

    /// Pixel-by-pixel scrolling lets the two positions of a capped list drift apart, which must not be felt at
    /// either end: the closer the margin, the less drift is allowed.
    fn correct(&mut self) -> bool {
        if !self.capped() {
            return false;
        }
        let proper = self.to_scroll(self.offset);
        let from_margin = proper.min(self.max_scroll() - proper) - self.margin();
        let allowed = within(from_margin / 4.0, 8.0 * self.viewport_px);
        let drift = (proper - self.scroll_top).abs();
        if drift <= allowed {
            return false;
        }
        self.scroll_top = within(proper, self.max_scroll());
        drift >= 0.5
    }

    fn mark_seen(&mut self) {
        let below = self.rows - self.visible(0).end;
        self.unseen = if self.following { 0 } else { self.unseen.min(below) };
    }
}

/// At least 0 and at most `max`. The standard `clamp` panics with its numbers, and the code that prints floats would
/// be in the page for that alone.
fn within(px: f64, max: f64) -> f64 {
    px.max(0.0).min(max)
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;

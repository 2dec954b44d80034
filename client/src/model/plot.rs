//! Which JSON fields are plotted, over which stretch of time.

use workbench::series::Plot;
use workbench::time::Micros;

const MINUTE: u64 = 60 * 1_000_000;

/// What the chart shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The last minutes.
    Minutes(u32),
    /// So many of the newest values.
    Values(u32),
}

impl Default for Window {
    /// The last minute.
    fn default() -> Self {
        Self::Minutes(1)
    }
}

/// The plot of one connection. It outlives the panel, so that what was chosen is there when it is opened again.
#[derive(Clone, Debug, Default)]
pub struct PlotState {
    /// The fields and their values.
    pub plot: Plot,
    /// What the chart shows.
    pub window: Window,
    /// Each field in a lane of its own, with its own scale.
    pub lanes: bool,
    paused_at: Option<Micros>,
}

impl Window {
    /// The choices.
    pub const ALL: [Window; 5] = [
        Window::Minutes(1),
        Window::Minutes(5),
        Window::Minutes(15),
        Window::Values(100),
        Window::Values(1000),
    ];

    /// A short stable name, as the value of an option.
    pub fn slug(self) -> String {
        match self {
            Window::Minutes(minutes) => format!("{minutes}m"),
            Window::Values(count) => format!("{count}"),
        }
    }

    /// The choice with a name.
    pub fn from_slug(slug: &str) -> Option<Window> {
        Window::ALL.into_iter().find(|window| window.slug() == slug)
    }
}

impl PlotState {
    /// The stretch of time that is shown at `now`.
    pub fn bounds(&self, now: Micros) -> (Micros, Micros) {
        let now = self.paused_at.unwrap_or(now);
        match self.window {
            Window::Minutes(minutes) => (Micros(now.0.saturating_sub(MINUTE * u64::from(minutes))), now),
            Window::Values(count) => self.bounds_of_values(count as usize, now),
        }
    }

    /// Whether the chart stands still.
    pub fn is_paused(&self) -> bool {
        self.paused_at.is_some()
    }

    /// Lets the chart stand still at `now`, or go on. Values are read either way.
    pub fn set_paused(&mut self, paused: bool, now: Micros) {
        self.paused_at = paused.then(|| self.paused_at.unwrap_or(now));
    }

    fn bounds_of_values(&self, count: usize, now: Micros) -> (Micros, Micros) {
        let series = || self.plot.traces().iter().map(|trace| trace.series());
        let from = series().filter_map(|series| series.start_of_last(count)).min().unwrap_or(now);
        let newest = series().filter_map(|series| series.newest()).max();
        let to = self.paused_at.or(newest).unwrap_or(now);
        // A single value still needs some width.
        (from.min(Micros(to.0.saturating_sub(1000))), to)
    }
}

#[cfg(test)]
mod tests {
    use workbench::entry::{Body, ConnectionId, Draft};
    use workbench::store::Store;

    use super::*;

    #[test]
    fn slugs_name_one_choice_each() {
        for window in Window::ALL {
            assert_eq!(Window::from_slug(&window.slug()), Some(window));
        }
        assert_eq!(Window::from_slug(""), None);
    }

    #[test]
    fn a_window_of_time_moves_until_paused() {
        let mut state = PlotState { window: Window::Minutes(5), ..PlotState::default() };
        assert_eq!(state.bounds(Micros(10 * MINUTE)), (Micros(5 * MINUTE), Micros(10 * MINUTE)));
        state.set_paused(true, Micros(10 * MINUTE));
        state.set_paused(true, Micros(11 * MINUTE));
        assert_eq!(state.bounds(Micros(12 * MINUTE)).1, Micros(10 * MINUTE));
        state.set_paused(false, Micros(12 * MINUTE));
        assert_eq!(state.bounds(Micros(13 * MINUTE)).1, Micros(13 * MINUTE));
    }

    #[test]
    fn a_window_of_values_ends_with_the_newest() {
        let mut state = PlotState { window: Window::Values(100), ..PlotState::default() };
        assert_eq!(state.bounds(Micros(9000)), (Micros(8000), Micros(9000)), "empty, but not of no width");
        let mut store = Store::default();
        for second in 1..=150 {
            let text = Body::Text(r#"{"v":1}"#);
            store.append(Draft::received(Micros(second * 1_000_000), ConnectionId(1), text));
        }
        state.plot.add("v", &store).unwrap();
        state.plot.advance(&store, 1000);
        assert_eq!(state.bounds(Micros(900_000_000)), (Micros(51_000_000), Micros(150_000_000)));
    }
}

use proptest::prelude::*;

use super::*;

#[test]
fn follows_until_the_reader_scrolls_up_and_counts_what_is_new() {
    let mut w = Window::new(20.0, 200.0);
    w.appended(100);
    assert_eq!((w.scroll_top_px(), w.following(), w.visible(0)), (1800.0, true, 90..100));
    w.on_scroll(1000.0);
    assert!(!w.following());
    w.appended(5);
    assert_eq!((w.scroll_top_px(), w.unseen(), w.visible(2)), (1000.0, 5, 48..62));
    w.on_scroll(1860.0);
    assert_eq!((w.following(), w.unseen()), (false, 2), "three of the five have been seen");
    w.on_scroll(1900.0);
    assert_eq!((w.following(), w.unseen()), (true, 0));
    w.on_scroll(100.0);
    w.set_following(true);
    assert_eq!(w.scroll_top_px(), 1900.0);
}

#[test]
fn what_is_on_the_screen_stays_when_rows_come_or_go_above() {
    let mut w = Window::new(20.0, 200.0);
    w.appended(1000);
    w.on_scroll(5000.0);
    let y = w.row_top_px(250) - w.scroll_top_px();
    w.trimmed(100);
    assert_eq!((w.visible(0), w.row_top_px(150) - w.scroll_top_px()), (150..160, y));
    w.prepended(40);
    assert_eq!((w.visible(0), w.row_top_px(190) - w.scroll_top_px()), (190..200, y));
    w.trimmed(500);
    assert_eq!(w.visible(0), 0..10, "it no longer exists");
}

#[test]
fn ten_million_rows_scroll_by_pixels_and_jump_by_thumb() {
    let mut w = Window::new(24.0, 600.0);
    w.appended(10_000_000);
    assert_eq!(w.element_px(), MAX_ELEMENT_PX);
    assert_eq!(w.visible(0).end, 10_000_000);
    w.on_scroll(8_000_000.0);
    let half = w.visible(0).start;
    assert!((4_999_000..5_001_000).contains(&half), "{half}");
    // The wheel moves by what it says, not by fifteen times as much.
    let mut top = w.scroll_top_px();
    for _ in 0..100 {
        w.on_scroll(top + 120.0);
        top = w.scroll_top_px();
    }
    assert_eq!(w.visible(0).start, half + 100 * 120 / 24);
    // By wheel alone, both ends are reached without a jump.
    w.on_scroll(3000.0);
    let mut last = w.visible(0).start;
    for _ in 0..100_000 {
        w.on_scroll(w.scroll_top_px() - 120.0);
        let first = w.visible(0).start;
        assert!(last - first <= 6, "{last} {first}");
        last = first;
    }
    assert_eq!((last, w.scroll_top_px()), (0, 0.0));
}

#[test]
fn reveals_with_the_least_movement() {
    let mut w = Window::new(20.0, 200.0);
    w.appended(100);
    w.on_scroll(500.0);
    w.reveal(30);
    assert_eq!(w.scroll_top_px(), 500.0);
    w.reveal(24);
    assert_eq!(w.scroll_top_px(), 480.0);
    w.reveal(34);
    assert_eq!(w.scroll_top_px(), 500.0);
    w.reveal(90);
    assert_eq!(w.visible(0), 85..96, "far rows are centred");
}

#[derive(Clone, Debug)]
enum Step {
    Scroll(f64),
    Wheel(f64),
    Append(usize),
    Prepend(usize),
    Trim(usize),
    Reveal(usize),
    Resize(f64, f64),
    Follow(bool),
    Replace(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0.0..1.0f64).prop_map(Step::Scroll),
        (-300.0..300.0f64).prop_map(Step::Wheel),
        (0usize..500).prop_map(Step::Append),
        (0usize..500).prop_map(Step::Prepend),
        (0usize..700).prop_map(Step::Trim),
        (0usize..5000).prop_map(Step::Reveal),
        (10.0..40.0f64, 50.0..400.0f64).prop_map(|(r, v)| Step::Resize(r, v)),
        any::<bool>().prop_map(Step::Follow),
        (0usize..2000, 0usize..2000).prop_map(|(r, a)| Step::Replace(r, a)),
    ]
}

proptest! {
    #[test]
    fn invariants_hold(steps in prop::collection::vec(step(), 1..60)) {
        // The cap is low so that lists cross it often.
        let mut w = Window::with_cap(20.0, 100.0, 10_000.0);
        for step in steps {
            let max = (w.element_px() - w.viewport_px).max(0.0);
            match step {
                Step::Scroll(part) => { w.on_scroll(part * max); }
                Step::Wheel(px) => { w.on_scroll((w.scroll_top_px() + px).clamp(0.0, max)); }
                Step::Append(n) => w.appended(n),
                Step::Prepend(n) => w.prepended(n),
                Step::Trim(n) => w.trimmed(n),
                Step::Reveal(row) => {
                    w.reveal(row);
                    if w.rows() > 0 {
                        let row = row.min(w.rows() - 1);
                        let y = w.row_top_px(row) - w.scroll_top_px();
                        prop_assert!(w.visible(0).contains(&row));
                        prop_assert!(y >= -1e-6 && y + w.row_px <= w.viewport_px + 1e-6);
                    }
                }
                Step::Resize(row, viewport) => w.resized(row, viewport),
                Step::Follow(yes) => w.set_following(yes),
                Step::Replace(rows, anchor) => w.replaced(rows, anchor),
            }
            let max = (w.element_px() - w.viewport_px).max(0.0);
            prop_assert!(w.element_px() <= w.max_px);
            prop_assert!((0.0..=max).contains(&w.scroll_top_px()), "{w:?}");
            let visible = w.visible(0);
            prop_assert!(visible.end <= w.rows());
            // The rows cover the viewport, or all of them are there.
            let screen = |row: usize| w.row_top_px(row) - w.scroll_top_px();
            if w.rows() > 0 {
                prop_assert!(screen(visible.start) <= 1e-6);
                prop_assert!(screen(visible.end) >= w.viewport_px - 1e-6 || visible.end == w.rows());
                prop_assert!(visible.len() <= (w.viewport_px / w.row_px) as usize + 2);
            }
            // Both ends of the scroll bar are both ends of the list.
            prop_assert!(w.scroll_top_px() > 0.5 || visible.start == 0 || max == 0.0, "{w:?}");
            if w.following() {
                prop_assert_eq!((visible.end, w.unseen()), (w.rows(), 0));
            }
            // Hearing its own scroll event changes nothing.
            let mut heard = w.clone();
            prop_assert!(!heard.on_scroll(w.scroll_top_px()));
            prop_assert_eq!(&heard, &w);
        }
    }
}

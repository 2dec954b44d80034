use std::cell::Cell;
use std::rc::Rc;

use client::running::frame::FrameLoop;
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_test::wasm_bindgen_test;

const HOUR_MILLIS: u32 = 3_600_000;

/// A loop and how often it has called.
fn counted() -> (FrameLoop, Rc<Cell<u32>>) {
    let calls = Rc::new(Cell::new(0));
    let counter = calls.clone();
    (FrameLoop::new(move || counter.set(counter.get() + 1)), calls)
}

async fn until(calls: &Cell<u32>, wanted: u32) {
    for _ in 0..500 {
        if calls.get() >= wanted {
            return;
        }
        TimeoutFuture::new(10).await;
    }
    panic!("{} calls instead of {wanted}", calls.get());
}

#[wasm_bindgen_test]
async fn any_number_of_requests_are_one_call() {
    let (frames, calls) = counted();
    frames.request();
    frames.request_later(0);
    frames.request();
    until(&calls, 1).await;
    // Longer than a request is kept for a hidden tab.
    TimeoutFuture::new(400).await;
    assert_eq!(calls.get(), 1);
}

#[wasm_bindgen_test]
async fn a_request_that_may_wait_comes_and_is_overtaken_by_one_that_may_not() {
    let (frames, calls) = counted();
    frames.request_later(1);
    until(&calls, 1).await;
    frames.request_later(HOUR_MILLIS);
    frames.request();
    until(&calls, 2).await;
    frames.request_later(1);
    until(&calls, 3).await;
}

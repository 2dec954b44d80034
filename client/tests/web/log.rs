use link::Message;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::bench::Bench;

/// Fills the log with messages that wait for a connection.
async fn page_with(messages: usize) -> Bench {
    let page = Bench::open().await;
    for index in 0..messages {
        assert!(page.session.send(Message::Text(format!("message {index}"))));
    }
    page.until("all are counted", |page| page.attribute("log", "data-count") == messages.to_string()).await;
    page
}

#[wasm_bindgen_test]
async fn a_thousand_in_a_burst_are_all_there_in_order() {
    let page = page_with(1_000).await;
    page.until("the end is shown", |page| page.rows().last().is_some_and(|row| row.0 == 999)).await;
    let page_px = page.get("log").client_height() - 28;
    let mut next = 0;
    let mut top = 0;
    while next < 1_000 {
        page.get("log").set_scroll_top(top);
        let holds = |page: &Bench| page.count_elements(&format!("[data-index='{next}']")) == 1;
        page.until("the next row is drawn, without a gap", holds).await;
        let rows = page.rows();
        for (position, _, text) in rows {
            assert_eq!(text, format!("message {position}"));
            next = next.max(position + 1);
        }
        top += page_px;
    }
}

#[wasm_bindgen_test]
async fn the_page_does_not_grow_with_the_log() {
    let page = page_with(9_000).await;
    page.settle().await;
    assert!(page.count_elements("*") < 700, "{} elements", page.count_elements("*"));
    assert_eq!(page.rows().last().unwrap().2, "message 8999");
}

#[wasm_bindgen_test]
async fn following_stops_when_the_reader_scrolls_up_and_says_how_many_are_new() {
    let page = page_with(200).await;
    page.settle().await;
    let bottom = page.get("log").scroll_top();
    assert!(bottom > 0, "the log is long enough to scroll");
    page.scroll(bottom / 2).await;
    let reading = page.rows()[0].0;
    for _ in 0..3 {
        page.session.send(Message::Text("late".to_owned()));
    }
    page.until("the page says how many are new", |page| page.find("follow").is_some()).await;
    assert_eq!(page.text("follow"), "3 new");
    assert_eq!(page.rows()[0].0, reading, "what is read stays in place");
    page.click("follow");
    page.until("the end is shown", |page| page.rows().last().is_some_and(|row| row.2 == "late")).await;
    page.settle().await;
    assert!(page.find("follow").is_none());
    assert!(page.get("log").scroll_top() > bottom);
}

#[wasm_bindgen_test]
async fn following_goes_on_while_messages_stream_in() {
    let page = page_with(100).await;
    for index in 100..160 {
        page.session.send(Message::Text(format!("message {index}")));
        gloo_timers::future::TimeoutFuture::new(5).await;
    }
    page.until("the end is shown", |page| page.rows().last().is_some_and(|row| row.0 == 159)).await;
    assert!(page.find("follow").is_none());
}

/// The browser reports a scroll a frame after the page set it; more rows may have come in between.
#[wasm_bindgen_test]
async fn a_scroll_that_the_page_itself_made_does_not_stop_following() {
    let page = page_with(200).await;
    page.settle().await;
    page.session.look(|list, _| list.window_mut().appended(5));
    page.get("log").dispatch_event(&web_sys::Event::new("scroll").unwrap()).unwrap();
    assert!(page.session.read(|_, list| list.window().following()));
}

#[wasm_bindgen_test]
async fn text_is_text_and_never_markup() {
    let page = Bench::open().await;
    let markup = "<img src=x onerror=\"document.title='owned'\"><b>bold</b>&amp;";
    page.session.send(Message::Text(markup.to_owned()));
    page.until("the message is in the log", |page| page.rows().len() == 1).await;
    assert_eq!(page.rows()[0].2, markup);
    page.click_entry(0);
    page.until("the details are shown", |page| page.find("detail").is_some()).await;
    assert_eq!(page.text("detail"), markup);
    assert_eq!(page.count_elements("img, b"), 0);
}

#[wasm_bindgen_test]
async fn the_detail_pane_holds_the_whole_text() {
    let page = Bench::open().await;
    let long = "héllo 你好 🧪\n".repeat(50_000);
    page.session.send(Message::Text(long.clone()));
    page.until("the message is in the log", |page| page.rows().len() == 1).await;
    assert!(page.rows()[0].2.len() < 4_000, "the row shows a preview");
    page.click_entry(0);
    page.until("the details are shown", |page| page.find("detail").is_some()).await;
    assert!(page.text("detail") == long, "the whole text, unchanged");
    page.click("detail-close");
    page.until("the details are gone", |page| page.find("detail").is_none()).await;
}

#[wasm_bindgen_test]
async fn binary_is_shown_as_hex() {
    let page = Bench::open().await;
    page.session.send(Message::Binary(vec![0x00, 0xff, b'A']));
    page.until("the message is in the log", |page| page.rows().len() == 1).await;
    assert_eq!(page.rows()[0].2, "00 ff 41");
    page.click_entry(0);
    page.until("the details are shown", |page| page.find("detail").is_some()).await;
    assert!(page.text("detail").starts_with("00000000  00 ff 41"));
}

#[wasm_bindgen_test]
async fn keys_select_and_bring_into_view() {
    let page = page_with(300).await;
    page.press("log", "ArrowUp", false);
    page.until("the last is selected", |page| page.find("detail").is_some()).await;
    assert_eq!(page.text("detail"), "message 299");
    page.press("log", "Home", false);
    page.until("the first is selected", |page| page.text("detail") == "message 0").await;
    page.until("the first is on screen", |page| page.rows()[0].0 == 0).await;
    page.press("log", "ArrowDown", false);
    page.until("the second is selected", |page| page.text("detail") == "message 1").await;
    let active = page.attribute("log", "aria-activedescendant");
    let row = web_sys::window().unwrap().document().unwrap().get_element_by_id(&active).unwrap();
    assert_eq!(row.get_attribute("data-index").as_deref(), Some("1"));
    page.press("log", "Escape", false);
    page.until("nothing is selected", |page| page.find("detail").is_none()).await;
}

#[wasm_bindgen_test]
async fn clear_empties_the_log_and_it_goes_on() {
    let page = page_with(50).await;
    page.click_entry(49);
    page.click("clear");
    page.until("the log is empty", |page| page.attribute("log", "data-count") == "0").await;
    assert!(page.rows().is_empty() && page.find("detail").is_none());
    page.session.send(Message::Text("after".to_owned()));
    page.until("a new message is shown", |page| page.rows().len() == 1).await;
    assert_eq!(page.rows()[0].2, "after");
}

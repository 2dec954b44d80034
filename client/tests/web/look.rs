//! Filter, search, times and pause.

use link::Message;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Event, EventInit, HtmlSelectElement};

use crate::bench::Bench;

async fn page_with(texts: &[&str]) -> Bench {
    let page = Bench::open().await;
    for text in texts {
        assert!(page.session.send(Message::Text((*text).to_owned())));
    }
    page.until("all are shown", |page| page.rows().len() == texts.len()).await;
    page
}

fn texts(page: &Bench) -> Vec<String> {
    page.rows().into_iter().map(|(_, _, text)| text).collect()
}

#[wasm_bindgen_test]
async fn a_filter_shows_what_matches_and_marks_it() {
    let page = page_with(&["apple", "pear", r#"{"price":120}"#, r#"{"price":80}"#]).await;
    page.fill("filter", "app");
    page.until("one is left", |page| texts(page) == ["apple"]).await;
    assert_eq!(page.count_elements(".entry mark"), 1);
    assert_eq!(page.text("line-count"), "1 of 4 lines");
    page.fill("filter", "$.price > 100");
    page.until("the dear one is left", |page| texts(page) == [r#"{"price":120}"#]).await;
    page.click("filter-clear");
    page.until("all are back", |page| page.rows().len() == 4).await;
    assert_eq!(page.text("line-count"), "4 lines");
}

#[wasm_bindgen_test]
async fn a_wrong_filter_is_explained_where_it_is_wrong() {
    let page = page_with(&["apple", "pear"]).await;
    page.fill("filter", "pear size>>5");
    page.until("the page explains", |page| page.find("filter-error").is_some()).await;
    assert_eq!(page.attribute("filter-error", "role"), "alert");
    assert!(page.text("filter-error").contains("number"));
    assert_eq!(page.count_elements("[data-testid=filter-error] mark"), 1);
    assert_eq!(page.rows().len(), 2, "the last right filter stays");
    page.press("filter", "Escape", false);
    page.until("the complaint is gone", |page| page.find("filter-error").is_none()).await;
}

#[wasm_bindgen_test]
async fn a_filter_without_a_match_says_so_and_can_be_lifted() {
    let page = page_with(&["apple"]).await;
    page.fill("filter", "banana");
    page.until("nothing matches", |page| page.find("show-all").is_some()).await;
    page.click("show-all");
    page.until("it is back", |page| texts(page) == ["apple"]).await;
}

#[wasm_bindgen_test]
async fn sorts_of_entries_are_switched_off_and_on() {
    let page = page_with(&["apple"]).await;
    page.click("show-sent");
    page.until("it is hidden", |page| page.rows().is_empty()).await;
    page.until("the button says so", |page| page.attribute("show-sent", "aria-pressed") == "false").await;
    page.click("show-sent");
    page.until("it is back", |page| page.rows().len() == 1).await;
    assert_eq!(page.attribute("show-heartbeats", "aria-pressed"), "false", "hidden unless wanted");
}

#[wasm_bindgen_test]
async fn a_search_goes_from_hit_to_hit() {
    let page = page_with(&["x one", "y", "x two", "y", "x three"]).await;
    page.click("find-toggle");
    page.until("the field is there", |page| page.find("find").is_some()).await;
    page.fill("find", "X");
    page.until("the newest is found", |page| page.text("find-count") == "3 of 3").await;
    page.press("find", "Enter", false);
    page.until("the one before", |page| page.text("find-count") == "2 of 3").await;
    page.click("find-next");
    page.click("find-next");
    page.until("it goes round", |page| page.text("find-count") == "1 of 3").await;
    assert_eq!(page.count_elements(".entry.hit"), 1);
    assert_eq!(page.count_elements(".entry mark"), 3);
    page.fill("find", "/x (one|two)/");
    page.until("patterns as well, and the hit stays", |page| page.text("find-count") == "1 of 2").await;
    page.press("find", "Escape", false);
    page.until("it is closed", |page| page.find("find").is_none()).await;
    assert_eq!(page.count_elements(".entry mark"), 0);
}

#[wasm_bindgen_test]
async fn a_pause_keeps_what_is_read_in_place() {
    let page = page_with(&["one"]).await;
    page.click("pause");
    page.until("it is paused", |page| page.attribute("pause", "aria-pressed") == "true").await;
    page.session.send(Message::Text("two".to_owned()));
    page.settle().await;
    assert_eq!(texts(&page), ["one"]);
    page.click("pause");
    page.until("it goes on", |page| texts(page) == ["one", "two"]).await;
}

#[wasm_bindgen_test]
async fn times_are_written_in_four_ways() {
    let page = page_with(&["one", "two"]).await;
    let times = |page: &Bench| page.all_text(".entry-time");
    assert!(times(&page).iter().all(|time| time.len() == "12:34:56.789".len()));
    let choose = |value: &str| {
        let select: HtmlSelectElement = wasm_bindgen::JsCast::unchecked_into(page.get("time-mode"));
        select.set_value(value);
        let init = EventInit::new();
        init.set_bubbles(true);
        select.dispatch_event(&Event::new_with_event_init_dict("change", &init).unwrap()).unwrap();
    };
    choose("relative");
    page.until("since the start", |page| times(page)[0] == "0.000").await;
    choose("delta");
    page.until("since the one before", |page| times(page)[0] == "–" && times(page)[1].starts_with('+')).await;
    page.click_entry(1);
    choose("selected");
    page.until("since the selected", |page| times(page)[1] == "+0 ms").await;
    assert!(!times(&page)[0].starts_with('+'), "what came before is negative: {:?}", times(&page));
}

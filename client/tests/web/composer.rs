use wasm_bindgen_test::wasm_bindgen_test;

use crate::bench::Bench;

#[wasm_bindgen_test]
async fn enter_sends_and_empties_the_composer() {
    let page = Bench::open().await;
    page.write("one");
    assert!(!page.press("composer", "Enter", false), "the line break of Enter is not wanted");
    page.until("the message is in the log", |page| page.rows().len() == 1).await;
    assert_eq!(page.rows(), [(0, "QUEUED".to_owned(), "one".to_owned())]);
    assert_eq!(page.text("queue"), "1");
    assert_eq!(page.composer().value(), "");
}

#[wasm_bindgen_test]
async fn shift_enter_is_left_to_the_browser() {
    let page = Bench::open().await;
    page.write("one");
    assert!(page.press("composer", "Enter", true));
    page.settle().await;
    assert!(page.rows().is_empty());
    assert_eq!(page.composer().value(), "one");
}

#[wasm_bindgen_test]
async fn enter_on_an_empty_composer_sends_nothing_but_the_button_does() {
    let page = Bench::open().await;
    page.press("composer", "Enter", false);
    page.settle().await;
    assert!(page.rows().is_empty());
    page.click("send");
    page.until("the empty message is in the log", |page| page.rows().len() == 1).await;
}

#[wasm_bindgen_test]
async fn arrow_up_recalls_and_arrow_down_returns_to_the_draft() {
    let page = Bench::open().await;
    for message in ["one", "two"] {
        page.write(message);
        page.press("composer", "Enter", false);
    }
    for (key, shown) in
        [("ArrowUp", "two"), ("ArrowUp", "one"), ("ArrowUp", "one"), ("ArrowDown", "two"), ("ArrowDown", "")]
    {
        page.press("composer", key, false);
        assert_eq!(page.composer().value(), shown, "after {key}");
    }
}

#[wasm_bindgen_test]
async fn arrow_up_inside_a_text_moves_the_caret_instead() {
    let page = Bench::open().await;
    page.write("one");
    page.press("composer", "Enter", false);
    page.write("line\nline");
    assert!(page.press("composer", "ArrowUp", false));
    assert_eq!(page.composer().value(), "line\nline");
    page.composer().set_selection_range(0, 0).unwrap();
    page.press("composer", "ArrowUp", false);
    assert_eq!(page.composer().value(), "one");
}

#[wasm_bindgen_test]
async fn a_closed_link_keeps_the_message_in_the_composer() {
    let page = Bench::open_with("?url=ws://127.0.0.1:59981/").await;
    page.click("connect");
    page.until("a connection is under way", |page| page.find("disconnect").is_some()).await;
    page.click("disconnect");
    page.until("the link is closed", |page| page.phase() == "closed").await;
    page.write("kept");
    page.press("composer", "Enter", false);
    page.until("the page says why", |page| page.find("error").is_some()).await;
    assert!(page.text("error").contains("Connect first"));
    assert_eq!(page.composer().value(), "kept");
}

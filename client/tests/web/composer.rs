use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{DataTransfer, DragEvent, DragEventInit, File, HtmlElement, HtmlInputElement};

use crate::bench::Bench;

#[wasm_bindgen_test]
async fn enter_sends_and_empties_the_composer() {
    let page = Bench::open().await;
    page.write("one");
    assert!(!page.press("composer", "Enter", false), "the line break of Enter is not wanted");
    page.until("the message is in the log", |page| page.rows().len() == 1).await;
    assert_eq!(page.rows(), [(0, "QUEUED".to_owned(), "one".to_owned())]);
    page.until("it is counted", |page| page.text("queue") == "1").await;
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

#[wasm_bindgen_test]
async fn ctrl_enter_sends_even_nothing() {
    let page = Bench::open().await;
    page.press_command("composer", "Enter");
    page.until("the empty message is in the log", |page| page.rows().len() == 1).await;
}

#[wasm_bindgen_test]
async fn json_is_checked_as_it_is_written_and_formatted() {
    let page = Bench::open().await;
    page.click("mode-json");
    page.write("{\"a\":1,\n\"b\" 2}");
    page.until("the fault is shown", |page| page.attribute("composer-state", "data-state") == "wrong").await;
    assert_eq!(page.text("composer-state"), "Line 2, column 5: “:” is expected after the name");
    page.press("composer", "Enter", false);
    page.settle().await;
    assert!(page.rows().is_empty(), "nothing is sent");
    assert!(page.text("composer-state").starts_with("Not sent."));
    assert_eq!(page.composer().selection_start().unwrap(), Some(12), "the caret is where the fault is");

    page.write("{\"a\":{{n}},\"b\":12345678901234567890.10}");
    page.until("the fault is gone", |page| page.attribute("composer-state", "data-state") == "good").await;
    page.click("format");
    assert_eq!(page.composer().value(), "{\n  \"a\": {{n}},\n  \"b\": 12345678901234567890.10\n}");
    page.press("composer", "Enter", false);
    page.until("the message is in the log", |page| page.rows().len() == 1).await;
    assert!(page.rows()[0].2.contains("\"a\": 1"), "{:?}", page.rows());
}

#[wasm_bindgen_test]
async fn hex_and_base64_make_binary_messages() {
    let page = Bench::open().await;
    page.click("mode-hex");
    page.write("0xde, ad:bg");
    page.until("the fault is shown", |page| page.attribute("composer-state", "data-state") == "wrong").await;
    assert_eq!(page.text("composer-state"), "Line 1, column 11: “g” does not belong here");
    page.write("0xde, ad:be");
    page.until("the size is shown", |page| page.text("composer-state") == "binary, 3 B").await;
    page.press("composer", "Enter", false);
    page.click("mode-base64");
    page.write("AP8=");
    page.press("composer", "Enter", false);
    page.until("both messages are in the log", |page| page.rows().len() == 2).await;
    let texts: Vec<_> = page.rows().into_iter().map(|row| row.2).collect();
    assert!(texts[0].contains("de ad be") && texts[1].contains("00 ff"), "{texts:?}");
}

#[wasm_bindgen_test]
async fn placeholders_are_filled_when_sent() {
    let page = Bench::open().await;
    for text in ["first {{n}}", "second {{n}}, {{{{x}}"] {
        page.write(text);
        page.press("composer", "Enter", false);
    }
    page.until("the messages are in the log", |page| page.rows().len() == 2).await;
    let texts: Vec<_> = page.rows().into_iter().map(|row| row.2).collect();
    assert_eq!(texts, ["first 1", "second 2, {{x}}"]);
    page.press("composer", "ArrowUp", false);
    assert_eq!(page.composer().value(), "second {{n}}, {{{{x}}", "what was written is recalled");
}

#[wasm_bindgen_test]
async fn an_unknown_placeholder_sends_nothing() {
    let page = Bench::open().await;
    page.write("hello {{nobody}}");
    page.press("composer", "Enter", false);
    page.until("the fault is shown", |page| page.text("composer-state").contains("“nobody”")).await;
    page.settle().await;
    assert!(page.rows().is_empty());
    assert_eq!(page.composer().value(), "hello {{nobody}}");
    let heard = page.text("composer-note");
    assert!(heard.starts_with("Not sent."), "screen readers hear it: {heard:?}");
}

#[wasm_bindgen_test]
async fn every_tab_keeps_what_is_written_in_it() {
    let page = Bench::open().await;
    page.click("mode-hex");
    page.write("c0 ff ee");
    page.click("tab-add");
    page.until("the new tab is empty", |page| page.composer().value().is_empty()).await;
    page.write("other");
    page.all("tab")[0].query_selector(".tab-main").unwrap().unwrap().unchecked_into::<HtmlElement>().click();
    page.until("the first draft is back", |page| page.composer().value() == "c0 ff ee").await;
    let hex: HtmlInputElement = page.get("mode-hex").unchecked_into();
    assert!(hex.checked());
}

#[wasm_bindgen_test]
async fn dropped_files_are_shown_and_then_sent() {
    let page = Bench::open().await;
    page.settle().await;
    let parts = js_sys::Array::of1(&"hello".into());
    let file = File::new_with_str_sequence(&parts, "greeting.txt").unwrap();
    let data = DataTransfer::new().unwrap();
    data.items().add_with_file(&file).unwrap();
    let drag = |name: &str| {
        let init = DragEventInit::new();
        init.set_data_transfer(Some(&data));
        init.set_bubbles(true);
        init.set_cancelable(true);
        let event = DragEvent::new_with_event_init_dict(name, &init).unwrap();
        page.get("log").dispatch_event(&event).unwrap()
    };
    drag("dragenter");
    page.until("the page asks for the drop", |page| page.find("drop-hint").is_some()).await;
    assert!(!drag("dragover"), "the page takes the drop");
    assert!(!drag("drop"), "the browser does not leave for the file");
    page.until("the file is shown", |page| page.all("file").len() == 1).await;
    assert!(page.find("drop-hint").is_none());
    assert!(page.text("file").contains("greeting.txt") && page.text("file").contains("5 B"));
    assert!(page.rows().is_empty(), "nothing is sent before the person says so");
    page.click("send");
    page.until("the file is in the log", |page| page.rows().len() == 1).await;
    assert!(page.rows()[0].2.contains("68 65 6c 6c 6f"), "{:?}", page.rows());
    page.click("files-as-text");
    // A click right after the first would be the second half of a double click.
    gloo_timers::future::TimeoutFuture::new(600).await;
    page.click("send");
    page.until("the text is in the log", |page| page.rows().len() == 2).await;
    assert_eq!(page.rows()[1].2, "hello");
}

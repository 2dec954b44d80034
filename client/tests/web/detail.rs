//! One entry in full.

use link::Message;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::bench::Bench;

async fn page_showing(message: Message) -> Bench {
    let page = Bench::open().await;
    assert!(page.session.send(message));
    page.until("the message is in the log", |page| page.rows().len() == 1).await;
    page.click_entry(0);
    page.until("the details are shown", |page| page.find("detail").is_some()).await;
    page
}

#[wasm_bindgen_test]
async fn json_is_a_tree_that_folds_and_keeps_every_digit() {
    let text = r#"{"id":12345678901234567890.0,"list":[1,{"a":null}],"s":"x"}"#;
    let page = page_showing(Message::Text(text.to_owned())).await;
    assert!(page.find("detail-tree").is_some());
    let rows = page.all_text("[data-testid=tree-row]");
    assert_eq!(rows.len(), 7, "{rows:?}");
    assert!(rows[1].contains("12345678901234567890.0"));
    page.click("fold-all");
    page.until("only the top is open", |page| page.all_text("[data-testid=tree-row]").len() == 4).await;
    page.click("unfold-all");
    page.until("all is open", |page| page.all_text("[data-testid=tree-row]").len() == 7).await;
    page.click_node(2);
    page.until("the list is folded", |page| page.all_text("[data-testid=tree-row]").len() == 4).await;
    assert_eq!(page.all_text(".tree-path"), ["$.list"]);
}

#[wasm_bindgen_test]
async fn the_same_payload_as_text_hex_and_raw() {
    let text = r#"{"a":1.50}"#;
    let page = page_showing(Message::Text(text.to_owned())).await;
    page.click("view-text");
    page.until("it is laid out", |page| page.text("detail") == "{\n  \"a\": 1.50\n}").await;
    page.click("view-raw");
    page.until("it is as it was sent", |page| page.text("detail") == text).await;
    page.click("view-hex");
    page.until("it is bytes", |page| page.text("detail").starts_with("00000000  7b 22 61 22 3a")).await;
    page.click("view-tree");
}

#[wasm_bindgen_test]
async fn a_value_becomes_a_filter() {
    let page = page_showing(Message::Text(r#"{"user":"ann"}"#.to_owned())).await;
    page.session.send(Message::Text(r#"{"user":"bob"}"#.to_owned()));
    page.until("both are shown", |page| page.rows().len() == 2).await;
    page.click_node(1);
    page.until("the value can be used", |page| page.find("filter-value").is_some()).await;
    page.click("filter-value");
    page.until("one is left", |page| page.rows().len() == 1).await;
    assert_eq!(page.rows()[0].2, r#"{"user":"ann"}"#);
}

#[wasm_bindgen_test]
async fn a_message_is_sent_again() {
    let page = page_showing(Message::Binary(vec![1, 2, 3])).await;
    page.click("resend");
    page.until("it is there twice", |page| page.rows().len() == 2).await;
    assert_eq!(page.rows()[1].2, "01 02 03");
}

#[wasm_bindgen_test]
async fn pinned_details_show_the_latest() {
    let page = page_showing(Message::Text("one".to_owned())).await;
    page.click("pin");
    page.session.send(Message::Text("two".to_owned()));
    page.until("the latest is shown", |page| page.text("detail") == "two").await;
    page.click("pin");
    page.settle().await;
    page.session.send(Message::Text("three".to_owned()));
    page.until("all are in the log", |page| page.rows().len() == 3).await;
    assert_eq!(page.text("detail"), "two");
}

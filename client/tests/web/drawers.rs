use client::lasting::storage::Key;
use client::lasting::variables;
use gloo_storage::{LocalStorage, Storage};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::bench::Bench;

/// A page whose browser has kept nothing.
async fn open(search: &str) -> Bench {
    LocalStorage::delete(Key::SAVED.name());
    LocalStorage::delete(Key::VARIABLES.name());
    Bench::open_with(search).await
}

fn save(page: &Bench, name: &str, folder: &str, text: &str) {
    page.write(text);
    page.fill("saved-name", name);
    page.fill("saved-folder", folder);
    page.click("saved-save");
}

fn names(page: &Bench) -> Vec<String> {
    page.all("saved-item").iter().map(|item| item.get_attribute("data-name").unwrap()).collect()
}

#[wasm_bindgen_test]
async fn messages_are_saved_in_folders_and_found_again() {
    let page = open("").await;
    page.click("saved-toggle");
    page.until("the drawer is open", |page| page.find("saved-name").is_some()).await;
    for (name, folder, text) in [("join", "chat", "{\"join\":1}"), ("ping", "", "ping"), ("bye", "chat", "x")]
    {
        save(&page, name, folder, text);
        page.until("it is saved", |page| names(page).contains(&name.to_owned())).await;
    }
    assert_eq!(names(&page), ["ping", "bye", "join"]);
    page.click("drawer-close");
    drop(page);

    let page = Bench::open().await;
    page.click("saved-toggle");
    page.until("what was saved is there", |page| names(page).len() == 3).await;
    page.fill("saved-search", "chat jo");
    page.until("the search has found it", |page| names(page) == ["join"]).await;
    page.click("saved-load");
    assert_eq!(page.composer().value(), "{\"join\":1}");
    page.until("the drawer has made room", |page| page.find("drawer").is_none()).await;
}

#[wasm_bindgen_test]
async fn what_is_replaced_or_deleted_can_be_had_back() {
    let page = open("").await;
    page.click("saved-toggle");
    page.until("the drawer is open", |page| page.find("saved-name").is_some()).await;
    save(&page, "a", "", "one");
    page.until("it is saved", |page| page.texts("saved-item").concat().contains("one")).await;
    save(&page, "a", "", "two");
    page.until("it is replaced", |page| page.texts("saved-item").concat().contains("two")).await;
    assert_eq!(names(&page), ["a"]);
    page.click("saved-undo");
    page.until("the first is back", |page| page.texts("saved-item").concat().contains("one")).await;
    page.click("saved-delete");
    page.until("it is deleted", |page| names(page).is_empty()).await;
    page.click("saved-undo");
    page.until("it is back", |page| names(page) == ["a"]).await;
    page.click("saved-send");
    page.until("it is sent", |page| page.rows().len() == 1).await;
    assert_eq!(page.rows()[0].2, "one");
}

#[wasm_bindgen_test]
async fn what_was_sent_is_there_on_the_next_visit_and_in_other_tabs() {
    let page = open("").await;
    page.write("sent before");
    page.press("composer", "Enter", false);
    page.until("it is sent", |page| page.composer().value().is_empty()).await;
    page.workspace.add(None);
    page.until("another tab is shown", |page| page.rows().is_empty()).await;
    page.press("composer", "ArrowUp", false);
    page.until("it is recalled", |page| page.composer().value() == "sent before").await;
}

/// As another tab of the browser does it.
fn store_elsewhere(key: Key, value: &str) {
    LocalStorage::set(key.name(), value).unwrap();
    let init = web_sys::EventInit::new();
    let event = web_sys::Event::new_with_event_init_dict("storage", &init).unwrap();
    js_sys::Reflect::set(&event, &"key".into(), &key.name().into()).unwrap();
    web_sys::window().unwrap().dispatch_event(&event).unwrap();
}

#[wasm_bindgen_test]
async fn variables_of_two_browser_tabs_are_all_kept() {
    let page = open("").await;
    page.click("more-toggle");
    page.until("the form is open", |page| page.find("variable-add").is_some()).await;
    variables::change(|all| drop(all.insert("mine".to_owned(), "1".to_owned()))).unwrap();
    store_elsewhere(Key::VARIABLES, "{\"mine\":\"1\",\"theirs\":\"2\"}");
    page.until("both are shown", |page| page.all("variable").len() == 2).await;
    variables::change(|all| drop(all.insert("more".to_owned(), "3".to_owned()))).unwrap();
    let names: Vec<String> = variables::variables().keys().cloned().collect();
    assert_eq!(names, ["mine", "more", "theirs"]);
    let stored: String = LocalStorage::get(Key::VARIABLES.name()).unwrap();
    assert!(stored.contains("theirs") && stored.contains("more"), "{stored}");
}

#[wasm_bindgen_test]
async fn a_foreign_store_of_messages_is_left_alone() {
    LocalStorage::set(Key::SAVED.name(), "[{\"of\":\"a later version\"}]").unwrap();
    let page = Bench::open().await;
    page.click("saved-toggle");
    page.until("the drawer is open", |page| page.find("saved-name").is_some()).await;
    save(&page, "a", "", "one");
    page.until("the page says so", |page| page.text("saved-notice").contains("not understood")).await;
    let stored: String = LocalStorage::get(Key::SAVED.name()).unwrap();
    assert!(stored.contains("a later version"));
    LocalStorage::delete(Key::SAVED.name());
}

#[wasm_bindgen_test]
async fn the_history_is_searched_and_picked_from() {
    let page = open("").await;
    for text in ["alpha", "beta", "gamma"] {
        page.write(text);
        page.press("composer", "Enter", false);
    }
    page.click("history-toggle");
    page.until("the history is shown", |page| page.all("history-item").len() == 3).await;
    assert!(page.texts("history-item")[0].contains("gamma"), "newest first");
    page.fill("history-search", "ALP");
    page.until("the search has found it", |page| page.all("history-item").len() == 1).await;
    page.click("history-item");
    assert_eq!(page.composer().value(), "alpha");
    page.until("the drawer has made room", |page| page.find("drawer").is_none()).await;
}

#[wasm_bindgen_test]
async fn escape_closes_a_drawer() {
    let page = open("").await;
    page.click("history-toggle");
    page.until("the drawer is open", |page| page.find("drawer").is_some()).await;
    assert_eq!(page.attribute("history-toggle", "aria-expanded"), "true");
    page.press("history-search", "Escape", false);
    page.until("the drawer is closed", |page| page.find("drawer").is_none()).await;
}

#[wasm_bindgen_test]
async fn repeating_needs_a_connection_and_numbers_that_make_sense() {
    let page = open("").await;
    page.write("x");
    page.click("repeat-toggle");
    page.until("the drawer is open", |page| page.find("repeat-start").is_some()).await;
    page.click("repeat-start");
    page.until("the page says why", |page| page.text("repeat-problem") == "Connect first.").await;
    drop(page);

    let page = open("?url=ws://127.0.0.1:59982/").await;
    page.click("connect");
    page.until("a connection is under way", |page| page.find("disconnect").is_some()).await;
    page.write("x");
    page.click("repeat-toggle");
    page.until("the drawer is open", |page| page.find("repeat-start").is_some()).await;
    for (field, value, word) in [
        ("repeat-interval", "0", "interval"),
        ("repeat-times", "0", "How often"),
        ("repeat-times", "x", "How often"),
    ] {
        page.fill("repeat-interval", "1000");
        page.fill("repeat-times", "1");
        page.fill(field, value);
        page.settle().await;
        page.click("repeat-start");
        page.until("the page says why", |page| page.text("repeat-problem").contains(word)).await;
    }
    assert!(page.find("run").is_none());
}

#[wasm_bindgen_test]
async fn a_run_waits_for_the_connection_and_ends_with_it() {
    let page = open("?url=ws://127.0.0.1:59982/").await;
    page.click("connect");
    page.until("a connection is under way", |page| page.find("disconnect").is_some()).await;
    page.write("tick {{n}}");
    page.click("repeat-toggle");
    page.until("the drawer is open", |page| page.find("repeat-start").is_some()).await;
    page.fill("repeat-interval", "10");
    page.fill("repeat-times", "");
    page.click("repeat-start");
    page.until("the run waits", |page| page.find("run").is_some()).await;
    page.settle().await;
    assert_eq!(page.attribute("run", "data-state"), "held");
    assert_eq!(page.text("run-progress"), "Sent 0. Waiting for the connection");
    assert_eq!(page.text("queue"), "0", "nothing piles up");
    page.click("disconnect");
    page.until("the run is over", |page| page.attribute("run", "data-state") == "over").await;
    assert!(page.text("run-progress").contains("the connection is closed"));
    page.click("run-dismiss");
    page.until("it is gone", |page| page.find("run").is_none()).await;
}

#[wasm_bindgen_test]
async fn saved_messages_are_put_in_order() {
    let page = open("").await;
    page.click("saved-toggle");
    page.until("the drawer is open", |page| page.find("saved-name").is_some()).await;
    for name in ["a", "b"] {
        save(&page, name, "", name);
        page.until("it is saved", |page| names(page).contains(&name.to_owned())).await;
    }
    page.click("repeat-toggle");
    page.until("the drawer is open", |page| page.find("repeat-list").is_some()).await;
    page.click("repeat-list");
    page.until("the list is shown", |page| page.find("repeat-add").is_some()).await;
    let steps = |page: &Bench| -> Vec<String> {
        page.all("repeat-step").iter().map(|step| step.get_attribute("data-name").unwrap()).collect()
    };
    let add = |index: &str| {
        let select: web_sys::HtmlSelectElement = wasm_bindgen::JsCast::unchecked_into(page.get("repeat-add"));
        select.set_value(index);
        let init = web_sys::InputEventInit::new();
        init.set_bubbles(true);
        let event = web_sys::InputEvent::new_with_event_init_dict("change", &init).unwrap();
        select.dispatch_event(&event).unwrap();
    };
    add("0");
    page.until("a is in the list", |page| steps(page) == ["a"]).await;
    add("1");
    page.until("b is in the list", |page| steps(page) == ["a", "b"]).await;
    page.all("repeat-up")[1].click();
    page.until("b is first", |page| steps(page) == ["b", "a"]).await;
    page.all("repeat-remove")[1].click();
    page.until("a is out", |page| steps(page) == ["b"]).await;
    page.click("repeat-toggle");
    page.until("the drawer is closed", |page| page.find("drawer").is_none()).await;
    page.click("repeat-toggle");
    page.until("the list was kept", |page| steps(page) == ["b"]).await;
}

#[wasm_bindgen_test]
async fn own_placeholders_are_kept_and_filled() {
    let page = open("").await;
    page.click("more-toggle");
    page.until("the drawer is open", |page| page.find("variable-name").is_some()).await;
    page.fill("variable-name", "now");
    page.settle().await;
    page.click("variable-add");
    page.settle().await;
    assert!(page.all("variable").is_empty(), "a name of ours cannot be taken");
    page.fill("variable-name", "user");
    page.fill("variable-value", "ann");
    page.settle().await;
    page.click("variable-add");
    page.until("it is there", |page| page.all("variable").len() == 1).await;
    page.write("");
    page.click("variable-insert");
    assert_eq!(page.composer().value(), "{{user}}");
    page.press("composer", "Enter", false);
    page.until("it is filled", |page| page.rows().iter().any(|row| row.2 == "ann")).await;
    assert_eq!(variables::variables().get("user").map(String::as_str), Some("ann"), "it is stored");
    page.click("variable-remove");
    page.until("it is gone", |page| page.all("variable").is_empty()).await;
    page.click("placeholders-on");
    page.write("{{user}}");
    page.press("composer", "Enter", false);
    page.until("braces are text", |page| page.rows().iter().any(|row| row.2 == "{{user}}")).await;
    page.click("placeholders-on");
    assert!(variables::fills_placeholders());
}

#[wasm_bindgen_test]
async fn a_close_code_is_checked_before_it_is_used() {
    let page = open("?url=ws://127.0.0.1:59982/").await;
    page.click("more-toggle");
    page.until("the drawer is open", |page| page.find("closing-code").is_some()).await;
    assert_eq!(page.text("closing-problem"), "There is no connection to close.");
    page.fill("closing-code", "1001");
    page.until("the code is refused", |page| page.text("closing-problem").contains("1000")).await;
    page.fill("closing-code", "4001");
    page.fill("closing-reason", &"é".repeat(62));
    page.until("the bytes are counted", |page| page.text("closing-left") == "124 of 123 bytes").await;
    assert!(page.text("closing-problem").contains("too long"));
    page.fill("closing-reason", "why");
    page.until("the bytes are counted", |page| page.text("closing-left") == "3 of 123 bytes").await;
    page.click("connect");
    page.until("it can be closed", |page| page.text("closing-problem").is_empty()).await;
    page.click("closing-close");
    page.until("it is closed", |page| page.phase() == "closed").await;
}

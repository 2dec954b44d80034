use client::running::session::Draft;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::Event;

use crate::bench::Bench;

/// Nothing listens here, and no browser blocks it.
const REFUSED: &str = "ws://127.0.0.1:59982/nobody";

#[wasm_bindgen_test]
async fn the_page_opens_with_the_server_it_came_from() {
    let page = Bench::open().await;
    assert_eq!(page.phase(), "idle");
    assert_eq!(page.text("rtt"), "–");
    assert_eq!(page.attribute("heartbeat", "data-state"), "off");
    assert!(
        page.find("connect").is_some() && page.find("disconnect").is_none() && page.find("error").is_none()
    );
    let field: web_sys::HtmlInputElement = wasm_bindgen::JsCast::unchecked_into(page.get("url"));
    assert_eq!(field.value(), "ws://127.0.0.1:8080/ws");
}

#[wasm_bindgen_test]
async fn a_wrong_address_is_explained_and_the_suggestion_used() {
    let page = Bench::open().await;
    page.write_address("http://127.0.0.1:59983/x");
    page.click("connect");
    page.until("the page explains", |page| page.find("error").is_some()).await;
    assert_eq!(page.attribute("error", "role"), "alert");
    assert!(page.text("error").contains("ws://"));
    assert_eq!(page.phase(), "idle", "nothing was tried");
    page.click("use-suggestion");
    page.until("the suggestion is tried", |page| page.phase() != "idle").await;
    let field: web_sys::HtmlInputElement = wasm_bindgen::JsCast::unchecked_into(page.get("url"));
    assert_eq!(field.value(), "ws://127.0.0.1:59983/x");
}

#[wasm_bindgen_test]
async fn nonsense_never_breaks_the_page() {
    let page = Bench::open().await;
    for address in [
        "",
        "ws://",
        "ws://[::1",
        "ws://a b",
        "ws://h:99999",
        "ws://%zz/",
        "javascript:alert(1)",
        "ws://h:6000",
    ] {
        page.session.dismiss();
        page.until("no notice is left", |page| page.find("error").is_none()).await;
        page.write_address(address);
        page.settle().await;
        page.click("connect");
        page.until(&format!("“{address}” is explained"), |page| page.find("error").is_some()).await;
        page.until("the page is at rest", |page| matches!(page.phase().as_str(), "idle" | "closed")).await;
    }
}

#[wasm_bindgen_test]
async fn a_bad_subprotocol_is_explained() {
    let page = Bench::open().await;
    let draft = Draft { address: REFUSED.into(), protocols: "not a token".into() };
    page.session.set_draft(draft);
    page.session.connect();
    page.until("the page explains", |page| page.find("error").is_some()).await;
    assert!(page.text("error").contains("subprotocol"));
    assert_eq!(page.phase(), "idle");
}

#[wasm_bindgen_test]
async fn a_refused_port_is_explained_and_retried() {
    let page = Bench::open_with(&format!("?url={REFUSED}&min=3000&max=60000")).await;
    page.click("connect");
    page.until("the page waits", |page| page.phase() == "waiting").await;
    assert!(page.text("error").contains("port 59982 of this machine"), "{}", page.text("error"));
    let first = page.text("status");
    assert!(first.starts_with("Waiting ") && first.ends_with(" s for attempt 2"), "{first}");
    page.until("the countdown moves", |page| page.text("status") != first).await;
    assert_eq!(page.text("announcement"), "Disconnected, code 1006. Waiting for attempt 2");
    page.click("retry-now");
    page.until("the second attempt failed too", |page| page.text("status").ends_with("attempt 3")).await;
    assert_eq!(page.rows().len(), 2);
}

#[wasm_bindgen_test]
async fn an_explicit_disconnect_is_not_undone_by_the_browser() {
    let page = Bench::open_with(&format!("?url={REFUSED}&min=20&max=50")).await;
    page.click("connect");
    page.until("the page retries", |page| page.rows().len() > 2).await;
    page.click("disconnect");
    page.until("the link is closed", |page| page.phase() == "closed").await;
    let lines = page.attribute("log", "data-count");
    let window = web_sys::window().unwrap();
    let document = window.document().unwrap();
    for name in ["online", "pageshow"] {
        window.dispatch_event(&Event::new(name).unwrap()).unwrap();
    }
    for name in ["visibilitychange", "resume"] {
        document.dispatch_event(&Event::new(name).unwrap()).unwrap();
    }
    gloo_timers::future::TimeoutFuture::new(300).await;
    assert_eq!(page.phase(), "closed");
    assert_eq!(page.attribute("log", "data-count"), lines, "nothing was tried");
    assert!(page.find("connect").is_some());
}

#[wasm_bindgen_test]
async fn going_offline_holds_attempts_back_and_going_online_resumes_them() {
    let page = Bench::open_with(&format!("?url={REFUSED}&min=200&max=200")).await;
    let window = web_sys::window().unwrap();
    page.click("connect");
    page.until("the page waits", |page| page.phase() == "waiting").await;
    window.dispatch_event(&Event::new("offline").unwrap()).unwrap();
    page.until("the page is offline", |page| page.phase() == "offline").await;
    let lines = page.rows().len();
    gloo_timers::future::TimeoutFuture::new(600).await;
    assert_eq!(page.rows().len(), lines, "nothing was tried meanwhile");
    window.dispatch_event(&Event::new("online").unwrap()).unwrap();
    page.until("it tried again", |page| page.rows().len() > lines).await;
}

#[wasm_bindgen_test]
async fn options_switch_reconnecting_off() {
    let page = Bench::open_with(&format!("?url={REFUSED}&min=20&max=50")).await;
    page.click("options-toggle");
    page.click("reconnect-toggle");
    page.click("connect");
    page.until("the first failure is final", |page| page.phase() == "closed").await;
    page.settle().await;
    assert_eq!(page.rows().len(), 1);
    assert!(page.text("error").contains("Could not connect"));
}

#[wasm_bindgen_test]
async fn the_theme_is_stored_and_shown() {
    let page = Bench::open().await;
    let root = web_sys::window().unwrap().document().unwrap().document_element().unwrap();
    for expected in [Some("light"), Some("dark"), None] {
        page.click("theme");
        page.until("the theme is applied", |_| root.get_attribute("data-theme").as_deref() == expected).await;
        let stored =
            web_sys::window().unwrap().local_storage().unwrap().unwrap().get_item("heartwire.theme").unwrap();
        assert_eq!(stored, expected.map(|theme| format!("\"{theme}\"")));
        page.settle().await;
    }
}

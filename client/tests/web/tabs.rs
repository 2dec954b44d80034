//! Several connections, and files as logs.

use client::lasting::files::{self, Exporting, Opened};
use client::model::list::Part;
use link::{Message, MessageRef};
use wasm_bindgen_test::wasm_bindgen_test;
use workbench::export::FileFormat;
use workbench::time::Micros;

use crate::bench::Bench;

#[wasm_bindgen_test]
async fn each_tab_has_its_own_log_and_address() {
    let page = Bench::open().await;
    page.session.send(Message::Text("first".to_owned()));
    page.until("it is in the log", |page| page.rows().len() == 1).await;
    page.click("tab-add");
    page.until("the new tab is empty", |page| {
        page.count_elements("[data-testid=tab]") == 2 && page.rows().is_empty()
    })
    .await;
    page.write_address("ws://example.com/other");
    page.until("the tab is named after it", |page| page.all_text(".tab-label")[1] == "example.com/other")
        .await;
    page.workspace.step(true);
    page.until("the first is shown again", |page| page.rows().len() == 1).await;
    let field: web_sys::HtmlInputElement = wasm_bindgen::JsCast::unchecked_into(page.get("url"));
    assert_eq!(field.value(), "ws://127.0.0.1:8080/ws");
    page.click("tab-close");
    page.until("one is left", |page| page.count_elements("[data-testid=tab]") == 1).await;
    assert_eq!(page.all_text(".tab-label"), ["example.com/other"]);
    assert!(page.find("tab-close").is_none(), "the last one stays");
}

#[wasm_bindgen_test]
async fn a_tab_can_be_named() {
    let page = Bench::open().await;
    let id = page.workspace.tabs().active;
    page.workspace.rename(id, " staging ");
    page.until("the name is shown", |page| page.all_text(".tab-label") == ["staging"]).await;
    page.workspace.rename(id, "");
    page.until("the address is shown", |page| page.all_text(".tab-label") == ["127.0.0.1:8080/ws"]).await;
}

#[wasm_bindgen_test]
async fn a_file_becomes_a_log() {
    let page = Bench::open().await;
    let file = "{\"heartwire\":\"log\",\"version\":1,\"created\":\"2024-05-01T12:00:00.000Z\",\"connections\":[]}\n\
                {\"id\":0,\"time\":1714564800000,\"conn\":1,\"dir\":\"in\",\"kind\":\"message\",\"data\":\"old\"}\n";
    let done = std::rc::Rc::new(std::cell::RefCell::new(None));
    let seen = done.clone();
    files::open_text(&page.workspace, Some("old.jsonl"), file.to_owned(), move |opened| {
        seen.replace(Some(opened));
    });
    page.until("it is read", |_| done.borrow().is_some()).await;
    assert!(matches!(&*done.borrow(), Some(Opened::Read(report)) if report.entries == 1));
    page.until("it is shown", |page| page.rows() == [(0, "RESPONSE".to_owned(), "old".to_owned())]).await;
    // The day it was, and the offset from UTC that the reader's place had then.
    let then = js_sys::Date::new(&1_714_564_800_000.0.into());
    let clock = format!("{:02}:{:02}:00.000", then.get_hours(), then.get_minutes());
    assert_eq!(page.all_text(".entry-time"), [format!("2024-05-{:02} {clock}", then.get_date())]);
}

#[wasm_bindgen_test]
async fn a_file_that_cannot_be_read_leaves_no_tab_behind() {
    for text in ["no log at all", "{\"log\":{\"entries\":[", "{\"heartwire\":\"log\",\"version\":99}\n"] {
        let page = Bench::open().await;
        files::open_text(&page.workspace, Some("broken"), text.to_owned(), |_| ());
        page.until("the page says so", |page| page.session.view().notice.is_some()).await;
        assert_eq!(page.workspace.tabs().tabs.len(), 1, "{text}");
        assert_eq!(page.workspace.active(), page.session, "{text}");
    }
}

#[wasm_bindgen_test]
async fn an_export_goes_on_while_another_tab_is_shown() {
    let page = Bench::open().await;
    for number in 0..100_000 {
        page.session.edit(|log| log.received(Micros(number), MessageRef::Text(&"x".repeat(100)), None));
    }
    files::export(&page.session, FileFormat::JsonLines, Part::All, false);
    page.workspace.add(None);
    page.until("the other tab is shown", |page| page.rows().is_empty()).await;
    page.until("the export is over", |page| files::exporting(&page.session).is_none()).await;
    page.workspace.step(true);
    page.until("the log is back", |page| !page.rows().is_empty()).await;
    files::export(&page.session, FileFormat::JsonLines, Part::All, false);
    page.until("its progress is shown", |page| page.find("files-progress").is_some()).await;
    page.until("it ends", |page| files::exporting(&page.session) == Some(Exporting::Done(0))).await;
    page.until("the bar goes", |page| page.find("files-progress").is_none()).await;
}

#[wasm_bindgen_test]
async fn among_many_tabs_the_shown_one_is_in_view() {
    let page = Bench::open().await;
    for _ in 1..20 {
        page.workspace.add(None);
    }
    let inside = |_: &Bench| {
        let document = web_sys::window().unwrap().document().unwrap();
        let rect = |selector| Some(document.query_selector(selector).ok()??.get_bounding_client_rect());
        let (Some(tab), Some(list)) = (rect(".tab.shown"), rect(".tab-list")) else { return false };
        list.left() - 1.0 <= tab.left() && tab.right() <= list.right() + 1.0
    };
    for steps in [0, 1, 10] {
        for _ in 0..steps {
            page.workspace.step(true);
        }
        page.until("all are there", |page| page.count_elements("[data-testid=tab]") == 20).await;
        page.until("the shown one is in view", inside).await;
    }
}

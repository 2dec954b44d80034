//! A page under test, and the words to talk about it.

use client::model::address::Origin;
use client::model::params::Params;
use client::running::session::Session;
use client::running::workspace::Workspace;
use client::views::app::{App, AppProps};
use gloo_timers::future::TimeoutFuture;
use js_sys::Date;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, HtmlTextAreaElement, InputEvent, KeyboardEvent};
use web_sys::{InputEventInit, KeyboardEventInit};
use yew::AppHandle;

/// Longer than anything here takes; only a failing test waits for it.
const PATIENCE_MILLIS: f64 = 20_000.0;

const STYLES: [&str; 15] = [
    include_str!("../../../crates/page/styles/theme.css"),
    include_str!("../../../crates/page/styles/base.css"),
    include_str!("../../../crates/page/styles/top_bar.css"),
    include_str!("../../../crates/page/styles/virtual_list.css"),
    include_str!("../../styles/app.css"),
    include_str!("../../styles/top_bar.css"),
    include_str!("../../styles/side_panel.css"),
    include_str!("../../styles/health.css"),
    include_str!("../../styles/plot.css"),
    include_str!("../../styles/connection_bar.css"),
    include_str!("../../styles/status_bar.css"),
    include_str!("../../styles/notice_bar.css"),
    include_str!("../../styles/log.css"),
    include_str!("../../styles/detail.css"),
    include_str!("../../styles/composer.css"),
];

/// A mounted page. Dropping it takes it down with its session.
pub(crate) struct Bench {
    pub(crate) session: Session,
    pub(crate) workspace: Workspace,
    root: Element,
    app: Option<AppHandle<App>>,
}

impl Bench {
    /// The page as it opens, from a server that is not there.
    pub(crate) async fn open() -> Bench {
        Bench::open_with("").await
    }

    /// The page with parameters in its address.
    pub(crate) async fn open_with(search: &str) -> Bench {
        // What other tests have sent is stored.
        client::lasting::messages::forget_sent();
        let page = Origin { secure: false, host: "127.0.0.1:8080".to_owned() };
        let params = Params::parse(search);
        let workspace = Workspace::new(page, params);
        let document = web_sys::window().unwrap().document().unwrap();
        let root = document.create_element("div").unwrap();
        let style = document.create_element("style").unwrap();
        style.set_text_content(Some(&STYLES.concat()));
        let mount = document.create_element("div").unwrap();
        root.append_child(&style).unwrap();
        root.append_child(&mount).unwrap();
        document.body().unwrap().append_child(&root).unwrap();
        let props = AppProps { workspace: workspace.clone(), keep: false };
        let app = yew::Renderer::<App>::with_root_and_props(mount, props).render();
        let session = workspace.active();
        let bench = Bench { session, workspace, root, app: Some(app) };
        bench.until("the page is drawn", |bench| bench.find("status").is_some()).await;
        // What follows the keys and the composer begins once it is drawn.
        bench.settle().await;
        bench
    }

    /// The element of that name, if it is there.
    pub(crate) fn find(&self, name: &str) -> Option<HtmlElement> {
        let found = self.root.query_selector(&format!("[data-testid={name}]")).unwrap()?;
        Some(found.unchecked_into())
    }

    /// The element of that name.
    pub(crate) fn get(&self, name: &str) -> HtmlElement {
        self.find(name).unwrap_or_else(|| panic!("no {name} in {}", self.root.inner_html()))
    }

    /// What the element of that name says.
    pub(crate) fn text(&self, name: &str) -> String {
        self.get(name).text_content().unwrap()
    }

    /// An attribute of the element of that name.
    pub(crate) fn attribute(&self, name: &str, attribute: &str) -> String {
        self.get(name).get_attribute(attribute).unwrap()
    }

    /// The link's phase as the page shows it.
    pub(crate) fn phase(&self) -> String {
        self.attribute("status", "data-phase")
    }

    /// The rows in the page: index, label and text.
    pub(crate) fn rows(&self) -> Vec<(usize, String, String)> {
        let rows = self.root.query_selector_all("[data-testid=entry]").unwrap();
        (0..rows.length())
            .map(|index| {
                let row: Element = rows.item(index).unwrap().unchecked_into();
                let part = |class: &str| row.query_selector(class).unwrap().unwrap().text_content().unwrap();
                let position = row.get_attribute("data-index").unwrap().parse().unwrap();
                (position, part(".entry-label"), part(".entry-text"))
            })
            .collect()
    }

    pub(crate) fn count_elements(&self, selector: &str) -> u32 {
        self.root.query_selector_all(selector).unwrap().length()
    }

    pub(crate) fn click(&self, name: &str) {
        self.get(name).click();
    }

    /// Clicks on the row of an entry.
    pub(crate) fn click_entry(&self, position: usize) {
        let row = self.root.query_selector(&format!("[data-index='{position}']")).unwrap().unwrap();
        row.unchecked_into::<HtmlElement>().click();
    }

    /// Writes into the address field as a person would.
    pub(crate) fn write_address(&self, address: &str) {
        let field: HtmlInputElement = self.get("url").unchecked_into();
        field.set_value(address);
        dispatch_input(&field);
    }

    /// The texts of all elements that a selector names.
    pub(crate) fn all_text(&self, selector: &str) -> Vec<String> {
        let found = self.root.query_selector_all(selector).unwrap();
        (0..found.length()).map(|index| found.item(index).unwrap().text_content().unwrap()).collect()
    }

    /// Clicks on a node of the JSON tree.
    pub(crate) fn click_node(&self, node: usize) {
        let row = self.root.query_selector(&format!("[data-node='{node}']")).unwrap().unwrap();
        row.unchecked_into::<HtmlElement>().click();
    }

    pub(crate) fn composer(&self) -> HtmlTextAreaElement {
        self.get("composer").unchecked_into()
    }

    /// Writes into the composer and puts the caret at the end.
    pub(crate) fn write(&self, text: &str) {
        let composer = self.composer();
        composer.set_value(text);
        let end = text.encode_utf16().count() as u32;
        composer.set_selection_range(end, end).unwrap();
        dispatch_input(&composer);
    }

    /// Presses a key; returns whether the page left it to the browser.
    pub(crate) fn press(&self, name: &str, key: &str, shift: bool) -> bool {
        let init = KeyboardEventInit::new();
        init.set_key(key);
        init.set_shift_key(shift);
        init.set_bubbles(true);
        init.set_cancelable(true);
        let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap();
        self.get(name).dispatch_event(&event).unwrap()
    }

    /// Writes into any field as a person would.
    pub(crate) fn fill(&self, name: &str, text: &str) {
        let field: HtmlInputElement = self.get(name).unchecked_into();
        field.set_value(text);
        dispatch_input(&field);
    }

    /// Presses a key with Ctrl held down.
    pub(crate) fn press_command(&self, name: &str, key: &str) {
        let init = KeyboardEventInit::new();
        init.set_key(key);
        init.set_ctrl_key(true);
        init.set_bubbles(true);
        init.set_cancelable(true);
        let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap();
        self.get(name).dispatch_event(&event).unwrap();
    }

    /// Every element of that name in the order of the page.
    pub(crate) fn all(&self, name: &str) -> Vec<HtmlElement> {
        let found = self.root.query_selector_all(&format!("[data-testid={name}]")).unwrap();
        (0..found.length()).map(|index| found.item(index).unwrap().unchecked_into()).collect()
    }

    /// What each element of that name says.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        self.all(name).into_iter().map(|element| element.text_content().unwrap()).collect()
    }

    /// Scrolls the log and lets the page see it.
    pub(crate) async fn scroll(&self, top: i32) {
        self.get("log").set_scroll_top(top);
        self.settle().await;
    }

    /// Waits until a condition holds.
    pub(crate) async fn until(&self, what: &str, condition: impl Fn(&Bench) -> bool) {
        let deadline = Date::now() + PATIENCE_MILLIS;
        while !condition(self) {
            assert!(Date::now() < deadline, "waited in vain until {what}: {}", self.root.inner_html());
            TimeoutFuture::new(10).await;
        }
    }

    /// Waits for as long as several frames take.
    pub(crate) async fn settle(&self) {
        TimeoutFuture::new(120).await;
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Some(app) = self.app.take() {
            app.destroy();
        }
        self.session.disconnect();
        self.root.remove();
    }
}

fn dispatch_input(element: &HtmlElement) {
    let init = InputEventInit::new();
    init.set_bubbles(true);
    let event = InputEvent::new_with_event_init_dict("input", &init).unwrap();
    element.dispatch_event(&event).unwrap();
}

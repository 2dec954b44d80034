//! Settings, profiles, help and keys.

use client::lasting::preferences;
use client::lasting::profiles;
use client::running::session::Draft;
use client::texts::texts;
use gloo_storage::{LocalStorage, Storage};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Event, EventInit, HtmlElement, HtmlInputElement, HtmlSelectElement};
use workbench::draft::Draft as Written;
use workbench::profile::{Answer, Profile, Variable};

use crate::bench::Bench;

const KEYS: [&str; 10] = [
    "heartwire.profiles",
    "heartwire.defaults",
    "heartwire.variables",
    "heartwire.saved",
    "heartwire.lang",
    "heartwire.density",
    "heartwire.time",
    "heartwire.log-entries",
    "heartwire.log-mib",
    "heartwire.single-keys",
];

/// A page with nothing in storage. What a test chose is forgotten when it ends, also when it fails.
struct Fresh(Bench);

impl Fresh {
    async fn open() -> Fresh {
        forget();
        Fresh(Bench::open().await)
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        forget();
    }
}

impl std::ops::Deref for Fresh {
    type Target = Bench;

    fn deref(&self) -> &Bench {
        &self.0
    }
}

fn forget() {
    for key in KEYS {
        LocalStorage::delete(key);
    }
    preferences::set_single_keys(true);
    preferences::Density::Normal.choose();
}

impl Bench {
    /// Leaves a field, or chooses in it, as a person would.
    fn done(&self, name: &str) {
        let init = EventInit::new();
        init.set_bubbles(true);
        self.get(name).dispatch_event(&Event::new_with_event_init_dict("change", &init).unwrap()).unwrap();
    }

    async fn write_in(&self, name: &str, text: &str) {
        self.fill(name, text);
        self.settle().await;
        self.done(name);
        self.settle().await;
    }

    async fn choose(&self, name: &str, value: &str) {
        self.get(name).unchecked_into::<HtmlSelectElement>().set_value(value);
        self.done(name);
        self.settle().await;
    }

    fn problems(&self) -> Vec<String> {
        self.texts("setting-problem")
    }

    async fn open_sheet(&self, button: &str, name: &str) {
        self.get(button).focus().unwrap();
        self.click(button);
        self.until("the dialog is open", |page| page.find(name).is_some()).await;
        self.settle().await;
    }

    async fn close_sheet(&self, name: &str) {
        self.click("dialog-close");
        self.until("the dialog is closed", |page| page.find(name).is_none()).await;
    }
}

fn focused() -> HtmlElement {
    web_sys::window().unwrap().document().unwrap().active_element().unwrap().unchecked_into()
}

#[wasm_bindgen_test]
async fn a_heartbeat_is_set_when_all_of_it_is_right() {
    let page = Fresh::open().await;
    page.open_sheet("open-settings", "settings").await;
    page.write_in("heartbeat-interval", "soon").await;
    assert!(page.problems()[0].contains("soon"), "{:?}", page.problems());
    assert_eq!(page.attribute("heartbeat-interval", "aria-invalid"), "true");
    assert_eq!(page.session.options().heartbeat.interval_millis, 20_000, "it sets nothing");
    page.write_in("heartbeat-interval", "1.5 s").await;
    assert!(page.problems().is_empty());
    assert_eq!(page.session.options().heartbeat.interval_millis, 1_500);
    page.choose("heartbeat-answer", "json").await;
    assert_eq!(page.problems().len(), 1, "the field has no name yet");
    page.write_in("heartbeat-answer-name", "type").await;
    page.write_in("heartbeat-answer-text", "pong").await;
    let answer = Answer::JsonField { name: "type".to_owned(), value: "pong".to_owned() };
    assert_eq!(page.session.options().heartbeat.answer, answer);
    let kept = preferences::default_options().heartbeat;
    assert_eq!(kept.interval_millis, 1_500, "new connections begin with it");
    assert_eq!(kept.answer, Answer::Echo, "what answers it belongs to one server");
    page.click("restore-defaults");
    page.settle().await;
    assert_eq!(page.session.options().heartbeat.answer, Answer::Echo);
}

#[wasm_bindgen_test]
async fn what_was_typed_last_counts_without_leaving_the_field() {
    let page = Fresh::open().await;
    page.open_sheet("open-settings", "settings").await;
    page.click("settings-reconnect");
    page.settle().await;
    page.fill("reconnect-attempts", "3");
    page.close_sheet("settings").await;
    assert_eq!(page.session.options().reconnect.max_attempts, Some(3));
}

#[wasm_bindgen_test]
async fn panes_follow_the_arrows_and_the_focus_returns() {
    let page = Fresh::open().await;
    page.open_sheet("open-settings", "settings").await;
    assert_eq!(focused(), page.get("settings-heartbeat"), "the keyboard is in the dialog");
    page.press("settings-heartbeat", "ArrowDown", false);
    page.until("the next pane is shown", |page| page.find("reconnect-on").is_some()).await;
    assert_eq!(focused(), page.get("settings-reconnect"));
    assert_eq!(page.attribute("settings-reconnect", "aria-selected"), "true");
    page.close_sheet("settings").await;
    assert_eq!(focused(), page.get("open-settings"));
}

#[wasm_bindgen_test]
async fn opening_messages_are_written_moved_and_checked() {
    let page = Fresh::open().await;
    page.open_sheet("open-settings", "settings").await;
    page.click("settings-opening");
    page.settle().await;
    page.write_in("settings-protocols", "mqtt, wamp").await;
    assert_eq!(page.session.draft().protocols, "mqtt, wamp");
    for _ in 0..2 {
        page.click("opening-add");
        page.settle().await;
    }
    for (name, text) in [("opening-1", "{\"a\":1}"), ("opening-2", "{{nobody}}")] {
        page.fill(name, text);
        page.done(name);
        page.settle().await;
    }
    assert!(page.problems().iter().any(|problem| problem.contains("nobody")), "{:?}", page.problems());
    assert_eq!(
        page.session.options().opening.len(),
        2,
        "it is kept, for the variable may get its value later"
    );
    page.click("opening-2-remove");
    page.settle().await;
    page.choose("opening-1-format", "json").await;
    let opening = page.session.options().opening;
    assert_eq!(opening.len(), 1);
    assert_eq!((opening[0].text.as_str(), opening[0].format.word()), ("{\"a\":1}", "json"));
    assert!(preferences::default_options().opening.is_empty(), "they are for this server only");
}

#[wasm_bindgen_test]
async fn the_page_is_set_as_a_whole() {
    let page = Fresh::open().await;
    page.open_sheet("open-settings", "settings").await;
    page.click("settings-log");
    page.settle().await;
    page.write_in("limit-entries", "5").await;
    assert_eq!(page.problems().len(), 1);
    page.write_in("limit-entries", "5,000").await;
    page.write_in("limit-mib", "16").await;
    let limits = page.session.read(|log, _| log.store().limits());
    assert_eq!((limits.entries, limits.bytes), (5_000, 16 << 20));
    assert_eq!(preferences::limits(), limits);
    page.click("settings-appearance");
    page.settle().await;
    page.choose("settings-density", "compact").await;
    let root = web_sys::window().unwrap().document().unwrap().document_element().unwrap();
    assert_eq!(root.get_attribute("data-density").as_deref(), Some("compact"));
}

/// Has the document name the file, as the bundle's does.
fn offer_chinese() {
    let document = web_sys::window().unwrap().document().unwrap();
    let link = document.create_element("link").unwrap();
    let texts = js_sys::encode_uri_component(include_str!("../../texts/zh-CN.txt"));
    for (name, value) in
        [("rel", "texts"), ("hreflang", "zh-CN"), ("href", &format!("data:text/plain;charset=utf-8,{texts}"))]
    {
        link.set_attribute(name, value).unwrap();
    }
    document.head().unwrap().append_child(&link).unwrap();
}

#[wasm_bindgen_test]
async fn the_language_is_chosen_also_for_what_was_said_before() {
    let page = Fresh::open().await;
    let root = web_sys::window().unwrap().document().unwrap().document_element().unwrap();
    page.session.set_draft(Draft { address: "http://other.test/".into(), ..page.session.draft() });
    page.session.connect();
    page.until("the page explains", |page| page.find("error").is_some()).await;
    let english = page.text("error");
    assert!(english.contains("ws://"), "{english}");
    page.open_sheet("open-settings", "settings").await;
    page.click("settings-appearance");
    page.settle().await;
    offer_chinese();
    page.choose("settings-language", "zh-CN").await;
    page.until("it is there", |page| page.text("connect") == "连接").await;
    assert_eq!(root.get_attribute("lang").as_deref(), Some("zh-CN"));
    page.until("so is the notice", |page| page.text("error").contains("地址")).await;
    page.choose("settings-language", "en").await;
    page.until("it is as it was", |page| page.text("error") == english).await;
    assert_eq!(page.text("connect"), "Connect");
}

#[wasm_bindgen_test]
async fn what_a_field_cannot_hold_is_shown_and_goes_out_byte_for_byte() {
    let page = Fresh::open().await;
    let mut options = page.session.options();
    options.heartbeat.payload.text = "beat\n".to_owned();
    options.opening = vec![Written { text: "CONNECT\r\n\r\n\0".to_owned(), ..Written::default() }];
    page.session.set_options(options.clone());
    page.open_sheet("open-settings", "settings").await;
    let field: HtmlInputElement = page.get("heartbeat-payload").unchecked_into();
    assert_eq!(field.value(), "beat{{char 0a}}");
    page.close_sheet("settings").await;
    assert_eq!(page.session.options(), options, "looking changes nothing");
    page.open_sheet("open-settings", "settings").await;
    page.write_in("heartbeat-interval", "7 s").await;
    page.close_sheet("settings").await;
    let changed = page.session.options();
    assert_eq!(changed.heartbeat.interval_millis, 7000);
    let sent = |draft: &Written| page.session.outgoing().prepare(draft).unwrap();
    assert_eq!(sent(&changed.heartbeat.payload), link::Message::Text("beat\n".to_owned()));
    assert_eq!(sent(&changed.opening[0]), link::Message::Text("CONNECT\r\n\r\n\0".to_owned()));
}

#[wasm_bindgen_test]
async fn a_profile_is_kept_opened_renamed_and_brought_back() {
    let page = Fresh::open().await;
    page.write_address("ws://127.0.0.1:59982/kept");
    page.open_sheet("open-profiles", "profiles").await;
    assert!(page.find("profiles-empty").is_some());
    page.click("profile-save");
    page.settle().await;
    assert_eq!(page.problems().len(), 1, "it needs a name");
    page.fill("profile-name", "Kept");
    page.fill("profile-group", "Work");
    page.settle().await;
    page.click("profile-save");
    page.until("it is listed", |page| page.find("profile").is_some()).await;
    assert_eq!(profiles::book().unwrap().get("Work", "Kept").unwrap().url, "ws://127.0.0.1:59982/kept");

    page.click("profile-rename");
    page.settle().await;
    page.fill("rename-name", "Renamed");
    page.settle().await;
    page.click("rename-do");
    page.until("it has another name", |page| page.text("profiles-said").contains("Renamed")).await;
    assert!(profiles::book().unwrap().get("Work", "Renamed").is_some());

    page.click("profile-remove");
    page.until("it is gone", |page| page.find("profile").is_none()).await;
    assert!(profiles::book().unwrap().profiles().is_empty());
    page.click("profiles-undo");
    page.until("it is back", |page| page.find("profile").is_some()).await;

    page.click("profile-open");
    page.until("it has a tab", |page| page.all("tab").len() == 2).await;
    page.settle().await;
    let field: HtmlInputElement = page.get("url").unchecked_into();
    assert_eq!(field.value(), "ws://127.0.0.1:59982/kept");
    assert_eq!(page.phase(), "idle");
    assert!(page.find("profiles").is_none());
}

#[wasm_bindgen_test]
async fn profiles_that_cannot_be_read_are_not_overwritten() {
    let page = Fresh::open().await;
    let later = r#"{"heartwire":"heartwire-profiles","version":99,"profiles":[]}"#;
    LocalStorage::set("heartwire.profiles", later).unwrap();
    page.open_sheet("open-profiles", "profiles").await;
    assert!(page.text("profiles-unreadable").contains("99"));
    assert!(page.find("profile-save").is_none());
    assert_eq!(LocalStorage::get::<String>("heartwire.profiles").unwrap(), later);
}

#[wasm_bindgen_test]
async fn a_link_fills_the_connection_and_connects_nothing() {
    let page = Fresh::open().await;
    let mut profile = Profile {
        name: "Shared".to_owned(),
        url: "ws://127.0.0.1:59982/?token=abc".to_owned(),
        protocols: vec!["mqtt".to_owned()],
        ..Profile::default()
    };
    profile.options.opening = vec![Written { text: "login abc".to_owned(), ..Written::default() }];
    profile.variables = vec![Variable { name: "key".to_owned(), value: "abc".to_owned(), secret: true }];
    let (link, sentence) = profiles::link(&profile, &client::texts::texts().settings);
    assert!(link.starts_with("http"), "{link}");
    assert!(sentence.contains("key") && !sentence.contains("abc"), "{sentence}");
    let workspace = client::running::workspace::Workspace::new(
        client::model::address::Origin { secure: false, host: "127.0.0.1:8080".to_owned() },
        client::model::params::Params::default(),
    );
    let session = workspace.active();
    profiles::follow_link(&workspace, &session, &link[link.find('#').unwrap()..]);
    assert_eq!(session.draft().address, "ws://127.0.0.1:59982/?token={{key}}");
    assert_eq!(session.options().opening[0].text, "login {{key}}");
    assert_eq!(session.link().phase, link::Phase::Idle);
    let notice = session.read(|log, _| log.notice().cloned()).unwrap();
    assert!(
        notice.title(texts()).contains("Shared") && notice.sentence(texts()).contains("key"),
        "{notice:?}"
    );
    // Without the secret nothing is sent, and the page says what is missing.
    session.connect();
    assert_eq!(session.link().phase, link::Phase::Idle);
    let notice = session.read(|log, _| log.notice().cloned()).unwrap();
    assert!(notice.sentence(texts()).contains("key"), "{notice:?}");
    drop(page);
}

#[wasm_bindgen_test]
async fn keys_lead_through_the_page() {
    let page = Fresh::open().await;
    assert!(!page.press("status", "?", true), "the key is taken");
    page.until("help is shown", |page| page.find("help").is_some()).await;
    page.fill("help-code", "1013");
    page.settle().await;
    assert!(page.text("help-code-meaning").contains("overloaded"));
    page.press("help", ",", false);
    page.settle().await;
    assert!(page.find("settings").is_none(), "nothing happens behind a dialog");
    page.close_sheet("help").await;

    page.press("status", "u", false);
    assert_eq!(focused(), page.get("url"));
    assert!(page.press("url", "n", false) && page.press("composer", "?", true), "letters are for writing");
    page.settle().await;
    assert!(page.find("help").is_none());
    assert_eq!(page.all("tab").len(), 1);

    page.press("status", "n", false);
    page.until("there is a tab more", |page| page.all("tab").len() == 2).await;
    page.settle().await;
    page.press("status", "1", false);
    page.settle().await;
    assert!(page.all("tab")[0].class_list().contains("shown"));
    page.press("status", "m", false);
    assert_eq!(focused(), page.get("composer"));
}

#[wasm_bindgen_test]
async fn single_keys_can_be_switched_off() {
    let page = Fresh::open().await;
    preferences::set_single_keys(false);
    assert!(page.press("status", "n", false));
    page.settle().await;
    assert_eq!(page.all("tab").len(), 1);
    page.press("status", "?", true);
    page.until("help is shown all the same", |page| page.find("help").is_some()).await;
}

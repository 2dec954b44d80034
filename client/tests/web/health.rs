use link::MessageRef;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlInputElement, HtmlSelectElement};
use workbench::time::Micros;

use crate::bench::Bench;

/// Nothing listens here, and no browser blocks it.
const REFUSED: &str = "?url=ws://127.0.0.1:59984/nobody&min=60000&max=60000";

/// `--series-1` and `--series-2` of the light theme.
const FIRST_COLOUR: [u8; 3] = [0x0f, 0x76, 0x6e];
const SECOND_COLOUR: [u8; 3] = [0x1d, 0x5f, 0xbf];

async fn open(panel: &str) -> Bench {
    open_at("", panel).await
}

async fn open_at(search: &str, panel: &str) -> Bench {
    web_sys::window().unwrap().local_storage().unwrap().unwrap().remove_item("heartwire.panel").unwrap();
    let page = Bench::open_with(search).await;
    // What is beside the log is drawn a little later.
    page.until("the panels are there", |page| page.find("panel-health").is_some()).await;
    page.settle().await;
    page.settle().await;
    if page.find(panel).is_none() {
        page.click(&format!("panel-{panel}"));
    }
    page.until("the panel is open", |page| page.find(panel).is_some()).await;
    page
}

/// Messages that came in during the last seconds, one second apart.
fn receive(page: &Bench, texts: &[&str]) {
    let now = page.session.wall().0;
    page.session.edit(|log| {
        for (index, text) in texts.iter().enumerate() {
            let ago = (texts.len() - 1 - index) as u64 * 1_000_000;
            log.received(Micros(now - ago), MessageRef::Text(text), None);
        }
    });
}

fn drawings(page: &Bench) -> u32 {
    page.get("plot-chart").get_attribute("data-drawings").map_or(0, |count| count.parse().unwrap())
}

/// How many pixels of the chart have about this colour.
fn pixels(page: &Bench, colour: [u8; 3]) -> usize {
    let canvas: HtmlCanvasElement = page.get("plot-chart").unchecked_into();
    let context: CanvasRenderingContext2d = canvas.get_context("2d").unwrap().unwrap().unchecked_into();
    let (width, height) = (canvas.width(), canvas.height());
    let image = context.get_image_data(0.0, 0.0, f64::from(width), f64::from(height)).unwrap();
    let is_colour =
        |pixel: &[u8]| pixel[3] > 200 && (0..3).all(|part| pixel[part].abs_diff(colour[part]) < 24);
    image.data().0.chunks_exact(4).filter(|pixel| is_colour(pixel)).count()
}

async fn drawn_after(page: &Bench, before: u32) {
    page.until("the chart is drawn again", |page| drawings(page) > before).await;
}

#[wasm_bindgen_test]
async fn health_begins_idle_with_every_figure_in_place() {
    let page = open("health").await;
    assert_eq!(page.attribute("health-state", "data-phase"), "idle");
    assert_eq!(page.count_elements("[data-present=true]"), 1);
    assert_eq!(page.count_elements("[data-present=true][data-phase=idle]"), 1);
    assert!(page.attribute("health-diagram", "aria-label").contains("Idle"));
    assert!(page.find("health-close").is_none());
    assert_eq!(page.text("health-connections"), "0");
    assert_eq!(page.text("health-uptime"), "–");
    assert_eq!(page.text("health-extensions"), "none");
    assert_eq!(page.count_elements("[data-counter]"), 4);
    page.session.set_heartbeat(false);
    page.until("it says that nothing is measured", |page| page.text("health-rtt-empty").contains("off"))
        .await;
}

#[wasm_bindgen_test]
async fn a_failed_connection_shows_in_the_diagram_the_timeline_and_the_close() {
    let page = open_at(REFUSED, "health").await;
    page.click("connect");
    page.until("it waits", |page| page.attribute("health-state", "data-phase") == "waiting").await;
    assert_eq!(page.count_elements("[data-present=true][data-phase=waiting]"), 1);
    page.until("the close is explained", |page| page.find("health-close").is_some()).await;
    assert_eq!(page.attribute("health-close", "data-code"), "1006");
    assert!(page.text("health-advice").len() > 20);
    for phase in ["idle", "connecting", "waiting"] {
        let span = format!(".phases-span[data-phase={phase}]");
        page.until("the timeline shows it", |page| page.count_elements(&span) > 0).await;
    }
    assert!(page.attribute("health-timeline", "aria-label").contains("Waiting"));
    page.until("the attempt is counted", |page| page.text("health-attempts") == "1").await;
    assert_eq!(page.text("health-connections"), "0");
    page.session.send("later".into());
    page.until("the queue is shown", |page| page.text("health-queue") == "1, 5 B").await;
}

#[wasm_bindgen_test]
async fn a_suggested_number_becomes_a_line() {
    let page = open("plot").await;
    assert!(page.find("plot-empty").is_some() && page.find("plot-chart").is_none());
    receive(&page, &[r#"{"p":10}"#, "not JSON", r#"{"p":"30.5"}"#, r#"{"p":20}"#]);
    page.until("a field is suggested", |page| page.find("plot-suggestion").is_some()).await;
    assert_eq!(page.attribute("plot-suggestion", "data-path"), "$.p");
    page.click("plot-suggestion");
    page.until("the log was read", |page| {
        page.find("plot-value").is_some() && page.text("plot-value") == "20"
    })
    .await;
    assert_eq!(page.text("plot-range"), "10 to 30.5");
    let focused = web_sys::window().unwrap().document().unwrap().active_element().unwrap();
    assert_eq!(focused.get_attribute("data-testid").as_deref(), Some("plot-chart"), "its button is gone");
    assert!(page.find("plot-empty").is_none() && page.find("plot-suggestion").is_none());
    page.until("a line is drawn", |page| pixels(page, FIRST_COLOUR) > 50).await;
    assert_eq!(pixels(&page, SECOND_COLOUR), 0);
    assert!(page.attribute("plot-chart", "aria-label").contains("$.p: latest 20, from 10 to 30.5"));

    receive(&page, &[r#"{"p":-5}"#]);
    page.until("the new value is shown", |page| page.text("plot-value") == "-5").await;
    page.until("the range has grown", |page| page.text("plot-range") == "-5 to 30.5").await;
    page.click("plot-remove");
    page.until("the chart is gone", |page| page.find("plot-chart").is_none()).await;
    assert!(page.find("plot-empty").is_some());
}

#[wasm_bindgen_test]
async fn typed_paths_are_checked_and_share_the_chart() {
    let page = open("plot").await;
    receive(&page, &[r#"{"a":[1,2],"b":100}"#, r#"{"a":[3,4],"b":300}"#]);
    let submit = |path: &str| {
        let field: HtmlInputElement = page.get("plot-path").unchecked_into();
        field.set_value(path);
        page.click("plot-add");
    };
    submit("a[");
    page.until("the problem is shown", |page| !page.text("plot-problem").is_empty()).await;
    assert_eq!(page.attribute("plot-path", "aria-invalid"), "true");
    submit("a[1]");
    page.until("it is plotted", |page| page.find("plot-trace").is_some()).await;
    submit(" $.b ");
    page.until("both are plotted", |page| page.count_elements("[data-testid=plot-trace]") == 2).await;
    page.until("both have a line", |page| {
        pixels(page, FIRST_COLOUR) > 20 && pixels(page, SECOND_COLOUR) > 20
    })
    .await;
    assert_eq!(page.text("plot-problem"), "");
    submit("b");
    page.until("once is enough", |page| page.text("plot-problem").contains("already")).await;
}

#[wasm_bindgen_test]
async fn the_crosshair_goes_with_the_keyboard() {
    let page = open("plot").await;
    receive(&page, &[r#"{"p":7}"#, r#"{"p":8}"#]);
    page.session.plot(|state, log, _| state.plot.add("p", log.store()).unwrap());
    page.until("a line is drawn", |page| page.find("plot-chart").is_some() && pixels(page, FIRST_COLOUR) > 5)
        .await;
    assert!(!page.press("plot-chart", "End", false), "the chart takes the key");
    page.until("the crosshair reads", |page| page.text("plot-readout").contains("ago")).await;
    page.press("plot-chart", "Home", false);
    page.until("nothing was there a minute ago", |page| page.text("plot-value") == "–").await;
    page.press("plot-chart", "Escape", false);
    page.until("the latest is back", |page| page.text("plot-value") == "8").await;
    assert!(page.press("plot-chart", "a", false), "other keys are left alone");
}

#[wasm_bindgen_test]
async fn a_paused_chart_stands_still_but_follows_the_theme() {
    let page = open("plot").await;
    receive(&page, &[r#"{"p":7}"#, r#"{"p":8}"#]);
    page.session.plot(|state, log, _| state.plot.add("p", log.store()).unwrap());
    page.until("a line is drawn", |page| page.find("plot-chart").is_some() && pixels(page, FIRST_COLOUR) > 5)
        .await;
    page.click("plot-pause");
    page.until("it is paused", |page| page.attribute("plot-pause", "aria-pressed") == "true").await;
    page.settle().await;
    let before = drawings(&page);
    page.settle().await;
    page.settle().await;
    page.settle().await;
    assert_eq!(drawings(&page), before, "time alone draws nothing");
    let root = web_sys::window().unwrap().document().unwrap().document_element().unwrap();
    root.set_attribute("data-theme", "dark").unwrap();
    drawn_after(&page, before).await;
    assert_eq!(pixels(&page, FIRST_COLOUR), 0, "dark has other colours");
    root.remove_attribute("data-theme").unwrap();
    page.until("the light colours are back", |page| pixels(page, FIRST_COLOUR) > 5).await;
}

#[wasm_bindgen_test]
async fn what_was_plotted_is_there_when_the_panel_opens_again() {
    let page = open("plot").await;
    page.session.plot(|state, log, _| state.plot.add("p", log.store()).unwrap());
    page.until("the chart is there", |page| page.find("plot-window").is_some()).await;
    let window: HtmlSelectElement = page.get("plot-window").unchecked_into();
    window.set_value("100");
    let event = web_sys::Event::new_with_event_init_dict("change", &{
        let init = web_sys::EventInit::new();
        init.set_bubbles(true);
        init
    });
    window.dispatch_event(&event.unwrap()).unwrap();
    page.click("panel-health");
    page.until("another panel is open", |page| page.find("plot").is_none()).await;
    receive(&page, &[r#"{"p":1}"#, r#"{"p":2}"#]);
    page.click("panel-plot");
    page.until("what came meanwhile is shown", |page| {
        page.find("plot-value").is_some() && page.text("plot-value") == "2"
    })
    .await;
    assert_eq!(page.get("plot-window").unchecked_into::<HtmlSelectElement>().value(), "100");
}

#[wasm_bindgen_test]
async fn a_large_log_is_read_in_slices() {
    let page = open("plot").await;
    let now = page.session.wall().0;
    page.session.edit(|log| {
        for index in 0..60_000_u64 {
            let text = format!(r#"{{"n":{index},"padding":"{}"}}"#, "x".repeat(60));
            log.received(Micros(now - 60_000 + index), MessageRef::Text(&text), None);
        }
    });
    page.session.plot(|state, log, _| state.plot.add("n", log.store()).unwrap());
    page.until("all is read", |page| page.find("plot-value").is_some() && page.text("plot-value") == "59999")
        .await;
    page.until("the range is whole", |page| page.text("plot-range") == "0 to 59999").await;
    assert!(page.find("plot-reading").is_none());
}

//! Several connections on screen at once.

use std::collections::HashSet;

use client::actions::stage::{Scene, Stage};
use client::actions::{Drawer, Panel, keys};
use client::model::address::Origin;
use client::model::params::Params;
use client::running::workspace::Workspace;
use client::views::connection::Connection;
use gloo_timers::future::TimeoutFuture;
use link::Message;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Element, KeyboardEvent, KeyboardEventInit};
use yew::prelude::*;

/// Attributes that name other elements.
const NAMING: [&str; 6] =
    ["aria-describedby", "aria-controls", "aria-labelledby", "aria-activedescendant", "for", "list"];

#[derive(PartialEq, Properties)]
struct BothProps {
    scenes: Vec<Scene>,
}

#[component]
fn Both(props: &BothProps) -> Html {
    html! {
        <>
            for scene in &props.scenes {
                <Connection key={scene.session().id().0} scene={scene.clone()} is_settled={true} />
            }
        </>
    }
}

/// Two connections of a page, drawn side by side, each with a message in its log.
struct Pair {
    root: Element,
    stage: Stage,
    scenes: Vec<Scene>,
    app: Option<AppHandle<Both>>,
}

impl Drop for Pair {
    fn drop(&mut self) {
        if let Some(app) = self.app.take() {
            app.destroy();
        }
        self.root.remove();
    }
}

async fn both() -> Pair {
    let workspace =
        Workspace::new(Origin { secure: false, host: "127.0.0.1:8080".to_owned() }, Params::default());
    workspace.add(None);
    let stage = Stage::new(workspace.clone());
    let scenes: Vec<Scene> = workspace.tabs().tabs.iter().map(|tab| stage.scene(&tab.session)).collect();
    for scene in &scenes {
        scene.session().send(Message::Text("{\"n\":1}".to_owned()));
    }
    let document = web_sys::window().unwrap().document().unwrap();
    let root = document.create_element("div").unwrap();
    document.body().unwrap().append_child(&root).unwrap();
    let app = yew::Renderer::<Both>::with_root_and_props(root.clone(), BothProps { scenes: scenes.clone() })
        .render();
    TimeoutFuture::new(100).await;
    Pair { root, stage, scenes, app: Some(app) }
}

fn all(root: &Element, selector: &str) -> Vec<Element> {
    let found = root.query_selector_all(selector).unwrap();
    (0..found.length()).map(|index| found.item(index).unwrap().unchecked_into()).collect()
}

#[wasm_bindgen_test]
async fn no_id_is_there_twice_and_each_name_leads_to_an_element() {
    let pair = both().await;
    let Pair { root, scenes, .. } = &pair;
    for panel in Panel::ALL {
        for drawer in Drawer::ALL {
            for scene in scenes {
                scene.session().look(|list, log| list.select(Some(0), false, log.store()));
                if scene.panel() != Some(panel) {
                    scene.toggle_panel(panel);
                }
                scene.set_drawer(Some(drawer));
                scene.set_options(true);
                scene.set_filter_help(true);
            }
            TimeoutFuture::new(100).await;
            let mut ids = HashSet::new();
            for element in all(root, "[id]") {
                assert!(ids.insert(element.id()), "{} twice with {panel:?} and {drawer:?}", element.id());
            }
            assert!(ids.len() >= 10, "{ids:?}");
            for name in NAMING {
                for element in all(root, &format!("[{name}]")) {
                    let named = element.get_attribute(name).unwrap();
                    for id in named.split_whitespace() {
                        assert!(ids.contains(id), "{name}={named} of {}", element.outer_html());
                    }
                }
            }
        }
    }
}

#[wasm_bindgen_test]
async fn a_key_acts_on_the_connection_that_has_the_focus() {
    let pair = both().await;
    let Pair { root, scenes, stage, .. } = &pair;
    let _keys = keys::listen(stage);
    let paused = || -> Vec<bool> {
        scenes.iter().map(|scene| scene.session().read(|_, list| list.is_paused())).collect()
    };
    let press = |target: &Element, key: &str| {
        let init = KeyboardEventInit::new();
        init.set_key(key);
        init.set_bubbles(true);
        init.set_cancelable(true);
        let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap();
        target.dispatch_event(&event).unwrap();
    };
    let logs = all(root, "[data-testid=log]");
    assert_eq!(logs.len(), 2);
    press(&logs[0], "s");
    assert_eq!(paused(), [true, false]);
    press(&logs[1], "s");
    press(&logs[0], "s");
    assert_eq!(paused(), [false, true]);
    // Where the focus is nowhere, the tab that is shown is meant: the second.
    press(&web_sys::window().unwrap().document().unwrap().body().unwrap(), "s");
    assert_eq!(paused(), [false, false]);
}

//! The page around the components: where it came from, what it was asked for, and what to do if it breaks.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use gloo_timers::future::TimeoutFuture;
use js_sys::Promise;
use link::Phase;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use crate::lasting::profiles::{follow_link, is_link};
use crate::model::address::Origin;
use crate::model::params::Params;
use crate::running::chunks::Chunk;
use crate::running::session::Session;
use crate::running::workspace::Workspace;
use crate::views::app::{App, AppProps};

/// For how long the page is not drawn while it connects, in milliseconds.
const HANDSHAKE_MILLIS: u32 = 30;

/// A page that has been connected for so long is taken to be at rest, in milliseconds.
const IDLE_MILLIS: u32 = 1_000;

/// Mounts the page on `#app` and does what its address asks for.
pub fn run() {
    ::page::crash::watch();
    let page = origin();
    let params = Params::parse(&location(web_sys::Location::search));
    let fragment = location(web_sys::Location::hash);
    // A link with a profile is somebody else's: it never connects by itself.
    let connect = params.connect && !is_link(&fragment);
    let workspace = Workspace::new(page, params);
    follow_link(&workspace, &workspace.active(), &fragment);
    let session = workspace.active();
    fetch_rest(session.clone());
    if !connect {
        return draw(workspace);
    }
    session.connect();
    #[expect(clippy::disallowed_methods, reason = "ends within milliseconds, with the page drawn")]
    wasm_bindgen_futures::spawn_local(async move {
        opened(&session, Some(HANDSHAKE_MILLIS)).await;
        draw(workspace);
    });
}

/// Fetches the parts of the page once the session is connected: nobody has to wait for them later, and until then the
/// line belongs to the connection.
fn fetch_rest(session: Session) {
    #[expect(clippy::disallowed_methods, reason = "it ends with the last part")]
    wasm_bindgen_futures::spawn_local(async move {
        opened(&session, None).await;
        TimeoutFuture::new(IDLE_MILLIS).await;
        for chunk in Chunk::ALL {
            chunk.fetch().await;
        }
    });
}

/// Ends when the session is connected, or else when so many milliseconds have passed.
///
/// A near server answers sooner than a page can be drawn, and drawing holds the thread that hears of it: what was drawn
/// before would be drawn again.
async fn opened(session: &Session, patience_millis: Option<u32>) {
    let mut held = None;
    let promise = Promise::new(&mut |resolve, _| {
        let resolve = Rc::new(move || drop(resolve.call0(&JsValue::NULL)));
        let at_once = resolve.clone();
        let subscription = session.subscribe(move |view| {
            if view.link.phase == Phase::Open {
                at_once();
            }
        });
        held = Some((subscription, patience_millis.map(|millis| Timeout::new(millis, move || resolve()))));
    });
    // It is never rejected.
    let _ = JsFuture::from(promise).await;
    drop(held);
}

/// Mounts the page.
fn draw(workspace: Workspace) {
    let props = AppProps { workspace, keep: true };
    let root = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id("app"));
    match root {
        Some(root) => yew::Renderer::<App>::with_root_and_props(root, props).render(),
        None => yew::Renderer::<App>::with_props(props).render(),
    };
}

/// Where the page came from. A page that was built for development may have come from elsewhere than its server: a proxy for
/// that has no subprotocols, and is passed by.
fn origin() -> Origin {
    let server = option_env!("HEARTWIRE_SERVER").filter(|_| cfg!(debug_assertions));
    Origin {
        secure: location(web_sys::Location::protocol) == "https:",
        host: server.map_or_else(|| location(web_sys::Location::host), str::to_owned),
    }
}

fn location(part: impl Fn(&web_sys::Location) -> Result<String, JsValue>) -> String {
    web_sys::window().and_then(|window| part(&window.location()).ok()).unwrap_or_default()
}

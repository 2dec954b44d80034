//! The page as a whole.

use std::rc::Rc;

use link::Phase;
use yew::prelude::*;

use super::composer::Composer;
use super::connection_bar::ConnectionBar;
use super::detail::Detail;
use super::log_view::LogView;
use super::notice_bar::NoticeBar;
use super::status_bar::StatusBar;
use crate::model::status;
use crate::session::{Session, View};

/// Properties of [`App`].
#[derive(Debug, PartialEq, Properties)]
pub struct AppProps {
    /// What the page shows.
    pub session: Session,
    /// The address to begin with.
    pub address: AttrValue,
}

/// The whole page. It follows the session and hands plain values down.
#[component]
pub fn App(props: &AppProps) -> Html {
    let view = use_view(&props.session);
    let address = use_state(|| props.address.clone());
    let protocols = use_state(AttrValue::default);
    let selected = use_state_eq(|| None::<usize>);

    let session = props.session.clone();
    let connect = use_callback(
        (session.clone(), address.clone(), protocols.clone()),
        |(), (session, address, protocols)| session.connect(address, protocols),
    );
    let connect_to = use_callback(
        (session.clone(), address.clone(), protocols.clone()),
        |suggestion: AttrValue, (session, address, protocols)| {
            session.connect(&suggestion, protocols);
            address.set(suggestion);
        },
    );
    let select = use_callback(selected.setter(), |position, selected| selected.set(position));

    let announcement = status::announcement(view.link.phase, view.link.last_close.as_ref());
    use_effect_with(tab_title(view.link.phase), |title| set_title(title));

    let entry = selected.and_then(|position| session.entry(position));
    html! {
        <div class={classes!("app", entry.is_some().then_some("has-detail"))}>
            <ConnectionBar
                session={session.clone()}
                address={(*address).clone()}
                protocols={(*protocols).clone()}
                on_address={address.setter().to_callback()}
                on_protocols={protocols.setter().to_callback()}
                on_connect={connect}
                is_final={view.link.phase.is_final()}
                is_other={!view.address.is_empty() && *address.trim() != *view.address}
                heartbeat={view.heartbeat}
                reconnect={view.reconnect}
            />
            <StatusBar session={session.clone()} link={view.link.clone()} />
            if let Some(notice) = view.notice.clone() {
                <NoticeBar session={session.clone()} {notice} on_suggestion={connect_to} />
            }
            <main class="app-main">
                <LogView
                    session={session.clone()}
                    start={view.log_start}
                    end={view.log_end}
                    revision={view.revision}
                    selected={*selected}
                    on_select={select.clone()}
                />
                if let Some(entry) = entry {
                    <Detail {entry} on_close={select.reform(|()| None)} />
                }
            </main>
            <Composer {session} is_open={view.link.phase == Phase::Open} is_closed={is_closed(view.link.phase)} />
            <p class="visually-hidden" role="status" aria-live="polite" data-testid="announcement">{announcement}</p>
        </div>
    }
}

/// The session's latest view.
#[hook]
fn use_view(session: &Session) -> Rc<View> {
    let view = use_state(|| session.view());
    let setter = view.setter();
    use_effect_with(session.clone(), move |session| {
        let subscription = session.subscribe(move |view| setter.set(view));
        move || drop(subscription)
    });
    (*view).clone()
}

/// Whether the link takes no messages.
fn is_closed(phase: Phase) -> bool {
    matches!(phase, Phase::Closed(_) | Phase::Closing)
}

/// Short enough for a tab.
fn tab_title(phase: Phase) -> &'static str {
    match phase {
        Phase::Idle => "Heartwire",
        Phase::Open => "● Heartwire",
        Phase::Connecting { .. } | Phase::Waiting { .. } | Phase::Offline { .. } => "◌ Heartwire",
        Phase::Closing | Phase::Suspended { .. } | Phase::Closed(_) => "○ Heartwire",
    }
}

fn set_title(title: &str) {
    if let Some(document) = web_sys::window().and_then(|window| window.document()) {
        document.set_title(title);
    }
}

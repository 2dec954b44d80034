//! One connection: where it goes, how it is doing, its log and what to send.

use link::Phase;
use yew::prelude::*;

use super::composer::Composer;
use super::connection_bar::ConnectionBar;
use super::hooks::use_view;
use super::log_view::LogView;
use super::notice_bar::NoticeBar;
use super::side_panel::{Panel, SidePanel, use_panel};
use super::status_bar::StatusBar;
use crate::session::{Draft, Session};

#[derive(PartialEq, Properties)]
pub(super) struct ConnectionProps {
    pub(super) session: Session,
}

/// It follows the session and hands plain values down.
#[component]
pub(super) fn Connection(props: &ConnectionProps) -> Html {
    let session = &props.session;
    let view = use_view(session);
    let panel = use_panel();
    let selected = use_state_eq(|| None::<usize>);

    let connect = use_callback(session.clone(), |(), session| session.connect());
    let draft = use_callback(session.clone(), |draft: Draft, session| session.set_draft(draft));
    let connect_to = use_callback(session.clone(), |address: AttrValue, session| {
        session.set_draft(Draft { address, ..session.draft() });
        session.connect();
    });
    let select =
        use_callback((selected.setter(), panel.clone()), |position: Option<usize>, (selected, panel)| {
            selected.set(position);
            if position.is_some() {
                panel.reveal(Panel::Detail);
            } else {
                panel.conceal();
            }
        });

    let entry = selected.and_then(|position| session.entry(position));
    let written = session.draft();
    let is_other = !view.address.is_empty() && *written.address.trim() != *view.address;
    html! {
        <>
            <ConnectionBar
                session={session.clone()}
                draft={written}
                on_draft={draft}
                on_connect={connect}
                is_final={view.link.phase.is_final()}
                {is_other}
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
                <SidePanel session={session.clone()} {panel} {entry} on_close={select.reform(|()| None)} />
            </main>
            <Composer
                session={session.clone()}
                is_open={view.link.phase == Phase::Open}
                is_closed={is_closed(view.link.phase)}
                compose={view.compose.clone()}
            />
        </>
    }
}

/// Whether the link takes no messages.
fn is_closed(phase: Phase) -> bool {
    matches!(phase, Phase::Closed(_) | Phase::Closing)
}

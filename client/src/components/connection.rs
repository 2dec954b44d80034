//! One connection: where it goes, how it is doing, its log and what to send.

use link::Phase;
use yew::prelude::*;

use super::composer::Composer;
use super::connection_bar::ConnectionBar;
use super::hooks::use_view;
use super::log::LogPane;
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

    let connect = use_callback(session.clone(), |(), session| session.connect());
    let draft = use_callback(session.clone(), |draft: Draft, session| session.set_draft(draft));
    let connect_to = use_callback(session.clone(), |address: AttrValue, session| {
        session.set_draft(Draft { address, ..session.draft() });
        session.connect();
    });
    let select = use_callback(panel.clone(), |selected: bool, panel| {
        if selected {
            panel.reveal(Panel::Detail);
        } else {
            panel.conceal();
        }
    });

    let close_detail = use_callback((session.clone(), select.clone()), |(), (session, select)| {
        session.look(|list, log| list.select(None, false, log.store()));
        select.emit(false);
    });
    let (entry, pinned) = session.detail();
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
            <main class="app-body">
                <div class="app-main">
                    <LogPane session={session.clone()} revision={view.revision} on_select={select} />
                    <SidePanel session={session.clone()} {panel} {entry} {pinned} on_close={close_detail} />
                </div>
                <Composer
                    session={session.clone()}
                    is_open={view.link.phase == Phase::Open}
                    is_closed={is_closed(view.link.phase)}
                    compose={view.compose.clone()}
                />
            </main>
        </>
    }
}

/// Whether the link takes no messages.
fn is_closed(phase: Phase) -> bool {
    matches!(phase, Phase::Closed(_) | Phase::Closing)
}

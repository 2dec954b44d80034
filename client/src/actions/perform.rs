//! The one place that carries actions out, and that says which are possible.

use gloo_timers::callback::Timeout;
use link::Message;
use wasm_bindgen_futures::JsFuture;
use workbench::connection::TransportKind;
use workbench::entry::{Body, Entry, EntryId, Kind};

use super::stage::{Scene, focus};
use super::{Action, Panel, Sheet, Sort};
use crate::model::format::hex_dump;
use crate::model::list::{Query, Toggles};
use crate::model::log::{message, words};
use crate::model::notice::Matter;
use crate::running::outgoing::Mode;
use crate::running::session::{Draft, Session};
use crate::running::transport::Control;
use crate::texts::{plural, texts};

/// Selections with more entries, or more bytes, are neither copied nor sent again in one go.
const MAX_SELECTED: usize = 10_000;
const MAX_SELECTED_BYTES: usize = 16 << 20;

/// How an action stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// It would do something.
    pub possible: bool,
    /// What it switches is on; `None` where it switches nothing.
    pub on: Option<bool>,
}

/// What the notice is about.
fn matter(session: &Session) -> Option<Matter> {
    session.view().notice.as_ref().map(|notice| notice.matter.clone())
}

impl Scene {
    /// Does it, in this view.
    pub fn perform(&self, action: Action) {
        let (session, places) = (self.session(), self.places());
        match action {
            Action::Open(sheet) => self.with_stage(|stage| stage.set_sheet(Some(sheet))),
            Action::Theme => self.with_stage(|stage| stage.set_theme(stage.theme().next())),
            Action::NewTab => self.with_stage(|stage| drop(stage.workspace().add(None))),
            Action::CloseTab => self.with_stage(|stage| stage.workspace().close(session.id())),
            Action::PreviousTab => self.with_stage(|stage| stage.workspace().step(false)),
            Action::NextTab => self.with_stage(|stage| stage.workspace().step(true)),
            Action::ShowTab(number) => self.with_stage(|stage| {
                let tabs = stage.workspace().tabs();
                if let Some(tab) = tabs.tabs.get(usize::from(number).wrapping_sub(1)) {
                    stage.workspace().activate(tab.id);
                }
            }),
            Action::EditAddress => focus(&places.address),
            Action::Connect => session.connect(),
            Action::RetryNow => session.retry_now(),
            Action::Disconnect => session.disconnect(),
            Action::Options => self.set_options(!self.shows_options()),
            Action::Reconnect => session.set_reconnect(!session.options().reconnect.enabled),
            Action::Heartbeat => session.set_heartbeat(session.view().heartbeat.is_none()),
            Action::Relay => match session.options().relay.need() {
                None => session.set_relayed(session.view().carrier != TransportKind::Relay),
                // Nothing else can do what is asked for, and there it says so.
                Some(_) => self.perform(Action::Open(Sheet::Relay)),
            },
            Action::Ping => session.control(Control::Ping, b""),
            Action::Dismiss => session.dismiss(),
            Action::UseSuggestion => {
                let view = session.view();
                if let Some(address) = view.notice.as_ref().and_then(|notice| notice.suggestion.clone()) {
                    session.set_draft(Draft { address: address.into(), ..session.draft() });
                    session.connect();
                }
            }
            Action::GiveLeave => {
                if let Some(Matter::Leave(leave)) = matter(session) {
                    session.give_leave(&leave);
                }
            }
            Action::UsePreset => {
                if let Some(Matter::Preset(preset)) = matter(session) {
                    session.use_preset(preset);
                }
            }
            Action::Panel(panel) => self.toggle_panel(panel),
            Action::Compose => self.editor().focus(),
            Action::Write(mode) => self.editor().set_mode(mode),
            Action::LayOut => self.editor().format(),
            Action::Send => self.editor().send(),
            Action::Drawer(drawer) => self.set_drawer((self.drawer() != Some(drawer)).then_some(drawer)),
            _ => self.perform_in_log(action),
        }
    }

    /// Does it once the browser has finished what it is at: a dialog that closes gives the focus back first.
    pub fn perform_later(&self, action: Action) {
        let scene = self.clone();
        Timeout::new(0, move || scene.perform(action)).forget();
    }

    /// How it stands in this view.
    pub fn state(&self, action: Action) -> State {
        let session = self.session();
        let view = session.view();
        let phase = view.link.phase;
        let always = State { possible: true, on: None };
        let when = |possible: bool| State { possible, on: None };
        let switch = |on: bool| State { possible: true, on: Some(on) };
        match action {
            // Nothing can be sent, and there is no composer.
            Action::Compose
            | Action::Write(_)
            | Action::LayOut
            | Action::Send
            | Action::Drawer(_)
            | Action::Resend
            | Action::EditResend
                if session.watches() =>
            {
                when(false)
            }
            Action::CloseTab | Action::PreviousTab | Action::NextTab => when(self.tabs() > 1),
            Action::ShowTab(number) => when((1..=self.tabs()).contains(&usize::from(number))),
            Action::Connect => {
                let written = session.draft().address;
                let is_other = !view.address.is_empty() && *written.trim() != *view.address;
                when(phase.is_final() || is_other)
            }
            Action::RetryNow => when(crate::model::status::counts_down(phase)),
            Action::Disconnect => when(!phase.is_final()),
            // Only the page's own server can be asked: others would be strangers', and tell no page of another's.
            // What goes through its relay is held there, wherever it leads.
            Action::Open(Sheet::Hold) if view.carrier == TransportKind::Relay => always,
            Action::Open(Sheet::Faults | Sheet::Watch | Sheet::Hold) => {
                when(session.read(|log, _| log.page().is_own(&session.draft().address)))
            }
            Action::Options => switch(self.shows_options()),
            Action::Reconnect => switch(view.reconnect),
            Action::Heartbeat => switch(view.heartbeat.is_some()),
            Action::Relay => switch(view.carrier == TransportKind::Relay),
            Action::Ping => when(view.link.relayed),
            Action::Dismiss => when(view.notice.is_some()),
            Action::UseSuggestion => {
                when(view.notice.as_ref().is_some_and(|notice| notice.suggestion.is_some()))
            }
            Action::GiveLeave => when(matches!(matter(session), Some(Matter::Leave(_)))),
            Action::UsePreset => when(matches!(matter(session), Some(Matter::Preset(_)))),
            Action::Panel(panel) => switch(self.panel() == Some(panel)),
            Action::Write(mode) => switch(session.outgoing().mode() == mode),
            Action::LayOut => when(session.outgoing().mode() == Mode::Written(workbench::view::Format::Json)),
            Action::Drawer(drawer) => switch(self.drawer() == Some(drawer)),
            Action::ShowAll => when(session.read(|_, list| list.is_filtered())),
            Action::Show(sort) => switch(session.read(|_, list| sort.of(list.toggles()))),
            Action::Find => switch(session.read(|_, list| list.search_query().is_some())),
            Action::CloseFind => when(session.read(|_, list| list.search_query().is_some())),
            Action::FindNext | Action::FindPrevious => {
                when(session.read(|log, list| list.found(log.store()).count > 0))
            }
            Action::Pause => switch(session.read(|_, list| list.is_paused())),
            Action::Times(mode) => switch(session.read(|_, list| list.time_mode == mode)),
            Action::Clear => when(session.read(|log, _| !log.store().is_empty())),
            Action::Pin => switch(session.read(|_, list| list.selection().pinned())),
            Action::Copy | Action::Deselect => when(session.detail().0.is_some()),
            Action::Resend => when(self.has_selected_message()),
            Action::EditResend => when(self.focused_is_message()),
            Action::ShowPair => when(session.detail().0.is_some_and(|entry| entry.pair.is_some())),
            _ => always,
        }
    }

    /// How many entries are selected.
    pub fn selected(&self) -> usize {
        self.session().read(|log, list| list.selected(log.store()).take(MAX_SELECTED).count())
    }

    fn perform_in_log(&self, action: Action) {
        let (session, places) = (self.session(), self.places());
        match action {
            Action::ToLog => focus(&places.log),
            Action::EditFilter => focus(&places.filter),
            Action::ShowAll => session.look(|list, log| {
                list.set_filter(Query::default(), Default::default(), log.store());
                let heartbeats = list.toggles().heartbeats;
                list.set_toggles(Toggles { heartbeats, ..Toggles::default() }, log.store());
            }),
            Action::Show(sort) => {
                session.look(|list, log| list.set_toggles(sort.flipped(list.toggles()), log.store()));
            }
            Action::Find => {
                // One that is open keeps its words.
                session.look(|list, log| {
                    let query = list.search_query().cloned().unwrap_or_default();
                    list.set_search(Some(query), log.store());
                });
                focus(&places.find);
            }
            Action::CloseFind => session.look(|list, log| list.set_search(None, log.store())),
            Action::FindNext => session.look(|list, log| list.search_on(true, log.store())),
            Action::FindPrevious => session.look(|list, log| list.search_on(false, log.store())),
            Action::Pause => session.look(|list, log| list.set_paused(!list.is_paused(), log.store())),
            Action::Follow => session.look(|list, _| list.window_mut().set_following(true)),
            Action::Times(mode) => session.look(|list, _| list.time_mode = mode),
            Action::Clear => {
                self.conceal();
                session.clear();
            }
            Action::Copy => self.copy_selected(),
            Action::Resend => self.resend_selected(),
            Action::EditResend => {
                if let Some(entry) = session.detail().0.filter(|entry| entry.kind == Kind::Message) {
                    session.compose(entry.message());
                }
            }
            Action::Pin => session.look(|list, log| {
                let pinned = list.selection().pinned();
                list.set_pinned(!pinned, log.store());
            }),
            Action::ShowPair => {
                if let Some(pair) = session.detail().0.and_then(|entry| entry.pair) {
                    self.select(Some(pair), false);
                }
            }
            Action::Deselect => self.select(None, false),
            _ => {}
        }
    }

    /// Selects an entry and shows it in full, or selects none.
    pub fn select(&self, id: Option<EntryId>, extend: bool) {
        self.session().look(|list, log| list.select(id, extend, log.store()));
        self.set_copied(None);
        match id {
            Some(_) => self.reveal(Panel::Detail),
            None => self.conceal(),
        }
    }

    /// Copies a text and says whether the browser let it happen.
    pub fn copy(&self, text: String) {
        let Some(window) = web_sys::window() else { return };
        let scene = self.clone();
        #[expect(
            clippy::disallowed_methods,
            reason = "ends with the browser's answer, and a scene outlives what draws it"
        )]
        wasm_bindgen_futures::spawn_local(async move {
            // Pages not served from https or this machine have no clipboard at all.
            let allowed = window.is_secure_context();
            let result = allowed.then(|| JsFuture::from(window.navigator().clipboard().write_text(&text)));
            let copied = match result {
                Some(result) => result.await.is_ok(),
                None => false,
            };
            scene.set_copied(Some(copied));
        });
    }

    /// One entry as it is; of several, each on a line of its own.
    fn copy_selected(&self) {
        let only = self.session().read(|log, list| {
            let mut selected = list.selected(log.store());
            selected.next().filter(|_| selected.next().is_none())
        });
        // What is copied is what is shown.
        if let Some(text) = only.and_then(|id| self.shown_text(id)) {
            return self.copy(text);
        }
        let texts = self.session().read(|log, list| {
            let store = log.store();
            let mut bytes = 0;
            list.selected(store)
                .take(MAX_SELECTED)
                .filter_map(|id| store.get(id))
                .take_while(|entry| {
                    bytes += entry.size();
                    bytes <= MAX_SELECTED_BYTES
                })
                .map(|entry| match entry.body {
                    Body::Text(_) => words::searched(&entry),
                    Body::Binary(bytes) => hex_dump(bytes),
                })
                .collect::<Vec<_>>()
        });
        if !texts.is_empty() {
            self.copy(texts.join("\n"));
        }
    }

    fn resend_selected(&self) {
        let messages: Vec<Message> = self.session().read(|log, list| {
            let store = log.store();
            let entries = list.selected(store).take(MAX_SELECTED).filter_map(|id| store.get(id));
            entries.filter(is_message).map(|entry| message(entry.body)).collect()
        });
        for message in messages {
            if !self.session().send(message) {
                break;
            }
        }
    }

    fn has_selected_message(&self) -> bool {
        self.session().read(|log, list| {
            let store = log.store();
            let mut entries = list.selected(store).take(MAX_SELECTED).filter_map(|id| store.get(id));
            entries.any(|entry| is_message(&entry))
        })
    }

    fn focused_is_message(&self) -> bool {
        self.session().detail().0.is_some_and(|entry| entry.kind == Kind::Message)
    }

    fn tabs(&self) -> usize {
        self.stage().map_or(1, |stage| stage.workspace().tabs().tabs.len())
    }

    fn with_stage(&self, act: impl FnOnce(&super::stage::Stage)) {
        if let Some(stage) = self.stage() {
            act(&stage);
        }
    }
}

fn is_message(entry: &Entry<'_>) -> bool {
    entry.kind == Kind::Message
}

impl Sort {
    /// Whether it is shown.
    fn of(self, toggles: Toggles) -> bool {
        match self {
            Sort::Received => toggles.received,
            Sort::Sent => toggles.sent,
            Sort::Events => toggles.events,
            Sort::Heartbeats => toggles.heartbeats,
        }
    }

    fn flipped(self, toggles: Toggles) -> Toggles {
        let mut flipped = toggles;
        let place = match self {
            Sort::Received => &mut flipped.received,
            Sort::Sent => &mut flipped.sent,
            Sort::Events => &mut flipped.events,
            Sort::Heartbeats => &mut flipped.heartbeats,
        };
        *place = !*place;
        flipped
    }
}

/// What was selected, in words, where it is more than one entry.
pub fn selection_sentence(selected: usize) -> Option<String> {
    (selected > 1).then(|| plural(texts().log.selected_count, selected as u64))
}

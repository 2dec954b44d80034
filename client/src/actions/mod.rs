//! What a person can do, as data: each [`Action`] once, with its name, its key and its place in the help, and one place
//! that carries it out. Buttons, keys, the help sheet and the command palette all go through here.

pub mod editor;
pub mod files;
pub mod keys;
pub mod perform;
pub mod stage;

use workbench::view::Format;

use crate::model::list::TimeMode;
use crate::running::outgoing::Mode;
use crate::texts::Texts;

/// Something a person can do. What concerns a connection concerns the one that it is done in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Opens a sheet over the page.
    Open(Sheet),
    /// Goes on to the next theme.
    Theme,
    /// Opens another connection.
    NewTab,
    /// Closes the connection and its tab.
    CloseTab,
    /// Shows the tab before.
    PreviousTab,
    /// Shows the tab behind.
    NextTab,
    /// Shows the tab of that number, from 1.
    ShowTab(u8),
    /// Moves the focus to the address.
    EditAddress,
    /// Connects to what the connection bar says.
    Connect,
    /// Ends a wait at once.
    RetryNow,
    /// Closes the connection.
    Disconnect,
    /// Shows or hides subprotocols and what else belongs to the connection.
    Options,
    /// Reconnecting by itself.
    Reconnect,
    /// The heartbeat.
    Heartbeat,
    /// Going through the relay.
    Relay,
    /// Sends a Ping through it.
    Ping,
    /// Takes the notice away.
    Dismiss,
    /// Connects to the address that the notice suggests.
    UseSuggestion,
    /// Agrees that values go to the server that the notice names.
    GiveLeave,
    /// Makes the settings what the protocol that the notice names expects.
    UsePreset,
    /// Opens or closes a side panel.
    Panel(Panel),
    /// Moves the focus to the log.
    ToLog,
    /// Moves the focus to the filter.
    EditFilter,
    /// Shows everything again.
    ShowAll,
    /// Shows or hides a sort of entries.
    Show(Sort),
    /// Opens the search, or goes to it.
    Find,
    /// Closes the search.
    CloseFind,
    /// Goes to the next hit.
    FindNext,
    /// Goes to the hit before.
    FindPrevious,
    /// Keeps new entries out of sight, or shows them.
    Pause,
    /// Goes to the end of the log and stays there.
    Follow,
    /// Writes times in this way.
    Times(TimeMode),
    /// Empties the log.
    Clear,
    /// Copies what is selected.
    Copy,
    /// Sends the selected messages again.
    Resend,
    /// Puts the selected message into the composer.
    EditResend,
    /// Always shows the newest entry in full.
    Pin,
    /// Selects the other half of a request and its answer.
    ShowPair,
    /// Selects nothing.
    Deselect,
    /// Moves the focus to the message.
    Compose,
    /// Writes messages in this way.
    Write(Mode),
    /// Lays the message out as JSON.
    LayOut,
    /// Sends the message.
    Send,
    /// Opens or closes a drawer of the composer.
    Drawer(Drawer),
}

/// What can lie over the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// Every action by name.
    Palette,
    /// Connections that are kept.
    Profiles,
    /// Settings.
    Settings,
    /// Keys and close codes.
    Help,
    /// What the server can be asked to do wrong.
    Faults,
    /// The server's connections, to be watched.
    Watch,
    /// Settings, at what only a relay can do.
    Relay,
}

/// What the side panel can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// One entry in full.
    Detail,
    /// How the connection is doing.
    Health,
    /// Numbers in messages.
    Plot,
}

/// What opens above the composer, one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawer {
    /// What was sent.
    History,
    /// What is kept.
    Saved,
    /// Sending over and over.
    Repeat,
    /// Placeholders, and closing with a code.
    More,
}

/// A sort of entries that can be shown and hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Messages from the server.
    Received,
    /// Messages to the server.
    Sent,
    /// What happened to the connection.
    Events,
    /// Heartbeats and their answers.
    Heartbeats,
}

/// Where an action stands in the help and the palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The page and its tabs.
    Page,
    /// A connection.
    Connection,
    /// Its log.
    Log,
    /// What to send.
    Message,
}

/// What is known of an action.
#[derive(Debug)]
pub struct Spec {
    /// The action.
    pub action: Action,
    /// Where it belongs.
    pub group: Group,
    /// The key that does it, with the modifier in front, as `aria-keyshortcuts` has it; empty for none.
    pub key: &'static str,
    /// A stable word: the `data-testid` of its buttons.
    pub slug: &'static str,
    /// What it is called.
    pub name: fn(&Texts) -> &'static str,
}

impl Sheet {
    /// A stable word.
    pub fn slug(self) -> &'static str {
        match self {
            Sheet::Palette => "palette",
            Sheet::Profiles => "profiles",
            Sheet::Settings => "settings",
            Sheet::Help => "help",
            Sheet::Faults => "faults",
            Sheet::Watch => "watch",
            Sheet::Relay => "relay",
        }
    }
}

impl Panel {
    /// Each of them, as the rail has them.
    pub const ALL: [Panel; 3] = [Panel::Detail, Panel::Health, Panel::Plot];

    /// A stable word.
    pub fn slug(self) -> &'static str {
        match self {
            Panel::Detail => "detail",
            Panel::Health => "health",
            Panel::Plot => "plot",
        }
    }
}

impl Drawer {
    /// Each of them, from left to right.
    pub const ALL: [Drawer; 4] = [Drawer::History, Drawer::Saved, Drawer::Repeat, Drawer::More];

    /// A stable word.
    pub fn slug(self) -> &'static str {
        match self {
            Drawer::History => "history",
            Drawer::Saved => "saved",
            Drawer::Repeat => "repeat",
            Drawer::More => "more",
        }
    }
}

impl Sort {
    /// A stable word.
    pub fn slug(self) -> &'static str {
        match self {
            Sort::Received => "received",
            Sort::Sent => "sent",
            Sort::Events => "events",
            Sort::Heartbeats => "heartbeats",
        }
    }
}

impl Group {
    /// Each of them, as the help has them.
    pub const ALL: [Group; 4] = [Group::Page, Group::Connection, Group::Log, Group::Message];

    /// What it is called.
    pub fn name(self, t: &Texts) -> &'static str {
        match self {
            Group::Page => t.settings.help_general,
            Group::Connection => t.settings.help_connection,
            Group::Log => t.settings.help_log,
            Group::Message => t.settings.help_composer,
        }
    }
}

impl Action {
    /// What is known of it.
    pub fn spec(self) -> &'static Spec {
        let known = SPECS.iter().find(|spec| spec.action == self);
        // Tabs have numbers without end; the first stands for all of them.
        known.unwrap_or(&SPECS[0])
    }

    /// What it is called.
    pub fn name(self, t: &Texts) -> &'static str {
        (self.spec().name)(t)
    }

    /// The key that does it; `None` for none.
    pub fn key(self) -> Option<&'static str> {
        Some(self.spec().key).filter(|key| !key.is_empty())
    }
}

const fn spec(
    group: Group,
    action: Action,
    key: &'static str,
    slug: &'static str,
    name: fn(&Texts) -> &'static str,
) -> Spec {
    Spec { action, group, key, slug, name }
}

/// Every action that has a name, in the order of the help and the palette.
pub static SPECS: &[Spec] = &[
    spec(Group::Page, Action::ShowTab(1), "1", "tab-number", |t| t.settings.key_tab_number),
    spec(Group::Page, Action::Open(Sheet::Palette), "Control+K", "open-palette", |t| t.settings.palette),
    spec(Group::Page, Action::Open(Sheet::Help), "?", "open-help", |t| t.settings.help),
    spec(Group::Page, Action::Open(Sheet::Settings), ",", "open-settings", |t| t.settings.title),
    spec(Group::Page, Action::Open(Sheet::Profiles), "p", "open-profiles", |t| t.settings.profiles),
    spec(Group::Page, Action::Theme, "", "theme", |t| t.settings.act_theme),
    spec(Group::Page, Action::NewTab, "n", "tab-add", |t| t.common.tab_add),
    spec(Group::Page, Action::CloseTab, "", "tab-close", |t| t.settings.act_close_tab),
    spec(Group::Page, Action::PreviousTab, "[", "tab-previous", |t| t.settings.act_previous_tab),
    spec(Group::Page, Action::NextTab, "]", "tab-next", |t| t.settings.act_next_tab),
    spec(Group::Page, Action::Panel(Panel::Detail), "e", "panel-detail", |t| t.common.panel_detail),
    spec(Group::Page, Action::Panel(Panel::Health), "h", "panel-health", |t| t.common.panel_health),
    spec(Group::Page, Action::Panel(Panel::Plot), "g", "panel-plot", |t| t.common.panel_plot),
    spec(Group::Connection, Action::EditAddress, "u", "url", |t| t.settings.key_address),
    spec(Group::Connection, Action::RetryNow, "c", "retry-now", |t| t.common.retry_now),
    spec(Group::Connection, Action::Connect, "c", "connect", |t| t.common.connect),
    spec(Group::Connection, Action::Disconnect, "d", "disconnect", |t| t.common.disconnect),
    spec(Group::Connection, Action::Options, "", "options-toggle", |t| t.common.options),
    spec(Group::Connection, Action::Open(Sheet::Faults), "x", "open-faults", |t| t.settings.faults),
    spec(Group::Connection, Action::Open(Sheet::Watch), "w", "open-watch", |t| t.settings.watch),
    spec(Group::Connection, Action::Reconnect, "", "reconnect-toggle", |t| t.common.reconnect),
    spec(Group::Connection, Action::Heartbeat, "", "heartbeat-toggle", |t| t.common.heartbeat),
    spec(Group::Connection, Action::Open(Sheet::Relay), "r", "open-relay", |t| t.settings.pane_relay),
    spec(Group::Connection, Action::Relay, "", "relay-toggle", |t| t.settings.relay_act),
    spec(Group::Connection, Action::Ping, "", "ping", |t| t.composer.ping_act),
    spec(Group::Connection, Action::UseSuggestion, "", "use-suggestion", |t| t.settings.act_use_suggestion),
    spec(Group::Connection, Action::GiveLeave, "", "give-leave", |t| t.common.leave_agree),
    spec(Group::Connection, Action::UsePreset, "", "use-preset", |t| t.settings.act_use_preset),
    spec(Group::Connection, Action::Dismiss, "", "dismiss", |t| t.common.dismiss),
    spec(Group::Log, Action::ToLog, "l", "log", |t| t.settings.key_log),
    spec(Group::Log, Action::EditFilter, "/", "filter", |t| t.log.filter),
    spec(Group::Log, Action::ShowAll, "", "show-all", |t| t.log.show_all),
    spec(Group::Log, Action::Show(Sort::Received), "", "show-received", |t| t.log.show_received),
    spec(Group::Log, Action::Show(Sort::Sent), "", "show-sent", |t| t.log.show_sent),
    spec(Group::Log, Action::Show(Sort::Events), "", "show-events", |t| t.log.show_events),
    spec(Group::Log, Action::Show(Sort::Heartbeats), "", "show-heartbeats", |t| t.log.show_heartbeats),
    spec(Group::Log, Action::Find, "f", "find-toggle", |t| t.log.find),
    spec(Group::Log, Action::FindPrevious, "", "find-previous", |t| t.log.find_previous),
    spec(Group::Log, Action::FindNext, "", "find-next", |t| t.log.find_next),
    spec(Group::Log, Action::CloseFind, "", "find-close", |t| t.log.find_close),
    spec(Group::Log, Action::Pause, "s", "pause", |t| t.log.pause),
    spec(Group::Log, Action::Follow, "", "follow", |t| t.settings.act_follow),
    spec(Group::Log, Action::Times(TimeMode::Clock), "", "times-clock", |t| t.settings.act_times_clock),
    spec(Group::Log, Action::Times(TimeMode::Relative), "", "times-relative", |t| {
        t.settings.act_times_relative
    }),
    spec(Group::Log, Action::Times(TimeMode::Delta), "", "times-delta", |t| t.settings.act_times_delta),
    spec(Group::Log, Action::Times(TimeMode::Selected), "", "times-selected", |t| {
        t.settings.act_times_selected
    }),
    spec(Group::Log, Action::Clear, "", "clear", |t| t.settings.act_clear),
    spec(Group::Log, Action::Copy, "", "copy", |t| t.log.copy),
    spec(Group::Log, Action::Resend, "", "resend", |t| t.log.resend),
    spec(Group::Log, Action::EditResend, "", "edit-resend", |t| t.log.edit_resend),
    spec(Group::Log, Action::ShowPair, "", "pair", |t| t.settings.act_show_pair),
    spec(Group::Log, Action::Pin, "", "pin", |t| t.log.pin),
    spec(Group::Log, Action::Deselect, "", "detail-close", |t| t.log.close_detail),
    spec(Group::Message, Action::Compose, "m", "composer", |t| t.settings.key_composer),
    spec(Group::Message, Action::Send, "", "send", |t| t.composer.send),
    spec(Group::Message, Action::Write(Mode::Written(Format::Text)), "", "mode-text", |t| {
        t.composer.mode_text_hint
    }),
    spec(Group::Message, Action::Write(Mode::Written(Format::Json)), "", "mode-json", |t| {
        t.composer.mode_json_hint
    }),
    spec(Group::Message, Action::Write(Mode::Written(Format::Hex)), "", "mode-hex", |t| {
        t.composer.mode_hex_hint
    }),
    spec(Group::Message, Action::Write(Mode::Written(Format::Base64)), "", "mode-base64", |t| {
        t.composer.mode_base64_hint
    }),
    spec(Group::Message, Action::Write(Mode::Files), "", "mode-file", |t| t.composer.mode_file_hint),
    spec(Group::Message, Action::LayOut, "", "format", |t| t.composer.format_hint),
    spec(Group::Message, Action::Drawer(Drawer::History), "", "history-toggle", |t| t.composer.history),
    spec(Group::Message, Action::Drawer(Drawer::Saved), "", "saved-toggle", |t| t.composer.saved),
    spec(Group::Message, Action::Drawer(Drawer::Repeat), "", "repeat-toggle", |t| t.composer.repeat),
    spec(Group::Message, Action::Drawer(Drawer::More), "", "more-toggle", |t| t.composer.more),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Lang;
    use crate::texts::tests::texts_in;

    #[test]
    fn each_action_is_known_once_by_one_word_and_by_one_name() {
        for (index, spec) in SPECS.iter().enumerate() {
            for other in &SPECS[..index] {
                assert_ne!(spec.action, other.action);
                assert_ne!(spec.slug, other.slug);
                for lang in Lang::ALL {
                    let (one, two) = ((spec.name)(texts_in(lang)), (other.name)(texts_in(lang)));
                    assert!(one != two || spec.group != other.group, "{one}");
                }
            }
            assert_eq!(spec.action.spec().slug, spec.slug);
        }
    }

    /// Retrying and connecting share theirs: only one of them is possible at a time.
    #[test]
    fn no_two_actions_have_the_same_key() {
        let keys: Vec<_> = SPECS.iter().filter(|spec| !spec.key.is_empty()).collect();
        for (index, spec) in keys.iter().enumerate() {
            for other in &keys[..index] {
                let shared = spec.action == Action::Connect && other.action == Action::RetryNow;
                assert!(spec.key != other.key || shared, "{:?} {:?}", spec.action, other.action);
            }
        }
    }
}

//! Buttons that do what [`Action`]s say.

use yew::prelude::*;

use super::icons::{Icon, picture};
use crate::actions::stage::Scene;
use crate::actions::{Action, Drawer, Panel, Sheet, Sort};
use crate::texts::Texts;
use crate::views::markup::html;

/// Does an action in a view, whatever the event.
pub(super) fn act<E: 'static>(scene: &Scene, action: Action) -> Callback<E> {
    let scene = scene.clone();
    Callback::from(move |_: E| scene.perform(action))
}

/// A button with a picture, by default a small one. What it switches is pressed while it is on.
pub(super) fn icon_button(scene: &Scene, action: Action, class: &'static str, texts: &'static Texts) -> Html {
    let state = scene.state(action);
    let is_on = state.on == Some(true);
    let (icon, title) = match action {
        Action::Pause if is_on => (Icon::Play, texts.log.resume),
        _ => (icon(action), action.name(texts)),
    };
    html! {
        <button
            class={class}
            type="button"
            {title}
            aria-label={title}
            aria-pressed={state.on.map(|on| on.to_string())}
            aria-haspopup={matches!(action, Action::Open(_)).then_some("dialog")}
            aria-keyshortcuts={action.key()}
            data-testid={action.spec().slug}
            disabled={!state.possible}
            onclick={act::<MouseEvent>(scene, action)}
        >
            {picture(icon)}
        </button>
    }
}

/// A button with words.
pub(super) fn word_button(scene: &Scene, action: Action, class: &'static str, words: &str) -> Html {
    html! {
        <button
            class={class}
            type="button"
            aria-keyshortcuts={action.key()}
            data-testid={action.spec().slug}
            onclick={act::<MouseEvent>(scene, action)}
        >
            {words}
        </button>
    }
}

/// What stands on the button of an action.
pub(super) fn icon(action: Action) -> Icon {
    match action {
        Action::Open(Sheet::Profiles) => Icon::Folder,
        Action::Open(Sheet::Settings) => Icon::Gear,
        Action::Open(Sheet::Help) => Icon::Question,
        Action::Open(Sheet::Palette) | Action::Find => Icon::Search,
        Action::NewTab => Icon::Plus,
        Action::Options => Icon::Sliders,
        Action::Panel(Panel::Detail) => Icon::Detail,
        Action::Panel(Panel::Health) => Icon::Pulse,
        Action::Panel(Panel::Plot) => Icon::Chart,
        Action::Drawer(Drawer::History) => Icon::History,
        Action::Drawer(Drawer::Saved) => Icon::Saved,
        Action::Drawer(Drawer::Repeat) => Icon::Repeat,
        Action::Drawer(Drawer::More) => Icon::More,
        Action::Show(Sort::Received) | Action::Follow | Action::FindNext => Icon::Down,
        Action::Show(Sort::Sent) | Action::FindPrevious => Icon::Up,
        Action::Show(Sort::Events) => Icon::Plug,
        Action::Show(Sort::Heartbeats) => Icon::Heart,
        Action::Pause => Icon::Pause,
        Action::Clear => Icon::Trash,
        Action::Copy => Icon::Copy,
        Action::Resend => Icon::Resend,
        Action::EditResend => Icon::Edit,
        Action::Pin => Icon::Pin,
        _ => Icon::Close,
    }
}

//! What can lie over the page: a part of it that is fetched when it is first wanted.

use yew::prelude::*;

use super::faults::Faults;
use super::help::Help;
use super::hold::Hold;
use super::palette::Palette;
use super::profiles::Profiles;
use super::settings::{Pane, Settings};
use super::watch::Watch;
use crate::actions::Sheet;
use crate::actions::stage::{Scene, Stage};
use crate::views::block::Block;

/// The open sheet.
#[inline(never)]
pub(super) fn chunk_sheets(sheet: Sheet, stage: Stage, scene: Scene, on_close: Callback<()>) -> Html {
    let workspace = stage.workspace().clone();
    match sheet {
        Sheet::Palette => Palette { scene, on_close }.block(),
        Sheet::Settings => Settings { stage, scene, on_close, pane: Pane::Heartbeat }.block(),
        Sheet::Relay => Settings { stage, scene, on_close, pane: Pane::Relay }.block(),
        Sheet::Profiles => Profiles { workspace, on_close }.block(),
        Sheet::Help => Help { on_close }.block(),
        Sheet::Faults => Faults { scene, on_close }.block(),
        Sheet::Watch => Watch { workspace, on_close }.block(),
        Sheet::Hold => Html::default(),
    }
}

/// What the server holds: a sheet where it is open, else a bar where there is something to say.
#[inline(never)]
pub(super) fn chunk_sheets_hold(scene: Scene, is_open: bool, on_close: Callback<()>) -> Html {
    Hold { scene, is_open, on_close }.block()
}

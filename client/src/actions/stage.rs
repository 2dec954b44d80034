//! What is acted upon: the page, and in it the view of each connection.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement, HtmlInputElement, Node};
use workbench::entry::EntryId;
use yew::{Callback, NodeRef};

use super::editor::Editor;
use super::{Drawer, Panel, Sheet};
use crate::lasting::preferences::Theme;
use crate::lasting::storage::{self, Key};
use crate::running::session::Session;
use crate::running::workspace::Workspace;

/// Narrower pages begin without a side panel, in CSS pixels.
const WIDE_PX: f64 = 1000.0;

/// The page: what lies over it, and the views of its connections. Clones are the same, and equal only to each other.
#[derive(Clone)]
pub struct Stage(Rc<Page>);

struct Page {
    workspace: Workspace,
    sheet: Cell<Option<Sheet>>,
    theme: Cell<Theme>,
    scenes: RefCell<Vec<Scene>>,
    redraw: RefCell<Callback<()>>,
}

/// An entry, and what makes the text that is shown of it.
type Shown = (EntryId, Rc<dyn Fn() -> String>);

/// The view of one connection: what is open in it, and where the focus can go. Clones are the same, and equal only to
/// each other. Any number of them can be on screen.
#[derive(Clone)]
pub struct Scene(Rc<Inner>);

struct Inner {
    page: Weak<Page>,
    session: Session,
    editor: Editor,
    places: Places,
    panel: Cell<Option<Panel>>,
    /// What was open before an entry was revealed.
    before: Cell<Option<Panel>>,
    drawer: Cell<Option<Drawer>>,
    options: Cell<bool>,
    filter_help: Cell<bool>,
    /// Whether the latest copying worked.
    copied: Cell<Option<bool>>,
    /// The entry that the detail pane shows, and the text it shows.
    shown: RefCell<Option<Shown>>,
}

/// The elements that actions move the focus to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places {
    /// All of it.
    pub root: NodeRef,
    /// The address.
    pub address: NodeRef,
    /// The filter.
    pub filter: NodeRef,
    /// The search.
    pub find: NodeRef,
    /// The log.
    pub log: NodeRef,
}

impl PartialEq for Stage {
    fn eq(&self, other: &Stage) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl PartialEq for Scene {
    fn eq(&self, other: &Scene) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("sheet", &self.0.sheet).finish_non_exhaustive()
    }
}

impl fmt::Debug for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scene").field("panel", &self.0.panel).finish_non_exhaustive()
    }
}

impl Stage {
    /// The page of a workspace, with nothing over it.
    pub fn new(workspace: Workspace) -> Stage {
        Stage(Rc::new(Page {
            workspace,
            sheet: Cell::new(None),
            theme: Cell::new(Theme::load()),
            scenes: RefCell::default(),
            redraw: RefCell::default(),
        }))
    }

    /// What to call when the page as a whole looks different.
    pub fn on_change(&self, redraw: Callback<()>) {
        self.0.redraw.replace(redraw);
    }

    /// The connections.
    pub fn workspace(&self) -> &Workspace {
        &self.0.workspace
    }

    /// What lies over the page.
    pub fn sheet(&self) -> Option<Sheet> {
        self.0.sheet.get()
    }

    /// Lays something over the page, or nothing.
    pub fn set_sheet(&self, sheet: Option<Sheet>) {
        self.0.sheet.set(sheet);
        self.redraw();
    }

    /// How the page looks.
    pub fn theme(&self) -> Theme {
        self.0.theme.get()
    }

    /// Chooses how the page looks.
    pub fn set_theme(&self, theme: Theme) {
        theme.choose();
        self.0.theme.set(theme);
        self.redraw();
    }

    /// The view of a connection. It lives as long as its tab.
    pub fn scene(&self, session: &Session) -> Scene {
        let tabs = self.0.workspace.tabs();
        let mut scenes = self.0.scenes.borrow_mut();
        scenes.retain(|scene| tabs.tabs.iter().any(|tab| tab.session == *scene.session()));
        if let Some(scene) = scenes.iter().find(|scene| scene.session() == session) {
            return scene.clone();
        }
        let scene = Scene::new(Rc::downgrade(&self.0), session.clone());
        scenes.push(scene.clone());
        scene
    }

    /// The view that an event happens in; the one of the shown tab where it is none.
    pub fn around(&self, event: &Event) -> Scene {
        let element = event.target().and_then(|target| target.dyn_into::<Node>().ok());
        let element = element.as_ref();
        let holds = |scene: &&Scene| {
            let root = scene.places().root.get();
            element.is_some() && root.is_some_and(|root| root.contains(element))
        };
        let found = self.0.scenes.borrow().iter().find(holds).cloned();
        found.unwrap_or_else(|| self.shown())
    }

    /// The view that is shown.
    pub fn shown(&self) -> Scene {
        self.scene(&self.0.workspace.active())
    }

    fn redraw(&self) {
        let redraw = self.0.redraw.borrow().clone();
        redraw.emit(());
    }
}

impl Scene {
    /// At first the health is shown where there is room for it.
    fn new(page: Weak<Page>, session: Session) -> Scene {
        let panel = match storage::text(Key::PANEL) {
            Ok(Some(slug)) => Panel::ALL.into_iter().find(|panel| panel.slug() == slug),
            _ => is_wide().then_some(Panel::Health),
        };
        Scene(Rc::new(Inner {
            page,
            editor: Editor::new(session.clone()),
            session,
            places: Places::default(),
            panel: Cell::new(panel),
            before: Cell::new(panel.filter(|panel| *panel != Panel::Detail)),
            drawer: Cell::default(),
            options: Cell::default(),
            filter_help: Cell::default(),
            copied: Cell::default(),
            shown: RefCell::default(),
        }))
    }

    /// The page it belongs to, while there is one.
    pub fn stage(&self) -> Option<Stage> {
        self.0.page.upgrade().map(Stage)
    }

    /// Whether an event happens in this view, or in none while it is the shown one.
    pub fn is_around(&self, event: &Event) -> bool {
        self.stage().is_none_or(|stage| stage.around(event) == *self)
    }

    /// The connection.
    pub fn session(&self) -> &Session {
        &self.0.session
    }

    /// The composer.
    pub fn editor(&self) -> &Editor {
        &self.0.editor
    }

    /// Where the focus can go.
    pub fn places(&self) -> &Places {
        &self.0.places
    }

    /// An id for an element of this view: no other on the page has it.
    pub fn id(&self, name: &str) -> String {
        format!("{name}-{}", self.0.session.id().0)
    }

    /// The open panel.
    pub fn panel(&self) -> Option<Panel> {
        self.0.panel.get()
    }

    /// The open drawer.
    pub fn drawer(&self) -> Option<Drawer> {
        self.0.drawer.get()
    }

    /// Opens a drawer, or none.
    pub fn set_drawer(&self, drawer: Option<Drawer>) {
        self.0.drawer.set(drawer);
        self.redraw();
    }

    /// Whether the connection's options are shown.
    pub fn shows_options(&self) -> bool {
        self.0.options.get()
    }

    /// Shows or hides the connection's options.
    pub fn set_options(&self, shown: bool) {
        self.0.options.set(shown);
        self.redraw();
    }

    /// Whether it is shown how filters are written.
    pub fn shows_filter_help(&self) -> bool {
        self.0.filter_help.get()
    }

    /// Shows or hides how filters are written.
    pub fn set_filter_help(&self, shown: bool) {
        self.0.filter_help.set(shown);
        self.redraw();
    }

    /// Whether the latest copying worked, until something else is selected.
    pub fn copied(&self) -> Option<bool> {
        self.0.copied.get()
    }

    /// Says whether copying worked.
    pub fn set_copied(&self, copied: Option<bool>) {
        if self.0.copied.replace(copied) != copied {
            self.redraw();
        }
    }

    /// Opens a panel for the person, without making it their choice.
    pub fn reveal(&self, panel: Panel) {
        let open = self.0.panel.replace(Some(panel));
        if open != Some(panel) {
            self.0.before.set(open);
            self.redraw();
        }
    }

    /// Returns to what was open before an entry was revealed.
    pub fn conceal(&self) {
        if self.0.panel.get() == Some(Panel::Detail) {
            self.0.panel.set(self.0.before.get());
            self.redraw();
        }
    }

    /// Opens a panel, or closes it if it is open already; remembered as the person's choice.
    pub fn toggle_panel(&self, panel: Panel) {
        let open = (self.0.panel.get() != Some(panel)).then_some(panel);
        self.0.panel.set(open);
        self.0.before.set(open.filter(|panel| *panel != Panel::Detail));
        // Where storage is forbidden the choice lasts until the page is left.
        let _ = storage::set(Key::PANEL, open.map_or("", Panel::slug));
        self.redraw();
    }

    /// The detail pane shows an entry in some way; `text` is asked for when it is copied.
    pub fn set_shown(&self, entry: EntryId, text: Rc<dyn Fn() -> String>) {
        self.0.shown.replace(Some((entry, text)));
    }

    /// The text of an entry as the detail pane shows it, if that is open and shows it.
    pub fn shown_text(&self, entry: EntryId) -> Option<String> {
        let shown = self.0.shown.borrow().clone();
        let (_, text) =
            shown.filter(|(shown, _)| *shown == entry && self.0.panel.get() == Some(Panel::Detail))?;
        Some(text())
    }

    /// Draws the view again in the next animation frame.
    pub fn redraw(&self) {
        self.0.session.look(|_, _| ());
    }
}

/// Moves the focus to an element; a text in it is selected.
pub fn focus(place: &NodeRef) {
    let Some(element) = place.get().and_then(|node| node.dyn_into::<HtmlElement>().ok()) else { return };
    let _ = element.focus();
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        input.select();
    }
}

fn is_wide() -> bool {
    web_sys::window()
        .and_then(|window| window.inner_width().ok()?.as_f64())
        .is_some_and(|width_px| width_px >= WIDE_PX)
}

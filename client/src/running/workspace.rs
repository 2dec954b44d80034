//! The connections side by side, each a [`Session`] in a tab.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use yew::AttrValue;

use crate::model::address::Origin;
use crate::model::params::Params;
pub use crate::running::session::TabId;
use crate::running::session::{Draft, Session};

/// The page's connections. Clones are the same workspace, and equal only to each other. There is always at least
/// one tab.
#[derive(Clone)]
pub struct Workspace(Rc<Inner>);

/// One tab.
#[derive(Clone, Debug, PartialEq)]
pub struct Tab {
    /// Its name.
    pub id: TabId,
    /// What the person calls it; `None` shows its address.
    pub name: Option<AttrValue>,
    /// The connection.
    pub session: Session,
}

/// The tabs as plain values.
#[derive(Clone, Debug, PartialEq)]
pub struct Tabs {
    /// From left to right.
    pub tabs: Vec<Tab>,
    /// The one that is shown.
    pub active: TabId,
}

/// Tells a subscriber of changes to the tabs until dropped.
pub struct Subscription {
    workspace: Weak<Inner>,
    id: u64,
}

type Subscriber = (u64, Rc<dyn Fn(Rc<Tabs>)>);

struct Inner {
    page: Origin,
    params: Params,
    next: Cell<u32>,
    tabs: RefCell<Rc<Tabs>>,
    subscribers: RefCell<Vec<Subscriber>>,
}

impl Tabs {
    /// The tab that is shown.
    pub fn shown(&self) -> &Tab {
        self.tabs.iter().find(|tab| tab.id == self.active).unwrap_or(&self.tabs[0])
    }
}

impl PartialEq for Workspace {
    fn eq(&self, other: &Workspace) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Workspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace").field("tabs", &self.0.tabs).finish_non_exhaustive()
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Workspace {
    /// A workspace on a page from `page`, with one tab for what the page's parameters ask for.
    pub fn new(page: Origin, params: Params) -> Workspace {
        let id = TabId(1);
        let tab = Tab { id, name: None, session: Session::new(id, page.clone(), &params) };
        Workspace(Rc::new(Inner {
            page,
            params,
            next: Cell::new(2),
            tabs: RefCell::new(Rc::new(Tabs { tabs: vec![tab], active: id })),
            subscribers: RefCell::default(),
        }))
    }

    /// Where the page came from.
    pub fn page(&self) -> &Origin {
        &self.0.page
    }

    /// The tabs as they are.
    pub fn tabs(&self) -> Rc<Tabs> {
        self.0.tabs.borrow().clone()
    }

    /// The connection that is shown.
    pub fn active(&self) -> Session {
        self.0.tabs.borrow().shown().session.clone()
    }

    /// Opens a tab next to the others and shows it. It is at rest; `draft` is what its connection bar says, by
    /// default the page's own server.
    pub fn add(&self, draft: Option<Draft>) -> Tab {
        let id = TabId(self.0.next.replace(self.0.next.get() + 1));
        let params = Params { url: None, connect: false, ..self.0.params.clone() };
        let session = Session::new(id, self.0.page.clone(), &params);
        if let Some(draft) = draft {
            session.set_draft(draft);
        }
        let tab = Tab { id, name: None, session };
        self.change(|tabs| {
            tabs.tabs.push(tab.clone());
            tabs.active = id;
        });
        tab
    }

    /// Closes a tab and its connection. In place of the last one a new one is opened.
    pub fn close(&self, id: TabId) {
        let tabs = self.tabs();
        let Some(index) = tabs.tabs.iter().position(|tab| tab.id == id) else { return };
        if tabs.tabs.len() == 1 {
            self.add(None);
        }
        tabs.tabs[index].session.disconnect();
        self.change(|tabs| {
            tabs.tabs.remove(index);
            if tabs.active == id {
                tabs.active = tabs.tabs[index.min(tabs.tabs.len() - 1)].id;
            }
        });
    }

    /// Shows a tab.
    pub fn activate(&self, id: TabId) {
        self.change(|tabs| {
            if tabs.tabs.iter().any(|tab| tab.id == id) {
                tabs.active = id;
            }
        });
    }

    /// Shows the tab after the present one, or the one before it; around the end it starts again.
    pub fn step(&self, forward: bool) {
        self.change(|tabs| {
            let count = tabs.tabs.len();
            let at = tabs.tabs.iter().position(|tab| tab.id == tabs.active).unwrap_or(0);
            tabs.active = tabs.tabs[if forward { at + 1 } else { at + count - 1 } % count].id;
        });
    }

    /// Names a tab; an empty name shows its address again.
    pub fn rename(&self, id: TabId, name: &str) {
        let name = Some(name.trim()).filter(|name| !name.is_empty()).map(|name| name.to_owned().into());
        self.change(|tabs| {
            if let Some(tab) = tabs.tabs.iter_mut().find(|tab| tab.id == id) {
                tab.name = name;
            }
        });
    }

    /// Calls `subscriber` with the tabs after each change until the subscription is dropped.
    pub fn subscribe(&self, subscriber: impl Fn(Rc<Tabs>) + 'static) -> Subscription {
        let mut subscribers = self.0.subscribers.borrow_mut();
        let id = subscribers.last().map_or(0, |(last, _)| last + 1);
        subscribers.push((id, Rc::new(subscriber)));
        Subscription { workspace: Rc::downgrade(&self.0), id }
    }

    fn change(&self, change: impl FnOnce(&mut Tabs)) {
        let before = self.tabs();
        let mut tabs = (*before).clone();
        change(&mut tabs);
        if tabs == *before {
            return;
        }
        let tabs = Rc::new(tabs);
        self.0.tabs.replace(tabs.clone());
        // A subscriber may subscribe or unsubscribe.
        let subscribers: Vec<_> = self.0.subscribers.borrow().iter().map(|(_, call)| call.clone()).collect();
        for subscriber in subscribers {
            subscriber(tabs.clone());
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(workspace) = self.workspace.upgrade() {
            workspace.subscribers.borrow_mut().retain(|(id, _)| *id != self.id);
        }
    }
}

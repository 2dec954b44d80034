//! Logs out to files and back, in slices that never hold up the page.
//!
//! A job goes on whatever is shown meanwhile: it holds its session, and its timer holds it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Performance, Url};
use workbench::export::{Export, FileFormat, Privacy};
use workbench::import::{Import, ImportError, ImportErrorKind, Report};

use super::profiles;
use crate::model::list::Part;
use crate::model::notice::{Matter, Notice};
use crate::running::chunks::Chunk;
use crate::running::session::{Draft, Session};
use crate::running::workspace::Workspace;

/// How long one slice may take, in milliseconds.
const SLICE_MILLIS: f64 = 10.0;

/// Bytes asked of the export at a time.
const CHUNK_BYTES: usize = 128 * 1024;

/// How long the browser is given to begin reading a file before its address is given back, in milliseconds.
const REVOKE_MILLIS: u32 = 60_000;

/// An export, under way or over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Exporting {
    /// From 0 to 1.
    Under(f64),
    /// The file is with the browser. This many entries had been dropped from the log before they could be written.
    Done(u64),
}

/// What became of a log that was opened.
#[derive(Clone, Debug, PartialEq)]
pub enum Opened {
    /// All of it that makes sense is in the log.
    Read(Report),
    /// From some place on it could not be read; what was before is in the log.
    Failed(ImportError),
    /// Nothing of it was read: what reads it could not be fetched.
    Unread,
}

/// Tells of an export's progress until dropped.
#[derive(Debug)]
pub struct Watch {
    id: u64,
}

/// Who is told, by a number of its own.
type Watcher = (u64, Rc<dyn Fn(Exporting)>);

/// The exports of the page, one for each session at most.
struct Job {
    session: Session,
    state: Cell<Exporting>,
    watchers: RefCell<Vec<Watcher>>,
}

thread_local! {
    static JOBS: RefCell<Vec<Rc<Job>>> = const { RefCell::new(Vec::new()) };
    static WATCHES: Cell<u64> = const { Cell::new(0) };
}

/// Writes a part of the log to a file that the browser then offers to keep; in place of an export of the same log that
/// is under way. Secrets are left out unless asked for.
pub fn export(session: &Session, format: FileFormat, part: Part, secrets: bool) {
    let session = session.clone();
    Chunk::Files.with(move |is_here| match is_here {
        true => chunk_files_export(&session, format, part, secrets),
        false => session.notify(Matter::PartMissing.into()),
    });
}

#[inline(never)]
fn chunk_files_export(session: &Session, format: FileFormat, part: Part, secrets: bool) {
    let now = session.wall();
    let rows = session.read(|log, list| list.part(part, log.store()));
    let privacy = if secrets { Privacy::default() } else { profiles::privacy() };
    let stamp = now.iso();
    let stamp = stamp.split('.').next().unwrap_or(&stamp).replace(':', "-");
    let name = format!("heartwire-{stamp}.{}", format.extension());
    let job = Rc::new(Job {
        session: session.clone(),
        state: Cell::new(Exporting::Under(0.0)),
        watchers: RefCell::new(take_watchers(session)),
    });
    JOBS.with_borrow_mut(|jobs| jobs.push(job.clone()));
    job.tell(Exporting::Under(0.0));
    let mut writing =
        Writing { export: Export::new(format, rows, privacy, now), parts: Array::new(), format, name };
    in_slices(move |more| {
        // Another export of the same log took its place.
        let is_current = JOBS.with_borrow(|jobs| jobs.iter().any(|known| Rc::ptr_eq(known, &job)));
        let state = if is_current { writing.slice(&job.session, more) } else { return false };
        job.tell(state);
        matches!(state, Exporting::Under(_))
    });
}

/// The latest export of a session.
pub fn exporting(session: &Session) -> Option<Exporting> {
    JOBS.with_borrow(|jobs| jobs.iter().find(|job| job.session == *session).map(|job| job.state.get()))
}

/// Tells of the progress of a session's export, the present one and those to come, until it is dropped.
pub fn watch(session: &Session, then: impl Fn(Exporting) + 'static) -> Watch {
    let id = WATCHES.replace(WATCHES.get() + 1);
    let watcher: Watcher = (id, Rc::new(then));
    JOBS.with_borrow_mut(|jobs| match jobs.iter().find(|job| job.session == *session) {
        Some(job) => job.watchers.borrow_mut().push(watcher),
        None => jobs.push(Rc::new(Job {
            session: session.clone(),
            state: Cell::new(Exporting::Done(0)),
            watchers: RefCell::new(vec![watcher]),
        })),
    });
    Watch { id }
}

/// Ends the session's job in the list and takes over who watched it.
fn take_watchers(session: &Session) -> Vec<Watcher> {
    JOBS.with_borrow_mut(|jobs| {
        let at = jobs.iter().position(|job| job.session == *session);
        at.map(|at| jobs.remove(at).watchers.take()).unwrap_or_default()
    })
}

impl Drop for Watch {
    fn drop(&mut self) {
        JOBS.with_borrow_mut(|jobs| {
            for job in jobs.iter() {
                job.watchers.borrow_mut().retain(|(id, _)| *id != self.id);
            }
            // A session that nobody looks at and that exports nothing need not be held.
            jobs.retain(|job| {
                !job.watchers.borrow().is_empty() || matches!(job.state.get(), Exporting::Under(_))
            });
        });
    }
}

impl Job {
    fn tell(self: &Rc<Job>, state: Exporting) {
        self.state.set(state);
        // A watcher may begin another export, or cease to watch.
        let watchers: Vec<_> = self.watchers.borrow().iter().map(|(_, then)| then.clone()).collect();
        for then in &watchers {
            then(state);
        }
        if watchers.is_empty() && matches!(state, Exporting::Done(_)) {
            JOBS.with_borrow_mut(|jobs| jobs.retain(|job| !Rc::ptr_eq(job, self)));
        }
    }
}

struct Writing {
    export: Export,
    parts: Array,
    format: FileFormat,
    name: String,
}

impl Writing {
    fn slice(&mut self, session: &Session, more: &dyn Fn() -> bool) -> Exporting {
        loop {
            match session.read(|log, _| self.export.next_chunk(log.store(), CHUNK_BYTES)) {
                // In a Blob the text is the browser's to keep, on disk if need be.
                Some(text) => drop(self.parts.push(&blob_of(&text))),
                None => {
                    offer(&self.parts, self.format.media_type(), &self.name);
                    return Exporting::Done(self.export.missed());
                }
            }
            if !more() {
                return Exporting::Under(self.export.fraction());
            }
        }
    }
}

/// Opens a file in a tab of its own. One that cannot be read leaves no tab behind.
pub fn open_file(workspace: Workspace, file: &web_sys::File) {
    let (name, text) = (file.name(), file.text());
    super::spawn(async move {
        let text = wasm_bindgen_futures::JsFuture::from(text).await.ok().and_then(|text| text.as_string());
        match text {
            Some(text) => open_text(&workspace, Some(&name), text, |_| ()),
            None => workspace.active().notify(Matter::Unreadable(None).into()),
        }
    });
}

/// Reads a log into a tab of its own, and says there what became of it. Where nothing at all could be read the tab goes
/// again, and what was shown before says why.
pub fn open_text(workspace: &Workspace, name: Option<&str>, text: String, then: impl Fn(Opened) + 'static) {
    let (workspace, name) = (workspace.clone(), name.map(str::to_owned));
    Chunk::Files.with(move |is_here| {
        if is_here {
            return chunk_files_open(&workspace, name.as_deref(), text, Box::new(then));
        }
        workspace.active().notify(Matter::PartMissing.into());
        then(Opened::Unread);
    });
}

#[inline(never)]
fn chunk_files_open(workspace: &Workspace, name: Option<&str>, text: String, then: Box<dyn Fn(Opened)>) {
    let before = workspace.active();
    if Import::detect(&text).is_none() {
        let error = ImportError { line: 1, kind: ImportErrorKind::UnknownFormat };
        before.notify(failure(&error));
        return then(Opened::Failed(error));
    }
    let tab = workspace.add(None);
    if let Some(name) = name {
        workspace.rename(tab.id, name);
    }
    let (workspace, session) = (workspace.clone(), tab.session);
    let mut import = Import::new(text);
    in_slices(move |more| {
        match session.edit(|log| log.import(&mut import, more)) {
            Ok(progress) if !progress.done => return true,
            Ok(_) => {
                let report = import.report().clone();
                if report.skipped > 0 {
                    session.notify(Notice::of_skipped(&report));
                }
                show_address(&session);
                then(Opened::Read(report));
            }
            Err(error) => {
                if import.report().entries == 0 {
                    workspace.close(tab.id);
                    if workspace.tabs().tabs.iter().any(|tab| tab.session == before) {
                        workspace.activate(before.id());
                    }
                    workspace.active().notify(failure(&error));
                } else {
                    session.notify(failure(&error));
                    show_address(&session);
                }
                then(Opened::Failed(error));
            }
        }
        false
    });
}

/// Where the log's latest connection led is what one would connect to again.
fn show_address(session: &Session) {
    let address = session.read(|log, _| {
        let mut addresses = log.store().connections().rev().map(|connection| &connection.address);
        addresses.find(|address| !address.is_empty()).cloned()
    });
    if let Some(address) = address {
        session.set_draft(Draft { address: address.into(), ..session.draft() });
    }
}

fn failure(error: &ImportError) -> Notice {
    Matter::Unreadable(Some(error.clone())).into()
}

/// Does a piece of work for a few milliseconds at a time, until it says that it is done. It is given a function that
/// says whether there is time left.
fn in_slices(mut work: impl FnMut(&dyn Fn() -> bool) -> bool + 'static) {
    let performance = web_sys::window().and_then(|window| window.performance());
    super::spawn(async move {
        let now = || performance.as_ref().map_or_else(js_sys::Date::now, Performance::now);
        loop {
            super::pause(0).await;
            let deadline = now() + SLICE_MILLIS;
            if !work(&|| now() < deadline) {
                break;
            }
        }
    });
}

/// Has the browser save a text as a file.
pub fn save_text(text: &str, media_type: &str, name: &str) {
    offer(&Array::of1(&blob_of(text)), media_type, name);
}

fn blob_of(text: &str) -> JsValue {
    let parts = Array::of1(&JsValue::from_str(text));
    // Without memory for a Blob the text itself does.
    Blob::new_with_str_sequence(&parts).map_or_else(|_| JsValue::from_str(text), JsValue::from)
}

/// Has the browser save a file, as if a link to it had been followed.
fn offer(parts: &Array, media_type: &str, name: &str) {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let Ok(file) = Blob::new_with_blob_sequence_and_options(parts, &options) else { return };
    let Ok(address) = Url::create_object_url_with_blob(&file) else { return };
    let link = document.create_element("a").ok().and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
    if let Some(link) = link {
        link.set_href(&address);
        link.set_download(name);
        link.click();
    }
    // Nobody waits for this, and leaving the page does the same.
    Timeout::new(REVOKE_MILLIS, move || drop(Url::revoke_object_url(&address))).forget();
}

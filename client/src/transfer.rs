//! Logs out to files and back, in slices that never hold up the page.

use std::cell::RefCell;
use std::fmt;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Performance, Url};
use workbench::entry::ConnectionId;
use workbench::export::{ConnectionInfo, Export, FileFormat};
use workbench::import::{Import, ImportError, Report};

use crate::session::Session;

/// How long one slice may take, in milliseconds.
const SLICE_MILLIS: f64 = 10.0;

/// Bytes asked of the export at a time.
const CHUNK_BYTES: usize = 128 * 1024;

/// How long the browser is given to begin reading a file before its address is given back, in milliseconds.
const REVOKE_MILLIS: u32 = 60_000;

/// A transfer under way. Dropping it ends it.
pub struct Transfer {
    /// Kept for its Drop, which takes the job with it.
    _job: Rc<RefCell<Job>>,
}

/// What a transfer tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// From 0 to 1.
    Under(f64),
    /// The file is with the browser. This many entries had been dropped from the log before they could be written.
    Exported(u64),
    /// The file is in the log.
    Imported(Report),
    /// The file cannot be read.
    Failed(ImportError),
}

struct Job {
    session: Session,
    work: Work,
    on_progress: Rc<dyn Fn(Progress)>,
    performance: Option<Performance>,
    next: Option<Timeout>,
}

enum Work {
    Export { export: Box<Export>, parts: Array, format: FileFormat, name: String },
    Import(Box<Import>),
}

impl fmt::Debug for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transfer").finish_non_exhaustive()
    }
}

impl Transfer {
    /// Writes the log, or only what is shown of it, to a file that the browser then offers to keep.
    pub fn export(
        session: &Session,
        format: FileFormat,
        only_shown: bool,
        on_progress: impl Fn(Progress) + 'static,
    ) -> Transfer {
        let now = session.wall();
        let (rows, url) = session.read(|log, list| {
            let rows = if only_shown {
                list.rows(log.store()).snapshot()
            } else {
                workbench::rows::Rows::All(log.store()).snapshot()
            };
            (rows, log.address().to_owned())
        });
        // A log that was read from a file has been connected to nothing here.
        let url = if url.is_empty() { session.draft().address.to_string() } else { url };
        let connections = vec![ConnectionInfo { id: session.id(), url }];
        let export = Box::new(Export::new(format, rows, connections, now));
        let stamp = now.iso();
        let stamp = stamp.split('.').next().unwrap_or(&stamp).replace(':', "-");
        let name = format!("heartwire-{stamp}.{}", format.extension());
        Transfer::start(session, Work::Export { export, parts: Array::new(), format, name }, on_progress)
    }

    /// Reads a file into the log.
    pub fn import(session: &Session, text: String, on_progress: impl Fn(Progress) + 'static) -> Transfer {
        // All of it belongs to the tab it is opened in; several connections of a file stay told apart.
        let first = ConnectionId(session.id().0);
        Transfer::start(session, Work::Import(Box::new(Import::new(text, first))), on_progress)
    }

    fn start(session: &Session, work: Work, on_progress: impl Fn(Progress) + 'static) -> Transfer {
        let job = Rc::new(RefCell::new(Job {
            session: session.clone(),
            work,
            on_progress: Rc::new(on_progress),
            performance: web_sys::window().and_then(|window| window.performance()),
            next: None,
        }));
        Job::run_soon(&job);
        Transfer { _job: job }
    }
}

impl Job {
    fn run_soon(job: &Rc<RefCell<Job>>) {
        let weak = Rc::downgrade(job);
        job.borrow_mut().next = Some(Timeout::new(0, move || Job::run(&weak)));
    }

    fn run(job: &Weak<RefCell<Job>>) {
        let Some(job) = job.upgrade() else { return };
        let (progress, tell) = {
            let mut job = job.borrow_mut();
            (job.slice(), job.on_progress.clone())
        };
        if matches!(progress, Progress::Under(_)) {
            Job::run_soon(&job);
        }
        // The listener may drop the transfer.
        tell(progress);
    }

    fn slice(&mut self) -> Progress {
        let Job { session, work, performance, .. } = self;
        let now = || performance.as_ref().map_or_else(js_sys::Date::now, Performance::now);
        let deadline = now() + SLICE_MILLIS;
        match work {
            Work::Export { export, parts, format, name } => loop {
                let chunk = session.read(|log, _| export.next_chunk(log.store(), CHUNK_BYTES));
                match chunk {
                    // In a Blob the text is the browser's to keep, on disk if need be.
                    Some(text) => drop(parts.push(&blob_of(&text))),
                    None => {
                        offer(parts, format.media_type(), name);
                        return Progress::Exported(export.missed());
                    }
                }
                if now() >= deadline {
                    return Progress::Under(export.fraction());
                }
            },
            Work::Import(import) => {
                let step = session.edit(|log| log.import(import, || now() < deadline));
                match step {
                    Ok(progress) if progress.done => Progress::Imported(import.report().clone()),
                    Ok(progress) => Progress::Under(progress.fraction),
                    Err(error) => Progress::Failed(error),
                }
            }
        }
    }
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

//! Messages that last: those the person keeps under a name, and those that were sent.

use workbench::draft::Draft;
use workbench::library::{Library, LibraryError, drafts_from_json, drafts_to_json};

use super::storage::{self, Key, NotText, StorageRefused};

/// All sent messages that are stored have about this many bytes at most; the oldest give way.
const HISTORY_BYTES: usize = 64 * 1024;

/// Longer messages are not stored.
const HISTORY_MESSAGE_BYTES: usize = 8 * 1024;

/// Why kept messages could not be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeError {
    /// What is stored is not understood; changing it would destroy it.
    Foreign,
    /// The browser refused.
    Refused,
}

/// The kept messages.
///
/// # Errors
/// What is stored is not understood; saving would destroy it.
pub fn library() -> Result<Library, LibraryError> {
    match storage::text(Key::SAVED) {
        Ok(Some(text)) => Library::from_json(&text),
        Ok(None) => Ok(Library::default()),
        Err(NotText) => Err(LibraryError::Shape),
    }
}

/// Changes the kept messages as they are stored; returns them and what `change` does.
///
/// # Errors
/// They are as they were.
pub fn change_library<T>(change: impl FnOnce(&mut Library) -> T) -> Result<(Library, T), ChangeError> {
    let mut library = library().map_err(|_| ChangeError::Foreign)?;
    let before = library.clone();
    let done = change(&mut library);
    if library != before {
        storage::set(Key::SAVED, library.to_json()).map_err(|StorageRefused| ChangeError::Refused)?;
    }
    Ok((library, done))
}

/// The messages that were sent, oldest first.
pub fn sent() -> Vec<Draft> {
    drafts_from_json(&storage::word(Key::HISTORY)).unwrap_or_default()
}

/// Remembers a message that was sent, also by other tabs. Nothing is lost where it cannot be: the tab has its own.
pub fn remember(draft: &Draft) {
    if draft.text.is_empty() || draft.text.len() > HISTORY_MESSAGE_BYTES {
        return;
    }
    let mut all = sent();
    all.retain(|known| known != draft);
    all.push(draft.clone());
    let mut bytes = 0;
    let kept = all.iter().rev().take_while(|draft| {
        bytes += draft.text.len() + 16;
        bytes <= HISTORY_BYTES
    });
    let first = all.len() - kept.count();
    let _ = storage::set(Key::HISTORY, drafts_to_json(&all[first..]));
}

/// Forgets all messages that were sent.
pub fn forget_sent() {
    storage::remove(Key::HISTORY);
}

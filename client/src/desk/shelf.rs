//! What the composer keeps in the browser's storage for every connection: kept messages and placeholders.

use std::cell::RefCell;
use std::rc::Rc;

use workbench::library::{Library, LibraryError, variables_from_json, variables_to_json};
use workbench::template::Variables;

use crate::storage::{self, NotText, StorageRefused};

/// Where kept messages are stored, as [`Library::to_json`] writes them.
pub const LIBRARY_KEY: &str = "heartwire.saved";

/// Where the values of placeholders are stored, as a JSON object of strings.
pub const VARIABLES_KEY: &str = "heartwire.variables";

/// Where it is stored that placeholders are not filled.
const LITERAL_KEY: &str = "heartwire.literal";

thread_local! {
    /// Asked for with every message.
    static CACHE: RefCell<Option<Cache>> = const { RefCell::new(None) };
}

#[derive(Clone)]
struct Cache {
    fills: bool,
    variables: Rc<Variables>,
}

/// The kept messages.
///
/// # Errors
/// What is stored is not understood; saving would destroy it.
pub fn library() -> Result<Library, LibraryError> {
    match storage::text(LIBRARY_KEY) {
        Ok(Some(text)) => Library::from_json(&text),
        Ok(None) => Ok(Library::default()),
        Err(NotText) => Err(LibraryError::Shape),
    }
}

/// Stores the kept messages.
///
/// # Errors
/// The browser refused; what was stored before still is.
pub fn set_library(library: &Library) -> Result<(), StorageRefused> {
    storage::set(LIBRARY_KEY, library.to_json())
}

/// The values of the person's placeholders.
pub fn variables() -> Rc<Variables> {
    cache().variables
}

/// Stores the values of the person's placeholders. Where the browser refuses they hold until the page is left.
///
/// # Errors
/// The browser refused.
pub fn set_variables(variables: Variables) -> Result<(), StorageRefused> {
    let stored = storage::set(VARIABLES_KEY, variables_to_json(&variables));
    let fills = cache().fills;
    CACHE.set(Some(Cache { fills, variables: Rc::new(variables) }));
    stored
}

/// Whether placeholders are filled; by default they are.
pub fn fills_placeholders() -> bool {
    cache().fills
}

/// Fills placeholders, or sends braces as they are. Where storage is forbidden the choice lasts until the page
/// is left.
pub fn set_fills_placeholders(fills: bool) {
    if fills {
        storage::remove(LITERAL_KEY);
    } else {
        let _ = storage::set(LITERAL_KEY, true);
    }
    let variables = cache().variables;
    CACHE.set(Some(Cache { fills, variables }));
}

/// Reads everything again: another part of the page has changed the storage.
pub fn forget_cache() {
    CACHE.set(None);
}

fn cache() -> Cache {
    CACHE.with_borrow_mut(|cache| {
        cache
            .get_or_insert_with(|| {
                let variables = variables_from_json(&storage::word(VARIABLES_KEY)).unwrap_or_default();
                Cache {
                    fills: !storage::value(LITERAL_KEY).as_bool().unwrap_or(false),
                    variables: Rc::new(variables),
                }
            })
            .clone()
    })
}

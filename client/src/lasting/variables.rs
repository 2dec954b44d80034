//! The person's placeholders, for every connection, and which of their values may go where.

use std::rc::Rc;

use workbench::grants::Grants;
use workbench::library::{variables_from_json, variables_to_json};
use workbench::template::Variables;

use super::storage::{Cached, Key, StorageRefused};

thread_local! {
    static VARIABLES: Cached<Rc<Variables>> = const { Cached::new(Key::VARIABLES) };
    static LITERAL: Cached<bool> = const { Cached::new(Key::LITERAL) };
    static GRANTS: Cached<Grants> = const { Cached::new(Key::GRANTS) };
}

/// The values of the person's placeholders.
pub fn variables() -> Rc<Variables> {
    VARIABLES.with(|cached| {
        cached.get(|stored| {
            Rc::new(variables_from_json(&stored.as_string().unwrap_or_default()).unwrap_or_default())
        })
    })
}

/// Changes the values of the person's placeholders as they are stored. Where the browser refuses they hold until the
/// page is left.
///
/// # Errors
/// The browser refused.
pub fn change(change: impl FnOnce(&mut Variables)) -> Result<(), StorageRefused> {
    let before = variables();
    let mut changed = (*before).clone();
    change(&mut changed);
    if changed == *before {
        return Ok(());
    }
    let json = variables_to_json(&changed).into();
    VARIABLES.with(|cached| cached.set(Rc::new(changed), Some(json)))
}

/// Whether placeholders are filled; by default they are.
pub fn fills_placeholders() -> bool {
    !LITERAL.with(|cached| cached.get(|stored| stored.as_bool().unwrap_or(false)))
}

/// Fills placeholders, or sends braces as they are. Where storage is forbidden the choice lasts until the page
/// is left.
pub fn set_fills_placeholders(fills: bool) {
    let stored = (!fills).then(|| true.into());
    let _ = LITERAL.with(|cached| cached.set(!fills, stored));
}

/// Which of the person's values may go to which server.
pub fn grants() -> Grants {
    GRANTS.with(|cached| cached.get(|stored| Grants::from_json(&stored.as_string().unwrap_or_default())))
}

/// The person agrees that values go to a server. Where storage is forbidden that holds until the page is left.
pub fn give_leave(server: &str, names: &[String]) {
    let mut grants = grants();
    grants.give(server, names);
    let json = grants.to_json().into();
    let _ = GRANTS.with(|cached| cached.set(grants, Some(json)));
}

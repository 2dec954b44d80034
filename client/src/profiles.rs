//! The person's profiles in the browser's storage, and how a connection becomes one and back.

use workbench::lower::lower;
use workbench::profile::{Book, LINK_PREFIX, Profile, ProfileError, Variable};

use crate::desk::shelf;
use crate::i18n::settings::Settings;
use crate::i18n::{fill, plural, texts};
use crate::model::notice::Notice;
use crate::session::{Draft, Session};
use crate::storage::{self, NotText, StorageRefused};
use crate::workspace::Workspace;

/// Where the profiles are stored, as a file of them would be.
pub const STORAGE_KEY: &str = "heartwire.profiles";

/// Whose values count where a variable has another value already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// The profile's: it is the person's own.
    OfProfile,
    /// Those there are: the profile came from somebody else.
    OfPage,
}

/// The profiles.
///
/// # Errors
/// What is stored is not understood; saving would destroy it.
pub fn book() -> Result<Book, ProfileError> {
    match storage::text(STORAGE_KEY) {
        Ok(Some(text)) => Book::from_json(&text),
        Ok(None) => Ok(Book::default()),
        Err(NotText) => Err(ProfileError::Kind),
    }
}

/// Stores the profiles.
///
/// # Errors
/// The browser refused; what was stored before still is.
pub fn set_book(book: &Book) -> Result<(), StorageRefused> {
    storage::set(STORAGE_KEY, book.to_json(true))
}

/// What a connection is at present, without a name, with the variables that it needs. Those that are called like
/// secrets are taken for such.
pub fn of_session(session: &Session) -> Profile {
    let Draft { address, protocols } = session.draft();
    let mut profile = Profile {
        url: address.trim().to_owned(),
        protocols: split(&protocols),
        options: session.options(),
        ..Profile::default()
    };
    let values = shelf::variables();
    let needs = profile.needs();
    profile.variables = needs
        .into_iter()
        .map(|name| {
            let value = values.get(&name).cloned().unwrap_or_default();
            Variable { secret: sounds_secret(&name), name, value }
        })
        .collect();
    profile
}

/// Makes a connection what a profile says. It stays as connected, or not, as it is. Its messages are added to the
/// person's, those with names in use excepted. Returns the variables that have no value.
pub fn load(session: &Session, profile: &Profile, values: Values) -> Vec<String> {
    session.set_draft(Draft {
        address: profile.url.clone().into(),
        protocols: profile.protocols.join(", ").into(),
    });
    let mut variables = (*shelf::variables()).clone();
    for variable in profile.variables.iter().filter(|variable| !variable.value.is_empty()) {
        if values == Values::OfProfile || !variables.contains_key(&variable.name) {
            variables.insert(variable.name.clone(), variable.value.clone());
        }
    }
    let missing = profile.needs().into_iter().filter(|name| !variables.contains_key(name)).collect();
    if variables != *shelf::variables() {
        // They hold until the page is left in any case.
        let _ = shelf::set_variables(variables);
    }
    if !profile.messages.messages().is_empty()
        && let Ok(mut library) = shelf::library()
    {
        for saved in profile.messages.messages() {
            if library.get(&saved.folder, &saved.name).is_none() {
                library.save(saved.clone());
            }
        }
        let _ = shelf::set_library(&library);
    }
    session.set_options(profile.options.clone());
    missing
}

/// Opens a profile in a tab of its own, at rest.
pub fn open(workspace: &Workspace, profile: &Profile) -> Session {
    let tab = workspace.add(None);
    workspace.rename(tab.id, &profile.name);
    load(&tab.session, profile, Values::OfProfile);
    tab.session
}

/// The link that carries a profile to others, without its secrets.
pub fn link(profile: &Profile) -> String {
    let base = web_sys::window()
        .map(|window| window.location())
        .and_then(|location| Some(format!("{}{}", location.origin().ok()?, location.pathname().ok()?)));
    format!("{}{}", base.unwrap_or_default(), profile.to_link())
}

/// Whether a fragment of the page's address carries a profile, in whatever state.
pub fn is_link(fragment: &str) -> bool {
    fragment.starts_with(LINK_PREFIX)
}

/// Fills a connection with the profile that a link carries. Nothing is sent and nothing connects: what a link says
/// is somebody else's, and the person sees it first.
pub fn follow_link(workspace: &Workspace, session: &Session, fragment: &str) {
    let t = &texts().settings;
    let notice = match Profile::from_link(fragment) {
        None => return,
        Some(Ok(profile)) => {
            workspace.rename(session.id(), &profile.name);
            let missing = load(session, &profile, Values::OfPage);
            let name = if profile.name.is_empty() { &profile.url } else { &profile.name };
            Notice::new(fill(t.link_title, &[name]), link_sentence(&profile, &missing, t))
        }
        Some(Err(error)) => Notice::new(t.link_damaged, explain(&error, t)),
    };
    session.edit(|log| log.notify(notice));
}

/// Why a text holds no profiles.
pub fn explain(error: &ProfileError, t: &Settings) -> String {
    match error {
        ProfileError::Json(error) => fill(t.profiles_not_json, &[&(error.at + 1)]),
        ProfileError::Kind => t.profiles_other_kind.to_owned(),
        ProfileError::Newer(version) => fill(t.profiles_newer, &[version]),
        ProfileError::Field { number, field } => fill(t.profiles_field, &[number, field]),
        ProfileError::Link => t.link_cut.to_owned(),
    }
}

/// Subprotocols as the connection bar has them, whatever they are.
fn split(protocols: &str) -> Vec<String> {
    protocols.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn link_sentence(profile: &Profile, missing: &[String], t: &Settings) -> String {
    let mut all = t.link_nothing_sent.to_owned();
    let opening = profile.options.opening.len() as u64;
    if opening > 0 {
        all = fill(t.sentences, &[&all, &plural(t.link_opening, opening)]);
    }
    if !missing.is_empty() {
        all = fill(t.sentences, &[&all, &fill(t.link_missing, &[&missing.join(", ")])]);
    }
    all
}

fn sounds_secret(name: &str) -> bool {
    let name = lower(name);
    ["token", "secret", "pass", "key", "auth", "jwt", "credential", "cookie", "session"]
        .iter()
        .any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        assert!(["api_key", "TOKEN", "dbPassword", "jwt"].into_iter().all(sounds_secret));
        assert!(!["host", "room", "user"].into_iter().any(sounds_secret));
    }

    #[test]
    fn subprotocols_are_taken_as_written() {
        assert_eq!(split(" a, b c ,,"), ["a", "b c"]);
    }

    #[test]
    fn a_link_says_what_will_be_sent_and_what_is_missing() {
        let mut profile = Profile { url: "ws://{{host}}".to_owned(), ..Profile::default() };
        let t = &Settings::EN;
        assert_eq!(link_sentence(&profile, &[], t), t.link_nothing_sent);
        profile.options.opening = vec![Default::default(); 2];
        let sentence = link_sentence(&profile, &["host".to_owned()], t);
        assert!(sentence.contains("2 messages") && sentence.contains("host"), "{sentence}");
    }
}

//! The person's profiles in the browser's storage, and how a connection becomes one and back.

use workbench::export::Privacy;
use workbench::profile::{Book, LINK_PREFIX, Profile, ProfileError, Shared, Variable};
use workbench::secrets::{LeftOut, sounds_secret};

use super::storage::{self, Key, NotText, StorageRefused};
use super::{messages, variables};

use crate::model::notice::{Followed, Matter};
use crate::model::protocols;
use crate::running::session::{Draft, Session};
use crate::running::workspace::Workspace;
use crate::texts::settings::Settings;
use crate::texts::{fill, plural};

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
    match storage::text(Key::PROFILES) {
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
    storage::set(Key::PROFILES, book.to_json(true))
}

/// What a connection is at present, without a name, with the variables that it needs. Those that are called like
/// secrets are taken for such.
pub fn of_session(session: &Session) -> Profile {
    let Draft { address, protocols } = session.draft();
    let mut profile = Profile {
        url: address.trim().to_owned(),
        protocols: protocols::split(&protocols),
        options: session.options(),
        ..Profile::default()
    };
    let values = variables::variables();
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
    // Where the browser refuses they hold until the page is left.
    let _ = variables::change(|known| {
        for variable in profile.variables.iter().filter(|variable| !variable.value.is_empty()) {
            if values == Values::OfProfile || !known.contains_key(&variable.name) {
                known.insert(variable.name.clone(), variable.value.clone());
            }
        }
    });
    let known = variables::variables();
    let missing = profile.needs().into_iter().filter(|name| !known.contains_key(name)).collect();
    if !profile.messages.messages().is_empty() {
        // What cannot be stored is still in the profile.
        let _ = messages::change_library(|library| {
            for saved in profile.messages.messages() {
                if library.get(&saved.folder, &saved.name).is_none() {
                    library.save(saved.clone());
                }
            }
        });
    }
    let draft = Draft { address: profile.url.clone().into(), protocols: profile.protocols.join(", ").into() };
    session.load(draft, profile.options.clone());
    missing
}

/// Opens a profile in a tab of its own, at rest.
pub fn open(workspace: &Workspace, profile: &Profile) -> Session {
    let tab = workspace.add(None);
    workspace.rename(tab.id, &profile.name);
    load(&tab.session, profile, Values::OfProfile);
    tab.session
}

/// The link that carries a profile to others, without its secrets, and what to say about it.
pub fn link(profile: &Profile, t: &Settings) -> (String, String) {
    let base = web_sys::window()
        .map(|window| window.location())
        .and_then(|location| Some(format!("{}{}", location.origin().ok()?, location.pathname().ok()?)));
    (format!("{}{}", base.unwrap_or_default(), profile.to_link()), shared_sentence(&profile.shared(), t))
}

/// What was left out of a link, and what the person has to look at: of the rest nothing is promised.
fn shared_sentence(shared: &Shared, t: &Settings) -> String {
    let name = if shared.profile.name.is_empty() { &shared.profile.url } else { &shared.profile.name };
    let mut all = fill(t.link_copied, &[name]);
    let mut add = |sentence: String| all = fill(t.sentences, &[&all, &sentence]);
    if !shared.left_out.is_empty() {
        let left_out: Vec<String> = shared
            .left_out
            .iter()
            .map(|left| match left {
                LeftOut::Userinfo => t.left_userinfo.to_owned(),
                LeftOut::Parameter(name) => fill(t.left_parameter, &[name]),
                LeftOut::Variable(name) => fill(t.left_variable, &[&format_args!("{{{{{name}}}}}")]),
                LeftOut::Header(name) => fill(t.left_header, &[name]),
                LeftOut::Key => t.left_key.to_owned(),
            })
            .collect();
        add(fill(t.link_left_out, &[&left_out.join(t.list_comma)]));
    }
    add(match shared.messages {
        0 => t.link_unjudged.to_owned(),
        messages => plural(t.link_unjudged_messages, messages as u64),
    });
    if !shared.suspects.is_empty() {
        add(fill(t.link_suspects, &[&shared.suspects.join(t.list_comma)]));
    }
    all
}

/// Whether a fragment of the page's address carries a profile, in whatever state.
pub fn is_link(fragment: &str) -> bool {
    fragment.starts_with(LINK_PREFIX)
}

/// Fills a connection with the profile that a link carries. Nothing is sent and nothing connects: what a link says
/// is somebody else's, and the person sees it first.
pub fn follow_link(workspace: &Workspace, session: &Session, fragment: &str) {
    let notice = match Profile::from_link(fragment) {
        None => return,
        Some(Ok(profile)) => {
            workspace.rename(session.id(), &profile.name);
            let missing = load(session, &profile, Values::OfPage);
            Matter::Followed(Followed::new(&profile, missing))
        }
        Some(Err(error)) => Matter::LinkDamaged(error),
    };
    session.edit(|log| log.notify(notice.into()));
}

/// What files that leave the page are kept clear of: values of placeholders that sound like secrets or are marked as
/// such in a profile.
pub fn privacy() -> Privacy {
    let (variables, book) = (variables::variables(), book().unwrap_or_default());
    let marked =
        || book.profiles().iter().flat_map(|profile| &profile.variables).filter(|variable| variable.secret);
    let own = variables
        .iter()
        .filter(|(name, _)| sounds_secret(name) || marked().any(|variable| variable.name == **name));
    let own = own.map(|(name, value)| (name.as_str(), value.as_str()));
    Privacy::hiding(own.chain(marked().map(|variable| (variable.name.as_str(), variable.value.as_str()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_promises_nothing() {
        let profile = Profile { url: "wss://u:p@x.test/?key=AKIA123456".to_owned(), ..Profile::default() };
        let sentence = shared_sentence(&profile.shared(), &Settings::EN);
        assert!(sentence.contains("“key”") && sentence.contains("password"), "{sentence}");
        assert!(
            sentence.contains("Look") && !sentence.contains("AKIA") && !sentence.contains("no secrets"),
            "{sentence}"
        );
    }
}

//! All profiles of a person.

use thiserror::Error;

use super::{Profile, Variable};
use crate::lower::lower;
use crate::secrets::clean_address;

/// Profiles sorted by group and name without regard to case; those without a group come first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    profiles: Vec<Profile>,
}

/// Why a profile cannot be called so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RenameError {
    /// Every profile has a name.
    #[error("the name is empty")]
    Empty,
    /// Another profile of the group has this name.
    #[error("the name is taken")]
    Taken,
    /// There is no such profile (any more).
    #[error("there is no such profile")]
    Missing,
}

/// A part of a profile in which two can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The address.
    Url,
    /// The subprotocols.
    Protocols,
    /// The heartbeat.
    Heartbeat,
    /// The reconnect policy.
    Reconnect,
    /// The opening messages.
    Opening,
    /// The answers.
    Answers,
    /// The variables.
    Variables,
    /// The saved messages.
    Messages,
    /// What only a relay can do.
    Relay,
}

/// What adding one book to another would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// How many profiles are new.
    pub new: usize,
    /// How many are there already, and the same.
    pub same: usize,
    /// Those that are there already but differ: group, name, and in what.
    pub differing: Vec<(String, String, Vec<Part>)>,
}

/// What to do with a profile that is there already but differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conflict {
    /// The present one stays, and the other is added under another name.
    #[default]
    KeepBoth,
    /// The present one stays.
    KeepMine,
    /// The other takes its place. Secrets that it came without are kept.
    TakeTheirs,
}

/// What adding one book to another did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Merge {
    /// Profiles added, including those under another name.
    pub added: usize,
    /// Profiles replaced.
    pub replaced: usize,
    /// Profiles left as they were.
    pub kept: usize,
}

impl Book {
    /// The profiles in order.
    #[must_use]
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// The profile of that group and name.
    #[must_use]
    pub fn get(&self, group: &str, name: &str) -> Option<&Profile> {
        self.find(group, name).ok().map(|index| &self.profiles[index])
    }

    /// The groups in order, the unnamed one first if it has profiles, each with its profiles.
    pub fn groups(&self) -> impl Iterator<Item = (&str, &[Profile])> {
        self.profiles.chunk_by(|a, b| a.group == b.group).map(|all| (all[0].group.as_str(), all))
    }

    /// Keeps a profile in place of the one of the same group and name, which is returned. White space around group
    /// and name is dropped.
    pub fn save(&mut self, mut profile: Profile) -> Option<Profile> {
        trim(&mut profile.group);
        trim(&mut profile.name);
        match self.find(&profile.group, &profile.name) {
            Ok(index) => Some(std::mem::replace(&mut self.profiles[index], profile)),
            Err(index) => {
                self.profiles.insert(index, profile);
                None
            }
        }
    }

    /// Takes a profile away; gives it back, so that it can be put back.
    pub fn remove(&mut self, group: &str, name: &str) -> Option<Profile> {
        self.find(group, name).ok().map(|index| self.profiles.remove(index))
    }

    /// Gives a profile another group and name.
    ///
    /// # Errors
    /// It cannot be called so; nothing has changed.
    pub fn rename(&mut self, from: (&str, &str), to: (&str, &str)) -> Result<(), RenameError> {
        let to = (to.0.trim(), to.1.trim());
        if to.1.is_empty() {
            return Err(RenameError::Empty);
        }
        let index = self.find(from.0, from.1).map_err(|_| RenameError::Missing)?;
        if from != to && self.get(to.0, to.1).is_some() {
            return Err(RenameError::Taken);
        }
        let mut profile = self.profiles.remove(index);
        (profile.group, profile.name) = (to.0.to_owned(), to.1.to_owned());
        self.save(profile);
        Ok(())
    }

    /// The name itself, or the first of `name 2`, `name 3` … that is free in the group.
    #[must_use]
    pub fn free_name(&self, group: &str, name: &str) -> String {
        let numbered = (2_u64..).map(|number| format!("{name} {number}"));
        std::iter::once(name.to_owned())
            .chain(numbered)
            .find(|name| self.get(group, name).is_none())
            .unwrap_or_default()
    }

    /// What [`Book::merge`] would find.
    #[must_use]
    pub fn plan(&self, other: &Book) -> Plan {
        let mut plan = Plan::default();
        for theirs in &other.profiles {
            match self.get(&theirs.group, &theirs.name) {
                None => plan.new += 1,
                Some(mine) => {
                    let parts = differences(mine, &with_secrets_of(theirs, mine));
                    if parts.is_empty() {
                        plan.same += 1;
                    } else {
                        plan.differing.push((theirs.group.clone(), theirs.name.clone(), parts));
                    }
                }
            }
        }
        plan
    }

    /// Adds another book's profiles.
    pub fn merge(&mut self, other: Book, conflict: Conflict) -> Merge {
        let mut merge = Merge::default();
        for mut theirs in other.profiles {
            let Some(mine) = self.get(&theirs.group, &theirs.name) else {
                self.save(theirs);
                merge.added += 1;
                continue;
            };
            let filled = with_secrets_of(&theirs, mine);
            match conflict {
                _ if filled == *mine => merge.kept += 1,
                Conflict::KeepMine => merge.kept += 1,
                Conflict::TakeTheirs => {
                    self.save(filled);
                    merge.replaced += 1;
                }
                Conflict::KeepBoth => {
                    theirs.name = self.free_name(&theirs.group, &theirs.name);
                    self.save(theirs);
                    merge.added += 1;
                }
            }
        }
        merge
    }

    fn find(&self, group: &str, name: &str) -> Result<usize, usize> {
        let wanted = sort_key(group, name);
        self.profiles.binary_search_by(|profile| sort_key(&profile.group, &profile.name).cmp(&wanted))
    }
}

/// In what two profiles of the same name differ.
fn differences(mine: &Profile, theirs: &Profile) -> Vec<Part> {
    let (options, other) = (&mine.options, &theirs.options);
    [
        (Part::Url, mine.url != theirs.url),
        (Part::Protocols, mine.protocols != theirs.protocols),
        (Part::Heartbeat, options.heartbeat != other.heartbeat),
        (Part::Reconnect, options.reconnect != other.reconnect),
        (Part::Opening, options.opening != other.opening),
        (Part::Answers, options.answers != other.answers),
        (Part::Variables, mine.variables != theirs.variables),
        (Part::Messages, mine.messages != theirs.messages),
        (Part::Relay, options.relay != other.relay || options.transport != other.transport),
    ]
    .into_iter()
    .filter_map(|(part, differs)| differs.then_some(part))
    .collect()
}

/// A file usually comes without the values of its secrets; those that are known already stay.
fn with_secrets_of(theirs: &Profile, mine: &Profile) -> Profile {
    let known = |wanted: &Variable| {
        let same = |variable: &&Variable| variable.secret && variable.name == wanted.name;
        mine.variables.iter().find(same).map(|variable| variable.value.clone())
    };
    let mut filled = theirs.clone();
    if clean_address(&mine.url, &mut Vec::new()) == theirs.url {
        filled.url.clone_from(&mine.url);
    }
    if mine.without_secrets().options.relay == theirs.options.relay {
        filled.options.relay.clone_from(&mine.options.relay);
    }
    for variable in
        filled.variables.iter_mut().filter(|variable| variable.secret && variable.value.is_empty())
    {
        variable.value = known(variable).unwrap_or_default();
    }
    filled
}

fn trim(text: &mut String) {
    let trimmed = text.trim();
    if trimmed.len() < text.len() {
        *text = trimmed.to_owned();
    }
}

/// Names that differ only in case are neighbours, and still differ.
fn sort_key<'a>(group: &'a str, name: &'a str) -> (String, &'a str, String, &'a str) {
    (lower(group), group, lower(name), name)
}

//! What the person should know or decide, as data. The words are made when they are drawn, in the language that the page
//! then has.

use link::{Final, SendError};
use workbench::draft::{Fault, Problem};
use workbench::import::{ImportError, Report};
use workbench::position::{Position, position};
use workbench::preset::Preset;
use workbench::profile::{Profile, ProfileError};

use super::address::{self, Origin};
use super::diagnosis::{self, Cause};
use super::format::{count, size};
use super::relayed::Failure;
use super::{fault, file_fault, protocols, visible};
use crate::texts::settings::Settings;
use crate::texts::{Texts, close_codes, fill, plural};

/// Something the person should know or decide, shown above the log until it no longer holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What is the matter.
    pub matter: Matter,
    /// An address to offer instead.
    pub suggestion: Option<String>,
}

/// What can be the matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// An address cannot be connected to by a page from there.
    Address(String, Origin),
    /// Subprotocols as written cannot be offered.
    Subprotocols(String),
    /// A text cannot be made into what it is for: for what, what is wrong with it, and where.
    Unmade(Purpose, Problem, Position),
    /// Values would go to a server that has not had them before.
    Leave(Leave),
    /// A connection looks like one whose protocol is known.
    Preset(Preset),
    /// Some answers are not given; `true` where none are any more.
    AnswersHeld(bool),
    /// The link did not take a message.
    NotSent(SendError),
    /// Nothing can be sent where another connection is watched.
    OnlyWatches,
    /// The connection could not be opened, for one of these causes.
    Unreachable(Vec<Cause>),
    /// The relay could not connect.
    Unrelayed(Failure),
    /// Nobody answered.
    NoAnswer,
    /// The browser refused to connect; its own words, if any.
    Refused(String),
    /// The server closed with a code after which there is no reconnecting.
    StopCode(u16),
    /// As many attempts as allowed came to nothing.
    Exhausted,
    /// The log of an earlier visit is gone.
    RestoreGone,
    /// Logs are no longer kept, since the storage is full: their bytes.
    StorageFull(u64),
    /// Logs are no longer kept, since the browser refuses; its own words.
    StorageRefused(String),
    /// A part of the page could not be fetched.
    PartMissing,
    /// A file could not be read, or made no sense.
    Unreadable(Option<ImportError>),
    /// So many entries of a file made no sense, the first of them for this reason.
    Skipped(u64, Option<ImportError>),
    /// The connection was filled by a link.
    Followed(Followed),
    /// A link could not be read.
    LinkDamaged(ProfileError),
}

/// What a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The address to connect to.
    Address,
    /// A message that goes to the server by itself when a connection opens or is quiet.
    Opening,
    /// An answer that a rule gives.
    Answer,
    /// What a relay is told.
    Relay,
}

/// Values of the person's that a server would be given for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leave {
    /// Its scheme, host and port.
    pub server: String,
    /// The names of the values.
    pub names: Vec<String>,
    /// The person is about to connect; else to send, or connected already.
    pub connects: bool,
}

/// What a link brought along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// The profile's name, or else its address.
    pub name: String,
    /// Messages that begin each connection.
    pub opening: u64,
    /// Rules that answer.
    pub answers: u64,
    /// Variables without a value.
    pub missing: Vec<String>,
}

impl From<Matter> for Notice {
    fn from(matter: Matter) -> Notice {
        Notice { matter, suggestion: None }
    }
}

impl Notice {
    /// A text cannot be made into what it is for.
    pub fn of_fault(purpose: Purpose, fault: Fault, text: &str) -> Notice {
        Matter::Unmade(purpose, fault.problem, position(text, fault.at)).into()
    }

    /// The link came to rest. What the person did themselves, or what is explained already, needs no notice.
    pub fn of_final(last: Final) -> Option<Notice> {
        match last {
            Final::StopCode(code) => Some(Matter::StopCode(code).into()),
            Final::AttemptsExhausted => Some(Matter::Exhausted.into()),
            Final::ByUser | Final::ReconnectOff | Final::Refused | Final::Cancelled | Final::Withheld => None,
        }
    }

    /// Some entries of a file make no sense.
    pub fn of_skipped(report: &Report) -> Notice {
        Matter::Skipped(report.skipped, report.problems.first().cloned()).into()
    }

    /// What is the matter, in a few words.
    pub fn title(&self, all: &Texts) -> String {
        let t = &all.common;
        match &self.matter {
            Matter::Skipped(entries, _) => return plural(all.log.import_skipped, *entries),
            Matter::Preset(preset) => return fill(t.preset, &[&preset.name()]),
            Matter::StopCode(code) => return fill(t.stop_code, &[code]),
            Matter::Followed(followed) => return fill(all.settings.link_title, &[&followed.name]),
            Matter::Address(..) | Matter::Subprotocols(_) | Matter::Unmade(Purpose::Address, ..) => {
                t.not_connectable
            }
            Matter::Unmade(Purpose::Relay, ..) => all.settings.relay_fault,
            Matter::Unmade(Purpose::Opening, ..) => all.settings.opening_fault,
            Matter::Unmade(Purpose::Answer, ..) => all.settings.answer_fault,
            Matter::AnswersHeld(_) => all.settings.answers_held,
            Matter::Leave(_) => t.leave,
            Matter::OnlyWatches => t.only_watches,
            Matter::NotSent(SendError::Closed) => t.not_connected,
            Matter::NotSent(SendError::Full { .. }) => t.queue_full,
            Matter::NotSent(SendError::TooLarge { .. }) => t.too_large,
            Matter::Unreachable(_) | Matter::Unrelayed(_) => t.could_not_connect,
            Matter::NoAnswer => t.no_answer,
            Matter::Refused(_) => t.browser_refused,
            Matter::Exhausted => t.exhausted,
            Matter::RestoreGone => t.restore_gone,
            Matter::StorageFull(_) | Matter::StorageRefused(_) => t.keep_failed,
            Matter::PartMissing => t.part_missing,
            Matter::Unreadable(_) => all.log.unreadable,
            Matter::LinkDamaged(_) => all.settings.link_damaged,
        }
        .to_owned()
    }

    /// Why, and what to do about it.
    pub fn sentence(&self, all: &Texts) -> String {
        let t = &all.common;
        match &self.matter {
            Matter::Address(address, page) => {
                address::check(address, page, t).err().map(|problem| problem.sentence).unwrap_or_default()
            }
            Matter::Subprotocols(list) => {
                protocols::parse(list, t).err().map(|problem| problem.sentence).unwrap_or_default()
            }
            Matter::Unmade(_, problem, at) => fault::sentence_at(problem, *at, &all.composer),
            Matter::Leave(Leave { server, names, .. }) => {
                fill(t.leave_why, &[&names.join(t.causes_comma), &visible::foreign(server)])
            }
            Matter::Preset(_) => t.preset_why.to_owned(),
            Matter::AnswersHeld(true) => all.settings.answers_stopped.to_owned(),
            Matter::AnswersHeld(false) => all.settings.answers_fast.to_owned(),
            Matter::OnlyWatches => t.only_watches_why.to_owned(),
            Matter::NotSent(SendError::Closed) => t.not_connected_why.to_owned(),
            Matter::NotSent(SendError::Full { messages, bytes }) => {
                fill(t.queue_full_why, &[&count(*messages as u64), &size(*bytes as u64)])
            }
            Matter::NotSent(SendError::TooLarge { size: bytes, limit }) => {
                fill(t.too_large_why, &[&size(*bytes as u64), &size(*limit as u64)])
            }
            Matter::Unreachable(causes) => diagnosis::sentence(causes, t),
            Matter::Unrelayed(failure) => failure.sentence(t),
            Matter::NoAnswer => t.no_answer_why.to_owned(),
            Matter::Refused(words) => match words.trim_end_matches('.') {
                "" => t.browser_silent.to_owned(),
                words => fill(t.browser_says, &[&words]),
            },
            Matter::StopCode(code) => {
                let meaning = close_codes::explain_in(all.close_codes, *code).sentence;
                fill(t.stop_code_why, &[&meaning])
            }
            Matter::Exhausted => t.exhausted_why.to_owned(),
            Matter::RestoreGone => t.restore_gone_why.to_owned(),
            Matter::StorageFull(bytes) => fill(t.keep_quota, &[&size(*bytes)]),
            Matter::StorageRefused(words) => fill(t.keep_other, &[words]),
            Matter::PartMissing => t.part_missing_why.to_owned(),
            Matter::Unreadable(None) => all.log.unreadable_why.to_owned(),
            Matter::Unreadable(Some(error)) => {
                fill(all.log.import_first, &[&file_fault::sentence(error, all)])
            }
            Matter::Skipped(_, first) => {
                let first = first.as_ref().map(|error| file_fault::sentence(error, all));
                fill(all.log.import_first, &[&first.unwrap_or_default()])
            }
            Matter::Followed(followed) => followed.sentence(&all.settings),
            Matter::LinkDamaged(error) => file_fault::profiles(error, &all.settings),
        }
    }
}

impl Followed {
    /// What the link of a profile brought along.
    pub fn new(profile: &Profile, missing: Vec<String>) -> Followed {
        let name = if profile.name.is_empty() { &profile.url } else { &profile.name };
        Followed {
            name: name.clone(),
            opening: profile.options.opening.len() as u64,
            answers: profile.options.answers.iter().filter(|rule| rule.enabled).count() as u64,
            missing,
        }
    }

    fn sentence(&self, t: &Settings) -> String {
        let mut all = t.link_nothing_sent.to_owned();
        let mut add = |sentence: String| all = fill(t.sentences, &[&all, &sentence]);
        if self.opening > 0 {
            add(plural(t.link_opening, self.opening));
        }
        if self.answers > 0 {
            add(plural(t.link_answers, self.answers));
        }
        if !self.missing.is_empty() {
            add(fill(t.link_missing, &[&self.missing.join(t.list_comma)]));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use protocol::relay::Step;
    use workbench::import::ImportErrorKind;
    use workbench::json::JsonErrorKind;

    use super::*;
    use crate::model::relayed::Trouble;
    use crate::texts::Lang;
    use crate::texts::tests::texts_in;

    fn page() -> Origin {
        Origin { secure: false, host: "127.0.0.1:8080".to_owned() }
    }

    #[test]
    fn every_notice_is_read_in_the_language_that_the_page_then_has() {
        let at = position("{", 1);
        let error = ImportError { line: 3, kind: ImportErrorKind::Missing("time") };
        let json = Problem::Json(JsonErrorKind::ExpectedValue);
        let followed = Followed { name: "x".into(), opening: 2, answers: 1, missing: vec!["host".into()] };
        for matter in [
            Matter::Address("http://a.test".into(), page()),
            Matter::Subprotocols("a, a".into()),
            Matter::Unmade(Purpose::Address, json.clone(), at),
            Matter::Unmade(Purpose::Opening, json.clone(), at),
            Matter::Unmade(Purpose::Answer, json.clone(), at),
            Matter::Unmade(Purpose::Relay, json, at),
            Matter::Leave(Leave { server: "ws://a".into(), names: vec!["key".into()], connects: true }),
            Matter::Preset(Preset::Stomp),
            Matter::AnswersHeld(true),
            Matter::AnswersHeld(false),
            Matter::OnlyWatches,
            Matter::NotSent(SendError::Closed),
            Matter::NotSent(SendError::Full { messages: 2, bytes: 2 }),
            Matter::NotSent(SendError::TooLarge { size: 2, limit: 1 }),
            Matter::Unreachable(vec![Cause::NotWebSocket, Cause::Origin]),
            Matter::Unrelayed(Failure::new(Trouble::NotAllowed)),
            Matter::Unrelayed(Failure::new(Trouble::Absent)),
            Matter::Unrelayed(Failure::new(Trouble::Busy)),
            Matter::Unrelayed(Failure::new(Trouble::PartMissing)),
            Matter::PartMissing,
            Matter::Unrelayed(Failure::new(Trouble::Step(None))),
            Matter::NoAnswer,
            Matter::Refused(String::new()),
            Matter::Refused("No.".into()),
            Matter::StopCode(1008),
            Matter::Exhausted,
            Matter::RestoreGone,
            Matter::StorageFull(1),
            Matter::StorageRefused("No.".into()),
            Matter::Unreadable(None),
            Matter::Unreadable(Some(error.clone())),
            Matter::Skipped(2, Some(error)),
            Matter::Followed(followed),
            Matter::LinkDamaged(ProfileError::Kind),
        ] {
            check(matter);
        }
        for (step, _) in Step::WORDS {
            let trouble = Trouble::Step(Some(step));
            check(Matter::Unrelayed(Failure { said: "no".into(), ..Failure::new(trouble) }));
        }
    }

    fn check(matter: Matter) {
        let notice = Notice::from(matter);
        let is_chinese = |words: &String| words.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        let say = |lang: Lang| [notice.title(texts_in(lang)), notice.sentence(texts_in(lang))];
        assert!(say(Lang::Zh).iter().all(is_chinese), "{notice:?}: {:?}", say(Lang::Zh));
        let english = say(Lang::En);
        assert!(!english.iter().any(|words| words.is_empty() || is_chinese(words)), "{english:?}");
    }

    #[test]
    fn a_link_says_what_will_be_sent_and_what_is_missing() {
        let mut profile = Profile { url: "ws://{{host}}".to_owned(), ..Profile::default() };
        let t = &Settings::EN;
        assert_eq!(Followed::new(&profile, Vec::new()).sentence(t), t.link_nothing_sent);
        profile.options.opening = vec![Default::default(); 2];
        profile.options.answers = vec![Default::default(); 3];
        let sentence = Followed::new(&profile, vec!["host".to_owned()]).sentence(t);
        assert!(["2 messages", "3 rules", "host"].iter().all(|part| sentence.contains(part)), "{sentence}");
    }
}

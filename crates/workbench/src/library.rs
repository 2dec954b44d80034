//! Messages the person keeps under a name, in folders, and the values of the person's placeholders.

use std::borrow::Cow;

use thiserror::Error;

use crate::draft::Draft;
use crate::json::{JsonError, Value};
use crate::lower::lower;
use crate::template::{Variables, is_name};
use crate::view::Format;

/// A kept message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// The folder; empty for none.
    pub folder: String,
    /// What it is called; unique within its folder.
    pub name: String,
    /// The message.
    pub draft: Draft,
}

/// All kept messages, sorted by folder and name without regard to case; those without a folder come first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Library {
    messages: Vec<Saved>,
}

/// Why a stored text is no library. Keep the text: a newer version may have written it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LibraryError {
    /// Not JSON at all.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// JSON of another shape.
    #[error("not a list of messages")]
    Shape,
}

impl Library {
    /// The messages in order.
    #[must_use]
    pub fn messages(&self) -> &[Saved] {
        &self.messages
    }

    /// The message of that folder and name.
    #[must_use]
    pub fn get(&self, folder: &str, name: &str) -> Option<&Saved> {
        self.find(folder, name).ok().map(|index| &self.messages[index])
    }

    /// The folders in order, without the unnamed one.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        let mut last = "";
        self.messages.iter().map(|saved| saved.folder.as_str()).filter(move |folder| {
            let is_new = *folder != last;
            last = folder;
            is_new
        })
    }

    /// Keeps a message in place of the one of the same folder and name, which is returned. White space around
    /// folder and name is dropped.
    pub fn save(&mut self, saved: Saved) -> Option<Saved> {
        let saved =
            Saved { folder: saved.folder.trim().to_owned(), name: saved.name.trim().to_owned(), ..saved };
        match self.find(&saved.folder, &saved.name) {
            Ok(index) => Some(std::mem::replace(&mut self.messages[index], saved)),
            Err(index) => {
                self.messages.insert(index, saved);
                None
            }
        }
    }

    /// Takes a message away; gives it back, so that it can be put back.
    pub fn remove(&mut self, folder: &str, name: &str) -> Option<Saved> {
        self.find(folder, name).ok().map(|index| self.messages.remove(index))
    }

    /// The messages whose folder, name or text contains every word of `query`, without regard to case.
    pub fn search<'a>(&'a self, query: &str) -> impl Iterator<Item = &'a Saved> + use<'a> {
        let words: Vec<String> = query.split_whitespace().map(lower).collect();
        self.messages.iter().filter(move |saved| {
            let all = [&saved.folder, &saved.name, &saved.draft.text].map(|text| lower(text));
            words.iter().all(|word| all.iter().any(|text| text.contains(word)))
        })
    }

    /// The library as JSON: an array of objects with `folder`, `name`, `format` (`text`, `json`, `hex` or
    /// `base64`) and `text`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let text = |text: &str| Value::String(Cow::Owned(text.to_owned()));
        let member = |name: &'static str, value| (Cow::Borrowed(name), value);
        let messages = self.messages.iter().map(|saved| {
            Value::Object(vec![
                member("folder", text(&saved.folder)),
                member("name", text(&saved.name)),
                member("format", text(saved.draft.format.word())),
                member("text", text(&saved.draft.text)),
            ])
        });
        let mut out = String::new();
        Value::Array(messages.collect()).write(&mut out);
        out
    }

    /// Reads what [`Library::to_json`] writes. A message without a folder has none; one of an unknown format, or
    /// without a name, is an error: leaving it out would lose it at the next save.
    ///
    /// # Errors
    /// The text is something else.
    pub fn from_json(text: &str) -> Result<Library, LibraryError> {
        let value = Value::parse(text)?;
        let Value::Array(items) = &value else { return Err(LibraryError::Shape) };
        let mut library = Library::default();
        for item in items {
            let string = |name| item.get(name).and_then(Value::as_str);
            let saved = Saved {
                folder: string("folder").unwrap_or_default().to_owned(),
                name: string("name").ok_or(LibraryError::Shape)?.to_owned(),
                draft: Draft {
                    format: string("format").and_then(Format::named).ok_or(LibraryError::Shape)?,
                    text: string("text").ok_or(LibraryError::Shape)?.to_owned(),
                },
            };
            library.save(saved);
        }
        Ok(library)
    }

    fn find(&self, folder: &str, name: &str) -> Result<usize, usize> {
        let wanted = sort_key(folder, name);
        self.messages.binary_search_by(|saved| sort_key(&saved.folder, &saved.name).cmp(&wanted))
    }
}

/// Variables as a JSON object of strings.
#[must_use]
pub fn variables_to_json(variables: &Variables) -> String {
    let members = variables
        .iter()
        .map(|(name, value)| (Cow::Borrowed(name.as_str()), Value::String(Cow::Borrowed(value.as_str()))));
    let mut out = String::new();
    Value::Object(members.collect()).write(&mut out);
    out
}

/// Reads what [`variables_to_json`] writes.
///
/// # Errors
/// The text is something else, or has a name that no variable can have.
pub fn variables_from_json(text: &str) -> Result<Variables, LibraryError> {
    let Value::Object(members) = Value::parse(text)? else { return Err(LibraryError::Shape) };
    members
        .into_iter()
        .map(|(name, value)| match value {
            Value::String(value) if is_name(&name) => Ok((name.into_owned(), value.into_owned())),
            _ => Err(LibraryError::Shape),
        })
        .collect()
}

/// Messages without names as JSON: an array of objects with `format` and `text`.
#[must_use]
pub fn drafts_to_json(drafts: &[Draft]) -> String {
    let draft = |draft: &Draft| {
        Value::from_iter([("format", draft.format.word().into()), ("text", draft.text.clone().into())])
    };
    let mut out = String::new();
    drafts.iter().map(draft).collect::<Value<'_>>().write(&mut out);
    out
}

/// Reads what [`drafts_to_json`] writes.
///
/// # Errors
/// The text is something else.
pub fn drafts_from_json(text: &str) -> Result<Vec<Draft>, LibraryError> {
    let Value::Array(items) = Value::parse(text)? else { return Err(LibraryError::Shape) };
    items
        .iter()
        .map(|item| {
            let string = |name| item.get(name).and_then(Value::as_str).ok_or(LibraryError::Shape);
            let format = Format::named(string("format")?).ok_or(LibraryError::Shape)?;
            Ok(Draft { format, text: string("text")?.to_owned() })
        })
        .collect()
}

/// Names that differ only in case are neighbours, and still differ.
fn sort_key<'a>(folder: &'a str, name: &'a str) -> (String, &'a str, String, &'a str) {
    (lower(folder), folder, lower(name), name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn saved(folder: &str, name: &str, text: &str) -> Saved {
        let draft = Draft { format: Format::Json, text: text.to_owned() };
        Saved { folder: folder.to_owned(), name: name.to_owned(), draft }
    }

    fn library() -> Library {
        let mut library = Library::default();
        for (folder, name, text) in
            [("chat", "leave", "bye"), ("", "ping", "{}"), ("Auth", "login", "Token"), ("chat", "Join", "hi")]
        {
            assert_eq!(library.save(saved(folder, name, text)), None);
        }
        library
    }

    fn names<'a>(messages: impl IntoIterator<Item = &'a Saved>) -> Vec<&'a str> {
        messages.into_iter().map(|saved| saved.name.as_str()).collect()
    }

    #[test]
    fn messages_are_in_order_of_folder_and_name() {
        let library = library();
        assert_eq!(names(library.messages()), ["ping", "login", "Join", "leave"]);
        assert_eq!(library.folders().collect::<Vec<_>>(), ["Auth", "chat"]);
    }

    #[test]
    fn a_name_is_kept_once_per_folder() {
        let mut library = library();
        assert_eq!(library.save(saved(" chat ", " Join", "hello")), Some(saved("chat", "Join", "hi")));
        assert_eq!(library.save(saved("", "Join", "")), None);
        assert_eq!(library.get("chat", "Join").unwrap().draft.text, "hello");
        assert_eq!(library.remove("chat", "Join").unwrap().draft.text, "hello");
        assert_eq!(library.remove("chat", "Join"), None);
        assert!(library.get("", "Join").is_some());
    }

    #[test]
    fn a_search_looks_for_every_word_everywhere() {
        let library = library();
        assert_eq!(names(library.search("CHAT hi")), ["Join"]);
        assert_eq!(names(library.search("token")), ["login"]);
        assert_eq!(names(library.search(" ")).len(), 4);
        assert_eq!(names(library.search("chat token")), [""; 0]);
    }

    #[test]
    fn drafts_come_back() {
        let drafts: Vec<Draft> = library().messages().iter().map(|saved| saved.draft.clone()).collect();
        assert_eq!(drafts_from_json(&drafts_to_json(&drafts)), Ok(drafts));
        assert_eq!(drafts_from_json("[]"), Ok(Vec::new()));
        assert!(drafts_from_json("[{\"format\":\"xml\",\"text\":\"\"}]").is_err());
    }

    #[test]
    fn what_is_no_library_is_refused() {
        for text in
            ["", "{}", "[1]", r#"[{"name":"a","text":"b"}]"#, r#"[{"name":"a","format":"xml","text":""}]"#]
        {
            assert!(Library::from_json(text).is_err(), "{text}");
        }
        let one = Library::from_json(r#"[{"name":"a","format":"text","text":"b","later":1}]"#).unwrap();
        assert_eq!(one.get("", "a").unwrap().draft.text, "b");
        for text in ["[]", r#"{"n":"1"}"#, r#"{"a":1}"#, r#"{"a b":""}"#] {
            assert!(variables_from_json(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_library_survives_storage(all in prop::collection::vec(("[a-cA-C ]{0,2}", "[a-cA-Cé\"]{1,3}", any::<String>()), 0..20)) {
            let mut library = Library::default();
            let mut model = BTreeMap::new();
            for (folder, name, text) in all {
                library.save(saved(&folder, &name, &text));
                model.insert((folder.trim().to_owned(), name), text);
            }
            prop_assert_eq!(library.messages().len(), model.len());
            for ((folder, name), text) in &model {
                prop_assert_eq!(&library.get(folder, name).unwrap().draft.text, text);
            }
            prop_assert_eq!(Library::from_json(&library.to_json()).unwrap(), library);
        }

        #[test]
        fn variables_survive_storage(all in prop::collection::btree_map("[a-z_][a-z0-9]{3,5}", any::<String>(), 0..10)) {
            prop_assume!(all.keys().all(|name| is_name(name)));
            let all: Variables = all.into_iter().collect();
            prop_assert_eq!(variables_from_json(&variables_to_json(&all)).unwrap(), all);
        }
    }
}

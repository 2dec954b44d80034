//! Files as messages.

use js_sys::Uint8Array;
use link::Message;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use crate::model::format::size;
use crate::texts::composer::Composer;
use crate::texts::fill;

/// Larger files are not read: a message is in memory several times while it is sent.
const MAX_BYTES: f64 = 64.0 * 1024.0 * 1024.0;

/// What there is to say about files that were sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// None is chosen.
    NoFiles,
    /// One is larger than messages may be: its name and bytes.
    TooLarge(String, u64),
    /// One could not be read.
    Unreadable(String),
    /// One is no text.
    NotText(String),
}

impl Note {
    /// In words.
    pub fn sentence(&self, t: &Composer) -> String {
        match self {
            Note::NoFiles => t.files_none.to_owned(),
            Note::TooLarge(name, bytes) => {
                fill(t.file_too_large, &[name, &size(*bytes), &size(MAX_BYTES as u64)])
            }
            Note::Unreadable(name) => fill(t.file_unreadable, &[name]),
            Note::NotText(name) => fill(t.file_not_text, &[name]),
        }
    }
}

/// A file as a message, or why it is none.
pub(super) async fn read(file: &File, as_text: bool) -> Result<Message, Note> {
    if file.size() > MAX_BYTES {
        return Err(Note::TooLarge(file.name(), file.size() as u64));
    }
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(|_| Note::Unreadable(file.name()))?;
    let bytes = Uint8Array::new(&buffer).to_vec();
    if as_text {
        let text = String::from_utf8(bytes).map_err(|_| Note::NotText(file.name()))?;
        Ok(Message::Text(text))
    } else {
        Ok(Message::Binary(bytes))
    }
}

//! Files as messages.

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use js_sys::Uint8Array;
use link::Message;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use super::editor::Editor;
use crate::model::format::size;
use crate::texts::composer::Composer;
use crate::texts::{fill, texts};

/// Larger files are not read: a message is in memory several times while it is sent.
const MAX_BYTES: f64 = 64.0 * 1024.0 * 1024.0;

/// Two presses within this many milliseconds are a double click.
const DOUBLE_CLICK_MILLIS: u32 = 500;

/// Reads the files one after the other and sends each. The first that cannot be sent ends it.
pub(super) fn send(editor: &Editor) {
    if editor.set_reading(true) {
        // A second click while they are read would send them twice.
        return;
    }
    let files: Rc<[File]> = editor.outgoing().files();
    let as_text = editor.outgoing().files_as_text();
    editor.say(files.is_empty().then(|| texts().composer.files_none.to_owned()));
    let editor = editor.clone();
    #[expect(
        clippy::disallowed_methods,
        reason = "ends with the last file; an editor outlives what draws it"
    )]
    wasm_bindgen_futures::spawn_local(async move {
        for file in &*files {
            match read(file, as_text, &texts().composer).await {
                Ok(message) => {
                    if !editor.session().send(message) {
                        break;
                    }
                }
                Err(why) => {
                    editor.say(Some(why));
                    break;
                }
            }
        }
        // The second half of a double click is not meant to send them again.
        TimeoutFuture::new(DOUBLE_CLICK_MILLIS).await;
        editor.set_reading(false);
    });
}

async fn read(file: &File, as_text: bool, t: &Composer) -> Result<Message, String> {
    if file.size() > MAX_BYTES {
        let sizes = (size(file.size() as u64), size(MAX_BYTES as u64));
        return Err(fill(t.file_too_large, &[&file.name(), &sizes.0, &sizes.1]));
    }
    let buffer =
        JsFuture::from(file.array_buffer()).await.map_err(|_| fill(t.file_unreadable, &[&file.name()]))?;
    let bytes = Uint8Array::new(&buffer).to_vec();
    if as_text {
        let text = String::from_utf8(bytes).map_err(|_| fill(t.file_not_text, &[&file.name()]))?;
        Ok(Message::Text(text))
    } else {
        Ok(Message::Binary(bytes))
    }
}

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

/// A file as a message, or why it is none.
pub(super) async fn read(file: &File, as_text: bool, t: &Composer) -> Result<Message, String> {
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

/// A message that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Text is UTF-8.
    pub kind: Kind,
    /// The payload.
    pub payload: Vec<u8>,
}

/// What a message carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// Any bytes.
    Binary,
}

impl Message {
    /// A text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Message {
        Message { kind: Kind::Text, payload: text.into().into_bytes() }
    }

    /// Bytes.
    #[must_use]
    pub fn binary(payload: impl Into<Vec<u8>>) -> Message {
        Message { kind: Kind::Binary, payload: payload.into() }
    }

    /// Makes one byte another one. A text stays UTF-8, since bad UTF-8 is a violation and no corrupted message: a character
    /// becomes another one that is as long. Tells whether there was anything to change.
    pub(super) fn corrupt(&mut self, rng: &mut fastrand::Rng) -> bool {
        if self.payload.is_empty() {
            return false;
        }
        let start = rng.usize(..self.payload.len());
        match self.kind {
            Kind::Binary => {
                self.payload[start] ^= rng.u8(1..=255);
                true
            }
            Kind::Text => {
                // The last byte of the character that this one belongs to: another character's begins behind it.
                let behind = self.payload[start + 1..].iter();
                let place = start + behind.take_while(|byte| **byte & 0xc0 == 0x80).count();
                let byte = &mut self.payload[place];
                // Another printable one, or whatever else may stand at the end of a longer one.
                if byte.is_ascii() {
                    let other = rng.u8(b' '..=b'}');
                    *byte = if other >= *byte { other + 1 } else { other };
                } else {
                    *byte ^= rng.u8(1..=0x3f);
                }
                true
            }
        }
    }

    /// A text of `len` bytes that begins with `head`, as far as there is room for it.
    pub(super) fn filled(head: &str, len: usize) -> Message {
        const FILLER: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz012345";
        let head = head.bytes().take(len);
        Message { kind: Kind::Text, payload: head.chain(FILLER.iter().copied().cycle()).take(len).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_corrupted_message_differs_in_one_byte_and_a_text_stays_one(text in ".{0,40}", seed: u64) {
            let mut rng = fastrand::Rng::with_seed(seed);
            for original in [Message::text(text.clone()), Message::binary(text.as_bytes())] {
                let mut message = original.clone();
                let corrupted = message.corrupt(&mut rng);
                let changed = original.payload.iter().zip(&message.payload).filter(|(a, b)| a != b).count();
                prop_assert_eq!(changed, usize::from(corrupted));
                prop_assert_eq!(corrupted, !text.is_empty());
                if message.kind == Kind::Text {
                    prop_assert!(std::str::from_utf8(&message.payload).is_ok());
                }
            }
        }
    }

    #[test]
    fn filled_texts_have_their_length() {
        assert_eq!(Message::filled("flood 1 ", 12), Message::text("flood 1 abcd"));
        assert_eq!(Message::filled("flood 1 ", 3), Message::text("flo"));
    }
}

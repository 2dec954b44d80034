use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use http::HeaderValue;
use sha1::{Digest as _, Sha1};

/// Appended to the key before hashing (RFC 6455 §1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The length of a key and of its base64 form.
const KEY_LEN: usize = 16;
const ENCODED_KEY_LEN: usize = 24;

/// Base64 as keys come: with padding, the four bits behind the last byte whatever they are. Clients that draw 22 random
/// base64 characters leave them set, and the RFC asks only that 16 bytes come out.
const KEY_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key` as it stood in the header (RFC 6455 §4.2.2 step 5.4).
#[must_use]
pub fn accept_for(key: &[u8]) -> HeaderValue {
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    base64_value(&digest)
}

/// `Sec-WebSocket-Key` for 16 random bytes, which must be fresh for each connection (RFC 6455 §4.1).
#[must_use]
pub fn encode_key(nonce: [u8; KEY_LEN]) -> HeaderValue {
    base64_value(&nonce)
}

/// Whether a `Sec-WebSocket-Key` is 16 bytes in base64 (RFC 6455 §4.2.1).
#[must_use]
pub fn is_key(key: &[u8]) -> bool {
    let mut nonce = [0; KEY_LEN + 2];
    key.len() == ENCODED_KEY_LEN && KEY_BASE64.decode_slice(key, &mut nonce) == Ok(KEY_LEN)
}

fn base64_value(bytes: &[u8]) -> HeaderValue {
    HeaderValue::try_from(STANDARD.encode(bytes)).expect("base64 is made of header characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sixteen_bytes_in_base64() {
        assert!(is_key(b"dGhlIHNhbXBsZSBub25jZQ=="));
        assert!(is_key(encode_key([0xff; 16]).as_bytes()));
        assert!(is_key(b"dGhlIHNhbXBsZSBub25jZR=="), "the bits behind the last byte don't count");
        for not in [
            "",
            "dGhlIHNhbXBsZSBub25jZQ",
            "dGhlIHNhbXBsZSBub25jZQ=",
            "dGhlIHNhbXBsZSBub25jZTE=",
            "dGhlIHNhbXBsZSBub25jZTEy",
            "dGhlIHNhbXBsZSBub25j",
            "dGhlIHNhbXBsZSBub25j!Q==",
            "dGhlIHNhbXBsZSBub25j-Q==",
            "dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ==",
            " dGhlIHNhbXBsZSBub25jZQ",
        ] {
            assert!(!is_key(not.as_bytes()), "{not}");
        }
    }
}

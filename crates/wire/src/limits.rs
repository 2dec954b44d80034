/// What a [`Connection`](crate::Connection) accepts from its peer.
///
/// A limit is checked as soon as it is known to be exceeded: a frame's and a message's at the header that declares
/// the length, an inflated message's before the byte that would exceed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The payload of one frame, in bytes. 16 MiB by default.
    pub frame_len: u64,
    /// A whole message, in bytes, after decompression where it is compressed. 16 MiB by default.
    pub message_len: u64,
    /// Frames in one message, including empty ones. 131,072 by default.
    pub fragments: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { frame_len: 16 << 20, message_len: 16 << 20, fragments: 131_072 }
    }
}

impl Limits {
    /// No limits at all, for peers that are trusted.
    pub const NONE: Limits = Limits { frame_len: u64::MAX, message_len: u64::MAX, fragments: u32::MAX };

    /// The most bytes that the frames of a compressed message may have in all. Fast encoders know only
    /// the fixed Huffman codes, which make data that doesn't compress an eighth longer, so this leaves room above
    /// [`message_len`](Limits::message_len).
    #[must_use]
    pub const fn compressed_len(&self) -> u64 {
        self.message_len.saturating_add(self.message_len / 8).saturating_add(1024)
    }
}

use crate::CloseCode;

/// The peer broke the protocol or a limit: send a Close with [`close_code`](Failure::close_code), then close the
/// connection without reading on (RFC 6455 §7.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", .kind.explanation())]
pub struct Failure {
    /// What was broken.
    pub kind: FailureKind,
}

/// Everything a peer can do that fails a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// RSV1, RSV2 or RSV3 set without an extension that gives it a meaning.
    ReservedBits,
    /// An opcode of 3-7 or 11-15.
    ReservedOpcode,
    /// A client's frame without a mask.
    UnmaskedFrame,
    /// A server's frame with a mask.
    MaskedFrame,
    /// A length in more bytes than it needs.
    NonMinimalLength,
    /// A 64-bit length with its top bit set.
    LengthTopBit,
    /// A control frame with more than 125 bytes of payload.
    ControlTooLong,
    /// A control frame without FIN.
    FragmentedControl,
    /// A continuation frame while no message is in progress.
    UnexpectedContinuation,
    /// A new data frame while a fragmented message is in progress.
    ExpectedContinuation,
    /// Text that is not UTF-8.
    InvalidUtf8,
    /// A Close whose body is a single byte.
    CloseBodyTooShort,
    /// A Close with a code that must not appear on the wire.
    InvalidCloseCode,
    /// A Close whose reason is not UTF-8.
    InvalidCloseReason,
    /// RSV1 on a control frame or on a fragment other than the first, with permessage-deflate negotiated.
    MisplacedCompressedBit,
    /// A compressed message that is no DEFLATE stream.
    InvalidDeflate,
    /// A frame larger than the limit.
    FrameTooLarge,
    /// A message larger than the limit, after decompression where it is compressed.
    MessageTooLarge,
    /// A message of more fragments than the limit.
    TooManyFragments,
    /// This end met a condition that it can't handle.
    Internal,
}

impl Failure {
    /// A failure of the given kind.
    #[must_use]
    pub const fn new(kind: FailureKind) -> Failure {
        Failure { kind }
    }

    /// The code of the Close frame that this failure calls for.
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        self.kind.close_code()
    }

    /// One line for people, naming the section that was broken. At most 123 bytes: it fits a Close frame's reason.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        self.kind.explanation()
    }
}

impl From<FailureKind> for Failure {
    fn from(kind: FailureKind) -> Failure {
        Failure { kind }
    }
}

impl FailureKind {
    /// Every kind, in the order of declaration.
    pub const ALL: &'static [FailureKind] = &[
        FailureKind::ReservedBits,
        FailureKind::ReservedOpcode,
        FailureKind::UnmaskedFrame,
        FailureKind::MaskedFrame,
        FailureKind::NonMinimalLength,
        FailureKind::LengthTopBit,
        FailureKind::ControlTooLong,
        FailureKind::FragmentedControl,
        FailureKind::UnexpectedContinuation,
        FailureKind::ExpectedContinuation,
        FailureKind::InvalidUtf8,
        FailureKind::CloseBodyTooShort,
        FailureKind::InvalidCloseCode,
        FailureKind::InvalidCloseReason,
        FailureKind::MisplacedCompressedBit,
        FailureKind::InvalidDeflate,
        FailureKind::FrameTooLarge,
        FailureKind::MessageTooLarge,
        FailureKind::TooManyFragments,
        FailureKind::Internal,
    ];

    /// The code of the Close frame that this failure calls for (RFC 6455 §7.4.1).
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        match self {
            FailureKind::InvalidUtf8 | FailureKind::InvalidCloseReason | FailureKind::InvalidDeflate => {
                CloseCode::INVALID_PAYLOAD
            }
            FailureKind::FrameTooLarge | FailureKind::MessageTooLarge | FailureKind::TooManyFragments => {
                CloseCode::TOO_BIG
            }
            FailureKind::Internal => CloseCode::INTERNAL_ERROR,
            FailureKind::ReservedBits
            | FailureKind::ReservedOpcode
            | FailureKind::UnmaskedFrame
            | FailureKind::MaskedFrame
            | FailureKind::NonMinimalLength
            | FailureKind::LengthTopBit
            | FailureKind::ControlTooLong
            | FailureKind::FragmentedControl
            | FailureKind::UnexpectedContinuation
            | FailureKind::ExpectedContinuation
            | FailureKind::CloseBodyTooShort
            | FailureKind::InvalidCloseCode
            | FailureKind::MisplacedCompressedBit => CloseCode::PROTOCOL_ERROR,
        }
    }

    /// One line for people, naming the section that was broken. At most 123 bytes: it fits a Close frame's reason.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        match self {
            FailureKind::ReservedBits => {
                "a reserved bit is set, but no extension gives it a meaning (RFC 6455 §5.2)"
            }
            FailureKind::ReservedOpcode => "the opcode is reserved (RFC 6455 §5.2)",
            FailureKind::UnmaskedFrame => "a client must mask every frame (RFC 6455 §5.1)",
            FailureKind::MaskedFrame => "a server must not mask a frame (RFC 6455 §5.1)",
            FailureKind::NonMinimalLength => "the length takes more bytes than it needs (RFC 6455 §5.2)",
            FailureKind::LengthTopBit => "the top bit of a 64-bit length must be 0 (RFC 6455 §5.2)",
            FailureKind::ControlTooLong => "a control frame carries at most 125 bytes (RFC 6455 §5.5)",
            FailureKind::FragmentedControl => "a control frame must not be fragmented (RFC 6455 §5.5)",
            FailureKind::UnexpectedContinuation => {
                "a continuation frame came with no message to continue (RFC 6455 §5.4)"
            }
            FailureKind::ExpectedContinuation => {
                "a new message began inside a fragmented one (RFC 6455 §5.4)"
            }
            FailureKind::InvalidUtf8 => "a text message is not UTF-8 (RFC 6455 §8.1)",
            FailureKind::CloseBodyTooShort => {
                "a Close body is empty or starts with a 2-byte code (RFC 6455 §5.5.1)"
            }
            FailureKind::InvalidCloseCode => {
                "this close code must not appear in a Close frame (RFC 6455 §7.4)"
            }
            FailureKind::InvalidCloseReason => {
                "the reason in a Close frame is not UTF-8 (RFC 6455 §5.5.1, §8.1)"
            }
            FailureKind::MisplacedCompressedBit => {
                "only the first frame of a data message may carry RSV1 (RFC 7692 §6.1)"
            }
            FailureKind::InvalidDeflate => "a compressed message is not valid DEFLATE (RFC 7692 §7.2.2)",
            FailureKind::FrameTooLarge => "the frame is larger than this endpoint accepts (RFC 6455 §10.4)",
            FailureKind::MessageTooLarge => {
                "the message is larger than this endpoint accepts (RFC 6455 §10.4)"
            }
            FailureKind::TooManyFragments => {
                "the message has more fragments than this endpoint accepts (RFC 6455 §10.4)"
            }
            FailureKind::Internal => "an internal error; not the peer's fault (RFC 6455 §7.4.1)",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn explanations_fit_a_close_frame_and_name_a_section() {
        for kind in FailureKind::ALL {
            let text = kind.explanation();
            assert!(text.len() <= crate::close::MAX_REASON_LEN, "{text}");
            assert!(text.contains("RFC") && text.contains('§'), "{text}");
            assert!(kind.close_code().may_appear_on_the_wire());
        }
    }
}

//! Close codes and the body of a Close frame (RFC 6455 §5.5.1, §7.4).

use std::fmt;

use crate::{Failure, FailureKind};

/// The most bytes a reason may have: a control frame's 125 less the code.
pub const MAX_REASON_LEN: usize = 123;

/// Why a connection was closed, as a number (RFC 6455 §7.4 and the registry it founds).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(pub u16);

/// A Close frame's body that can't be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClose {
    /// The code is reserved for local use or outside the defined ranges. Choose another one.
    #[error("close code {0} must not be sent (RFC 6455 §7.4)")]
    Code(CloseCode),
    /// The reason is longer than [`MAX_REASON_LEN`]. Shorten it by [`cut_reason`].
    #[error("a close reason has at most 123 bytes, this one has {0} (RFC 6455 §5.5)")]
    ReasonTooLong(usize),
}

impl CloseCode {
    /// 1000: the purpose of the connection is fulfilled.
    pub const NORMAL: CloseCode = CloseCode(1000);
    /// 1001: the server goes down or the page is left.
    pub const GOING_AWAY: CloseCode = CloseCode(1001);
    /// 1002: protocol error.
    pub const PROTOCOL_ERROR: CloseCode = CloseCode(1002);
    /// 1003: a kind of data that this end can't accept.
    pub const UNSUPPORTED: CloseCode = CloseCode(1003);
    /// 1005: what an application sees where a Close carried no code. Never on the wire.
    pub const NO_STATUS: CloseCode = CloseCode(1005);
    /// 1006: what an application sees where no Close came at all. Never on the wire.
    pub const ABNORMAL: CloseCode = CloseCode(1006);
    /// 1007: data inconsistent with the kind of message, such as text that is not UTF-8.
    pub const INVALID_PAYLOAD: CloseCode = CloseCode(1007);
    /// 1008: a policy was violated and no other code fits.
    pub const POLICY: CloseCode = CloseCode(1008);
    /// 1009: too big to process.
    pub const TOO_BIG: CloseCode = CloseCode(1009);
    /// 1010: a client expected an extension that the server didn't negotiate.
    pub const MANDATORY_EXTENSION: CloseCode = CloseCode(1010);
    /// 1011: an unexpected condition.
    pub const INTERNAL_ERROR: CloseCode = CloseCode(1011);
    /// 1012: the service restarts; come back after a random delay.
    pub const SERVICE_RESTART: CloseCode = CloseCode(1012);
    /// 1013: overloaded; come back later.
    pub const TRY_AGAIN_LATER: CloseCode = CloseCode(1013);
    /// 1014: a gateway got an invalid response from behind it.
    pub const BAD_GATEWAY: CloseCode = CloseCode(1014);
    /// 1015: what an application sees where TLS failed. Never on the wire.
    pub const TLS_HANDSHAKE: CloseCode = CloseCode(1015);

    /// Whether a Close frame may carry this code: 1000-1003 and 1007-1014 as registered, 3000-3999 for libraries and
    /// frameworks, 4000-4999 for private use. 1004 is reserved; 1005, 1006 and 1015 are for local use only; everything
    /// else is undefined.
    #[must_use]
    pub const fn may_appear_on_the_wire(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }

    /// The registered name, or the range the code lies in. Empty where it has neither.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            1000 => "normal closure",
            1001 => "going away",
            1002 => "protocol error",
            1003 => "unsupported data",
            1004 => "reserved",
            1005 => "no status received",
            1006 => "abnormal closure",
            1007 => "invalid payload data",
            1008 => "policy violation",
            1009 => "message too big",
            1010 => "mandatory extension",
            1011 => "internal error",
            1012 => "service restart",
            1013 => "try again later",
            1014 => "bad gateway",
            1015 => "TLS handshake",
            3000..=3999 => "registered by a library",
            4000..=4999 => "private use",
            _ => "",
        }
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Reads the body of a Close frame: no code where it is empty, else the code and the reason.
///
/// # Errors
/// A body of one byte, a code that must not appear on the wire, or a reason that is not UTF-8.
pub fn parse(body: &[u8]) -> Result<Option<(CloseCode, &str)>, Failure> {
    let Some((code, reason)) = body.split_first_chunk::<2>() else {
        return if body.is_empty() { Ok(None) } else { Err(FailureKind::CloseBodyTooShort.into()) };
    };
    let code = CloseCode(u16::from_be_bytes(*code));
    if !code.may_appear_on_the_wire() {
        return Err(FailureKind::InvalidCloseCode.into());
    }
    match std::str::from_utf8(reason) {
        Ok(reason) => Ok(Some((code, reason))),
        Err(_) => Err(FailureKind::InvalidCloseReason.into()),
    }
}

/// As much of a reason as a Close holds: its first [`MAX_REASON_LEN`] bytes, less a character that they would cut.
#[must_use]
pub fn cut_reason(reason: &str) -> &str {
    &reason[..reason.floor_char_boundary(MAX_REASON_LEN)]
}

/// Checks a code and a reason before they go out.
///
/// # Errors
/// A code that must not appear on the wire, or a reason of more than [`MAX_REASON_LEN`] bytes.
pub const fn check(code: CloseCode, reason: &str) -> Result<(), InvalidClose> {
    if !code.may_appear_on_the_wire() {
        return Err(InvalidClose::Code(code));
    }
    if reason.len() > MAX_REASON_LEN {
        return Err(InvalidClose::ReasonTooLong(reason.len()));
    }
    Ok(())
}

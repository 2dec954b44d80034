//! The code and reason that the person closes a connection with, checked as they are written.

use link::CloseRequest;

/// Longest reason in bytes of UTF-8: what a Close frame has room for beside its code (RFC 6455 section 5.5).
pub const MAX_REASON_BYTES: usize = 123;

/// What a browser would refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosingFault {
    /// Neither 1000 nor within 3000 and 4999 (WHATWG WebSockets, `close()`).
    Code,
    /// More than [`MAX_REASON_BYTES`].
    Reason,
}

/// The request that code and reason make.
///
/// # Errors
/// What is to be changed first.
pub fn check(code: &str, reason: &str) -> Result<CloseRequest, ClosingFault> {
    let code: u16 = code.trim().parse().map_err(|_| ClosingFault::Code)?;
    if code != 1000 && !(3000..=4999).contains(&code) {
        return Err(ClosingFault::Code);
    }
    if reason.len() > MAX_REASON_BYTES {
        return Err(ClosingFault::Reason);
    }
    Ok(CloseRequest { code: Some(code), reason: reason.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_browsers_send() {
        for code in ["1000", " 3000", "4999"] {
            assert_eq!(check(code, "why").map(|request| request.reason), Ok("why".to_owned()), "{code}");
        }
        for code in ["", "1001", "1005", "2999", "5000", "-1", "70000", "1e3", "4000.5"] {
            assert_eq!(check(code, ""), Err(ClosingFault::Code), "{code}");
        }
    }

    #[test]
    fn the_reason_is_counted_in_bytes() {
        assert!(check("1000", &"é".repeat(61)).is_ok());
        assert_eq!(check("1000", &"é".repeat(62)), Err(ClosingFault::Reason));
        assert!(check("1000", &"x".repeat(123)).is_ok());
    }
}

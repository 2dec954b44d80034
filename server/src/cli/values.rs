//! Values of flags: each parser says what it expected.

use crate::config::ApiToken;
use std::net::SocketAddr;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

pub(super) fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    let numeric = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    numeric.as_deref().unwrap_or(text).parse().map_err(|_| {
        "expected an address and a port, such as 127.0.0.1:8080, [::1]:8080, or 0.0.0.0:8080 for all interfaces"
            .to_owned()
    })
}

pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "expected a duration with its unit, such as 500ms, 20s or 2m".to_owned())
}

pub(super) fn parse_positive_duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        Duration::ZERO => Err("expected a duration longer than zero".to_owned()),
        duration => Ok(duration),
    }
}

pub(super) fn parse_token(text: &str) -> Result<ApiToken, String> {
    if text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(ApiToken::new(text))
    } else {
        Err("expected at least 16 letters, digits and signs without spaces, such as what openssl rand -hex 16 prints"
            .to_owned())
    }
}

pub(super) fn parse_filter(text: &str) -> Result<String, String> {
    match EnvFilter::builder().parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => {
            Err("expected off, error, warn, info, debug, trace, or directives such as server=debug"
                .to_owned())
        }
    }
}

/// A number of bytes with an optional unit: powers of 1024 with an `i` (KiB, MiB, GiB), of 1000 without.
pub(super) fn parse_size(text: &str) -> Result<usize, String> {
    let expected = || "expected a size of at least 1 byte, such as 65536, 64KiB or 16MiB".to_owned();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit: usize = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err(expected()),
    };
    let number: usize = number.parse().map_err(|_| expected())?;
    number.checked_mul(unit).filter(|size| *size > 0).ok_or_else(expected)
}

/// hyper's buffer holds no less, so a smaller limit could be set but not be held.
pub(super) fn parse_header_size(text: &str) -> Result<usize, String> {
    match parse_size(text) {
        Ok(size) if size >= 1024 => Ok(size),
        _ => Err("expected a size of at least 1KiB, such as 16KiB".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, size) in [
            ("1", 1),
            ("512b", 512),
            ("2k", 2_000),
            ("64KiB", 65_536),
            ("16 MiB", 16 << 20),
            ("1GB", 1_000_000_000),
        ] {
            assert_eq!(parse_size(text), Ok(size), "{text}");
        }
        for text in ["", "0", "KiB", "-1", "1.5MiB", "1TiBs", "99999999999999999999", "99999999999GiB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }
}

//! What a certificate says, for people: X.509 (RFC 5280) in DER, as far as it takes to tell one from another. Whether it
//! can be trusted is judged by who connects, and not here.

use crate::time::Micros;

/// What is read of a certificate. What it does not have, or what is written in a way that is not known here, is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Whose it is: the parts of the name, such as `CN=api.example.com`, with commas.
    pub subject: String,
    /// Who says so.
    pub issuer: String,
    /// From when on it holds.
    pub from: Option<Micros>,
    /// Until when.
    pub until: Option<Micros>,
    /// The names and addresses that it is for.
    pub names: Vec<String>,
}

/// Names of one certificate that are listed.
const MAX_NAMES: usize = 50;

const SEQUENCE: u8 = 0x30;
const OID: u8 = 0x06;
/// `[0]` with the version and `[3]` with the extensions (RFC 5280, section 4.1).
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const OCTETS: u8 = 0x04;
const UTC_TIME: u8 = 0x17;
/// 2.5.29.17.
const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];

impl Certificate {
    /// Reads a certificate. `None` if it is none.
    #[must_use]
    pub fn read(der: &[u8]) -> Option<Certificate> {
        let mut whole = Reader(Reader(der).expect(SEQUENCE)?);
        let mut rest = Reader(whole.expect(SEQUENCE)?);
        let mut part = rest.next()?;
        if part.0 == VERSION {
            part = rest.next()?;
        }
        // The serial number was this, the algorithm of the signature follows.
        let _ = (part, rest.next()?);
        let issuer = name(rest.expect(SEQUENCE)?);
        let mut validity = Reader(rest.expect(SEQUENCE)?);
        let (from, until) = (validity.next().and_then(time), validity.next().and_then(time));
        let subject = name(rest.expect(SEQUENCE)?);
        let mut names = Vec::new();
        while let Some((tag, content)) = rest.next() {
            if tag == EXTENSIONS {
                names = alternative_names(content).unwrap_or_default();
            }
        }
        Some(Certificate { subject, issuer, from, until, names })
    }
}

/// DER, element by element: a tag of one byte, a length, the content.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let [tag, first, rest @ ..] = self.0 else { return None };
        let (len, rest) = match usize::from(*first) {
            len @ ..=0x7f => (len, rest),
            // So many bytes hold the length.
            count @ 0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(count - 0x80)?;
                (bytes.iter().fold(0, |len, byte| len << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(len)?;
        self.0 = rest;
        Some((*tag, content))
    }

    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }
}

/// The parts of a name, the most particular first, as people write it.
fn name(content: &[u8]) -> String {
    let mut parts = Vec::new();
    let mut sets = Reader(content);
    while let Some((_, set)) = sets.next() {
        let mut pair = Reader(Reader(set).expect(SEQUENCE).unwrap_or_default());
        let (Some(kind), Some((tag, value))) = (pair.expect(OID), pair.next()) else { continue };
        let value = match tag {
            // UTF-16, which only old authorities write.
            0x1e => String::from_utf16_lossy(
                &value.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect::<Vec<_>>(),
            ),
            _ => String::from_utf8_lossy(value).into_owned(),
        };
        parts.push(match kind {
            [0x55, 4, 3] => format!("CN={value}"),
            [0x55, 4, 6] => format!("C={value}"),
            [0x55, 4, 7] => format!("L={value}"),
            [0x55, 4, 8] => format!("ST={value}"),
            [0x55, 4, 10] => format!("O={value}"),
            [0x55, 4, 11] => format!("OU={value}"),
            _ => value,
        });
    }
    parts.reverse();
    parts.join(", ")
}

/// `YYMMDDHHMMSSZ`, of 1950 to 2049, or with four digits for the year (RFC 5280, section 4.1.2.5).
fn time((tag, content): (u8, &[u8])) -> Option<Micros> {
    let text = std::str::from_utf8(content).ok()?;
    let century = match text.as_bytes().first()? {
        _ if tag != UTC_TIME => "",
        b'5'..=b'9' => "19",
        _ => "20",
    };
    let digits = format!("{century}{text}");
    let part = |from: usize, to: usize| digits.get(from..to);
    let (date, clock) =
        ([part(0, 4)?, part(4, 6)?, part(6, 8)?], [part(8, 10)?, part(10, 12)?, part(12, 14)?]);
    Micros::parse_iso(&format!("{}T{}Z", date.join("-"), clock.join(":")))
}

fn alternative_names(content: &[u8]) -> Option<Vec<String>> {
    let mut extensions = Reader(Reader(content).expect(SEQUENCE)?);
    while let Some((_, extension)) = extensions.next() {
        let mut extension = Reader(extension);
        if extension.expect(OID)? != SUBJECT_ALTERNATIVE_NAME {
            continue;
        }
        // Whether it is critical stands in front, if it is.
        while let Some((tag, value)) = extension.next() {
            if tag == OCTETS {
                return Some(general_names(Reader(value).expect(SEQUENCE)?));
            }
        }
    }
    None
}

/// Names of the DNS, mail addresses, URIs and addresses (RFC 5280, section 4.2.1.6).
fn general_names(content: &[u8]) -> Vec<String> {
    let mut all = Reader(content);
    let name = |(tag, value): (u8, &[u8])| match (tag, value) {
        (0x81 | 0x82 | 0x86, text) => Some(String::from_utf8_lossy(text).into_owned()),
        (0x87, [a, b, c, d]) => Some(format!("{a}.{b}.{c}.{d}")),
        (0x87, bytes) => Some(std::net::Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).to_string()),
        _ => None,
    };
    std::iter::from_fn(|| all.next()).filter_map(name).take(MAX_NAMES).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::from_base64;

    const DER: &str = concat!(
        "MIICHzCCAcagAwIBAgIUESj77ktxnzfWyUOEkhUTQwVR0gAwCgYIKoZIzj0EAwIwQTELMAkGA1UEBhMCREUxFzAVBgNVBAoMDkV4",
        "w6RtcGxlLCBJbmMuMRkwFwYDVQQDDBBhcGkuZXhhbXBsZS50ZXN0MCAXDTI2MTEyNjIwMzMyMFoYDzIwNTkxMDA0MjAzMzIwWjBB",
        "MQswCQYDVQQGEwJERTEXMBUGA1UECgwORXjDpG1wbGUsIEluYy4xGTAXBgNVBAMMEGFwaS5leGFtcGxlLnRlc3QwWTATBgcqhkjO",
        "PQIBBggqhkjOPQMBBwNCAAQB/QAkP2yhiovmq4YUaaCK7lDB5HSJXpKcxnqJLXl+IT9RtWODRmall5d4dlM/QifGJovCKmXT4+Gu",
        "XtnBVAr/o4GZMIGWMB0GA1UdDgQWBBQIOHWk0SoCPV3Et/tbEfHwSa/7hzAfBgNVHSMEGDAWgBQIOHWk0SoCPV3Et/tbEfHwSa/7",
        "hzAPBgNVHRMBAf8EBTADAQH/MEMGA1UdEQQ8MDqCEGFwaS5leGFtcGxlLnRlc3SCDiouZXhhbXBsZS50ZXN0hwTAAAIHhxAgAQ24",
        "AAAAAAAAAAAAAAAHMAoGCCqGSM49BAMCA0cAMEQCIDWknEIpIZL8Ewyblz60YlPE0vsCKRb/shEgglp8j0LJAiAZRk6YZ5obSU2R",
        "0DGyAqvvr7Zt6o6xBb6vo5aqf/S+jw==",
    );

    #[test]
    fn a_certificate_says_whose_it_is_and_until_when() {
        let name = "CN=api.example.test, O=Exämple, Inc., C=DE".to_owned();
        let expected = Certificate {
            subject: name.clone(),
            issuer: name,
            from: Micros::parse_iso("2026-11-26T20:33:20Z"),
            until: Micros::parse_iso("2059-10-04T20:33:20Z"),
            names: ["api.example.test", "*.example.test", "192.0.2.7", "2001:db8::7"]
                .map(str::to_owned)
                .into(),
        };
        assert_eq!(Certificate::read(&from_base64(DER).unwrap()), Some(expected));
        assert_eq!(Certificate::read(b"\x30\x00"), None);
    }

    proptest! {
        #[test]
        fn whatever_is_damaged_is_read_or_not(
            changes in prop::collection::vec((0..700_usize, any::<u8>()), 0..6), len in 0..700_usize,
        ) {
            let mut der = from_base64(DER).unwrap();
            for (at, byte) in changes {
                let at = at % der.len();
                der[at] = byte;
            }
            der.truncate(len);
            let _ = Certificate::read(&der);
        }
    }
}

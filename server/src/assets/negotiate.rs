//! Choosing a representation: `Accept-Encoding` and `If-None-Match` (RFC 9110 sections 12.5.3 and 13.1.2).

use http::header::{GetAll, HeaderValue};

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    /// The value of `Content-Encoding`.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// Variants are different bytes, so a strong ETag must tell them apart.
    pub(super) fn etag_suffix(self) -> &'static str {
        match self {
            Self::Brotli => "-br",
            Self::Gzip => "-gz",
            Self::Identity => "",
        }
    }
}

/// The variant that the client likes best; the earlier of two that it likes equally. `None` when it accepts
/// none of them, not even identity.
pub(super) fn choose<T>(
    accept: GetAll<'_, HeaderValue>,
    available: impl IntoIterator<Item = T>,
    encoding: impl Fn(&T) -> Encoding,
) -> Option<T> {
    let accept = items(accept).map(parse_item).collect::<Vec<_>>();
    let mut best = None;
    for variant in available {
        let weight = weight(&accept, encoding(&variant));
        if weight > best.as_ref().map_or(0, |(weight, _)| *weight) {
            best = Some((weight, variant));
        }
    }
    best.map(|(_, variant)| variant)
}

/// Whether `If-None-Match` lets the request through: it is absent or names other versions.
pub(super) fn none_match(conditions: GetAll<'_, HeaderValue>, etag: &HeaderValue) -> bool {
    !items(conditions).any(|tag| tag == "*" || etag == tag.strip_prefix("W/").unwrap_or(tag))
}

fn items<'a>(values: GetAll<'a, HeaderValue>) -> impl Iterator<Item = &'a str> {
    values
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

/// A coding and its weight in thousandths; an unreadable weight is as good as a refusal.
fn parse_item(item: &str) -> (&str, u16) {
    let mut parts = item.split(';').map(str::trim);
    let coding = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let weight = weight.map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0));
    (coding, (weight.clamp(0.0, 1.0) * 1000.0) as u16)
}

fn weight(accept: &[(&str, u16)], encoding: Encoding) -> u16 {
    let named = |name: &str| {
        accept.iter().find(|(coding, _)| coding.eq_ignore_ascii_case(name)).map(|(_, weight)| *weight)
    };
    match encoding {
        Encoding::Brotli => named("br").or_else(|| named("*")).unwrap_or(0),
        Encoding::Gzip => named("gzip").or_else(|| named("x-gzip")).or_else(|| named("*")).unwrap_or(0),
        // Always acceptable unless refused, but liked less than anything that was named.
        Encoding::Identity => {
            named("identity").or_else(|| named("*").map(|weight| weight.min(1))).unwrap_or(1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Encoding::{Brotli, Gzip, Identity};
    use super::*;
    use http::header::{ACCEPT_ENCODING, HeaderMap};

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT_ENCODING, value.parse().unwrap());
        }
        headers
    }

    fn chosen(accept: &[&str], available: &[Encoding]) -> Option<Encoding> {
        let headers = headers(accept);
        choose(headers.get_all(ACCEPT_ENCODING), available.iter().copied(), |encoding| *encoding)
    }

    #[test]
    fn the_best_accepted_variant_is_chosen() {
        let all = [Brotli, Gzip, Identity];
        for (accept, expected) in [
            (&[][..], Identity),
            (&[""], Identity),
            (&["gzip, deflate, br, zstd"], Brotli),
            (&["gzip, deflate"], Gzip),
            (&["gzip", "br"], Brotli),
            (&["br;q=0.5, gzip"], Gzip),
            (&["br;q=0, gzip;q=0.001"], Gzip),
            (&["BR ; Q=1.0"], Brotli),
            (&["*"], Brotli),
            (&["*;q=0.3, br;q=0"], Gzip),
            (&["identity"], Identity),
            (&["identity;q=0.5, gzip;q=0.1"], Identity),
            (&["br;q=what"], Identity),
            (&["deflate"], Identity),
        ] {
            assert_eq!(chosen(accept, &all), Some(expected), "{accept:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_chosen() {
        assert_eq!(chosen(&["br"], &[Gzip, Identity]), Some(Identity));
        assert_eq!(chosen(&["br, identity;q=0"], &[Gzip, Identity]), None);
        assert_eq!(chosen(&["*;q=0"], &[Gzip, Identity]), None);
    }

    #[test]
    fn etags_are_compared_weakly_in_lists() {
        let etag = HeaderValue::from_static("\"abc\"");
        let matches = |value: &str| !none_match(headers(&[value]).get_all(ACCEPT_ENCODING), &etag);
        assert!(matches("\"abc\""));
        assert!(matches("W/\"abc\""));
        assert!(matches("\"x\", \"abc\""));
        assert!(matches("*"));
        assert!(!matches("\"abc-br\""));
        assert!(!matches("abc"));
    }
}

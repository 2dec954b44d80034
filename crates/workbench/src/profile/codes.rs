use std::fmt::Write as _;
use std::ops::RangeInclusive;

use thiserror::Error;

use crate::small_map::sort_few;

/// What in a list of close codes is not one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CodesError {
    /// Neither a code from 1000 to 4999 nor a range of them.
    #[error("{0:?} is not a close code")]
    NotACode(String),
    /// The end of the range lies before its begin.
    #[error("{0:?} runs backwards")]
    Backwards(String),
}

/// Reads close codes as people write them, `1002, 1007-1010`: codes from 1000 to 4999 and ranges of them, with
/// commas or spaces between. Ranges come back sorted, those that touch as one.
///
/// # Errors
/// The first part that is no code.
pub fn parse_codes(text: &str) -> Result<Vec<RangeInclusive<u16>>, CodesError> {
    let mut ranges = Vec::new();
    // Spaces around the dash belong to the range.
    let joined = text.replace(['–', '—'], "-").split('-').map(str::trim).collect::<Vec<_>>().join("-");
    for part in joined.split([',', ';', '，', '；', '、']).flat_map(str::split_whitespace) {
        let wrong = || CodesError::NotACode(part.to_owned());
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (code(first).ok_or_else(wrong)?, code(last).ok_or_else(wrong)?);
        if first > last {
            return Err(CodesError::Backwards(part.to_owned()));
        }
        ranges.push(first..=last);
    }
    sort_few(&mut ranges, |a, b| a.start() < b.start());
    ranges.dedup_by(|next, range| {
        let touches = u32::from(*next.start()) <= u32::from(*range.end()) + 1;
        if touches {
            *range = *range.start()..=*range.end().max(next.end());
        }
        touches
    });
    Ok(ranges)
}

/// Writes what [`parse_codes`] reads.
#[must_use]
pub fn format_codes(ranges: &[RangeInclusive<u16>]) -> String {
    let mut out = String::new();
    for range in ranges {
        if !out.is_empty() {
            out.push_str(", ");
        }
        // Writing to a String cannot fail.
        let _ = match (range.start(), range.end()) {
            (first, last) if first == last => write!(out, "{first}"),
            (first, last) => write!(out, "{first}-{last}"),
        };
    }
    out
}

fn code(text: &str) -> Option<u16> {
    text.parse().ok().filter(|code| (1000..=4999).contains(code))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_as_people_write_them() {
        assert_eq!(parse_codes("1002 1003, 4000 - 4999"), Ok(vec![1002..=1003, 4000..=4999]));
        assert_eq!(parse_codes("1010，1007–1009"), Ok(vec![1007..=1010]));
        assert_eq!(parse_codes(" , "), Ok(vec![]));
        assert_eq!(parse_codes("4000-4010 4005-4006"), Ok(vec![4000..=4010]));
    }

    #[test]
    fn what_is_no_code_is_named() {
        assert_eq!(parse_codes("1000 10 x"), Err(CodesError::NotACode("10".to_owned())));
        assert_eq!(parse_codes("4000-5000"), Err(CodesError::NotACode("4000-5000".to_owned())));
        assert_eq!(parse_codes("1000-"), Err(CodesError::NotACode("1000-".to_owned())));
        assert_eq!(parse_codes("4999-4000"), Err(CodesError::Backwards("4999-4000".to_owned())));
    }

    proptest! {
        #[test]
        fn the_same_codes_after_any_detour(pairs in prop::collection::vec((1000..=4999_u16, 0..30_u16), 0..12)) {
            let ranges: Vec<_> = pairs.iter().map(|(first, more)| *first..=(first + more).min(4999)).collect();
            let read = parse_codes(&format_codes(&ranges)).unwrap();
            for code in 990..=5010_u16 {
                let holds = |ranges: &[RangeInclusive<u16>]| ranges.iter().any(|range| range.contains(&code));
                prop_assert_eq!(holds(&ranges), holds(&read), "{}", code);
            }
            prop_assert_eq!(&parse_codes(&format_codes(&read)).unwrap(), &read);
            prop_assert!(read.windows(2).all(|pair| pair[0].end() + 1 < *pair[1].start()));
        }

        #[test]
        fn nothing_breaks_it(text in "[0-9 ,x-]{0,20}") {
            let _ = parse_codes(&text);
        }
    }
}

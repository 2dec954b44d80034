//! Hex as it comes out of other programs, read as the bytes it shows and not as the characters it is written with.
//!
//! | written by | looks like |
//! |---|---|
//! | this page, `hexdump -C` | `00000000  48 65 6c 6c 6f 0a  |Hello.|`, with or without the bars |
//! | `xxd`, Chromium's DevTools | `00000000: 4865 6c6c 6f0a  Hello.` |
//! | Wireshark, `od -A x -t x1` | `0000   48 65 6c 6c 6f 0a   Hello.` |
//! | C, Rust and others | `unsigned char data[] = { 0x48, 0x65 };`, with comments |
//! | Python, C strings | `b'\x48e\n'`, `"\x48\x65"` |
//!
//! Offsets and the column of characters are checked, so that nothing is taken for bytes that is none. A line `*` stands
//! for repeated lines, as `hexdump` and `od` write it.

use crate::decode_error::DecodeError;

/// A dump of more bytes is refused: `*` can stand for any number.
const MAX_BYTES: usize = 64 << 20;

/// Fewest and most digits of an offset.
const OFFSET_DIGITS: std::ops::RangeInclusive<usize> = 4..=16;

type Read<T> = Result<T, DecodeError>;

/// The bytes of a text that is written in one of these ways; `None` if it is not.
pub(crate) fn read(text: &str) -> Option<Read<Vec<u8>>> {
    // The characters beside a dump may hold braces.
    string(text).or_else(|| dump(text)).or_else(|| array(text))
}

/// A string with escapes, in quotes.
fn string(text: &str) -> Option<Read<Vec<u8>>> {
    let start = text.len() - text.trim_start().len();
    let inner = text.trim();
    let (inner, prefix) = inner.strip_prefix('b').map_or((inner, 0), |rest| (rest, 1));
    let quote = inner.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let body = &inner[1..];
    let at = |i: usize| start + prefix + 1 + i;
    let mut out = Vec::new();
    let mut chars = body.char_indices();
    loop {
        let (i, c) = chars.next()?;
        if c == quote {
            // What follows is no part of a string: it is something else.
            return matches!(body[i + 1..].trim_start(), "" | ";").then_some(Ok(out));
        }
        if c != '\\' {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let (_, escaped) = chars.next()?;
        out.push(match escaped {
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            '0' => 0,
            '\\' | '\'' | '"' => escaped as u8,
            'x' => {
                let byte = body.get(i + 2..i + 4).and_then(|digits| u8::from_str_radix(digits, 16).ok());
                let Some(byte) = byte else { return Some(Err(DecodeError::Incomplete { at: at(i) })) };
                chars.next();
                chars.next();
                byte
            }
            found => {
                let wanted = "an escape";
                return Some(Err(DecodeError::BadCharacter { at: at(i + 1), found, wanted }));
            }
        });
    }
}

/// The list between the first brace or bracket after a declaration, or at the start, and its partner.
fn array(text: &str) -> Option<Read<Vec<u8>>> {
    let open =
        text.find('{').or_else(|| text.trim_start().starts_with('[').then(|| text.find('[')).flatten())?;
    let partner = if text.as_bytes()[open] == b'{' { '}' } else { ']' };
    let end = text[open..].find(partner).map(|len| open + len)?;
    let mut out = Vec::new();
    let mut rest = open + 1;
    while rest < end {
        let part = &text[rest..end];
        let skip = part.len() - part.trim_start_matches(|c: char| c.is_whitespace() || c == ',').len();
        rest += skip;
        let part = &text[rest..end];
        if part.is_empty() {
            break;
        }
        if let Some(comment) = part.strip_prefix("//") {
            rest += 2 + comment.find('\n').unwrap_or(comment.len());
            continue;
        }
        if let Some(comment) = part.strip_prefix("/*") {
            rest += 2 + comment.find("*/").map_or(comment.len(), |len| len + 2);
            continue;
        }
        let len = part.find(|c: char| c.is_whitespace() || matches!(c, ',' | '/')).unwrap_or(part.len());
        let number = &part[..len];
        let digits = number.strip_prefix("0x").or_else(|| number.strip_prefix("0X"));
        // Without 0x it may be decimal or hex, and a guess would send the wrong bytes.
        match digits.and_then(|digits| u8::from_str_radix(digits.trim_end_matches("u8"), 16).ok()) {
            Some(byte) => out.push(byte),
            None => {
                let found = part.chars().next().unwrap_or('0');
                return Some(Err(DecodeError::BadCharacter { at: rest, found, wanted: "a byte like 0x48" }));
            }
        }
        rest += len;
    }
    Some(Ok(out))
}

/// A line of a dump.
struct Line<'t> {
    /// Its byte offset in the text.
    at: usize,
    /// The offset it begins with, as written; empty for `*`.
    offset: &'t str,
    /// What follows.
    rest: &'t str,
    /// A colon stood behind the offset.
    colon: bool,
}

fn dump(text: &str) -> Option<Read<Vec<u8>>> {
    let mut lines = Vec::new();
    let mut at = 0;
    for raw in text.split_inclusive('\n') {
        let line = raw.trim();
        if !line.is_empty() {
            lines.push(line_of(line, at + (raw.len() - raw.trim_start().len())));
        }
        at += raw.len();
    }
    let first = lines.first()?.as_ref()?;
    let next = lines.get(1).and_then(Option::as_ref);
    if !is_dump(first, next) {
        return None;
    }
    let Some(lines) = lines.into_iter().collect::<Option<Vec<Line<'_>>>>() else {
        // It begins like a dump; which line does not go on like one is found below.
        let wrong = text.split_inclusive('\n').scan(0, |at, raw| {
            let start = *at;
            *at += raw.len();
            Some((start, raw.trim()))
        });
        let wrong =
            wrong.filter(|(_, line)| !line.is_empty() && line_of(line, 0).is_none()).map(|(at, _)| at);
        return Some(Err(DecodeError::Dump { at: wrong.min().unwrap_or(0) }));
    };
    // `od` counts in octal unless told otherwise.
    Some(bytes_of(&lines, 16).or_else(|error| bytes_of(&lines, 8).map_err(|_| error)))
}

fn line_of(line: &str, at: usize) -> Option<Line<'_>> {
    if line == "*" {
        return Some(Line { at, offset: "", rest: "", colon: false });
    }
    let digits = line.bytes().take_while(u8::is_ascii_hexdigit).count();
    let (offset, rest) = line.split_at(digits);
    let colon = rest.starts_with(':');
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let apart = rest.is_empty() || rest.starts_with([' ', '\t']);
    (OFFSET_DIGITS.contains(&digits) && apart).then_some(Line { at, offset, rest, colon })
}

/// Whether a text that begins with these lines is a dump, and not hex in groups.
fn is_dump(first: &Line<'_>, next: Option<&Line<'_>>) -> bool {
    let groups = first.rest.split_whitespace().next().unwrap_or_default();
    if groups.is_empty() || !groups.bytes().all(|b| b.is_ascii_hexdigit()) {
        return false;
    }
    let follows = next.is_some_and(|next| {
        let [start, end] = [first, next].map(|line| u64::from_str_radix(line.offset, 16).unwrap_or(0));
        // Octal lines are 16 bytes long, which looks like 32.
        next.offset.is_empty() || end > start && end - start <= 64 && next.offset.len() == first.offset.len()
    });
    let zero = first.offset.bytes().all(|b| b == b'0');
    let wide = first.rest.starts_with("  ") || first.rest.starts_with('\t');
    let shown = wide && row(first.rest, None).is_some_and(|row| row.has_column);
    first.colon || shown || wide && (zero || follows) || first.offset.len() > 5 && follows
}

fn bytes_of(lines: &[Line<'_>], base: u32) -> Read<Vec<u8>> {
    let mut out: Vec<u8> = Vec::new();
    let start =
        u64::from_str_radix(lines[0].offset, base).map_err(|_| DecodeError::Dump { at: lines[0].at })?;
    let mut latest = 0..0;
    for (number, line) in lines.iter().enumerate() {
        let wrong = DecodeError::Dump { at: line.at };
        if line.offset.is_empty() {
            continue;
        }
        let here = u64::from_str_radix(line.offset, base).ok().and_then(|offset| offset.checked_sub(start));
        let here = here
            .and_then(|here| usize::try_from(here).ok())
            .filter(|here| *here <= MAX_BYTES)
            .ok_or(wrong)?;
        if number > 0 && lines[number - 1].offset.is_empty() && !latest.is_empty() {
            while out.len() < here {
                let end = latest.end.min(latest.start + here - out.len());
                out.extend_from_within(latest.start..end);
            }
        }
        if out.len() != here {
            return Err(wrong);
        }
        if line.rest.trim().is_empty() {
            continue;
        }
        // How many bytes a line has, the next one tells; after the last it is what fits.
        let next = lines.get(number + 1).filter(|next| !next.offset.is_empty());
        let next = next.and_then(|next| u64::from_str_radix(next.offset, base).ok());
        let count = next.and_then(|next| usize::try_from(next.checked_sub(start)?).ok()?.checked_sub(here));
        let read = row(line.rest, count).ok_or_else(|| {
            // Words of two bytes and more are in the order of the machine that wrote them.
            let word = line.rest.split_whitespace().next().unwrap_or_default();
            if !line.colon && word.len() > 2 { DecodeError::Words { at: line.at } } else { wrong }
        })?;
        if !line.colon && line.rest.split_whitespace().next().is_some_and(|word| word.len() > 2) {
            return Err(DecodeError::Words { at: line.at });
        }
        latest = out.len()..out.len() + read.bytes.len();
        out.extend(read.bytes);
    }
    Ok(out)
}

/// What a line shows.
struct Row {
    bytes: Vec<u8>,
    /// The characters of the bytes follow them.
    has_column: bool,
}

/// The bytes of a line, of which there are `count` if that is known; what follows them shows them as characters.
fn row(rest: &str, count: Option<usize>) -> Option<Row> {
    let mut bytes = Vec::new();
    // Where the text goes on after this many bytes.
    let mut ends = vec![(0, 0)];
    let mut at = 0;
    loop {
        let gap = rest[at..].len() - rest[at..].trim_start().len();
        let group = &rest[at + gap..];
        let len = group.find(|c: char| c.is_whitespace() || c == '|').unwrap_or(group.len());
        let digits = &group.as_bytes()[..len];
        if len == 0 || len % 2 != 0 || len > 16 || !digits.iter().all(u8::is_ascii_hexdigit) {
            break;
        }
        let digit = |b: u8| (b as char).to_digit(16).unwrap_or(0) as u8;
        bytes.extend(digits.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])));
        at += gap + len;
        ends.push((bytes.len(), at));
    }
    let candidates = || ends.iter().rev().filter(|(n, _)| *n > 0 && count.is_none_or(|count| count == *n));
    let column = |end: usize| rest[end..].trim_start_matches(' ');
    // Characters can look like more bytes ("ab"); those that show the bytes before them are none.
    let with_column = candidates().find(|&&(n, end)| {
        let apart = rest[end..].starts_with("  ") || column(end).starts_with('|');
        apart && !column(end).is_empty() && shows(column(end), &bytes[..n])
    });
    let found = with_column.or_else(|| candidates().find(|(_, end)| column(*end).is_empty()));
    found.map(|&(n, _)| Row { bytes: bytes[..n].to_vec(), has_column: with_column.is_some() })
}

/// Whether a column of characters shows these bytes; spaces at its end may be missing.
fn shows(column: &str, bytes: &[u8]) -> bool {
    let inner = column.strip_prefix('|').map_or(column, |inner| inner.strip_suffix('|').unwrap_or(inner));
    // Spaces in front were taken for part of the gap.
    let missing = bytes.iter().take_while(|byte| **byte == b' ').count();
    [(column, 0), (column, missing), (inner, 0)].into_iter().any(|(column, skipped)| {
        let mut chars = column.chars();
        let fits = bytes[skipped..].iter().all(|&byte| match chars.next() {
            None => byte == b' ',
            Some(c) => !(0x20..0x7F).contains(&byte) || c == byte as char || c == '.',
        });
        fits && chars.next().is_none()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        match read(text) {
            Some(Ok(bytes)) => bytes,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn dumps_of_other_programs_are_the_bytes_they_show() {
        let hello = b"Hello, world! 0a deadbeef\n\0\xFF";
        for text in [
            // This page's.
            "00000000  48 65 6c 6c 6f 2c 20 77  6f 72 6c 64 21 20 30 61  Hello, world! 0a\n\
             00000010  20 64 65 61 64 62 65 65  66 0a 00 ff               deadbeef...\n",
            // xxd.
            "00000000: 4865 6c6c 6f2c 2077 6f72 6c64 2120 3061  Hello, world! 0a\n\
             00000010: 2064 6561 6462 6565 660a 00ff             deadbeef...\n",
            // hexdump -C.
            "00000000  48 65 6c 6c 6f 2c 20 77  6f 72 6c 64 21 20 30 61  |Hello, world! 0a|\n\
             00000010  20 64 65 61 64 62 65 65  66 0a 00 ff              | deadbeef...|\n\
             0000001c\n",
            // Wireshark.
            "0000   48 65 6c 6c 6f 2c 20 77 6f 72 6c 64 21 20 30 61   Hello, world! 0a\n\
             0010   20 64 65 61 64 62 65 65 66 0a 00 ff                deadbeef...\n",
            // od -A x -t x1, od -t x1.
            "000000 48 65 6c 6c 6f 2c 20 77 6f 72 6c 64 21 20 30 61\n000010 20 64 65 61 64 62 65 65 66 0a 00 ff\n00001c\n",
            "0000000 48 65 6c 6c 6f 2c 20 77 6f 72 6c 64 21 20 30 61\n0000020 20 64 65 61 64 62 65 65 66 0a 00 ff\n0000034\n",
        ] {
            assert_eq!(bytes(text), hello, "{text}");
            assert_eq!(bytes(&text.replace('\n', "\r\n")), hello, "{text}");
        }
        // A part of a dump, and one line alone.
        assert_eq!(bytes("00000120  30 31  01"), b"01");
        assert_eq!(bytes("00000120: 3031                                     01"), b"01");
    }

    #[test]
    fn repeated_lines_are_repeated() {
        let text = "00000000  61 61 61 61 61 61 61 61  61 61 61 61 61 61 61 61  |aaaaaaaaaaaaaaaa|\n*\n\
                    00000040  62                                                |b|\n00000041\n";
        assert_eq!(bytes(text), [&[b'a'; 64][..], b"b"].concat());
        let huge = "00000000  61 61  |aa|\n*\nffffffff0\n";
        assert_eq!(read(huge), Some(Err(DecodeError::Dump { at: 24 })));
    }

    #[test]
    fn source_code_is_read() {
        let text = "unsigned char x[] = { // two {bytes}\n  0x48, 0X65, /* and */ 0xfu8,\n};\nunsigned int x_len = 3;";
        assert_eq!(bytes(&text.replace("{bytes}", "bytes")), [0x48, 0x65, 0xF]);
        assert_eq!(bytes("[0x48,0x65]"), b"He");
        assert_eq!(bytes(r#"b'H\x65llo\n\0\''"#), b"Hello\n\0'");
        assert_eq!(bytes(r#""\x48\x65";"#), b"He");
        for text in ["{ 72, 101 }", "[1, 2]", "{ 0x100 }", r"b'\q'", r"'\x4'"] {
            assert!(matches!(read(text), Some(Err(_))), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn what_only_looks_like_a_dump_is_refused() {
        for text in [
            // The second offset does not follow.
            "00000000  48 65  |He|\n00000010  48  |H|\n",
            // Other characters than the bytes.
            "00000000  48 65  |Ho|\n",
            "00000000  48 6  |H|\n",
            "00000000  48 65  |He|\nand more\n",
        ] {
            assert!(matches!(read(text), Some(Err(DecodeError::Dump { .. }))), "{text}: {:?}", read(text));
        }
        let words = "0000000 6548 6c6c 0a6f\n0000006\n";
        assert_eq!(read(words), Some(Err(DecodeError::Words { at: 0 })));
    }

    #[test]
    fn plain_hex_is_none_of_this() {
        for text in [
            "",
            "dead beef",
            "deadbeef cafebabe",
            "dead  48 65",
            "00 01",
            "de:ad:0f",
            "0xde 0xad",
            "0000",
            "beef\nbeef",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    /// The page's own dump, as its hex view has it.
    fn own(bytes: &[u8]) -> String {
        bytes
            .chunks(16)
            .enumerate()
            .map(|(row, chunk)| {
                let hex: String = (0..16)
                    .map(|i| {
                        let gap = if i == 8 { "  " } else { " " };
                        chunk.get(i).map_or(format!("{gap}  "), |byte| format!("{gap}{byte:02x}"))
                    })
                    .collect();
                let shown: String =
                    chunk.iter().map(|&b| if (0x20..0x7F).contains(&b) { b as char } else { '.' }).collect();
                format!("{:08x} {hex}  {shown}\n", row * 16)
            })
            .collect()
    }

    proptest! {
        #[test]
        fn the_pages_own_dump_comes_back(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b' '), Just(b'a')], 1..70)) {
            prop_assert_eq!(read(&own(&bytes)), Some(Ok(bytes)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in r#"[0-9a-f \n:|{}\[\]x\\"'*,b]{0,60}"#) {
            let _ = read(&text);
        }
    }
}

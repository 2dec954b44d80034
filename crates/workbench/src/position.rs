//! Where a byte of a text is, in the ways that people and text fields count.

/// A place in a text as an editor counts it, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

/// Line and column of a byte; of the character it belongs to if it lies within one, of the end if beyond it.
#[must_use]
pub fn position(text: &str, at: usize) -> Position {
    let before = &text[..text.floor_char_boundary(at)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Position {
        line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

/// The offset of a byte in UTF-16 code units, as the browser's text fields count.
#[must_use]
pub fn utf16_offset(text: &str, at: usize) -> usize {
    text[..text.floor_char_boundary(at)].encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_characters_are_counted_from_one() {
        let text = "aé\n你x";
        let at = |at| {
            let position = position(text, at);
            (position.line, position.column)
        };
        assert_eq!([at(0), at(1), at(2), at(3)], [(1, 1), (1, 2), (1, 2), (1, 3)]);
        assert_eq!([at(4), at(7), at(8), at(100)], [(2, 1), (2, 2), (2, 3), (2, 3)]);
    }

    #[test]
    fn text_fields_count_code_units() {
        assert_eq!(utf16_offset("a😀b", 5), 3);
        assert_eq!(utf16_offset("a😀b", 3), 1);
        assert_eq!(utf16_offset("a", 9), 1);
    }
}

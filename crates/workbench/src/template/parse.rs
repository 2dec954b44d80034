use super::{Piece, TemplateError, TemplateErrorKind, What, is_name};

/// Every piece of the text in order; together they cover it.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut from = 0;
    while let Some(found) = text[from..].find("{{") {
        let start = from + found;
        if start > from {
            pieces.push(Piece { start: from, end: start, what: What::Text });
        }
        let inside = start + 2;
        let (end, what) = if text[inside..].starts_with("{{") {
            (inside + 2, What::Braces)
        } else {
            let Some(length) = text[inside..].find("}}") else {
                return Err(TemplateError { at: start, kind: TemplateErrorKind::Unclosed });
            };
            (inside + length + 2, placeholder(text, start, inside, inside + length)?)
        };
        pieces.push(Piece { start, end, what });
        from = end;
    }
    if from < text.len() {
        pieces.push(Piece { start: from, end: text.len(), what: What::Text });
    }
    Ok(pieces)
}

/// What the placeholder at `start`, with `inside..end` between its braces, stands for.
fn placeholder(text: &str, start: usize, inside: usize, end: usize) -> Result<What, TemplateError> {
    let error = |at, kind| Err(TemplateError { at, kind });
    let mut words = words(text, inside, end);
    let Some((_, name)) = words.next() else { return error(start, TemplateErrorKind::Empty) };
    let what = match name {
        "n" => What::Number,
        "uuid" => What::Uuid,
        "now" => match words.next() {
            None => What::Iso,
            Some((_, "s")) => What::Seconds,
            Some((_, "ms")) => What::Millis,
            Some((at, word)) => return error(at, TemplateErrorKind::Argument(word.to_owned())),
        },
        "random" => {
            let (low, high) = (words.next(), words.next());
            let bound = |word: Option<(usize, &str)>| match word {
                None => Err(TemplateError { at: start, kind: TemplateErrorKind::RandomBounds }),
                Some((at, word)) => {
                    word.parse().map_err(|_| TemplateError { at, kind: TemplateErrorKind::RandomBounds })
                }
            };
            let (low_value, high_value) = (bound(low)?, bound(high)?);
            if low_value > high_value {
                let at = low.map_or(start, |(at, _)| at);
                return error(at, TemplateErrorKind::RandomOrder);
            }
            What::Random(low_value, high_value)
        }
        "char" => {
            let code = words.next();
            let char = code.and_then(|(_, code)| char::from_u32(u32::from_str_radix(code, 16).ok()?));
            match char {
                Some(char) => What::Char(char),
                None => return error(code.map_or(start, |(at, _)| at), TemplateErrorKind::Char),
            }
        }
        name if is_name(name) => What::Variable(name.to_owned()),
        name => return error(start, TemplateErrorKind::Unknown(name.to_owned())),
    };
    match words.next() {
        Some((at, word)) => error(at, TemplateErrorKind::Argument(word.to_owned())),
        None => Ok(what),
    }
}

/// The words of `text[from..end]` with their positions in `text`.
fn words(text: &str, from: usize, end: usize) -> impl Iterator<Item = (usize, &str)> {
    let base = text.as_ptr() as usize;
    text[from..end].split_whitespace().map(move |word| (word.as_ptr() as usize - base, word))
}

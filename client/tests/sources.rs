//! Rules about the source of both pages, this one and the scenes, that the compiler cannot check.

#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use client::running::chunks::Chunk;
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Attributes whose values a person sees or hears.
const SHOWN: [&str; 7] =
    ["title", "aria-label", "aria-description", "aria-roledescription", "placeholder", "alt", "label"];

/// What is the same in every language: names, keys, and examples of what is written in code.
const SAME_EVERYWHERE: &[&str] = &[
    "Heartwire",
    "Aa",
    "Enter",
    "Shift",
    "ws://host:port/path",
    "wss://api.example.com/feed",
    "Origin: https://example.com",
    "graphql-transport-ws, mqtt",
    "type",
    "pong",
    "JSON Lines",
    ".jsonl .csv .har",
    // Reasons of a Close, which go to the server.
    "nothing comes",
    "that can't be read",
    // Classes of a button.
    "button small",
    r#"error  \"two words\""#,
    r#"$.type == \"ping\""#,
];

/// Functions and macros whose texts nobody sees but a developer.
const UNSEEN_CALLS: [&str; 7] =
    ["expect", "panic", "unreachable", "debug_assert", "debug_struct", "field", "error_1"];

/// What is computed must not need a browser, or it could not be tested natively.
#[test]
fn neither_the_model_nor_the_texts_know_the_browser() {
    let browser = ["yew", "web_sys", "js_sys", "wasm_bindgen", "gloo"];
    for (path, tokens) in sources(&["src/model", "src/texts", "../scenes/src/model", "../scenes/src/texts"]) {
        let mut idents = Vec::new();
        walk(tokens, &mut |found| idents.extend(found.ident));
        let foreign = idents.iter().find(|ident| browser.iter().any(|name| ident.starts_with(name)));
        assert_eq!(foreign, None, "{}", path.display());
    }
}

/// Inlined, an entry would take its part along into the page's module.
#[test]
fn each_part_has_entries_that_stay_functions() {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut entered = BTreeSet::new();
    for path in files {
        let source = fs::read_to_string(&path).expect("a source file");
        let mut before = "";
        for line in source.lines().map(str::trim) {
            if let Some((_, entry)) = line.split_once("fn chunk_") {
                assert_eq!(before, "#[inline(never)]", "before `{line}` in {}", path.display());
                entered.insert(entry.split(['_', '(', '<']).next().unwrap_or_default().to_owned());
            }
            before = line;
        }
    }
    assert_eq!(entered, Chunk::ALL.map(|chunk| chunk.name().to_owned()).into());
}

#[test]
fn every_word_on_screen_stands_in_the_texts() {
    let mut found = Vec::new();
    for (path, tokens) in sources(&["src", "../scenes/src"]) {
        let is_texts = path.components().any(|part| part.as_os_str() == "texts");
        if !is_texts && path.file_name().is_none_or(|name| name != "tests.rs") {
            walk(tokens, &mut |seen| {
                if let Some(text) = seen.shown.filter(|text| !SAME_EVERYWHERE.contains(&text.as_str())) {
                    found.push(format!("{}: {text:?}", path.display()));
                }
            });
        }
    }
    assert!(found.is_empty(), "these belong into `texts`:\n{}", found.join("\n"));
}

/// The test above would pass on anything if it saw nothing.
#[test]
fn words_on_screen_are_recognised() {
    let shown = |source: &str| {
        let mut shown = Vec::new();
        walk(source.parse().expect("Rust"), &mut |seen| shown.extend(seen.shown));
        shown
    };
    for source in [
        r#"html! { <p>{"word"}</p> }"#,
        r#"html! { <p>{value}{"word"}</p> }"#,
        r#"html! { <button title="word">{icon}</button> }"#,
        r#"html! { <button aria-label={"word"}>{icon}</button> }"#,
    ] {
        assert_eq!(shown(source), ["word"], "{source}");
    }
    assert_eq!(shown(r#"fn f() -> String { format!("Two words, {n}") }"#), ["Two words, {n}"]);
    for source in [
        r#"html! { <p class="two words" data-testid={"word"}>{value}</p> }"#,
        r#"#[expect(lint, reason = "two words")] fn f() -> &'static str { if x { "word" } else { "other" } }"#,
        r#"fn f() { x.expect("two words"); } #[cfg(test)] mod tests { const A: &str = "Two words"; }"#,
    ] {
        assert!(shown(source).is_empty(), "{source}");
    }
}

/// What was come across.
#[derive(Default)]
struct Seen {
    ident: Option<String>,
    shown: Option<String>,
}

fn walk(tokens: TokenStream, see: &mut dyn FnMut(Seen)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                let attribute = tokens[index + 1..].iter().take(2).find_map(|next| match next {
                    TokenTree::Group(group) => Some(group.stream().to_string()),
                    _ => None,
                });
                // Tests are skipped with all they contain.
                if attribute.is_some_and(|attribute| attribute.replace(' ', "") == "cfg(test)") {
                    let is_end = |token: &TokenTree| match token {
                        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                        TokenTree::Punct(mark) => mark.as_char() == ';',
                        _ => false,
                    };
                    index += tokens[index..].iter().position(is_end).unwrap_or(0);
                } else {
                    index += tokens[index..].iter().take(3).position(is_bracket).unwrap_or(0);
                }
            }
            TokenTree::Ident(ident) => see(Seen { ident: Some(ident.to_string()), ..Seen::default() }),
            TokenTree::Literal(_) => {
                if let Some(text) = text_of(token) {
                    let shown = match attribute_before(&tokens, index) {
                        Some(name) => SHOWN.contains(&name.as_str()) && has_letters(&text),
                        None => is_phrase(&text),
                    };
                    if shown {
                        see(Seen { shown: Some(text), ..Seen::default() });
                    }
                }
            }
            TokenTree::Group(group) => {
                let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                let alone = match &inside[..] {
                    [only] if group.delimiter() == Delimiter::Brace => text_of(only),
                    _ => None,
                };
                match alone {
                    Some(text) => {
                        let shown = match attribute_before(&tokens, index) {
                            Some(name) => SHOWN.contains(&name.as_str()) && has_letters(&text),
                            None if is_child(&tokens, index) => has_letters(&text),
                            None => is_phrase(&text),
                        };
                        if shown {
                            see(Seen { shown: Some(text), ..Seen::default() });
                        }
                    }
                    None if !is_unseen_call(&tokens, index) => walk(group.stream(), see),
                    None => {}
                }
            }
            TokenTree::Punct(_) => {}
        }
        index += 1;
    }
}

/// The name of the attribute that a value belongs to: `name = value` or `na-me = value`.
fn attribute_before(tokens: &[TokenTree], value: usize) -> Option<String> {
    let is = |index: usize, wanted: char| matches!(&tokens[index], TokenTree::Punct(mark) if mark.as_char() == wanted);
    let mut at = value.checked_sub(1)?;
    if !is(at, '=') {
        return None;
    }
    let mut name = String::new();
    while let Some(TokenTree::Ident(part)) = at.checked_sub(1).map(|before| &tokens[before]) {
        name.insert_str(0, &part.to_string());
        at -= 1;
        if at == 0 || !is(at - 1, '-') {
            break;
        }
        name.insert(0, '-');
        at -= 1;
    }
    (!name.is_empty()).then_some(name)
}

/// Whether a group in braces stands where markup has a child: behind a tag or behind another child.
fn is_child(tokens: &[TokenTree], index: usize) -> bool {
    match index.checked_sub(1).map(|before| &tokens[before]) {
        Some(TokenTree::Punct(mark)) => mark.as_char() == '>' && !is_arrow(tokens, index - 1),
        Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
        _ => false,
    }
}

fn is_arrow(tokens: &[TokenTree], index: usize) -> bool {
    matches!(index.checked_sub(1).map(|before| &tokens[before]),
        Some(TokenTree::Punct(mark)) if matches!(mark.as_char(), '=' | '-'))
}

/// Whether a group holds the arguments of a call that nobody sees the texts of.
fn is_unseen_call(tokens: &[TokenTree], index: usize) -> bool {
    let before = tokens[..index]
        .iter()
        .rev()
        .find(|token| !matches!(token, TokenTree::Punct(mark) if mark.as_char() == '!'));
    matches!(before, Some(TokenTree::Ident(name)) if UNSEEN_CALLS.contains(&name.to_string().as_str()))
}

fn is_bracket(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket)
}

/// The text of a string literal as written, without its quotes.
fn text_of(token: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = token else { return None };
    let written = literal.to_string();
    let text = written.strip_prefix('"')?.strip_suffix('"')?;
    Some(text.to_owned())
}

/// Beside line breaks and the names of what is filled in.
fn has_letters(text: &str) -> bool {
    without_values(text).replace("\\n", "").chars().any(char::is_alphabetic)
}

/// The text with nothing in place of what is filled in.
fn without_values(text: &str) -> String {
    let mut depth = 0_usize;
    let mut out = String::new();
    for char in text.chars() {
        match char {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(char),
            _ => {}
        }
    }
    out
}

/// Two words side by side. Names for machines have none.
fn is_phrase(text: &str) -> bool {
    let is_word = |word: &str| {
        let word = word.trim_matches(|char: char| char.is_ascii_punctuation());
        word.chars().count() > 1 && word.chars().all(char::is_alphabetic)
    };
    let text = without_values(text);
    let words: Vec<&str> = text.split(' ').collect();
    words.windows(2).any(|pair| is_word(pair[0]) && is_word(pair[1]))
}

fn sources(folders: &[&str]) -> Vec<(PathBuf, TokenStream)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in folders {
        collect(&root.join(folder), &mut files);
    }
    assert!(files.len() > 20, "{files:?}");
    let read = |path: PathBuf| {
        let source = fs::read_to_string(&path).expect("a source file");
        let tokens = source.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path.strip_prefix(root).expect("below the package").to_owned(), tokens)
    };
    files.into_iter().map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry of it").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

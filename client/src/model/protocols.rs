//! Subprotocols as a person writes them (RFC 6455 section 4.1, item 10).

use super::address::Problem;
use crate::texts::common::Common;
use crate::texts::fill;

/// Splits a comma-separated list; empty for none.
pub fn parse(input: &str, t: &Common) -> Result<Vec<String>, Problem> {
    let mut protocols: Vec<String> = Vec::new();
    for name in input.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let problem = |sentence: String| Problem { sentence, suggestion: None };
        if let Some(char) = name.chars().find(|char| !is_token(*char)) {
            return Err(problem(fill(t.protocol_invalid, &[&name, &format_args!("{char:?}")])));
        }
        if protocols.iter().any(|known| known == name) {
            return Err(problem(fill(t.protocol_twice, &[&name])));
        }
        protocols.push(name.to_owned());
    }
    Ok(protocols)
}

/// Subprotocols as the connection bar has them, whatever they are.
pub fn split(protocols: &str) -> Vec<String> {
    protocols.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// RFC 9110 section 5.6.2.
fn is_token(char: char) -> bool {
    char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(char)
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: &Common = &Common::EN;

    #[test]
    fn a_list_is_split_in_order() {
        assert_eq!(
            parse(" graphql-ws, mqtt ,v1.x ", T),
            Ok(vec!["graphql-ws".into(), "mqtt".into(), "v1.x".into()])
        );
        assert_eq!(parse(" , ", T), Ok(vec![]));
    }

    #[test]
    fn what_a_browser_would_throw_at_is_explained() {
        assert!(parse("a b", T).unwrap_err().sentence.contains("' '"));
        assert!(parse("ok, ünï", T).unwrap_err().sentence.contains('ü'));
        assert!(parse("a,b,a", T).unwrap_err().sentence.contains("twice"));
    }

    #[test]
    fn subprotocols_are_taken_as_written() {
        assert_eq!(split(" a, b c ,,"), ["a", "b c"]);
    }
}

use http::HeaderMap;
use http::header::SEC_WEBSOCKET_PROTOCOL;

use crate::header::{Cursor, MalformedList};

/// Reads all `Sec-WebSocket-Protocol` lines of a request as one list, in the client's order of preference (RFC 6455
/// §4.1, §11.3.4). No line is an empty list.
///
/// # Errors
/// A line that is no list of tokens, or a name that is there twice (names "MUST all be unique strings", §4.1).
pub fn offered_protocols(headers: &HeaderMap) -> Result<Vec<String>, MalformedList> {
    let mut offered: Vec<String> = Vec::new();
    for line in headers.get_all(SEC_WEBSOCKET_PROTOCOL) {
        let mut cursor = Cursor::new(line.as_bytes());
        let before = offered.len();
        while !cursor.skip_empty_elements() {
            let name = cursor.token()?;
            if offered.iter().any(|other| other == name) {
                return Err(MalformedList);
            }
            offered.push(name.to_owned());
            if !cursor.end_of_element()? {
                break;
            }
        }
        if offered.len() == before {
            return Err(MalformedList);
        }
    }
    Ok(offered)
}

/// The first name that the client offered and the server supports. Names are compared as they are, case included.
#[must_use]
pub fn choose_protocol<'a>(offered: &'a [String], supported: &[impl AsRef<str>]) -> Option<&'a str> {
    offered.iter().map(String::as_str).find(|name| supported.iter().any(|other| other.as_ref() == *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(lines: &[&str]) -> Result<Vec<String>, MalformedList> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(SEC_WEBSOCKET_PROTOCOL, line.parse().unwrap());
        }
        offered_protocols(&headers)
    }

    #[test]
    fn lists_keep_their_order_over_all_lines() {
        assert_eq!(offered(&[]).unwrap(), [""; 0]);
        assert_eq!(offered(&["chat.v2,chat", "\tsoap , ,x"]).unwrap(), ["chat.v2", "chat", "soap", "x"]);
        assert_eq!(offered(&["chat, Chat"]).unwrap(), ["chat", "Chat"]);
    }

    #[test]
    fn what_is_no_list_of_distinct_tokens_is_refused() {
        for lines in
            [&[""][..], &[","], &["a b"], &["a;b"], &["a, a"], &["a", "a"], &["\"a\""], &["a", ""], &["ä"]]
        {
            assert_eq!(offered(lines), Err(MalformedList), "{lines:?}");
        }
    }

    #[test]
    fn the_client_s_order_decides_and_nothing_unoffered_is_chosen() {
        let offered = offered(&["b, a"]).unwrap();
        assert_eq!(choose_protocol(&offered, &["a", "b"]), Some("b"));
        assert_eq!(choose_protocol(&offered, &["a"]), Some("a"));
        assert_eq!(choose_protocol(&offered, &["c", "A"]), None);
        assert_eq!(choose_protocol(&[], &["a"]), None);
    }
}

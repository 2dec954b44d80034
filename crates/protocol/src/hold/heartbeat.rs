use workbench::json::Value;

/// Heartbeats are no longer than this, in bytes.
const MAX_LEN: usize = 256;
/// What heartbeats say of themselves.
const WORDS: [&str; 5] = ["ping", "pong", "heartbeat", "keepalive", "ka"];
/// The members in which JSON messages say what they are.
const MEMBERS: [&str; 6] = ["type", "event", "op", "action", "method", "msg"];

/// Whether a text is what applications use for heartbeats, where they can't send Pings: a bare `ping`, `pong` or `heartbeat`,
/// JSON whose `type` (`event`, `op`, `action`, `method`, `msg`) is one of these, Phoenix' heartbeat, STOMP's newline, and
/// Engine.IO's `2` and `3`.
#[must_use]
pub fn is_heartbeat(text: &str) -> bool {
    if text.len() > MAX_LEN {
        return false;
    }
    let is_word = |word: &str| WORDS.iter().any(|known| known.eq_ignore_ascii_case(word));
    match text.trim() {
        "" => matches!(text, "\n" | "\r\n"),
        "2" | "3" => true,
        word if is_word(word) => true,
        json if json.starts_with(['{', '[']) => Value::parse(json).is_ok_and(|value| {
            let said = MEMBERS.iter().filter_map(|member| value.get(member));
            // Phoenix: [join_ref, ref, topic, event, payload].
            said.chain(value.items().get(3)).filter_map(Value::as_str).any(is_word)
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heartbeats_are_known_by_what_they_say() {
        for text in [
            "ping",
            "PONG",
            "2",
            "3",
            "\n",
            r#"{"type":"ping"}"#,
            r#"{"type":"ka"}"#,
            r#"{"op": "pong", "id": 3}"#,
            r#"{"event":"heartbeat"}"#,
            r#"[null,"7","phoenix","heartbeat",{}]"#,
        ] {
            assert!(is_heartbeat(text), "{text}");
        }
        for text in
            ["", "pinging", "1", " ", r#"{"ping":1}"#, r#"{"type":"price"}"#, "[1,2,3]", "{", "[\"ping\"]"]
        {
            assert!(!is_heartbeat(text), "{text}");
        }
        assert!(!is_heartbeat(&format!(r#"{{"type":"ping","pad":"{}"}}"#, "x".repeat(MAX_LEN))));
    }
}

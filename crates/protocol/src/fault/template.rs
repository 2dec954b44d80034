use std::fmt;

use super::{Kind, Message};

/// The longest template, in bytes.
const MAX_LEN: usize = 4 << 10;
/// The longest text that comes of one, in bytes: `{{message}}` may stand in it many times.
const MAX_RENDERED: usize = 16 << 20;

/// A text to answer with. In it `{{message}}` stands for the message that is answered (as text), `{{n}}` for its number,
/// counted from 1, and `{{size}}` for its bytes; other braces stay as they are. At most 4 KiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(String);

impl Template {
    /// Reads a template.
    #[must_use]
    pub fn parse(text: &str) -> Option<Template> {
        (text.len() <= MAX_LEN).then(|| Template(text.to_owned()))
    }

    /// The answer to `message`, the `number`th.
    #[must_use]
    pub fn render(&self, message: &Message, number: u64) -> Message {
        let mut answer = String::with_capacity(self.0.len());
        let mut rest = self.0.as_str();
        while let Some((before, behind)) = rest.split_once("{{") {
            answer.push_str(before);
            let known = [("message}}", 0), ("n}}", 1), ("size}}", 2)];
            let Some((name, which)) = known.into_iter().find(|(name, _)| behind.starts_with(name)) else {
                answer.push_str("{{");
                rest = behind;
                continue;
            };
            match which {
                0 if answer.len() + message.payload.len() > MAX_RENDERED => {}
                0 => answer.push_str(&String::from_utf8_lossy(&message.payload)),
                1 => answer.push_str(&number.to_string()),
                _ => answer.push_str(&message.payload.len().to_string()),
            }
            rest = &behind[name.len()..];
        }
        answer.push_str(rest);
        Message { kind: Kind::Text, payload: answer.into_bytes() }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_and_nothing_else() {
        for (template, rendered) in [
            ("pong", "pong"),
            (
                "{\"id\":{{n}},\"got\":\"{{message}}\",\"bytes\":{{size}}}",
                "{\"id\":7,\"got\":\"{{n}}\",\"bytes\":5}",
            ),
            ("{{other}} {{ {{n}}", "{{other}} {{ 7"),
            ("{{{n}}}", "{{{n}}}"),
            ("", ""),
        ] {
            let answer = Template::parse(template).unwrap().render(&Message::text("{{n}}"), 7);
            assert_eq!(answer, Message::text(rendered), "{template}");
        }
    }

    #[test]
    fn bytes_are_shown_as_text_and_the_whole_is_bounded() {
        let template = Template::parse(&"{{message}}".repeat(300)).unwrap();
        assert_eq!(
            Template::parse("<{{message}}>").unwrap().render(&Message::binary(*b"a\xff"), 1),
            Message::text("<a\u{fffd}>")
        );
        let answer = template.render(&Message::binary(vec![b'x'; 1 << 20]), 1);
        assert_eq!(answer.payload.len(), 16 << 20);
        assert_eq!(Template::parse(&"x".repeat(4097)), None);
    }
}

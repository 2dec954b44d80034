//! What is set, as fields can show it.

use std::borrow::Cow;

use workbench::draft::Draft;
use workbench::profile::Options;
use workbench::template;
use workbench::view::Format;

/// The same settings with everything in their messages to be seen: a field loses carriage returns, one of a single line
/// loses all line breaks, and other control characters are not shown. It all goes out byte for byte. Where placeholders
/// are not filled, `fills` is false and there is no way to write these: messages stay as they are until they are
/// changed.
pub fn written(options: &Options, fills: bool) -> Options {
    let mut shown = options.clone();
    if fills {
        spell(&mut shown.heartbeat.payload, template::spelled_on_a_line);
        shown.opening.iter_mut().for_each(|draft| spell(draft, template::spelled_out));
        shown.answers.iter_mut().for_each(|rule| spell(&mut rule.reply, template::spelled_out));
    }
    shown
}

fn spell(draft: &mut Draft, with: fn(&str) -> Cow<'_, str>) {
    if matches!(draft.format, Format::Text | Format::Json) {
        draft.text = with(&draft.text).into_owned();
    }
}

#[cfg(test)]
mod tests {
    use workbench::answers::Rule;
    use workbench::template::{Values, Variables};
    use workbench::time::Micros;

    use super::*;

    #[test]
    fn what_fields_cannot_hold_is_spelt_and_goes_out_byte_for_byte() {
        let draft = |text: &str| Draft { text: text.to_owned(), ..Draft::default() };
        let texts = ["\n", "CONNECT\r\n\r\n\0", "{{n}}\r{{{{", "{\r\n", "plain {{{{n}}"];
        for text in texts {
            let mut options = Options::default();
            options.heartbeat.payload = draft(text);
            options.opening = vec![draft(text)];
            options.answers = vec![Rule { reply: draft(text), ..Rule::default() }];
            let shown = written(&options, true);
            let sent = |draft: &Draft| {
                let (random, variables) = (|| 0, Variables::default());
                draft
                    .prepare(Some(&mut Values { n: 7, now: Micros(0), random, variables: &variables }))
                    .unwrap()
            };
            for field in [&shown.heartbeat.payload, &shown.opening[0], &shown.answers[0].reply] {
                assert_eq!(sent(field), sent(&draft(text)), "{text:?}");
                assert!(!field.text.contains(['\r', '\0']), "{field:?}");
            }
            assert!(!shown.heartbeat.payload.text.contains('\n'), "{shown:?}");
            assert_eq!(written(&options, false), options);
            assert_eq!(written(&shown, true), shown, "once is enough");
        }
    }
}

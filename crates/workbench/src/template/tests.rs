use proptest::prelude::*;

use super::*;
use crate::json;

const NOW: Micros = Micros(1_709_210_096_123_456);

fn variables() -> Variables {
    [("user", "ann"), ("raw", "{{n}}"), ("a.b-c_1", "")].map(|(k, v)| (k.to_owned(), v.to_owned())).into()
}

fn fill_with(text: &str, random: impl FnMut() -> u64) -> Result<Filled, TemplateError> {
    fill(text, &mut Values { n: 7, now: NOW, random, variables: &variables() })
}

fn filled(text: &str) -> String {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    fill_with(text, || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        seed
    })
    .unwrap_or_else(|error| panic!("{text}: {error}"))
    .text
}

fn refused(text: &str) -> (usize, TemplateErrorKind) {
    let error = fill_with(text, || 0).expect_err(text);
    (error.at, error.kind)
}

#[test]
fn every_placeholder_is_filled() {
    assert_eq!(filled("#{{n}} {{ n }}"), "#7 7");
    assert_eq!(filled("{{now}}"), "2024-02-29T12:34:56.123Z");
    assert_eq!(filled("{{now ms}}|{{now s}}"), "1709210096123|1709210096");
    assert_eq!(filled("{{user}}{{a.b-c_1}}!"), "ann!");
    assert_eq!(filled("{{random 5 5}} {{ random\t-3\n-3 }}"), "5 -3");
}

#[test]
fn text_around_placeholders_stays() {
    for text in ["", "plain", "{", "}}", "{ {", "{}", "é}}", r#"{"a":{"b":{}}}"#] {
        assert_eq!(filled(text), text);
        assert!(Template::parse(text).unwrap().is_plain());
    }
    assert_eq!(filled(r#"{"a":{"n":{{n}}}}"#), r#"{"a":{"n":7}}"#);
    assert!(Template::parse("é{{n}}").unwrap().is_numbered());
    assert!(!Template::parse("é{{now}}").unwrap().is_numbered());
}

#[test]
fn four_braces_are_two() {
    assert_eq!(filled("{{{{n}}"), "{{n}}");
    assert_eq!(filled("{{{{{{{{"), "{{{{");
    assert_eq!(filled("{{{{{{n}}"), "{{7");
}

#[test]
fn the_value_of_a_variable_is_not_filled_again() {
    assert_eq!(filled("{{raw}}"), "{{n}}");
}

#[test]
fn mistakes_are_told_with_their_place() {
    use TemplateErrorKind as Kind;
    assert_eq!(refused("é {{nope}}"), (3, Kind::Unknown("nope".to_owned())));
    assert_eq!(refused("{{n}} {{ 1st }}"), (6, Kind::Unknown("1st".to_owned())));
    assert_eq!(refused("{{{n}}"), (0, Kind::Unknown("{n".to_owned())));
    assert_eq!(refused("a{{n"), (1, Kind::Unclosed));
    assert_eq!(refused("a{{ n }"), (1, Kind::Unclosed));
    assert_eq!(refused("{{ }}"), (0, Kind::Empty));
    assert_eq!(refused("{{n 5}}"), (4, Kind::Argument("5".to_owned())));
    assert_eq!(refused("{{user x}}"), (7, Kind::Argument("x".to_owned())));
    assert_eq!(refused("{{now us}}"), (6, Kind::Argument("us".to_owned())));
    assert_eq!(refused("{{now ms x}}"), (9, Kind::Argument("x".to_owned())));
    assert_eq!(refused("{{random}}"), (0, Kind::RandomBounds));
    assert_eq!(refused("{{random 1}}"), (0, Kind::RandomBounds));
    assert_eq!(refused("{{random 1 1.5}}"), (11, Kind::RandomBounds));
    assert_eq!(refused("{{random 1 99999999999999999999}}"), (11, Kind::RandomBounds));
    assert_eq!(refused("{{random 2 1}}"), (9, Kind::RandomOrder));
    assert_eq!(refused("{{random 1 2 3}}"), (13, Kind::Argument("3".to_owned())));
}

#[test]
fn names_of_variables() {
    for name in ["a", "_x", "user-id", "a.b", "N"] {
        assert!(is_name(name), "{name}");
    }
    for name in ["", "1a", "n", "now", "uuid", "random", "a b", "é", "a}", &"x".repeat(MAX_NAME_BYTES + 1)] {
        assert!(!is_name(name), "{name}");
    }
}

#[test]
fn uuids_are_of_version_4_and_differ() {
    let text = filled("{{uuid}} {{uuid}}");
    let (one, two) = text.split_once(' ').unwrap();
    assert_ne!(one, two);
    assert_eq!(fill_with("{{uuid}}", || 0).unwrap().text, "00000000-0000-4000-8000-000000000000");
    assert_eq!(fill_with("{{uuid}}", || u64::MAX).unwrap().text, "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

#[test]
fn random_is_fair_at_the_edges_and_never_hangs() {
    // 2^64 is 1 more than a multiple of 3: the one draw that would favour the lowest number is thrown again.
    let mut draws = [u64::MAX, 1].into_iter();
    assert_eq!(fill_with("{{random 0 2}}", || draws.next().unwrap()).unwrap().text, "1");
    // 2^64 is a multiple of 4: every draw counts.
    assert_eq!(fill_with("{{random 0 3}}", || u64::MAX).unwrap().text, "3");
    let all = format!("{{{{random {} {}}}}}", i64::MIN, i64::MAX);
    assert_eq!(fill_with(&all, || u64::MAX).unwrap().text, "-1");
    assert_eq!(fill_with("{{random 0 2}}", || u64::MAX).unwrap().text, "0");
}

#[test]
fn json_with_placeholders_is_formatted_around_them() {
    let text = r#"{"id":"{{uuid}}","n":{{ n }},"list":[{{random 1 2}},"{{{{x}}"]}"#;
    let pretty = Template::parse(text).unwrap().rearrange(|text| json::pretty(text, 1)).unwrap();
    assert_eq!(
        pretty,
        "{\n \"id\": \"{{uuid}}\",\n \"n\": {{ n }},\n \"list\": [\n  {{random 1 2}},\n  \"{{{{x}}\"\n ]\n}"
    );
    let text = "{{n}} {{n}} x";
    let (error, covered) =
        Template::parse(text).unwrap().rearrange(|text| json::pretty(text, 1)).unwrap_err();
    assert_eq!(covered.origin(error.at), 6);
}

#[test]
fn a_text_that_looks_like_the_stand_in_is_kept() {
    let text = "{\"n\":{{n}},\"x\":719406280000000000,\"y\":\"71940628\"}";
    let back = Template::parse(text).unwrap().rearrange(json::compact).unwrap();
    assert_eq!(back, text);
}

/// Texts with many braces.
fn braces() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![Just("{"), Just("}"), Just("{{n}}"), Just("{{{{"), Just("n"), Just(" "), Just("é")],
        0..20,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_text_is_filled_or_refused_at_a_character(text in prop_oneof![braces(), any::<String>()]) {
        match fill_with(&text, || 0) {
            Ok(filled) => prop_assert!(filled.text.is_char_boundary(filled.text.len())),
            Err(error) => {
                prop_assert!(error.at < text.len());
                prop_assert!(text.is_char_boundary(error.at));
            }
        }
    }

    #[test]
    fn doubled_braces_give_any_text_back(text in prop_oneof![braces(), any::<String>()]) {
        let escaped = text.replace("{{", "{{{{");
        prop_assert_eq!(filled(&escaped), text);
    }

    #[test]
    fn copied_bytes_know_their_origin(text in braces()) {
        if let Ok(filled) = fill_with(&text, || 0) {
            let copied = filled.text.char_indices().filter(|(_, c)| *c == 'é');
            let origins: Vec<_> = copied.map(|(at, _)| filled.origin(at)).collect();
            let written: Vec<_> = text.char_indices().filter(|(_, c)| *c == 'é').map(|(at, _)| at).collect();
            prop_assert_eq!(origins, written);
        }
    }

    #[test]
    fn random_stays_within_its_bounds(low: i64, high: i64, draw: u64) {
        let (low, high) = (low.min(high), low.max(high));
        let text = fill_with(&format!("{{{{random {low} {high}}}}}"), || draw).unwrap().text;
        prop_assert!((low..=high).contains(&text.parse().unwrap()));
    }

    #[test]
    fn rearranging_nothing_changes_nothing(text in braces()) {
        if let Ok(template) = Template::parse(&text) {
            prop_assert_eq!(template.rearrange(|text| Ok::<_, ()>(text.to_owned())).unwrap(), text);
        }
    }
}

#[test]
fn characters_that_cannot_be_typed_have_a_placeholder() {
    assert_eq!(filled("a{{char 0d}}\n{{ char 0 }}{{char 1F600}}"), "a\r\n\0😀");
    assert_eq!(refused("a{{char}}"), (1, TemplateErrorKind::Char));
    assert_eq!(refused("{{char d800}}"), (7, TemplateErrorKind::Char));
    assert_eq!(refused("{{char 110000}}"), (7, TemplateErrorKind::Char));
    assert_eq!(refused("{{char 0d 0a}}"), (10, TemplateErrorKind::Argument("0a".to_owned())));
}

#[test]
fn a_text_becomes_a_template_for_itself() {
    assert_eq!(literal("{{n}} {{{{"), "{{{{n}} {{{{{{{{");
    assert_eq!(literal("a\r\nb\t"), "a{{char 0d}}\nb\t");
    assert_eq!(literal("{\r"), "{{char 7b}}{{char 0d}}");
    assert_eq!(literal("\u{202e}evil"), "{{char 202e}}evil");
    assert_eq!(spelled_out("{{n}}\r\n{{{{"), "{{n}}{{char 0d}}\n{{{{");
    assert_eq!(spelled_out("{{broken\r"), "{{broken\r");
    assert_eq!(spelled_on_a_line("{{n}}{\n\t"), "{{n}}{{char 7b}}{{char 0a}}\t");
}

proptest! {
    #[test]
    fn what_a_text_is_spelt_as_fills_to_it(text in "[{}\\r\\n\\x00a\u{202e}\u{200b}é]{0,12}") {
        prop_assert_eq!(filled(&literal(&text)), text);
    }

    #[test]
    fn spelling_out_changes_nothing_that_is_sent(text in "([{}\\r\\n\\x00a]|\\{\\{user\\}\\}|\\{\\{\\{\\{){0,8}") {
        if Template::parse(&text).is_ok_and(|template| template.variables().all(|name| name == "user")) {
            prop_assert_eq!(filled(&spelled_out(&text)), filled(&text));
            let line = spelled_on_a_line(&text);
            prop_assert!(!line.contains('\n'), "{}", line);
            prop_assert_eq!(filled(&line), filled(&text));
        }
    }
}

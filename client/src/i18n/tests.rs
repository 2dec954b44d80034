use super::*;

type Row = (&'static str, &'static str, &'static str);

fn all() -> impl Iterator<Item = Row> {
    [Common::ALL, Log::ALL, Composer::ALL, Health::ALL, Settings::ALL].into_iter().flatten().copied()
}

fn placeholders(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> =
        text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn no_text_is_empty_and_placeholders_agree() {
    for (name, en, zh) in all() {
        assert!(!en.trim().is_empty() && !zh.trim().is_empty(), "{name}");
        for form in en.split('|').chain(zh.split('|')) {
            let wanted = if form == "{0}" { placeholders(form) } else { placeholders(en) };
            // "One message" may leave its number out.
            let missing = wanted.iter().any(|name| !placeholders(form).contains(name));
            assert!(!missing || en.contains('|') && form != zh, "{name}: {form}");
            assert!(placeholders(form).iter().all(|name| wanted.contains(name)), "{name}: {form}");
        }
        assert!(en.split('|').count() <= 2 && !zh.contains('|'), "{name}");
    }
}

/// Names and technical terms are the same in both; a whole sentence is not.
#[test]
fn chinese_is_chinese() {
    for (name, en, zh) in all() {
        let sentence = en.split_whitespace().count() > 3;
        let chinese = zh.chars().any(|char| ('\u{4e00}'..='\u{9fff}').contains(&char));
        assert!(chinese || !sentence, "{name}: {zh}");
        assert!(!en.chars().any(|char| ('\u{4e00}'..='\u{9fff}').contains(&char)), "{name}: {en}");
    }
}

#[test]
fn fills_in_any_order_and_leaves_other_braces_alone() {
    assert_eq!(fill("{1} of {0} {x} {", &[&7, &"three"]), "three of 7 {x} {");
    assert_eq!(fill("{0}", &[&"{1}"]), "{1}", "values are not filled again");
}

#[test]
fn forms_follow_the_number() {
    assert_eq!(plural("{0} line|{0} lines", 1), "1 line");
    assert_eq!(plural("{0} line|{0} lines", 0), "0 lines");
    assert_eq!(plural("{0} 行", 1), "1 行");
}

#[test]
fn the_browsers_first_language_that_is_spoken_wins() {
    let best = |tags: &[&str]| Lang::best(tags.iter().map(|tag| (*tag).to_owned()));
    assert_eq!(best(&["fr-FR", "zh-Hans-CN", "en"]), Some(Lang::Zh));
    assert_eq!(best(&["EN-gb", "zh"]), Some(Lang::En));
    assert_eq!(best(&["de", "zhx"]), None);
}

use page::texts::MARK;

use super::*;

/// The file of a language that is not compiled in.
fn file(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "",
        Lang::Zh => include_str!("../../texts/zh-CN.txt"),
    }
}

/// The texts of a language, taken up if they are not there.
pub(crate) fn texts_in(lang: Lang) -> &'static Texts {
    assert!(take_up(lang, file(lang)), "{lang:?}");
    texts_of(lang).unwrap()
}

/// Every text of a language by its name, apart from what is said about close codes.
fn all(lang: Lang) -> Vec<(&'static str, &'static str)> {
    let texts = texts_in(lang);
    let areas =
        [texts.common.all(), texts.log.all(), texts.composer.all(), texts.health.all(), texts.settings.all()];
    areas.into_iter().flatten().collect()
}

/// Its reader counts the texts of a file and does not look at their names.
#[test]
fn each_file_names_every_text_in_the_order_of_the_english_tables() {
    let mut wanted: Vec<String> = all(Lang::En).into_iter().map(|(name, _)| name.to_owned()).collect();
    for row in en::TEXTS.close_codes {
        let (first, last) = (row.codes.start(), row.codes.end());
        let codes = if first == last { first.to_string() } else { format!("{first}-{last}") };
        wanted.extend(["name", "sentence", "advice"].map(|part| format!("{codes} {part}")));
    }
    for lang in Lang::ALL.into_iter().filter(|lang| *lang != Lang::En) {
        let named: Vec<_> =
            file(lang).lines().filter_map(|line| line.split_once(MARK)).map(|(name, _)| name).collect();
        assert_eq!(named, wanted, "{lang:?}");
    }
}

#[test]
fn a_file_of_another_version_leaves_the_page_in_english() {
    let whole = file(Lang::Zh);
    let (shorter, _) = whole.trim_end().rsplit_once('\n').unwrap();
    for other in [shorter, &format!("{whole}new = text\n"), "<!doctype html>", ""] {
        assert!(!take_up(Lang::Zh, other));
        set_lang(Lang::Zh);
        assert_eq!((lang(), texts()), (Lang::En, &en::TEXTS));
    }
    assert!(take_up(Lang::Zh, whole));
    set_lang(Lang::Zh);
    assert_eq!(texts().common.connect, "连接");
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
    for lang in Lang::ALL {
        for ((name, en), (_, text)) in all(Lang::En).into_iter().zip(all(lang)) {
            assert!(!text.trim().is_empty(), "{name}");
            let wanted = placeholders(en);
            for form in text.split('|') {
                // "One message" may leave its number out.
                let may_miss = text.contains('|');
                let missing = wanted.iter().any(|name| !placeholders(form).contains(name));
                assert!(!missing || may_miss, "{name}: {form}");
                assert!(placeholders(form).iter().all(|name| wanted.contains(name)), "{name}: {form}");
            }
            let forms = text.split('|').count();
            assert!(forms == 1 || forms == lang.forms(), "{name} has {forms} forms in {lang:?}");
        }
    }
}

/// Names and technical terms are the same in both; a whole sentence is not.
#[test]
fn chinese_is_chinese() {
    let han = |text: &str| text.chars().any(|char| ('\u{4e00}'..='\u{9fff}').contains(&char));
    for ((name, en), (_, zh)) in all(Lang::En).into_iter().zip(all(Lang::Zh)) {
        let sentence = en.split_whitespace().count() > 3;
        assert!(han(zh) || !sentence, "{name}: {zh}");
        assert!(!han(en), "{name}: {en}");
    }
}

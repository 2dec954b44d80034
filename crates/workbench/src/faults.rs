//! Faults that a Heartwire server can be asked for in a connection's address: its catalogue, and an address written with
//! it. What a value may be, only the server knows: it is asked (`GET /api/faults/check`).

use crate::json::Value;
use crate::query::decode;

/// A catalogue with more parameters or rules than this is cut off: it comes from the network.
const MAX_LISTED: usize = 200;

/// The parameter whose values the catalogue lists.
pub const VIOLATE: &str = "violate";

/// What a server says there is to ask for (`GET /api/faults`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// In the order in which people read about them.
    pub parameters: Vec<Parameter>,
    /// Values of the parameter `violate`.
    pub rules: Vec<Rule>,
}

/// A parameter of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// As it stands in the query.
    pub name: String,
    /// What it has to do with, in a word.
    pub group: String,
    /// What it does, in a sentence.
    pub summary: String,
    /// Which values it takes.
    pub values: String,
    /// What holds without it.
    pub default: String,
    /// A value that it takes.
    pub example: String,
    /// Whether it may be there more than once.
    pub repeats: bool,
}

/// A rule of the protocol that can be broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The value of `violate`.
    pub name: String,
    /// What is sent.
    pub sends: String,
    /// The section that forbids it.
    pub section: String,
}

/// An address, taken apart by what is asked for in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asking {
    /// The address without that, its own parameters included.
    rest: String,
    /// Parameters of the catalogue with their values, in order.
    asked: Vec<(String, String)>,
}

impl Catalogue {
    /// Reads a server's answer. `None` where it is no catalogue.
    pub fn from_json(text: &str) -> Option<Catalogue> {
        let document = Value::parse(text).ok()?;
        let text = |value: &Value<'_>, name: &str| Some(value.get(name)?.as_str()?.to_owned());
        let listed = |name: &str| Some(document.get(name)?.items().iter().take(MAX_LISTED));
        let parameter = |value: &Value<'_>| {
            let name = text(value, "name")?;
            Some(Parameter {
                group: text(value, "group")?,
                summary: text(value, "summary")?,
                values: text(value, "values")?,
                default: text(value, "default")?,
                example: example(&text(value, "example")?, &name),
                repeats: value.get("repeats")?.as_bool()?,
                name,
            })
        };
        let rule = |value: &Value<'_>| {
            Some(Rule {
                name: text(value, "name")?,
                sends: text(value, "sends")?,
                section: text(value, "section")?,
            })
        };
        Some(Catalogue {
            parameters: listed("parameters")?.map(parameter).collect::<Option<_>>()?,
            rules: listed("violations")?.map(rule).collect::<Option<_>>()?,
        })
    }

    /// Whether a parameter, or a rule that is one of its values, has every word of `words` in what is said of it.
    pub fn tells_of(&self, parameter: &Parameter, words: &str) -> bool {
        let rules = self.rules.iter().filter(|_| parameter.name == VIOLATE);
        let mut said = [&*parameter.name, &parameter.summary, &parameter.values].join(" ");
        rules.for_each(|rule| said.extend([" ", &rule.name, " ", &rule.sends, " ", &rule.section]));
        let said = said.to_lowercase();
        words.to_lowercase().split_whitespace().all(|word| said.contains(word))
    }

    /// Puts translations in place of what the server says, from a book with a phrase and its translation, ` = ` between
    /// them, on each line. What is not in the book stays as it is.
    pub fn translate(&mut self, book: &str) {
        let translate = |phrase: &mut String| {
            let mut known = book.lines().filter_map(|line| line.split_once(" = "));
            if let Some((_, translation)) = known.find(|(known, _)| known == phrase) {
                *phrase = translation.to_owned();
            }
        };
        for Parameter { summary, values, default, .. } in &mut self.parameters {
            [summary, values, default].into_iter().for_each(translate);
        }
        self.rules.iter_mut().for_each(|rule| translate(&mut rule.sends));
    }
}

/// The value of a parameter in a query.
fn example(query: &str, name: &str) -> String {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| decode(value)).unwrap_or_default()
}

impl Asking {
    /// Takes an address apart.
    pub fn read(address: &str, catalogue: &Catalogue) -> Asking {
        let is_known = |name: &str| catalogue.parameters.iter().any(|parameter| parameter.name == name);
        let (before, fragment) = match address.find('#') {
            Some(at) => address.split_at(at),
            None => (address, ""),
        };
        let Some((path, query)) = before.split_once('?') else {
            return Asking { rest: address.to_owned(), asked: Vec::new() };
        };
        let (mut own, mut asked) = (Vec::new(), Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match is_known(name) {
                true => asked.push((name.to_owned(), decode(value))),
                false => own.push(pair),
            }
        }
        let mark = if own.is_empty() { "" } else { "?" };
        Asking { rest: format!("{path}{mark}{}{fragment}", own.join("&")), asked }
    }

    /// The values of a parameter.
    pub fn values(&self, name: &str) -> Vec<&str> {
        let of_name = self.asked.iter().filter(|(known, _)| known == name);
        of_name.map(|(_, value)| value.as_str()).collect()
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.asked.is_empty()
    }

    /// Asks for nothing.
    pub fn clear(&mut self) {
        self.asked.clear();
    }

    /// Gives a parameter these values; none take it away. It keeps its place among the others.
    pub fn set(&mut self, name: &str, values: Vec<String>) {
        let at = self.asked.iter().position(|(known, _)| known == name).unwrap_or(self.asked.len());
        self.asked.retain(|(known, _)| known != name);
        self.asked.splice(at..at, values.into_iter().map(|value| (name.to_owned(), value)));
    }

    /// What is asked for, as a query without its question mark.
    pub fn query(&self) -> String {
        let pairs: Vec<String> =
            self.asked.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        pairs.join("&")
    }

    /// The address that asks for it.
    pub fn address(&self) -> String {
        if self.asked.is_empty() {
            return self.rest.clone();
        }
        let (before, fragment) = match self.rest.find('#') {
            Some(at) => self.rest.split_at(at),
            None => (self.rest.as_str(), ""),
        };
        let mark = if before.contains('?') { '&' } else { '?' };
        format!("{before}{mark}{}{fragment}", self.query())
    }
}

/// A value as it stands in a query. Braces are written out: the page would take two of them for a placeholder.
fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => out.push(byte as char),
            b'-' | b'.' | b'_' | b'~' | b':' | b',' | b'/' | b'@' | b'!' | b'*' | b'(' | b')' | b';' => {
                out.push(byte as char);
            }
            _ => {
                out.push('%');
                for digit in [byte >> 4, byte & 15] {
                    out.push(char::from_digit(digit.into(), 16).unwrap_or_default().to_ascii_uppercase());
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"{"parameters":[
        {"name":"delay","group":"traffic","summary":"Waits.","values":"a time","default":"none","example":"delay=50..200ms","repeats":true},
        {"name":"drop","group":"traffic","summary":"Drops.","values":"a percentage","default":"0%","example":"from=3msg&drop=10%25","repeats":true},
        {"name":"respond","group":"traffic","summary":"Says.","values":"a text","default":"the echo","example":"respond=%7B%7Bn%7D%7D","repeats":false}
        ],"violations":[{"name":"rsv1","sends":"A bit.","section":"RFC 6455 section 5.2","code":1002}]}"#;

    fn catalogue() -> Catalogue {
        Catalogue::from_json(ANSWER).unwrap()
    }

    #[test]
    fn a_catalogue_is_read_with_examples_as_they_are_meant() {
        let Catalogue { parameters, rules } = catalogue();
        let examples: Vec<_> = parameters.iter().map(|parameter| parameter.example.as_str()).collect();
        assert_eq!(examples, ["50..200ms", "10%", "{{n}}"]);
        assert_eq!(rules[0].name, "rsv1");
        for other in ["", "{}", "[]", r#"{"parameters":[{}],"violations":[]}"#, "<!doctype html>"] {
            assert_eq!(Catalogue::from_json(other), None, "{other}");
        }
    }

    #[test]
    fn parameters_are_found_by_every_word_said_of_them_and_of_the_rules() {
        let mut catalogue = catalogue();
        let found = |catalogue: &Catalogue, words| {
            let there = catalogue.parameters.iter().filter(|parameter| catalogue.tells_of(parameter, words));
            there.map(|parameter| parameter.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(found(&catalogue, " "), ["delay", "drop", "respond"]);
        assert_eq!(found(&catalogue, "WAIT"), ["delay"]);
        assert_eq!(found(&catalogue, "percent drops"), ["drop"]);
        assert_eq!(found(&catalogue, "drops waits"), [""; 0]);
        assert_eq!(found(&catalogue, "rsv1"), [""; 0]);
        catalogue.parameters[2].name = VIOLATE.to_owned();
        assert_eq!(found(&catalogue, "bit 6455"), ["violate"]);
    }

    #[test]
    fn what_the_book_does_not_know_stays() {
        let mut catalogue = catalogue();
        catalogue.translate("# Phrases\nWaits. = Wartet.\nnone = keine\nA bit. = Ein Bit.\n");
        let [delay, drop, _] = &catalogue.parameters[..] else { panic!() };
        assert_eq!([&*delay.summary, &delay.values, &delay.default], ["Wartet.", "a time", "keine"]);
        assert_eq!((&*drop.summary, &*catalogue.rules[0].sends), ("Drops.", "Ein Bit."));
    }

    #[test]
    fn an_address_keeps_what_is_its_own() {
        let address = "ws://h/ws?token={{token}}&delay=in%3A1s&x&drop=10%#there";
        let mut asking = Asking::read(address, &catalogue());
        assert_eq!((asking.values("delay"), asking.values("drop")), (vec!["in:1s"], vec!["10%"]));
        assert_eq!(asking.address(), "ws://h/ws?token={{token}}&x&delay=in:1s&drop=10%25#there");
        asking.set("delay", vec!["in:2s".to_owned(), "3s".to_owned()]);
        assert_eq!(asking.query(), "delay=in:2s&delay=3s&drop=10%25");
        asking.set("delay", Vec::new());
        asking.set("drop", Vec::new());
        assert!(asking.is_empty());
        assert_eq!(asking.address(), "ws://h/ws?token={{token}}&x#there");
        assert_eq!(Asking::read("ws://h/ws", &catalogue()).address(), "ws://h/ws");
    }

    #[test]
    fn any_value_comes_back_and_none_is_a_placeholder() {
        for value in ["{{n}} & more + 10% = é", "%7B", "a#b?c/d:e,f", "", "\u{7f}\n\""] {
            let mut asking = Asking::read("ws://h/ws", &catalogue());
            asking.set("respond", vec![value.to_owned()]);
            let address = asking.address();
            assert!(address.is_ascii() && !address.contains("{{"), "{address}");
            assert_eq!(Asking::read(&address, &catalogue()), asking, "{address}");
        }
    }
}

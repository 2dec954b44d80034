//! Tests of one entry that take longer than a slice: what is known of them so far.

use crate::json::Search;

/// Bytes of a text that are looked at in one go.
pub(super) const PIECE: usize = 64 << 10;

/// How far the tests of one entry have come. A filter is asked again from its beginning each time; the tests of large
/// payloads that are through answer from here.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    /// Outcomes of the tests that take long, by their place in the filter.
    outcomes: Vec<Option<bool>>,
    /// The place of the next such test.
    at: usize,
    /// The one that is under way.
    pub(super) looking: Looking,
    pub(super) search: Option<Search>,
    /// Bytes that may be looked at before the rest has to wait.
    pub(super) left: usize,
    /// Nothing has to wait, and nothing is kept.
    unbounded: bool,
}

/// How far a text has been looked through.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Looking {
    /// What begins before this byte is no match.
    pub(super) at: usize,
    /// How many of a pattern's words were found.
    pub(super) words: usize,
    /// Bytes that a piece is longer than usual, since a match reached the end of the one before.
    pub(super) grown: usize,
}

impl Pace {
    /// To the end, however long that takes.
    pub(super) fn unbounded() -> Self {
        Self { unbounded: true, ..Self::default() }
    }

    /// The filter is about to be asked, and may look at so many bytes.
    pub(super) fn again(&mut self, bytes: usize) {
        (self.at, self.left) = (0, bytes);
    }

    /// So many tests are not asked for.
    pub(super) fn skip(&mut self, tests: usize) {
        self.at += tests;
    }

    /// The outcome of the next test that takes long. `step` does a piece of it at least; it is called until it knows, or
    /// until nothing is left to spend.
    pub(super) fn test(&mut self, mut step: impl FnMut(&mut Self) -> Option<bool>) -> Option<bool> {
        if self.unbounded {
            let outcome = loop {
                if let Some(outcome) = step(self) {
                    break outcome;
                }
            };
            (self.looking, self.search) = (Looking::default(), None);
            return Some(outcome);
        }
        if self.outcomes.len() <= self.at {
            self.outcomes.resize(self.at + 1, None);
        }
        while self.outcomes[self.at].is_none() {
            self.outcomes[self.at] = step(self);
            if self.outcomes[self.at].is_some() {
                (self.looking, self.search) = (Looking::default(), None);
            } else if self.left == 0 {
                return None;
            }
        }
        self.at += 1;
        self.outcomes[self.at - 1]
    }

    /// So many bytes were looked at.
    pub(super) fn spend(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Body, ConnectionId, Delivery, Draft};
    use crate::filter::{Expr, Filter, Index, Options, TextMatch};
    use crate::find::{Find, Hit};
    use crate::store::Store;
    use crate::time::Micros;

    /// Many pieces. How many does not matter: what takes long takes more slices.
    const HUGE: usize = 6 * PIECE;

    fn store(texts: &[&str]) -> Store {
        let mut store = Store::default();
        for text in texts {
            store.append(Draft::received(Micros(0), ConnectionId::default(), Body::Text(text)));
        }
        store
    }

    fn filter(text: &str) -> Filter {
        Filter::parse(text, &Options::default()).unwrap()
    }

    /// What is found, and how often the clock could be looked at.
    fn found(filter: Filter, store: &Store) -> (Vec<u64>, usize) {
        let (mut index, mut asked) = (Index::new(filter, store), 0);
        let mut more = || {
            asked += 1;
            true
        };
        assert!(index.step_while(store, &mut more).done);
        (index.matches().iter().collect(), asked)
    }

    #[test]
    fn one_huge_message_is_looked_through_in_slices_whatever_for() {
        let deep = format!("[[{}1{}]]", "[".repeat(HUGE), "]".repeat(HUGE));
        let text = "the quick brown fox ".repeat(HUGE / 20) + "END";
        let json = format!(r#"{{"a":[{}0],"last":1}}"#, r#"{"b":"c"},"#.repeat(HUGE / 10));
        let store = store(&["small END", &text, &json, &deep]);
        for (filter, ids) in [
            ("END", vec![0, 1]),
            ("/EN[D]$/", vec![0, 1]),
            ("/f.x b|nothing/", vec![]),
            ("/(?i)(nd|q)$/", vec![0, 1]),
            ("-/EN[D]/ dir:in", vec![2, 3]),
            ("(kind:binary or /EN[D]/) -\"SMALL\"", vec![1]),
            ("$.last == 1", vec![2]),
            ("$.a[*].b == d", vec![]),
            ("$.a[*].b ~ /^d|END/", vec![]),
            ("$[0][0] ~ nothing", vec![]),
        ] {
            let (found, asked) = found(self::filter(filter), &store);
            assert_eq!(found, ids, "{filter}");
            assert!(asked > HUGE / (2 * PIECE), "{filter}: in {asked} slices");
        }
    }

    #[test]
    fn a_search_takes_slices_too() {
        let store = store(&[&("x".repeat(HUGE) + "y")]);
        let mut find = Find::new(TextMatch::regex("x[y]", true).unwrap(), &Filter::all(), &store);
        let mut slices = 0;
        while !find.step(&store, 64).done {
            assert_eq!(find.next(&store, None), Hit::Searching);
            slices += 1;
        }
        assert_eq!(find.next(&store, None), Hit::At(0));
        assert!(slices >= HUGE / (2 * PIECE), "{slices}");
    }

    #[test]
    fn a_message_whose_fate_changes_is_not_looked_through_again() {
        let mut store = Store::default();
        let text = "ab ".repeat(HUGE / 3);
        let draft = Draft::sent(Micros(0), ConnectionId::default(), Body::Text(&text), Delivery::Queued);
        let id = store.append(draft);
        let filter = filter("(is:sent or /never[!]/) /a./");
        let mut index = Index::new(filter, &store);
        while !index.step(&store, 64).done {}
        assert_eq!(index.matches().len(), 0);
        store.set_delivery(id, Delivery::Sent);
        assert!(index.retest(&store, id));
        assert_eq!(index.matches().len(), 1);
    }

    /// Wherever a match lies, and whatever stands around it.
    #[test]
    fn pieces_agree_with_the_whole() {
        let len = 2 * PIECE + 100;
        for (pattern, hit) in [
            ("needle", "needle"),
            ("n[e]{2}dle", "needle"),
            (r"\bneedle\b", " needle "),
            (r"needle$", "needle"),
            (r"needle\B", "needles"),
            (r"(?m)^needle$", "\nneedle\n"),
            (r"é+ needle", "éé needle"),
            (r"(?s)needle.*$", "needle"),
        ] {
            for at in [PIECE - 3, 2 * PIECE - 3, len - hit.len()] {
                let mut text = "z".repeat(at) + hit;
                text.push_str(&"z".repeat(len.saturating_sub(text.len())));
                for test in [TextMatch::regex(pattern, true).unwrap(), TextMatch::text(pattern, false)] {
                    let mut pace = Pace::default();
                    let pieces = loop {
                        pace.again(1);
                        if let Some(found) = pace.test(|pace| test.look(&text, pace)) {
                            break found;
                        }
                    };
                    assert_eq!(pieces, test.is_match(&text), "{test:?} at {at}");
                }
            }
        }
    }

    #[test]
    fn what_is_decided_is_not_asked_for() {
        let store = store(&[&"a".repeat(PIECE)]);
        let entry = store.get(0).unwrap();
        let text = |text| Expr::Text(TextMatch::text(text, true));
        let either = Filter::all().and(Expr::Or(vec![text("a"), text("b"), text("c")])).and(text("d"));
        let mut pace = Pace::default();
        pace.again(usize::MAX);
        assert_eq!(either.test(&entry, &mut pace), Some(false));
        assert_eq!(pace.outcomes, [Some(true), None, None, Some(false)]);
    }
}

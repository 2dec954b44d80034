use link::MessageRef;
use workbench::time::Micros;

use super::*;
use crate::model::address::Origin;

struct Bench {
    log: Log,
    list: List,
    now: u64,
}

impl Bench {
    fn new() -> Bench {
        let log = Log::new(Origin { secure: false, host: String::new() });
        let mut list = List::new(&log);
        list.window_mut().resized(ROW_PX, 280.0);
        Bench { log, list, now: 0 }
    }

    fn receive(&mut self, texts: &[&str]) {
        for text in texts {
            self.now += 1000;
            self.log.received(Micros(self.now), MessageRef::Text(text), None);
        }
        self.sync();
    }

    fn sync(&mut self) {
        assert!(self.list.sync(&mut self.log, || true));
    }

    fn shown(&self) -> Vec<String> {
        let rows = self.list.rows(self.log.store());
        let text = |at| rows.entry(at)?.body.text().map(str::to_owned);
        (0..rows.len()).filter_map(text).collect()
    }

    fn filter(&mut self, text: &str) {
        let query = Query { text: text.to_owned(), case_sensitive: false };
        self.list.set_filter(query, Options::default(), self.log.store());
        self.sync();
    }

    fn search(&mut self, text: &str) {
        let query = Query { text: text.to_owned(), case_sensitive: false };
        self.list.set_search(Some(query), self.log.store());
        self.sync();
    }

    fn focus(&mut self) -> Option<String> {
        let entry = self.list.detail(self.log.store())?;
        entry.body.text().map(|text| text.to_string())
    }
}

#[test]
fn a_wrong_filter_leaves_the_last_right_one() {
    let mut bench = Bench::new();
    bench.receive(&["apple", "pear", "apple pie"]);
    bench.filter("apple");
    assert_eq!(bench.shown(), ["apple", "apple pie"]);
    bench.filter("apple (");
    assert!(bench.list.filter_error().is_some() && bench.list.is_filtered());
    assert_eq!(bench.shown(), ["apple", "apple pie"]);
    bench.filter("");
    assert_eq!(bench.shown().len(), 3);
    assert!(bench.list.filter_error().is_none() && !bench.list.is_filtered());
}

#[test]
fn heartbeats_are_hidden_until_wanted_and_paired() {
    let mut bench = Bench::new();
    bench.log.heartbeat_sent(Micros(1000), MessageRef::Text("ping"));
    bench.log.heartbeat_answered(Micros(3500), MessageRef::Text("pong"), None);
    bench.receive(&["hello"]);
    assert_eq!(bench.shown(), ["hello"]);
    bench.list.set_toggles(Toggles { heartbeats: true, ..Toggles::default() }, bench.log.store());
    bench.sync();
    assert_eq!(bench.shown(), ["ping", "pong", "hello"]);
    let pong = bench.list.rows(bench.log.store()).entry(1).and_then(|entry| entry.rtt_micros);
    assert_eq!(pong, Some(2500));
}

#[test]
fn each_part_of_the_log_can_be_taken() {
    let mut bench = Bench::new();
    bench.receive(&["apple", "pear", "apple pie", "apple tart", "plum"]);
    bench.filter("apple");
    let part = |bench: &Bench, part| {
        let snapshot = bench.list.part(part, bench.log.store());
        (0..snapshot.len()).filter_map(|at| snapshot.id(at)).collect::<Vec<_>>()
    };
    assert_eq!(part(&bench, Part::All), [0, 1, 2, 3, 4]);
    assert_eq!(part(&bench, Part::Shown), [0, 2, 3]);
    assert_eq!(part(&bench, Part::Selected), [0_u64; 0]);
    bench.list.select(Some(0), false, bench.log.store());
    assert_eq!(part(&bench, Part::Selected), [0]);
    bench.list.select(Some(2), true, bench.log.store());
    assert_eq!(part(&bench, Part::Selected), [0, 2], "what is not shown is not selected");
}

#[test]
fn a_pause_holds_new_entries_back() {
    let mut bench = Bench::new();
    bench.receive(&["a"]);
    bench.list.set_paused(true, bench.log.store());
    bench.receive(&["b", "c"]);
    assert_eq!(bench.shown(), ["a"]);
    assert_eq!(bench.list.held_back(bench.log.store()), 2);
    bench.list.set_paused(false, bench.log.store());
    bench.sync();
    assert_eq!(bench.shown(), ["a", "b", "c"]);
}

#[test]
fn search_starts_at_the_newest_hit_and_goes_round() {
    let mut bench = Bench::new();
    bench.receive(&["x1", "y", "x2", "y", "x3"]);
    bench.search("x");
    assert_eq!(bench.focus().as_deref(), Some("x3"));
    for expected in ["x2", "x1", "x3"] {
        bench.list.search_on(false, bench.log.store());
        assert_eq!(bench.focus().as_deref(), Some(expected));
    }
    bench.list.search_on(true, bench.log.store());
    assert_eq!(bench.focus().as_deref(), Some("x1"));
    let found = bench.list.found(bench.log.store());
    assert_eq!((found.count, found.ordinal, found.done), (3, Some(1), true));
    bench.search("/x[13]/");
    assert_eq!(bench.list.found(bench.log.store()).count, 2);
    assert_eq!(bench.focus().as_deref(), Some("x1"), "typing on stays where it is while that is a hit");
    bench.search("/x[23]/");
    assert_eq!(bench.focus().as_deref(), Some("x3"));
    bench.search("/(/");
    assert!(bench.list.found(bench.log.store()).error.is_some());
}

#[test]
fn the_selection_stays_in_view_when_a_filter_is_lifted() {
    let mut bench = Bench::new();
    let texts: Vec<String> = (0..500).map(|n| format!("n{n}")).collect();
    bench.receive(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    bench.filter("n77");
    bench.list.select(Some(77), false, bench.log.store());
    bench.list.window_mut().set_following(false);
    bench.filter("");
    assert!(bench.list.window().visible(0).contains(&77));
}

#[test]
fn rows_on_screen_stay_while_the_log_grows_and_when_cleared_it_starts_again() {
    let mut bench = Bench::new();
    bench.receive(&["a"; 100]);
    assert_eq!(bench.list.window().visible(0), 90..100);
    bench.list.window_mut().on_scroll(280.0);
    bench.receive(&["b"; 50]);
    assert_eq!(bench.list.window().visible(0), 10..20);
    assert_eq!(bench.list.window().unseen(), 50);
    bench.log.clear();
    bench.receive(&["c"]);
    assert_eq!((bench.shown(), bench.list.trimmed()), (vec!["c".to_owned()], 0));
    assert!(bench.list.window().following());
}

#[test]
fn a_pinned_detail_follows_the_newest() {
    let mut bench = Bench::new();
    bench.receive(&["a"]);
    bench.list.set_pinned(true, bench.log.store());
    bench.receive(&["b"]);
    assert_eq!(bench.focus().as_deref(), Some("b"));
    bench.list.set_pinned(false, bench.log.store());
    bench.receive(&["c"]);
    assert_eq!(bench.focus().as_deref(), Some("b"));
}

#[test]
fn events_are_found_by_the_words_of_the_language_they_are_read_in() {
    let mut bench = Bench::new();
    bench.receive(&["one"]);
    let dropped = link::Event::MessagesUnknown(link::MessageIds {
        first: link::MessageId(1),
        last: link::MessageId(2),
        count: 2,
    });
    bench.log.event(Micros(9), &dropped, crate::model::log::Surroundings::default());
    bench.filter("nothing shows");
    assert_eq!(bench.list.rows(bench.log.store()).len(), 1);
    crate::texts::tests::texts_in(Lang::Zh);
    crate::texts::set_lang(Lang::Zh);
    bench.sync();
    assert_eq!(bench.list.rows(bench.log.store()).len(), 0);
    bench.filter("无法确认");
    assert_eq!(bench.list.rows(bench.log.store()).len(), 1);
    crate::texts::set_lang(Lang::En);
}

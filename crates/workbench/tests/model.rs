//! The store, the filter index and find beside a model that keeps everything in a plain list.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use proptest::prelude::*;
use workbench::entry::{Body, ConnectionId, Delivery, Draft, EntryId, Origin};
use workbench::filter::{Filter, Index, Options, TextMatch};
use workbench::find::{Find, Hit};
use workbench::rows::Rows;
use workbench::store::{Limits, Store};
use workbench::time::Micros;

#[derive(Clone, Debug)]
enum Step {
    Text(u32, String),
    Binary(u32, Vec<u8>),
    Heartbeat,
    Queue(String),
    Deliver(usize, bool),
    Clear,
    Limit(usize, usize),
    Filter(usize),
    Test(usize),
}

const FILTERS: [&str; 8] = [
    "",
    "-is:heartbeat",
    "a",
    "kind:binary or size>3",
    "conn:1 -b",
    "is:queued or is:sent",
    "/^a.*b$/",
    "dir:out -is:unknown",
];

/// What the model knows of an entry, and by which rules it decides, written without the crate's filter.
#[derive(Clone, Debug)]
struct Row {
    id: EntryId,
    connection: u32,
    text: Option<String>,
    size: usize,
    out: bool,
    heartbeat: bool,
    delivery: Option<Delivery>,
}

impl Row {
    fn shown(&self, filter: usize) -> bool {
        let has = |needle: &str| self.text.as_ref().is_some_and(|t| t.to_lowercase().contains(needle));
        match filter {
            0 => true,
            1 => !self.heartbeat,
            2 => has("a"),
            3 => self.text.is_none() || self.size > 3,
            4 => self.connection == 1 && !has("b"),
            5 => matches!(self.delivery, Some(Delivery::Queued | Delivery::Sent)),
            6 => self.text.as_ref().is_some_and(|t| {
                let t = t.to_lowercase();
                t.len() > 1 && t.starts_with('a') && t.ends_with('b')
            }),
            _ => self.out && self.delivery != Some(Delivery::Unknown),
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0u32..3, "[aAbBc]{0,6}").prop_map(|(c, t)| Step::Text(c, t)),
        2 => (0u32..3, prop::collection::vec(any::<u8>(), 0..6)).prop_map(|(c, b)| Step::Binary(c, b)),
        1 => Just(Step::Heartbeat),
        2 => "[ab]{0,4}".prop_map(Step::Queue),
        2 => (0usize..40, any::<bool>()).prop_map(|(i, ok)| Step::Deliver(i, ok)),
        1 => prop::sample::select(vec![Step::Clear, Step::Limit(5, 1 << 20), Step::Limit(30, 1 << 20), Step::Limit(200, 900)]),
        1 => (0..FILTERS.len()).prop_map(Step::Filter),
        4 => (0usize..9).prop_map(Step::Test),
    ]
}

fn parse(filter: usize) -> Filter {
    Filter::parse(FILTERS[filter], &Options::default()).unwrap()
}

proptest! {
    #[test]
    fn agree_with_a_plain_list(steps in prop::collection::vec(step(), 0..120)) {
        let mut store = Store::new(Limits { entries: 50, bytes: 1 << 20 });
        let mut model: Vec<Row> = Vec::new();
        let mut appended = 0u64;
        let mut appended_bytes = 0u64;
        let mut cleared = (0u64, 0u64);
        let mut filter = 0;
        let mut index = Index::new(parse(filter), &store);
        for step in steps {
            let mut append = |store: &mut Store, draft: Draft<'_>| {
                let id = store.append(Draft { time: Micros(appended * 10), ..draft });
                assert_eq!(id, appended, "ids are never used twice");
                appended += 1;
                appended_bytes += draft.body.bytes().len() as u64;
                model.push(Row {
                    id,
                    connection: draft.connection.0,
                    text: draft.body.text().map(str::to_owned),
                    size: draft.body.bytes().len(),
                    out: draft.delivery.is_some(),
                    heartbeat: draft.origin == Origin::Heartbeat,
                    delivery: draft.delivery,
                });
            };
            let c = ConnectionId(0);
            match step {
                Step::Text(c, t) => append(&mut store, Draft::received(Micros(0), ConnectionId(c), Body::Text(&t))),
                Step::Binary(c, b) => append(&mut store, Draft::received(Micros(0), ConnectionId(c), Body::Binary(&b))),
                Step::Heartbeat => {
                    append(&mut store, Draft { origin: Origin::Heartbeat, ..Draft::received(Micros(0), c, Body::Text("pong")) });
                }
                Step::Queue(t) => append(&mut store, Draft::sent(Micros(0), c, Body::Text(&t), Delivery::Queued)),
                Step::Deliver(back, ok) => {
                    if let Some(row) = model.iter_mut().rev().filter(|r| r.out).nth(back) {
                        let delivery = if ok { Delivery::Sent } else { Delivery::Unknown };
                        if store.set_delivery(row.id, delivery) {
                            row.delivery = Some(delivery);
                            index.retest(&store, row.id);
                        }
                    }
                }
                Step::Clear => {
                    store.clear();
                    model.clear();
                    cleared = (appended, appended_bytes);
                }
                Step::Limit(entries, bytes) => store.set_limits(Limits { entries, bytes }),
                Step::Filter(new) => {
                    filter = new;
                    index = Index::new(parse(filter), &store);
                }
                Step::Test(budget) => {
                    let before = index.progress(&store).fraction;
                    let after = index.step(&store, budget).fraction;
                    prop_assert!(budget == 0 || after > before || after == 1.0);
                }
            }
            // The store holds exactly the newest entries, within its bounds, and counts the rest.
            model.retain(|row| row.id >= store.ids().start);
            let limits = store.limits();
            prop_assert!(store.len() <= limits.entries && (store.bytes() <= limits.bytes || store.len() == 1));
            prop_assert_eq!(store.ids().end, appended);
            prop_assert_eq!(store.dropped().entries, appended - cleared.0 - store.len() as u64);
            let kept: u64 = model.iter().map(|r| r.size as u64).sum();
            prop_assert_eq!(store.dropped().bytes, appended_bytes - cleared.1 - kept);
            let kept: Vec<_> = store.range(0..EntryId::MAX).collect();
            prop_assert_eq!(kept.len(), model.len());
            for (entry, row) in kept.iter().zip(&model) {
                prop_assert_eq!((entry.id, entry.connection.0, entry.size(), entry.delivery), (row.id, row.connection, row.size, row.delivery));
                prop_assert_eq!(entry.body.text(), row.text.as_deref());
                prop_assert_eq!(store.get(row.id), Some(*entry));
            }
            // What has been found is right for a stretch of the log, even half way.
            let found: Vec<_> = index.matches().iter().filter(|&id| store.get(id).is_some()).collect();
            for id in &found {
                prop_assert!(model.iter().any(|r| r.id == *id && r.shown(filter)), "{id} is not for {}", FILTERS[filter]);
            }
            let expected: Vec<_> = model.iter().filter(|r| r.shown(filter)).map(|r| r.id).collect();
            if index.progress(&store).done {
                prop_assert_eq!(&found, &expected, "{}", FILTERS[filter]);
            }
        }
        while !index.step(&store, 3).done {}
        let expected: Vec<_> = model.iter().filter(|r| r.shown(filter)).map(|r| r.id).collect();
        let rows = Rows::new(&store, &index);
        prop_assert_eq!((0..rows.len()).filter_map(|at| rows.id(at)).collect::<Vec<_>>(), &expected[..]);
        for (at, id) in expected.iter().enumerate() {
            prop_assert!(rows.position(*id) == at && rows.contains(*id));
        }

        // Find goes once around all hits, in both directions.
        let hits: Vec<_> = model.iter().filter(|r| r.shown(filter) && r.text.as_ref().is_some_and(|t| t.contains('a'))).map(|r| r.id).collect();
        let mut find = Find::new(TextMatch::text("a", true), &parse(filter), &store);
        while !find.step(&store, 2).done {}
        prop_assert_eq!(find.count(), hits.len());
        if hits.is_empty() {
            prop_assert_eq!(find.next(&store, None), Hit::None);
        } else {
            for &id in hits.iter().chain(&hits[..1]) {
                prop_assert_eq!(find.next(&store, None), Hit::At(id));
            }
            for &id in hits.iter().rev() {
                prop_assert_eq!(find.previous(&store, None), Hit::At(id));
            }
            prop_assert_eq!(find.ordinal(), Some(1));
        }
    }
}

#[test]
fn the_newest_entries_are_found_first() {
    let mut store = Store::default();
    for i in 0..10_000u64 {
        store.append(Draft::received(Micros(i), ConnectionId(0), Body::Text("x")));
    }
    let mut index = Index::new(Filter::parse("x", &Options::default()).unwrap(), &store);
    index.step(&store, 10);
    assert_eq!(index.matches().iter().collect::<Vec<_>>(), (9990..10_000).collect::<Vec<_>>());
    store.append(Draft::received(Micros(0), ConnectionId(0), Body::Text("x")));
    index.step(&store, 1);
    assert_eq!(index.matches().get(10), Some(10_000), "what is new goes before the past");
    assert_eq!((index.prepended(), index.trimmed()), (10, 0));
    let mut asked = 0;
    let progress = index.step_while(&store, || {
        asked += 1;
        asked <= 10
    });
    assert!(!progress.done && (0.06..0.08).contains(&progress.fraction), "{progress:?}");
    assert!(index.step_while(&store, || true).done);
}

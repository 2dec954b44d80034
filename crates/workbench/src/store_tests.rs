use super::*;

const C: ConnectionId = ConnectionId(1);

fn text(store: &mut Store, body: &str) -> EntryId {
    store.append(Draft::received(Micros(store.ids().end), C, Body::Text(body)))
}

#[test]
fn bounds_drop_the_oldest_and_count_exactly() {
    let mut store = Store::new(Limits { entries: 100, bytes: 1 << 20 });
    for i in 0..1000 {
        text(&mut store, &i.to_string());
        assert!(store.len() <= 100);
        assert_eq!(store.dropped().entries + store.len() as u64, i + 1);
    }
    assert!(store.len() >= 98, "only a 64th is dropped at once: {}", store.len());
    assert_eq!(store.get(999).unwrap().body, Body::Text("999"));
    assert_eq!(store.get(0), None);
    store.clear();
    assert_eq!((store.len(), store.dropped(), store.bytes()), (0, Dropped::default(), 0));
    assert_eq!(text(&mut store, "on"), 1000);
}

#[test]
fn heartbeats_are_counted_as_they_come_and_go() {
    let mut store = Store::new(Limits { entries: 100, bytes: 1 << 20 });
    for i in 0..1000_u64 {
        let mut draft = Draft::received(Micros(i), C, Body::Text("beat"));
        if i % 3 == 0 {
            draft.origin = Origin::Heartbeat;
        }
        store.append(draft);
        let counted = store.range(0..EntryId::MAX).filter(|entry| entry.is_heartbeat()).count();
        assert_eq!(store.heartbeats(), counted);
    }
    store.clear();
    assert_eq!(store.heartbeats(), 0);
}

#[test]
fn bytes_are_bounded_and_one_giant_stays_until_the_next() {
    let mut store = Store::new(Limits { entries: 1000, bytes: 10_000 });
    for _ in 0..100 {
        text(&mut store, &"x".repeat(500));
        assert!(store.bytes() <= 10_000);
    }
    let giant = text(&mut store, &"y".repeat(50_000));
    assert_eq!(store.len(), 1);
    assert_eq!(store.get(giant).unwrap().size(), 50_000);
    text(&mut store, "z");
    assert_eq!(store.ids(), giant + 1..giant + 2);
    assert_eq!(store.dropped().entries, 101);
}

#[test]
fn updates_and_pairs() {
    let mut store = Store::default();
    let sent = store.append(Draft::sent(Micros(10), C, Body::Binary(&[1, 2]), Delivery::Queued));
    let revision = store.revision();
    assert!(store.set_delivery(sent, Delivery::Unknown));
    assert_ne!(store.revision(), revision);
    assert_eq!(store.get(sent).unwrap().delivery, Some(Delivery::Unknown));
    let reply = store.append(Draft::received(Micros(1510), C, Body::Binary(&[3])));
    assert_eq!(store.pair(sent, reply), Some(1500));
    let (a, b) = (store.get(sent).unwrap(), store.get(reply).unwrap());
    assert_eq!(
        (a.pair, a.rtt_micros, b.pair, b.rtt_micros),
        (Some(reply), Some(1500), Some(sent), Some(1500))
    );
    assert_eq!((a.label(), b.label()), ("sent", "response"));
    assert_eq!(b.body, Body::Binary(&[3]));
    assert_eq!(store.pair(sent, 99), None);
    assert!(!store.set_delivery(99, Delivery::Sent));
}

#[test]
fn tighter_limits_apply_at_once() {
    let mut store = Store::new(Limits { entries: 6400, bytes: 1 << 30 });
    for _ in 0..6400 {
        text(&mut store, "abc");
    }
    store.set_limits(Limits { entries: 1000, bytes: 1 << 30 });
    assert!((900..=1000).contains(&store.len()));
    assert_eq!(store.dropped().bytes, store.dropped().entries * 3);
}

#[test]
fn how_messages_went_is_kept_counted_and_dropped_with_them() {
    let mut store = Store::new(Limits { entries: 100, bytes: 1 << 20 });
    let wire = Wire { bytes: 9, compressed: true, frames: 2, fragments: vec![1, 2] };
    let plain = text(&mut store, "abc");
    let bytes = store.bytes();
    let draft = Draft::received(Micros(1), C, Body::Text("abc"));
    let framed = store.append(Draft { wire: Some(&wire), ..draft });
    assert_eq!(store.get(framed).unwrap().wire, Some(&wire));
    assert_eq!(store.get(plain).unwrap().wire, None);
    let cost = store.bytes() - 2 * bytes;
    assert!(cost > 0);
    assert!(store.set_wire(plain, &wire) && store.set_wire(plain, &wire));
    assert_eq!((store.bytes() - 2 * bytes, store.take_changed()), (2 * cost, vec![plain]));
    assert_eq!(store.get(plain).unwrap().wire, Some(&wire));
    for _ in 0..200 {
        text(&mut store, "abc");
    }
    assert_eq!(store.bytes(), store.len() * bytes, "they are gone with their entries");
    assert!(!store.set_wire(plain, &wire));
}

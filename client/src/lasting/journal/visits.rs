//! Visits to the page: which one is this, which others are there, and what have those left that are over.

use std::cell::Cell;
use std::rc::Rc;

use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use workbench::json::Value;

use super::db::{Change, Db, DbError};
use super::lease;
use crate::lasting::{pause, spawn};

/// How often it is looked again whether a visit is over before it counts as that of another tab.
const LOOKS: u32 = 5;

/// Between two such looks, in milliseconds.
const PAUSE_MILLIS: u32 = 200;

/// Between two looks at leases that may run out, in milliseconds.
const LEASE_LOOK_MILLIS: u64 = 10_000;

/// The last part of the key of a lease.
const LEASE: &str = "lease";

/// What an earlier visit left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Its name.
    pub(super) name: String,
    /// When it began, in milliseconds since 1970.
    pub began_millis: u64,
    /// Its logs.
    pub logs: Vec<KeptLog>,
}

/// A log of an earlier visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptLog {
    pub(super) prefix: String,
    /// What it was connected to first; may be empty.
    pub address: String,
}

/// Says to other tabs that this visit goes on, until it is dropped or the page goes away, however it does.
pub(super) struct Presence {
    /// Kept for their Drop.
    _lease: Option<(Interval, [EventListener; 2])>,
}

/// A name that sorts by time and that no other tab has.
pub(super) fn name(now_millis: f64, random: f64) -> String {
    format!("{:015}-{:08x}", now_millis as u64, (random * f64::from(u32::MAX)) as u32)
}

/// When a visit of that name began.
fn began_millis(name: &str) -> Option<u64> {
    name.split_once('-')?.0.parse().ok()
}

impl Presence {
    /// Holds a lock of the visit's name; where there are no locks, a lease.
    pub(super) async fn announce(visit: &str, db: &Rc<Db>) -> Presence {
        if let Some((locks, request)) = locks("request") {
            let forever = Closure::once_into_js(|| Promise::new(&mut |_, _| {}));
            // The lock ends with the page; that is what it is for.
            let _ = request.call2(&locks, &lock_name(visit).into(), &forever);
            return Presence { _lease: None };
        }
        let renew = {
            let (key, db) = (lease_key(visit), db.clone());
            move |now: Option<u64>| {
                let (key, db) = (key.clone(), db.clone());
                async move {
                    // Where nothing can be written there is no log to be taken for a crashed one.
                    let _ = db.change(&[Change::Put(key, lease::write(now))]).await;
                }
            }
        };
        renew(Some(now())).await;
        let Some(window) = web_sys::window() else { return Presence { _lease: None } };
        let away = Rc::new(Cell::new(false));
        let tick = {
            let (renew, away) = (renew.clone(), away.clone());
            move || {
                if !away.get() {
                    spawn(renew(Some(now())));
                }
            }
        };
        let back = {
            let (tick, away) = (tick.clone(), away.clone());
            move |event: &web_sys::Event| {
                // Out of the browser's cache of pages: it goes on after all.
                if Reflect::get(event, &"persisted".into()).is_ok_and(|persisted| persisted.is_truthy()) {
                    away.set(false);
                    tick();
                }
            }
        };
        let leave = move |_: &web_sys::Event| {
            away.set(true);
            spawn(renew(None));
        };
        let listeners =
            [EventListener::new(&window, "pagehide", leave), EventListener::new(&window, "pageshow", back)];
        Presence { _lease: Some((Interval::new(lease::RENEWAL_MILLIS as u32, tick), listeners)) }
    }
}

/// Tells of each visit that is over and left something, oldest first; and later of those whose leases run out while the
/// page is there. Nothing is removed.
pub(super) async fn tell_of_left(db: Rc<Db>, own: String, on_visit: impl Fn(Visit)) -> Result<(), DbError> {
    let keys = db.keys().await?;
    let mut names: Vec<&str> = keys.iter().filter_map(|key| Some(key.split_once('/')?.0)).collect();
    names.dedup();
    names.retain(|name| *name != own);
    if locks("query").is_some() {
        // The visit before a reload may hold its lock for a moment longer than its page is there.
        let mut alive = alive().await;
        for _ in 0..LOOKS {
            if !names.iter().any(|name| alive.contains(&lock_name(name))) {
                break;
            }
            pause(PAUSE_MILLIS).await;
            alive = self::alive().await;
        }
        names.retain(|name| !alive.contains(&lock_name(name)));
        for name in names {
            tell(&db, &keys, name, &on_visit).await?;
        }
        return Ok(());
    }
    let mut open: Vec<(&str, u64, u64)> = names.into_iter().map(|name| (name, 0, 0)).collect();
    loop {
        let mut still = Vec::new();
        for (name, known, seen) in open {
            let stored = db.read(&lease_key(name)).await?;
            let renewed = stored.first().map_or(0, |bytes| lease::read(bytes));
            let seen = if renewed == known { seen } else { now() };
            match lease::left(renewed, seen, now()) {
                // It may have written more since.
                0 => tell(&db, &db.keys().await?, name, &on_visit).await?,
                _ => still.push((name, renewed, seen)),
            }
        }
        if still.is_empty() {
            return Ok(());
        }
        open = still;
        pause(LEASE_LOOK_MILLIS as u32).await;
    }
}

async fn tell(db: &Db, keys: &[String], name: &str, on_visit: &impl Fn(Visit)) -> Result<(), DbError> {
    let mut logs = Vec::new();
    for prefix in prefixes(keys, name) {
        let first = db.read(&format!("{prefix}0000000000")).await?;
        let lines =
            first.first().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
        logs.push(KeptLog { address: address(&lines).unwrap_or_default(), prefix });
    }
    if logs.is_empty() {
        // Only its lease is left, which nobody needs.
        return db.change(&[Change::Delete(lease_key(name))]).await;
    }
    on_visit(Visit { name: name.to_owned(), began_millis: began_millis(name).unwrap_or_default(), logs });
    Ok(())
}

/// Removes all that a visit left.
pub(super) async fn forget(db: &Db, visit: &str) {
    // What cannot be removed is offered again, which is no harm.
    let _ = db.change(&[Change::DeleteAll(format!("{visit}/"))]).await;
}

/// `visit/tab/` of each tab of a visit.
fn prefixes(keys: &[String], visit: &str) -> Vec<String> {
    let mut prefixes: Vec<String> = keys
        .iter()
        .filter_map(|key| {
            let (tab, _) = key.strip_prefix(visit)?.strip_prefix('/')?.split_once('/')?;
            Some(format!("{visit}/{tab}/"))
        })
        .collect();
    prefixes.dedup();
    prefixes
}

/// The address in the first lines of a journal.
fn address(lines: &str) -> Option<String> {
    let connection = Value::parse(lines.lines().nth(1)?).ok()?;
    Some(connection.get("address")?.as_str()?.to_owned())
}

/// The names of all locks held by pages of this origin.
async fn alive() -> Vec<String> {
    let Some((locks, query)) = locks("query") else { return Vec::new() };
    let Some(answer) = query.call0(&locks).ok().and_then(|promise| promise.dyn_into::<Promise>().ok()) else {
        return Vec::new();
    };
    let held = JsFuture::from(answer).await.and_then(|locks| Reflect::get(&locks, &"held".into()));
    let held = held.ok().and_then(|held| held.dyn_into::<Array>().ok()).unwrap_or_default();
    held.iter().filter_map(|lock| Reflect::get(&lock, &"name".into()).ok()?.as_string()).collect()
}

/// The browser's lock manager and one of its methods.
fn locks(method: &str) -> Option<(JsValue, Function)> {
    let navigator = web_sys::window()?.navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(|locks| !locks.is_undefined())?;
    let method = Reflect::get(&locks, &method.into()).ok()?.dyn_into().ok()?;
    Some((locks, method))
}

fn now() -> u64 {
    js_sys::Date::now() as u64
}

fn lock_name(visit: &str) -> String {
    format!("heartwire-visit-{visit}")
}

fn lease_key(visit: &str) -> String {
    format!("{visit}/{LEASE}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_time() {
        let (early, late) = (name(999_999_999_999.0, 0.9), name(1_700_000_000_000.4, 0.1));
        assert!(early < late);
        assert_eq!(began_millis(&late), Some(1_700_000_000_000));
    }

    #[test]
    fn keys_lead_to_the_logs_of_a_visit() {
        let keys = [
            "a/000001/0000000000",
            "a/000001/0000000001",
            "a/000003/0000000000",
            "a/lease",
            "ab/000001/0000000000",
            "b/lease",
        ];
        let keys = keys.map(str::to_owned);
        assert_eq!(prefixes(&keys, "a"), ["a/000001/", "a/000003/"]);
        assert!(prefixes(&keys, "b").is_empty(), "a lease is no log");
        let lines = "{\"heartwire\":\"log\",\"version\":2}\n{\"connection\":1,\"address\":\"ws://h/\"}\n";
        assert_eq!(address(lines).as_deref(), Some("ws://h/"));
        assert_eq!(address("nonsense\nmore"), None);
    }
}

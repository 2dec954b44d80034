//! Visits to the page: which one is this, and what have others left.

use gloo_timers::callback::Timeout;
use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use workbench::json::Value;

use super::db::{Change, Db, DbError};

/// How often it is looked again whether a visit is over before it counts as that of another tab.
const LOOKS: u32 = 5;

/// Between two such looks, in milliseconds.
const PAUSE_MILLIS: u32 = 200;

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
    /// What it was connected to; may be empty.
    pub url: String,
}

/// A name that sorts by time and that no other tab has.
pub(super) fn name(now_millis: f64, random: f64) -> String {
    format!("{:015}-{:08x}", now_millis as u64, (random * f64::from(u32::MAX)) as u32)
}

/// When a visit of that name began.
fn began_millis(name: &str) -> Option<u64> {
    name.split_once('-')?.0.parse().ok()
}

/// Holds a lock of the visit's name until the page goes away, however it does. Without locks (pages that are not
/// served securely) every other visit counts as over.
pub(super) fn hold(visit: &str) {
    let Some((locks, request)) = locks("request") else { return };
    let forever = Closure::once_into_js(|| Promise::new(&mut |_, _| {}));
    // The lock ends with the page; that is what it is for.
    let _ = request.call2(&locks, &lock_name(visit).into(), &forever);
}

/// The latest visit that is over and left something. Those before it are forgotten.
pub(super) async fn left(db: &Db, own: &str) -> Result<Option<Visit>, DbError> {
    let keys = db.keys().await?;
    let mut names: Vec<&str> = keys.iter().filter_map(|key| Some(key.split_once('/')?.0)).collect();
    names.dedup();
    names.retain(|name| *name != own);
    // The visit before a reload may hold its lock for a moment longer than its page is there.
    let mut alive = alive().await;
    for _ in 0..LOOKS {
        if !names.iter().any(|name| alive.contains(&lock_name(name))) {
            break;
        }
        pause().await;
        alive = self::alive().await;
    }
    names.retain(|name| !alive.contains(&lock_name(name)));
    let Some(latest) = names.pop() else { return Ok(None) };
    let old: Vec<Change> = names.iter().map(|name| Change::DeleteAll(format!("{name}/"))).collect();
    if !old.is_empty() {
        db.change(&old).await?;
    }
    let mut logs = Vec::new();
    for prefix in prefixes(&keys, latest) {
        let first = db.read(&format!("{prefix}0000000000")).await?;
        let line = first.first().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
        logs.push(KeptLog { url: url(&line).unwrap_or_default(), prefix });
    }
    let began_millis = began_millis(latest).unwrap_or_default();
    Ok(Some(Visit { name: latest.to_owned(), began_millis, logs }).filter(|visit| !visit.logs.is_empty()))
}

/// Removes all that a visit left.
pub(super) async fn forget(db: &Db, visit: &Visit) {
    // What cannot be removed is offered again, which is no harm.
    let _ = db.change(&[Change::DeleteAll(format!("{}/", visit.name))]).await;
}

/// `visit/tab/` of each tab of a visit.
fn prefixes(keys: &[String], visit: &str) -> Vec<String> {
    let mut prefixes: Vec<String> = keys
        .iter()
        .filter(|key| key.starts_with(&format!("{visit}/")))
        .filter_map(|key| Some(format!("{}/", key.rsplit_once('/')?.0)))
        .collect();
    prefixes.dedup();
    prefixes
}

/// The address in the first line of a journal.
fn url(line: &str) -> Option<String> {
    let first = Value::parse(line.trim()).ok()?;
    Some(first.get("connections")?.items().first()?.get("url")?.as_str()?.to_owned())
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

async fn pause() {
    let promise = Promise::new(&mut |resolve, _| {
        // Nobody waits for it longer than the page is there.
        Timeout::new(PAUSE_MILLIS, move || drop(resolve.call0(&JsValue::NULL))).forget();
    });
    // It is never rejected.
    let _ = JsFuture::from(promise).await;
}

fn lock_name(visit: &str) -> String {
    format!("heartwire-visit-{visit}")
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
        let keys =
            ["a/000001/0000000000", "a/000001/0000000001", "a/000003/0000000000", "b/000001/0000000000"];
        let keys = keys.map(str::to_owned);
        assert_eq!(prefixes(&keys, "a"), ["a/000001/", "a/000003/"]);
        let line = "{\"heartwire\":\"log\",\"version\":1,\"connections\":[{\"id\":1,\"url\":\"ws://h/\"}]}\n";
        assert_eq!(url(line).as_deref(), Some("ws://h/"));
        assert_eq!(url("nonsense"), None);
    }
}

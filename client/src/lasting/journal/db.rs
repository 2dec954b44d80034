//! The little of IndexedDB that is needed: bytes under keys, in one store.

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DomException, IdbDatabase, IdbKeyRange, IdbObjectStore, IdbRequest, IdbTransaction, IdbTransactionMode,
};

const NAME: &str = "heartwire";
const STORE: &str = "journal";
const VERSION: u32 = 1;

/// An open database. Dropping it closes it.
#[derive(Debug)]
pub(super) struct Db(IdbDatabase);

/// Something to change.
#[derive(Debug)]
pub(super) enum Change {
    /// Stores bytes under a key, in place of what was there.
    Put(String, Vec<u8>),
    /// Removes one key.
    Delete(String),
    /// Removes all keys that begin so.
    DeleteAll(String),
}

/// Why the browser does not store any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DbError {
    /// The origin's share of the disk is used up.
    Quota,
    /// Private windows, blocked storage, a broken profile; in the browser's words.
    Other(String),
}

type Result<T> = std::result::Result<T, DbError>;

impl From<JsValue> for DbError {
    fn from(error: JsValue) -> DbError {
        match error.dyn_ref::<DomException>() {
            Some(error) if error.name() == "QuotaExceededError" => DbError::Quota,
            Some(error) => DbError::Other(error.message()),
            None => DbError::Other(error.as_string().unwrap_or_default()),
        }
    }
}

impl Db {
    pub(super) async fn open() -> Result<Db> {
        let window = web_sys::window().ok_or_else(|| DbError::Other(String::new()))?;
        let factory = window.indexed_db()?.ok_or_else(|| DbError::Other(String::new()))?;
        let request = factory.open_with_u32(NAME, VERSION)?;
        let opened = request.clone();
        let on_upgrade = Closure::once(move || {
            if let Ok(database) = opened.result().and_then(JsCast::dyn_into::<IdbDatabase>) {
                // Fails only if the store exists, which it does not in version 0.
                let _ = database.create_object_store(STORE);
            }
        });
        request.set_onupgradeneeded(Some(on_upgrade.as_ref().unchecked_ref()));
        let database = finished(&request).await?;
        Ok(Db(database.dyn_into::<IdbDatabase>()?))
    }

    /// Makes all changes or none.
    pub(super) async fn change(&self, changes: &[Change]) -> Result<()> {
        let transaction = self.0.transaction_with_str_and_mode(STORE, IdbTransactionMode::Readwrite)?;
        let store = transaction.object_store(STORE)?;
        for change in changes {
            match change {
                Change::Put(key, bytes) => {
                    store.put_with_key(&Uint8Array::from(bytes.as_slice()), &key.as_str().into())?;
                }
                Change::Delete(key) => drop(store.delete(&key.as_str().into())?),
                Change::DeleteAll(prefix) => drop(store.delete(&range(prefix)?)?),
            }
        }
        completed(&transaction).await
    }

    /// All keys in order.
    pub(super) async fn keys(&self) -> Result<Vec<String>> {
        let keys = finished(&self.store()?.get_all_keys()?).await?;
        Ok(keys.dyn_into::<Array>()?.iter().filter_map(|key| key.as_string()).collect())
    }

    /// What is under the keys that begin so, in order.
    pub(super) async fn read(&self, prefix: &str) -> Result<Vec<Vec<u8>>> {
        let values = finished(&self.store()?.get_all_with_key(&range(prefix)?)?).await?;
        let values = values.dyn_into::<Array>()?;
        Ok(values
            .iter()
            .filter_map(|bytes| bytes.dyn_into::<Uint8Array>().ok())
            .map(|bytes| bytes.to_vec())
            .collect())
    }

    fn store(&self) -> Result<IdbObjectStore> {
        Ok(self.0.transaction_with_str(STORE)?.object_store(STORE)?)
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn range(prefix: &str) -> Result<JsValue> {
    Ok(IdbKeyRange::bound(&prefix.into(), &format!("{prefix}\u{ffff}").into())?.into())
}

async fn finished(request: &IdbRequest) -> Result<JsValue> {
    let promise = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    match JsFuture::from(promise).await {
        Ok(_) => Ok(request.result()?),
        Err(_) => Err(request.error().ok().flatten().map_or(JsValue::NULL, JsValue::from).into()),
    }
}

async fn completed(transaction: &IdbTransaction) -> Result<()> {
    let promise = Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    });
    match JsFuture::from(promise).await {
        Ok(_) => Ok(()),
        Err(_) => Err(transaction.error().map_or(JsValue::NULL, JsValue::from).into()),
    }
}

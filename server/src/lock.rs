//! How a mutex is locked.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Also after a panic under the lock: for what no code leaves half changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

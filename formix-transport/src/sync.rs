//! A lock that outlives a panicking holder.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, and ignores poisoning: every critical section here leaves the value consistent at each step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

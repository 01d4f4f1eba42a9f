//! [`Wakers`]: who is to be woken when the origin has more.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Wake, Waker},
};

/// The wakers of all readers that wait for the origin.
#[derive(Default)]
pub(super) struct Wakers(Mutex<BTreeMap<u64, Waker>>);

impl Wakers {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Waker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, id: u64, waker: &Waker) {
        self.lock().insert(id, waker.clone());
    }

    /// Says whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    pub(super) fn remove(&self, id: u64) {
        self.lock().remove(&id);
    }

    pub(super) fn wake_others(&self, id: u64) {
        let mut all = core::mem::take(&mut *self.lock());
        all.remove(&id);
        all.into_values().for_each(Waker::wake);
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        let all = core::mem::take(&mut *self.lock());
        all.into_values().for_each(Waker::wake);
    }
}

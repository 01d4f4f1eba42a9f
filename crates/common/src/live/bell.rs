//! Wakes those who wait for a change, whatever runtime they live in.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    task::Waker,
};

/// Keeps a waker for each listener that waits; what there is to hear stands in the snapshot.
#[derive(Debug, Default)]
pub(super) struct Bell(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    listeners: u64,
    waiting: BTreeMap<ListenerId, Waker>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ListenerId(u64);

impl Bell {
    pub(super) fn join(&self) -> ListenerId {
        let mut state = self.state();
        state.listeners += 1;
        ListenerId(state.listeners)
    }

    pub(super) fn leave(&self, id: ListenerId) {
        let waker = self.state().waiting.remove(&id);
        drop(waker); // after the lock: a waker's drop may run a task's
    }

    /// Has `waker` woken by the next ring.
    pub(super) fn listen(&self, id: ListenerId, waker: &Waker) {
        let replaced = self.state().waiting.insert(id, waker.clone());
        drop(replaced);
    }

    pub(super) fn ring(&self) {
        let waiting = std::mem::take(&mut self.state().waiting);
        waiting.into_values().for_each(Waker::wake);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Wakes those who wait for a change, whatever runtime they live in.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

/// Counts changes and keeps a waker for each one who waits for the next.
#[derive(Debug, Default)]
pub(super) struct Bell(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    changes: u64,
    closed: bool,
    listeners: u64,
    waiting: BTreeMap<u64, Waker>,
}

/// A listener's place: its number and the changes it has heard of.
#[derive(Debug)]
pub(super) struct Place {
    id: u64,
    heard: u64,
}

impl Bell {
    pub(super) fn join(&self) -> Place {
        let mut state = self.state();
        state.listeners += 1;
        Place {
            id: state.listeners,
            heard: state.changes,
        }
    }

    pub(super) fn leave(&self, place: &Place) {
        let waker = self.state().waiting.remove(&place.id);
        drop(waker); // after the lock: a waker's drop may run a task's
    }

    pub(super) fn ring(&self) {
        self.wake(|state| state.changes += 1);
    }

    pub(super) fn close(&self) {
        self.wake(|state| state.closed = true);
    }

    /// Ready with true if there was a change since the last time, with false if there will be none.
    pub(super) fn poll(&self, place: &mut Place, waker: &Waker) -> Poll<bool> {
        let mut state = self.state();
        if state.changes != place.heard {
            place.heard = state.changes;
            return Poll::Ready(true);
        }
        if state.closed {
            return Poll::Ready(false);
        }
        let replaced = state.waiting.insert(place.id, waker.clone());
        drop(state);
        drop(replaced);
        Poll::Pending
    }

    fn wake(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_values().for_each(Waker::wake);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! [`Synced`]: when something that was written is safe.

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A future that is ready when what was written survives a crash. It needs no runtime.
///
/// ```
/// use core::task::{Context, Poll, Waker};
/// use eaves_cache::store::Synced;
///
/// let (writing, synced) = Synced::pending();
/// let mut cx = Context::from_waker(Waker::noop());
/// assert_eq!(synced.poll_synced(&mut cx), Poll::Pending);
/// writing.done();
/// assert_eq!(synced.poll_synced(&mut cx), Poll::Ready(Ok(())));
/// ```
#[derive(Clone)]
#[must_use = "it tells whether the bytes are safe"]
pub struct Synced(Option<Arc<Mutex<State>>>);

/// The one who writes; dropping it without [`done`](Self::done) says that the bytes may be lost.
///
/// ```
/// use core::task::{Context, Poll, Waker};
/// use eaves_cache::store::{NotSynced, Synced};
///
/// let (writing, synced) = Synced::pending();
/// drop(writing);
/// let mut cx = Context::from_waker(Waker::noop());
/// assert_eq!(synced.poll_synced(&mut cx), Poll::Ready(Err(NotSynced)));
/// ```
#[derive(Debug)]
pub struct Syncing(Arc<Mutex<State>>);

/// What was written may be lost in a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what was written may not survive a crash")]
#[expect(clippy::exhaustive_structs, reason = "there is nothing to add")]
pub struct NotSynced;

impl From<NotSynced> for eaves_common::Error {
    fn from(error: NotSynced) -> Self {
        Self::with_source(
            eaves_common::ErrorKind::Unavailable,
            "writing a purge to the disk",
            error,
        )
    }
}

#[derive(Debug, Default)]
struct State {
    outcome: Option<Result<(), NotSynced>>,
    waiting: Vec<Waker>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Synced {
    /// What is safe already, or needs not be.
    pub const fn at_once() -> Self {
        Self(None)
    }

    /// What somebody is still writing.
    pub fn pending() -> (Syncing, Self) {
        let state = Arc::default();
        (Syncing(Arc::clone(&state)), Self(Some(state)))
    }

    /// Waits until the bytes are safe.
    ///
    /// # Errors
    /// If the one who wrote them gave up.
    ///
    /// # Cancel safety
    /// May be polled by anybody at any time, and dropped.
    pub fn poll_synced(&self, cx: &mut Context<'_>) -> Poll<Result<(), NotSynced>> {
        let Some(state) = &self.0 else {
            return Poll::Ready(Ok(()));
        };
        let mut state = lock(state);
        if let Some(outcome) = state.outcome {
            return Poll::Ready(outcome);
        }
        if !state
            .waiting
            .iter()
            .any(|known| known.will_wake(cx.waker()))
        {
            state.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl Future for Synced {
    type Output = Result<(), NotSynced>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_synced(cx)
    }
}

impl fmt::Debug for Synced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = self
            .0
            .as_ref()
            .map_or(Some(Ok(())), |state| lock(state).outcome);
        f.debug_tuple("Synced").field(&outcome).finish()
    }
}

impl Syncing {
    /// Says that the bytes are safe.
    pub fn done(self) {
        self.end(Ok(()));
    }

    fn end(&self, outcome: Result<(), NotSynced>) {
        let mut state = lock(&self.0);
        if state.outcome.is_some() {
            return;
        }
        state.outcome = Some(outcome);
        let waiting = core::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Syncing {
    fn drop(&mut self) {
        self.end(Err(NotSynced));
    }
}

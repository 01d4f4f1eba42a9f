//! [`Subscription`]: hears of changes in a task or on a thread.

use core::{
    fmt, future,
    task::{Context, Poll, Waker},
};
use std::{
    sync::{Arc, Weak},
    task::Wake,
    thread::{self, Thread},
};

use super::{
    bell::{Bell, ListenerId},
    snapshot::{Ref, Serial},
    value::Shared,
};

/// Hears of changes of what a [`Live`](super::Live) value's readers get: commits, reverts, trials.
///
/// Changes that come faster than they are heard are heard of once; the value is always the latest.
/// It does not keep the value alive: when the last [`Live`](super::Live) is dropped, it ends.
///
/// ```
/// use eaves_common::live::Live;
///
/// let live = Live::new(1);
/// let mut changes = live.subscribe();
/// let listener = std::thread::spawn(move || changes.wait().map(|value| *value));
///
/// let version = live.propose(2)?;
/// live.commit(version)?;
/// assert_eq!(listener.join().unwrap(), Some(2));
/// # Ok::<(), eaves_common::live::LiveError>(())
/// ```
pub struct Subscription<T> {
    shared: Weak<Shared<T>>,
    bell: Arc<Bell>,
    id: ListenerId,
    heard: Serial,
}

impl<T> Subscription<T> {
    pub(super) fn new(shared: &Arc<Shared<T>>, bell: Arc<Bell>) -> Self {
        Self {
            shared: Arc::downgrade(shared),
            id: bell.join(),
            bell,
            heard: shared.load().serial(),
        }
    }

    /// Waits for a change and returns the running value, or `None` when no [`Live`](super::Live)
    /// is left.
    ///
    /// # Cancel safety
    /// A change is heard of when this returns it; a future dropped before loses none.
    pub async fn changed(&mut self) -> Option<Ref<T>> {
        future::poll_fn(|cx| self.poll_changed(cx)).await
    }

    /// Polls for a change, as [`changed`](Self::changed) does.
    pub fn poll_changed(&mut self, cx: &mut Context<'_>) -> Poll<Option<Ref<T>>> {
        if let Poll::Ready(value) = self.look() {
            return Poll::Ready(value);
        }
        self.bell.listen(self.id, cx.waker());
        self.look() // again, for a change that rang before we listened
    }

    /// Blocks this thread until a change, as [`changed`](Self::changed) does for a task.
    pub fn wait(&mut self) -> Option<Ref<T>> {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut cx = Context::from_waker(&waker);
        loop {
            match self.poll_changed(&mut cx) {
                Poll::Ready(value) => return value,
                Poll::Pending => thread::park(),
            }
        }
    }

    fn look(&mut self) -> Poll<Option<Ref<T>>> {
        let Some(shared) = self.shared.upgrade() else {
            return Poll::Ready(None);
        };
        let value = shared.load();
        if value.serial() == self.heard {
            return Poll::Pending;
        }
        self.heard = value.serial();
        Poll::Ready(Some(value))
    }
}

impl<T> Drop for Subscription<T> {
    fn drop(&mut self) {
        self.bell.leave(self.id);
    }
}

impl<T> fmt::Debug for Subscription<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("heard", &self.heard)
            .finish_non_exhaustive()
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

//! [`Watch`]: fills whose readers have all stopped reading give their room back.
//!
//! The room of a fill is reserved until it ends, and a fill goes on only while somebody reads: without this, clients that
//! ask for much and read nothing would take the room of everything else.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::{fill::Fill, shared::Shared};

/// The fills that are looked after; one task does it, as long as there are any.
#[derive(Default)]
pub(super) struct Watch(Mutex<Watched>);

#[derive(Default)]
struct Watched {
    fills: Vec<(Weak<Fill>, Mark)>,
    running: bool,
}

/// How far a fill has come: what was pulled, and what its readers have read of it together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) pulled: u64,
    pub(super) read: u64,
}

/// Bodies that are no longer are not worth a look.
const LITTLE: u64 = 64 * 1024;

impl Watch {
    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Says whether fills of this length are looked after.
    pub(super) fn watches(&self, len: Option<u64>) -> bool {
        let config = &self.config;
        let timed = config.spawner.is_some() && config.stalled.1.is_some();
        timed && len.is_none_or(|len| len > LITTLE)
    }

    /// Looks after a fill from now on.
    pub(super) fn watch(self: &Arc<Self>, fill: &Arc<Fill>) {
        let (Some(spawner), (limit, Some(sleep))) = (&self.config.spawner, &self.config.stalled)
        else {
            return;
        };
        if !self.watches(fill.expected) {
            return;
        }
        let mut watched = self.watch.lock();
        watched.fills.push((Arc::downgrade(fill), fill.mark()));
        if core::mem::replace(&mut watched.running, true) {
            return;
        }
        drop(watched);
        let (limit, sleep) = (*limit, sleep.clone());
        let mut looking = Looking(Some(Arc::downgrade(self)));
        spawner.spawn(Box::pin(async move {
            loop {
                sleep.sleep(limit).await;
                if !looking.look() {
                    return;
                }
            }
        }));
    }

    /// Ends what has not come on since the last look; says whether anything is left to look after.
    fn look(&self) -> bool {
        let fills = core::mem::take(&mut self.watch.lock().fills);
        let going = fills.into_iter().filter_map(|(weak, mark)| {
            let mark = weak.upgrade()?.come_on_since(mark)?;
            Some((weak, mark))
        });
        let going: Vec<_> = going.collect();
        let mut watched = self.watch.lock();
        watched.fills.extend(going);
        watched.running = !watched.fills.is_empty();
        watched.running
    }
}

/// The task that looks; one that a runtime drops makes room for the next.
struct Looking(Option<Weak<Shared>>);

impl Looking {
    fn look(&mut self) -> bool {
        let shared = self.0.as_ref().and_then(Weak::upgrade);
        let goes_on = shared.is_some_and(|shared| shared.look());
        if !goes_on {
            self.0 = None;
        }
        goes_on
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take().and_then(|shared| shared.upgrade()) {
            shared.watch.lock().running = false;
        }
    }
}

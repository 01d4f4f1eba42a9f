//! [`Drain`]: before a clean end, what memory alone holds is written below.

use core::cmp::Reverse;
use std::sync::Arc;

use eaves_common::time::{Clock, Mono};

use super::{Shared, Watch, moves::Arrival};
use crate::{
    key::Key,
    store::{
        Content as _, Refused, Write,
        memory::Object,
        tinylfu::{Page, Place},
    },
};

/// Writes below what memory alone holds, the hottest first, and leaves memory as it is: a program that is asked to end
/// does so before it closes its disk, so that the next one does not send every client to the origin.
///
/// It is a machine of steps, each of which copies a mebibyte at most and waits for nothing: the caller says what time it
/// is and when to go on. Requests may be served meanwhile; what they remove, replace or purge is not brought back, and what
/// they store may be left out. Dropped, it leaves below what is there by then, and of the object under way nothing.
///
/// What is written is as safe as all else that the store below holds: on a disk, when that is
/// [closed](super::super::disk::Disk::close).
///
/// ```
/// use std::{sync::Arc, thread, time::Duration};
/// use eaves_cache::{key::Key, store::{Memory, Store, tier::Tier}};
/// use eaves_common::{time::{Clock, SystemClock}, units::ByteSize};
///
/// let below = Arc::new(Memory::new(64 << 20));
/// let store = Tier::new(Memory::new(1 << 20), below.clone());
/// let mut write = store.begin(&Key::of_uri(&"http://a.example/".parse()?)?, b"head", Some(5))?;
/// write.append(b"hello")?;
/// write.commit(None);
///
/// let until = SystemClock.mono() + Duration::from_secs(5);
/// let drain = store.drain(ByteSize::from_mib(16), until);
/// let drained = drain.run(&SystemClock, || thread::sleep(Duration::from_millis(1)));
/// assert_eq!((drained.written, drained.left, below.usage().entries), (1, 0, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "it goes on when it is told to"]
pub struct Drain {
    shared: Arc<Shared>,
    until: Mono,
    /// Bytes that may still be written.
    room: u64,
    /// Where looking for objects goes on; nowhere when all were looked at.
    page: Option<Page>,
    /// The hottest last.
    due: Vec<Due>,
    copying: Option<Copying>,
    drained: Drained,
}

/// How far a [`Drain`] has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "it goes on, waits or has ended")]
pub enum Step {
    /// There is more to do.
    More,
    /// The store below takes nothing for now: there is more to do a little later.
    Wait,
    /// All is written, or the time is over.
    Done,
}

/// What a [`Drain`] did: objects, and bytes of their keys, heads and bodies.
///
/// ```
/// use eaves_cache::store::tier::Drained;
///
/// assert_eq!(Drained::default().written, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drained {
    /// Objects that are below now.
    pub written: u64,
    /// Their bytes.
    pub written_bytes: u64,
    /// Objects that are in memory alone still, as the time was over or there was no room for them within the limit.
    pub left: u64,
    /// Objects that the store below did not take.
    pub refused: u64,
    /// Objects that were removed, replaced or left memory while it was their turn or before.
    pub gone: u64,
}

/// An object whose turn comes: those that were asked for more often first, and of these the smaller ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    uses: u8,
    bytes: Reverse<u64>,
    place: Place,
}

/// An object on its way.
struct Copying {
    /// Since before it was taken.
    watch: Watch,
    key: Key,
    object: Object,
    write: Box<dyn Write>,
    /// Blocks that are written.
    blocks: usize,
}

/// Blocks that are copied at once: a mebibyte.
const AT_ONCE: usize = 16;

impl Drain {
    pub(super) fn begin(shared: &Arc<Shared>, bytes: u64, until: Mono) -> Self {
        Self {
            shared: shared.clone(),
            until,
            room: bytes.min(shared.below.usage().budget / 2),
            page: Some(Page::default()),
            due: Vec::new(),
            copying: None,
            drained: Drained::default(),
        }
    }

    /// Does a little.
    #[must_use = "it says whether there is more to do"]
    pub fn step(&mut self, now: Mono) -> Step {
        if now >= self.until {
            return self.end();
        }
        if let Some(page) = self.page {
            self.page = self.look(page, now);
            if self.page.is_none() {
                self.due.sort_unstable();
            }
            return Step::More;
        }
        match self.copying.take() {
            Some(copying) => self.copy(copying),
            None => match self.due.pop() {
                Some(due) => self.take(due),
                None => Step::Done,
            },
        }
    }

    /// Steps to the end, and calls `wait` where the store below has to get on first: let it wait for a millisecond.
    pub fn run(mut self, clock: &dyn Clock, mut wait: impl FnMut()) -> Drained {
        loop {
            match self.step(clock.mono()) {
                Step::More => {}
                Step::Wait => wait(),
                Step::Done => return self.drained,
            }
        }
    }

    /// Returns what it did so far.
    #[must_use]
    pub const fn drained(&self) -> Drained {
        self.drained
    }

    /// Gives up what is not written yet.
    fn end(&mut self) -> Step {
        while let Some(page) = self.page {
            self.page = self.look(page, self.until);
        }
        let under_way = self.copying.take().is_some();
        self.drained.left += self.due.len() as u64 + u64::from(under_way);
        self.due.clear();
        Step::Done
    }

    /// Notes which objects of a page only memory has; returns the next page.
    fn look(&mut self, page: Page, now: Mono) -> Option<Page> {
        let memory = &self.shared.memory;
        let mut marked = Vec::new();
        let due = &mut self.due;
        let next = memory
            .engine()
            .survey(page, |place, key, object: &Object, uses| {
                if memory.is_dead(object, now) {
                    return;
                }
                let bytes = Reverse(length(key, object));
                let found = Due { uses, bytes, place };
                match object.body.is_below() {
                    true => marked.push((found, Key::from_stored(key))),
                    false => due.push(found),
                }
            });
        // Asked with no lock held.
        let lost = |(_, key): &(Due, Key)| self.shared.below.has(key) == Some(false);
        let lost = marked.into_iter().filter(lost);
        self.due.extend(lost.map(|(found, _)| found));
        next
    }

    /// Begins with an object.
    fn take(&mut self, due: Due) -> Step {
        let watch = Watch::begin(&self.shared);
        let found = self.shared.memory.engine().at(due.place);
        let found =
            found.map(|(key, object)| (length(&key, &object), Key::from_stored(&key), object));
        let Some((bytes, key, object)) =
            found.filter(|(_, key, object)| !self.shared.lies_below(key, object))
        else {
            self.drained.gone += 1;
            return Step::More;
        };
        if bytes > self.room {
            self.drained.left += 1;
            return Step::More;
        }
        match self
            .shared
            .below
            .begin(&key, &object.head, object.body.len())
        {
            Ok(write) => self.copy(Copying {
                watch,
                key,
                object,
                write,
                blocks: 0,
            }),
            Err(Refused::Busy { .. }) => {
                self.due.push(due);
                Step::Wait
            }
            Err(_) => self.refused(),
        }
    }

    /// Goes on with an object.
    fn copy(&mut self, mut copying: Copying) -> Step {
        let body = copying.object.body.clone();
        for block in body.blocks().iter().skip(copying.blocks).take(AT_ONCE) {
            match copying.write.append(block) {
                Ok(()) => copying.blocks += 1,
                Err(Refused::Busy { .. }) => {
                    self.copying = Some(copying);
                    return Step::Wait;
                }
                Err(_) => return self.refused(),
            }
        }
        if copying.blocks < body.blocks().len() {
            self.copying = Some(copying);
        } else {
            self.arrive(copying);
        }
        Step::More
    }

    fn arrive(&mut self, copying: Copying) {
        let Copying {
            watch,
            key,
            object,
            write,
            ..
        } = copying;
        let below = &self.shared.below;
        let arrival = self.shared.moves.drain(&key, watch.since, || {
            write.commit(object.body.trailers());
            let has = below.has(&key) != Some(false);
            if has {
                object.body.set_below();
            }
            has
        });
        match arrival {
            Arrival::Arrived => {
                let bytes = length(key.as_bytes(), &object);
                self.room = self.room.saturating_sub(bytes);
                self.drained.written += 1;
                self.drained.written_bytes += bytes;
            }
            Arrival::Overtaken => self.drained.gone += 1,
            Arrival::Refused => self.drained.refused += 1,
        }
    }

    fn refused(&mut self) -> Step {
        self.drained.refused += 1;
        Step::More
    }
}

/// Bytes of an object and its key.
fn length(key: &[u8], object: &Object) -> u64 {
    (key.len() + object.head.len()) as u64 + object.body.len().unwrap_or_default()
}

impl core::fmt::Debug for Drain {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Drain")
            .field("due", &self.due.len())
            .field("drained", &self.drained)
            .finish_non_exhaustive()
    }
}

//! [`Memory`]: responses in memory, kept by what they are worth.

mod filling;
mod object;

use core::{
    task::{Context, Poll},
    time::Duration,
};
use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use eaves_common::{time::Mono, units::ByteSize};

pub(super) use filling::{Filling, Place};
pub(super) use object::{Heir, Object};

use self::object::{Engine, Nobody, Shared, Terms};
use super::{
    Content, Entry, Refused, Store, Ticket, Usage, Write,
    blocks::BLOCK,
    body::same,
    tinylfu::{Config, Goal, Refusal, TinyLfu},
};
use crate::{head::read_meta, key::Key, stats::Stats};

/// A store in memory that never holds more bytes than it was given, keys, heads, tables and reservations included.
///
/// What stays is decided by [`tinylfu`](super::tinylfu): when room is needed, a newcomer enters only if nothing that
/// would have to leave is worth clearly more. What it displaces leaves when room is reserved, and is gone even if the
/// newcomer is given up later. An object past its last stale window, or from before everything was purged, is worth
/// nothing.
///
/// ```
/// use eaves_cache::store::{Memory, Refused, Store};
/// use eaves_cache::key::Key;
///
/// let store = Memory::new(1 << 20).max_object(1000);
/// let key = Key::of_uri(&"http://a.example/".parse().unwrap()).unwrap();
/// let refused = store.begin(&key, b"head", Some(2000)).err();
/// assert_eq!(refused, Some(Refused::TooLarge { len: 2000, limit: 1000 }));
/// ```
pub struct Memory {
    shared: Arc<Shared>,
    settings: Settings,
}

#[derive(Clone, Copy)]
struct Settings {
    budget: u64,
    max_object: u64,
    shards: Option<usize>,
    goal: Goal,
    seed: u64,
    stale_for: Duration,
}

impl Memory {
    /// Makes a store of so many bytes, for objects of up to a 32nd of it, or if that is less than a mebibyte, of up to
    /// that and a quarter of it. The order of its tables is secret and changes with each process.
    #[must_use]
    pub fn new(budget: u64) -> Self {
        Self::with(Settings {
            budget,
            max_object: (budget / 32).max((budget / 4).min(1 << 20)),
            shards: None,
            goal: Goal::Objects,
            seed: RandomState::new().hash_one("memory"),
            stale_for: Duration::from_secs(24 * 60 * 60),
        })
    }

    fn with(settings: Settings) -> Self {
        let config = Config::new(ByteSize::from_bytes(settings.budget))
            .goal(settings.goal)
            .shards(settings.shards())
            .seed(settings.seed);
        let terms = Terms::new(settings.max_object, settings.stale_for);
        Self {
            shared: Arc::new(Shared::new(TinyLfu::new(config), terms)),
            settings,
        }
    }

    /// Sets the length of the longest body that is taken. The store is divided into fewer parts if it has to be for
    /// such an object to fit into half of one, and into one for those larger than half of the budget.
    #[must_use]
    pub fn max_object(self, bytes: u64) -> Self {
        Self::with(Settings {
            max_object: bytes,
            ..self.settings
        })
    }

    /// Sets into how many parts the store is divided, in place of up to 16; a body larger than a part is refused.
    #[must_use]
    pub fn shards(self, shards: usize) -> Self {
        Self::with(Settings {
            shards: Some(shards),
            ..self.settings
        })
    }

    /// Sets what is to be kept: many small objects, unless this says otherwise.
    #[must_use]
    pub fn goal(self, goal: Goal) -> Self {
        Self::with(Settings {
            goal,
            ..self.settings
        })
    }

    /// Sets the seed of the tables' order, for simulations that have to repeat.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self::with(Settings {
            seed,
            ..self.settings
        })
    }

    /// Sets how long past its lifetime an object is worth keeping that does not say how long it may be served stale
    /// when the origin fails; a day unless set.
    #[must_use]
    pub fn stale_for(self, time: Duration) -> Self {
        Self::with(Settings {
            stale_for: time,
            ..self.settings
        })
    }

    /// Like [`begin`](Store::begin); what has to leave goes to the heir.
    pub(super) fn begin_over(
        &self,
        key: &Key,
        head: &[u8],
        len: Option<u64>,
        heir: &dyn Heir,
    ) -> Result<Filling, Refused> {
        let limit = self.settings.max_object;
        if let Some(len) = len.filter(|len| *len > limit) {
            self.shared.refuse_large();
            return Err(Refused::TooLarge { len, limit });
        }
        Filling::begin(&self.shared, key, head, len, heir)
    }

    /// Like [`replace_head`](Store::replace_head); what has to leave goes to the heir.
    pub(super) fn replace_head_over(
        &self,
        key: &Key,
        content: &Arc<dyn Content>,
        head: &[u8],
        heir: &dyn Heir,
    ) -> bool {
        let (now, until) = (now_of(head), self.shared.terms.until(head));
        let key_len = key.as_bytes().len();
        let put = |object: &mut Object| {
            same(content, &object.body).then(|| {
                object.head = Box::from(head);
                object.until = until;
                object.weight(key_len)
            })
        };
        let fate = self.shared.fate(now, heir);
        self.shared.engine.update(key.as_bytes(), put, &fate)
    }

    /// How often a key was asked for lately, up to 15.
    pub(super) fn uses(&self, key: &Key) -> u8 {
        self.shared.engine.uses(key.as_bytes())
    }

    /// The entries, part by part: see [`survey`](TinyLfu::survey).
    pub(super) fn engine(&self) -> &Engine {
        &self.shared.engine
    }

    /// Says whether an object can neither be served nor stand in for an answer any more.
    pub(super) fn is_dead(&self, object: &Object, now: Mono) -> bool {
        self.shared.terms.is_dead(object, now)
    }

    /// Notes that the store below has lost what this one has.
    pub(super) fn forget_below(&self, key: &Key) {
        self.shared
            .engine
            .peek_with(key.as_bytes(), |object| object.body.forget_below());
    }

    /// The longest body that is taken.
    pub(super) const fn longest(&self) -> u64 {
        self.settings.max_object
    }
}

/// When a head came; a record without a time, such as one of variants, looks for room as if no time had passed.
fn now_of(head: &[u8]) -> Mono {
    read_meta(head).map_or(Mono::ZERO, |meta| meta.received.mono)
}

impl Settings {
    fn shards(&self) -> usize {
        self.shards.unwrap_or_else(|| {
            let twice = self.max_object.saturating_mul(2).max(1);
            let most = usize::try_from(self.budget / twice).unwrap_or(MOST_SHARDS);
            1 << most.clamp(1, MOST_SHARDS).ilog2()
        })
    }
}

/// Four for each core of a common machine.
const MOST_SHARDS: usize = 16;

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("usage", &self.usage())
            .finish_non_exhaustive()
    }
}

impl Store for Memory {
    fn poll_lookup(&self, key: &Key, _: &mut Ticket, _: &mut Context<'_>) -> Poll<Option<Entry>> {
        Poll::Ready(self.shared.engine.read(key.as_bytes(), Object::entry))
    }

    fn begin(&self, key: &Key, head: &[u8], len: Option<u64>) -> Result<Box<dyn Write>, Refused> {
        Ok(Box::new(self.begin_over(key, head, len, &Nobody)?))
    }

    fn replace_head(&self, key: &Key, content: &Arc<dyn Content>, head: &[u8]) -> bool {
        self.replace_head_over(key, content, head, &Nobody)
    }

    fn remove(&self, key: &Key) -> bool {
        self.shared.engine.remove(key.as_bytes()).is_some()
    }

    fn remove_content(&self, key: &Key, content: &Arc<dyn Content>) -> bool {
        let is_it = |object: &Object| same(content, &object.body);
        self.shared
            .engine
            .remove_if(key.as_bytes(), is_it)
            .is_some()
    }

    fn has(&self, key: &Key) -> Option<bool> {
        let found = self.shared.engine.peek_with(key.as_bytes(), |_| ());
        Some(found.is_some())
    }

    fn usage(&self) -> Usage {
        self.stats().into()
    }

    fn stats(&self) -> Stats {
        self.shared.stats()
    }

    fn void_before(&self, epoch: u64) {
        self.shared.terms.void_before(epoch);
    }
}

/// What a body of unknown length reserves at first, and then in steps.
const STEP: u64 = BLOCK as u64;

/// A refusal of the engine as one of a store.
fn refused(refusal: Refusal) -> Refused {
    match refusal {
        Refusal::Crowded { weight, .. } => Refused::Crowded { needed: weight },
        Refusal::Outvalued { weight } => Refused::Outvalued { needed: weight },
        Refusal::Reserved { weight } => Refused::NoRoom { needed: weight },
        Refusal::TooLarge { weight, limit } => Refused::TooLarge { len: weight, limit },
    }
}

//! [`Purges`]: all purges so far, and whether they concern a stored response.

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    sync::{Arc, PoisonError},
};

use eaves_common::time::Wall;
use foldhash::{SharedSeed, quality::SeedableRandomState};

use super::sync::{
    Mutex, RwLock,
    atomic::{AtomicU64, Ordering},
};
use crate::{
    head::Head,
    key::Key,
    purge::{
        Mode, Purge, Purged, Receipt, Record, Scope, Target, Verdict,
        bans::{Bans, Matcher},
        issue::origin,
        tags,
    },
    store::{Content, Logged, Synced},
};

/// All purges so far, in a fixed amount of memory.
///
/// To issue one takes a lock, a hash and a few stores; whoever looks something up takes no lock unless something was
/// purged since that was checked last, and then a reading lock while URLs are compared with the list.
///
/// ```
/// use eaves_cache::{head::Head, key::Key, purge::{Purge, Purges, Verdict}};
/// use eaves_cache::policy::{Policy, Storage, Times};
/// use eaves_common::time::{Now, Wall};
/// use http::{Request, Response};
///
/// let request = Request::get("http://a.example/").body(())?;
/// let response = Response::builder()
///     .header("cache-control", "max-age=60")
///     .header("surrogate-key", "news front")
///     .body(())?;
/// let times = Times::at(Now::default());
/// let Storage::Store(meta) = Policy::default().storage((&request).into(), (&response).into(), times) else { return Ok(()) };
/// let mut head = Head::new(meta, response.headers());
///
/// let (purges, key) = (Purges::new(Wall::ZERO), Key::of((&request).into())?);
/// head.set_asked(purges.epoch());
/// let _ = purges.issue(&Purge::tag("sport"), Wall::from_secs(1));
/// assert_eq!(purges.verdict(&key, &head), Verdict::Holds);
/// let _ = purges.issue(&Purge::tag("news"), Wall::from_secs(2));
/// assert_eq!(purges.verdict(&key, &head), Verdict::Void);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Purges {
    /// The epoch of the latest purge. Whoever reads it sees all that this purge and those before it wrote.
    epoch: AtomicU64,
    everything: Slot,
    hashed: Box<[Slot]>,
    /// The latest purge of a tag or group: which responses those concern is known from their heads alone.
    tagged: AtomicU64,
    bans: RwLock<Arc<Bans>>,
    /// Purges are issued one after the other, so that a later epoch never shows before an earlier one.
    issuing: Mutex<Purged>,
    hasher: SeedableRandomState,
}

/// The latest epochs of what hashes to one place.
#[derive(Debug, Default)]
struct Slot {
    hard: AtomicU64,
    soft: AtomicU64,
}

impl Slot {
    fn raise(&self, epoch: u64, mode: Mode) {
        let latest = match mode {
            Mode::Hard => &self.hard,
            Mode::Soft => &self.soft,
        };
        latest.fetch_max(epoch, Ordering::Release);
    }

    fn latest(&self) -> (u64, u64) {
        (
            self.hard.load(Ordering::Acquire),
            self.soft.load(Ordering::Acquire),
        )
    }
}

/// Places for URLs, tags and groups: a mebibyte.
const PLACES: usize = 1 << 16;
/// Prefixes and patterns that are kept apart.
const BANS: usize = 256;

impl Purges {
    /// Makes an empty table; nothing that was asked for at `now` or later, or by an earlier process before, is purged.
    #[must_use]
    pub fn new(now: Wall) -> Self {
        Self::with_limits(now, PLACES, BANS)
    }

    /// Makes an empty table of so many places for URLs, tags and groups, rounded up to a power of two, and so many
    /// prefixes and patterns. Few places mean that more is purged than was asked for: with `n` tags to a response and
    /// as many purges, the share of responses that go by accident is about `n` by the places.
    #[must_use]
    pub fn with_limits(now: Wall, places: usize, bans: usize) -> Self {
        let places = places.clamp(1, 1 << 24).next_power_of_two();
        Self {
            epoch: AtomicU64::new(now.as_nanos().max(1)),
            everything: Slot::default(),
            hashed: (0..places).map(|_| Slot::default()).collect(),
            tagged: AtomicU64::new(0),
            bans: RwLock::new(Arc::new(Bans::new(bans))),
            issuing: Mutex::new(Purged::default()),
            hasher: SeedableRandomState::with_seed(
                RandomState::new().hash_one("purges"),
                SharedSeed::global_fixed(),
            ),
        }
    }

    /// Applies what a store wrote down in earlier processes, in whatever order and however late: what was checked before
    /// is checked again. Records that cannot be read count as missed.
    pub fn restore(&self, logged: &Logged, now: Wall) {
        let mut missed_until = logged.missed_until;
        for bytes in &logged.records {
            match Record::from_bytes(bytes) {
                Ok(record) => _ = self.enter(&record.purge, |_| record.epoch),
                Err(_) => missed_until = missed_until.max(now.as_nanos()),
            }
        }
        if missed_until > 0 {
            let soft = Purge::everything().soft();
            _ = self.enter(&soft, |_| missed_until);
        }
        if missed_until > 0 || !logged.records.is_empty() {
            let _issuing = self.issuing.lock().unwrap_or_else(PoisonError::into_inner);
            let next = self.epoch().saturating_add(1);
            self.epoch.store(next, Ordering::Release);
        }
    }

    /// Returns the epoch that a request which is sent now belongs to.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Purges. When this returns, whoever looks something up sees it.
    pub fn issue(&self, purge: &Purge, now: Wall) -> Receipt {
        self.enter(purge, |latest| now.as_nanos().max(latest.saturating_add(1)))
    }

    /// Returns how many purges were issued.
    #[must_use]
    pub fn purged(&self) -> Purged {
        *self.issuing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many prefixes and patterns are kept.
    #[must_use]
    pub fn bans(&self) -> usize {
        self.listed().len()
    }

    fn enter(&self, purge: &Purge, epoch: impl FnOnce(u64) -> u64) -> Receipt {
        let mut purged = self.issuing.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = self.epoch.load(Ordering::Relaxed);
        let epoch = epoch(latest);
        let mode = purge.mode();
        purged.count(purge.target());
        let mut scope = Scope::AsAsked;
        match purge.target() {
            Target::Everything => self.everything.raise(epoch, mode),
            Target::Group { origin, group } => {
                self.place((GROUP, origin.as_bytes(), group.as_bytes()))
                    .raise(epoch, mode);
                self.tagged.fetch_max(epoch, Ordering::Release);
            }
            Target::Pattern(pattern) => {
                scope = self.ban(epoch, mode, Matcher::Pattern(pattern.clone()));
            }
            Target::Prefix(prefix) => {
                scope = self.ban(epoch, mode, Matcher::Prefix(prefix.clone()));
            }
            Target::Tag(tag) => {
                self.place((TAG, tag.as_bytes(), &[])).raise(epoch, mode);
                self.tagged.fetch_max(epoch, Ordering::Release);
            }
            Target::Url(key) => self.place((URL, key.as_bytes(), &[])).raise(epoch, mode),
        }
        purged.widened += u64::from(scope == Scope::Wider);
        // Last: whoever sees the epoch sees the rest.
        self.epoch.store(epoch.max(latest), Ordering::Release);
        Receipt {
            epoch,
            scope,
            removed: false,
            synced: Synced::at_once(),
        }
    }

    fn ban(&self, epoch: u64, mode: Mode, matcher: Matcher) -> Scope {
        let mut bans = Bans::clone(&self.listed());
        let (scope, everything) = bans.add(epoch, mode, Arc::new(matcher));
        if let Some((epoch, mode)) = everything {
            self.everything.raise(epoch, mode);
        }
        *self.bans.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(bans);
        scope
    }

    fn listed(&self) -> Arc<Bans> {
        self.bans
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn place(&self, text: (u8, &[u8], &[u8])) -> &Slot {
        &self.hashed[self.hasher.hash_one(text) as usize & (self.hashed.len() - 1)]
    }

    /// Says what purges mean for the response that is stored for a URL, whatever its variant.
    pub fn verdict(&self, url: &Key, stored: &Head) -> Verdict {
        let asked = stored.meta().asked;
        let mut latest = self.by_url(url, asked);
        let mut take = |(hard, soft): (u64, u64)| latest = (latest.0.max(hard), latest.1.max(soft));
        if self.tagged.load(Ordering::Acquire) > asked {
            tags::tags(stored, |tag| take(self.place((TAG, tag, &[])).latest()));
            let origin = origin(url);
            tags::groups(stored, |group| {
                take(self.place((GROUP, origin.as_bytes(), group)).latest());
            });
        }
        // From the future of a clock that was set back: nobody knows what was purged since.
        if asked > self.epoch() {
            return Verdict::Stale {
                since: stored.meta().received.wall,
            };
        }
        match latest {
            (hard, _) if hard > asked => Verdict::Void,
            (_, soft) if soft > asked => Verdict::Stale {
                since: Wall::from_nanos(soft),
            },
            _ => Verdict::Holds,
        }
    }

    /// Like [`verdict`](Self::verdict), and takes two loads if nothing was purged since the content was checked last.
    pub fn check(&self, url: &Key, stored: &Head, content: &dyn Content) -> Verdict {
        let epoch = self.epoch();
        if content.checked() == epoch {
            return Verdict::Holds;
        }
        let verdict = self.verdict(url, stored);
        if verdict == Verdict::Holds {
            content.check(epoch);
        }
        verdict
    }

    /// Says whether what was asked for at an epoch might be concerned by a purge since then, when its URL is known and
    /// its head is not.
    #[must_use]
    pub fn may_concern(&self, url: &Key, asked: u64) -> bool {
        if self.epoch() == asked {
            return false;
        }
        let (hard, soft) = self.by_url(url, asked);
        hard.max(soft).max(self.tagged.load(Ordering::Acquire)) > asked
    }

    fn by_url(&self, url: &Key, asked: u64) -> (u64, u64) {
        let all = self.everything.latest();
        let own = self.place((URL, url.as_bytes(), &[])).latest();
        let banned = self.listed().latest(url.as_bytes(), asked);
        (
            all.0.max(own.0).max(banned.0),
            all.1.max(own.1).max(banned.1),
        )
    }
}

const GROUP: u8 = 0;
const TAG: u8 = 1;
const URL: u8 = 2;

impl fmt::Debug for Purges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Purges")
            .field("epoch", &self.epoch())
            .field("purged", &self.purged())
            .field("bans", &self.bans())
            .finish_non_exhaustive()
    }
}

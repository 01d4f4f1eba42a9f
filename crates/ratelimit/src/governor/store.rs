//! [`BoundedStore`]: a state store of fixed memory for governor's keyed limiters.

use std::{fmt, hash::Hash, marker::PhantomData};

use ::governor::{
    nanos::Nanos,
    state::{StateStore, keyed::ShrinkableKeyedStateStore},
};

use crate::{
    key::KeyHasher,
    table::{Capacity, Table},
};

/// Keeps governor's state in a table that never grows: 16 bytes a key, whatever the key.
///
/// Results are governor's to the nanosecond. When all cells of a bucket are taken, the key with the
/// earliest arrival time goes, which owes least; so nothing has to call `retain_recent` for memory's
/// sake. Use one store for one limiter: arrival times of different limiters do not compare.
///
/// ```
/// use std::{net::IpAddr, num::NonZeroU32};
/// use eaves_ratelimit::{governor::BoundedStore, key::KeyHasher, table::Capacity};
/// use governor::{Quota, RateLimiter, clock::DefaultClock};
///
/// let quota = Quota::per_second(NonZeroU32::new(2).unwrap());
/// let store = BoundedStore::<IpAddr>::new(Capacity::new(65_536)?, KeyHasher::random());
/// let limiter: RateLimiter<_, _, _> = RateLimiter::new(quota, store, DefaultClock::default());
/// let client = "198.51.100.7".parse().unwrap();
/// assert!(limiter.check_key(&client).is_ok());
/// assert!(limiter.check_key(&client).is_ok());
/// assert!(limiter.check_key(&client).is_err());
/// # Ok::<(), eaves_ratelimit::BuildError>(())
/// ```
pub struct BoundedStore<K> {
    table: Table,
    hasher: KeyHasher,
    keys: PhantomData<fn(&K)>,
}

impl<K> BoundedStore<K> {
    /// Takes the memory for `capacity` keys.
    #[must_use]
    pub fn new(capacity: Capacity, hasher: KeyHasher) -> Self {
        Self {
            table: Table::timeless(capacity),
            hasher,
            keys: PhantomData,
        }
    }

    /// Returns the memory of the cells, all of it taken at construction.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.table.occupancy(0).bytes
    }
}

impl<K> fmt::Debug for BoundedStore<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedStore")
            .field("occupancy", &self.table.occupancy(0))
            .finish()
    }
}

impl<K: Hash> StateStore for BoundedStore<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let key = self.hasher.hash(key);
        loop {
            let seen = self.table.read(key, 0);
            let before = seen.is_known().then(|| Nanos::from(seen.debt()));
            let (answer, after) = f(before)?;
            if self.table.write(key, 0, &seen, after.into()) {
                return Ok(answer);
            }
        }
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<K> for BoundedStore<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        self.table.forget_below(drop_below.into());
    }

    fn len(&self) -> usize {
        self.table.occupancy(0).owing
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

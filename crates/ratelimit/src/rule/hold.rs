//! [`Hold`]: places of a request that is under way.

use std::{fmt, mem, sync::Arc};

use eaves_common::time::Mono;

use super::{Limiter, spec::Overrides};
use crate::{
    key::{Facts, KeyHash},
    meter::AnyMeter,
};

/// Keeps a request's places under the rules of [`Algorithm::Concurrency`] until it is dropped.
///
/// [`Algorithm::Concurrency`]: crate::meter::Algorithm::Concurrency
///
/// ```
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::{Limiter, Rule, key::{Facts, KeyHasher}, meter::Algorithm, table::Capacity};
///
/// let rule = Rule::new("at-once", "1/5s".parse()?, Capacity::MIN)?;
/// let limiter = Limiter::new([rule.algorithm(Algorithm::Concurrency)], KeyHasher::random())?;
/// let facts = Facts::default();
/// assert!(limiter.check(&facts, Mono::ZERO).is_allowed());
/// let hold = limiter.hold(&facts, 1);
/// let denied = limiter.check(&facts, Mono::ZERO);
/// assert_eq!(denied.retry_after().map(|after| after.as_secs()), Some(5));
/// drop(hold); // the request has ended
/// assert!(limiter.check(&facts, Mono::ZERO).is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a request whose hold is dropped counts as ended"]
#[derive(Default)]
pub struct Hold(Vec<Place>);

struct Place {
    meter: Arc<AnyMeter>,
    overrides: Arc<Overrides>,
    key: KeyHash,
    cost: u64,
}

impl Limiter {
    /// Takes over the places of a request that was allowed at this cost; nothing if no rule counts what
    /// is under way.
    ///
    /// It goes with [`check`](Self::check), [`check_cost`](Self::check_cost) and the engine's `check`, on
    /// the same limiter, once for each request that was allowed. Exempt requests have no places.
    pub fn hold(&self, facts: &Facts<'_>, cost: u64) -> Hold {
        if !self.follows_up || self.listed(facts).is_some() {
            return Hold::default();
        }
        let applying = self.applying(facts).flatten();
        let counted = applying.filter(|(active, key)| active.meter_of(*key).is_concurrency());
        let places = counted.map(|(active, key)| Place {
            meter: Arc::clone(&active.meter),
            overrides: Arc::clone(&active.overrides),
            key,
            cost,
        });
        Hold(places.collect())
    }
}

impl Hold {
    /// Says whether there is nothing to keep.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        for place in mem::take(&mut self.0) {
            let meter = place.overrides.get(&place.key).unwrap_or(&place.meter);
            meter.refund(place.key, place.cost, Mono::ZERO); // places know no time
        }
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hold").field(&self.0.len()).finish()
    }
}

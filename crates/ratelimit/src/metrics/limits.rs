//! What the rules of a limiter have decided, and how full their tables are.

use ::metrics::{counter, gauge};
use eaves_common::time::Mono;

use super::{DECISIONS, EVICTED, KEYLESS, TABLE_BYTES, TABLE_CELLS, TRACKED};
use crate::{Limiter, RuleCounts, table::Occupancy};

impl Limiter {
    /// Publishes what each rule has decided and how full its table is, through the recorder that the
    /// process installed, under the names that [`metrics`](crate::metrics) lists.
    ///
    /// The counters are set to what was counted so far: call it from time to time, with a name for each
    /// limiter. It walks all tables, as [`occupancy`](Self::occupancy) does, so call it off the
    /// request's path; checks go on meanwhile. After a reload a rule that could not keep its memory
    /// counts from zero.
    ///
    /// ```
    /// use eaves_common::time::{Clock, SystemClock};
    /// use eaves_ratelimit::{Limiter, Rule, key::KeyHasher, table::Capacity};
    ///
    /// let rule = Rule::new("all", "100/1s".parse()?, Capacity::MIN)?;
    /// let limiter = Limiter::new([rule], KeyHasher::random())?;
    /// limiter.publish("api", SystemClock.mono());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
    pub fn publish(&self, limiter: &'static str, now: Mono) {
        for rule in self.counts() {
            decisions(limiter, rule);
        }
        for (rule, occupancy) in self.occupancy(now) {
            table(limiter, rule, occupancy);
        }
    }
}

fn decisions(limiter: &'static str, RuleCounts { rule, counts }: RuleCounts<'_>) {
    for (decision, count) in [
        ("allow", counts.allowed),
        ("deny", counts.denied),
        ("shadow_deny", counts.shadow_denied),
    ] {
        counter!(DECISIONS, "limiter" => limiter, "rule" => rule.to_owned(), "decision" => decision)
            .absolute(count);
    }
    counter!(KEYLESS, "limiter" => limiter, "rule" => rule.to_owned()).absolute(counts.missing);
}

fn table(limiter: &'static str, rule: &str, occupancy: Occupancy) {
    for (name, value) in [
        (TABLE_BYTES, occupancy.bytes),
        (TABLE_CELLS, occupancy.cells),
        (TRACKED, occupancy.owing),
    ] {
        gauge!(name, "limiter" => limiter, "rule" => rule.to_owned()).set(value as f64);
    }
    counter!(EVICTED, "limiter" => limiter, "rule" => rule.to_owned()).absolute(occupancy.evicted);
}

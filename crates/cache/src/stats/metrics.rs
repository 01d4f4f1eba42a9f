//! [`Stats`] as metrics of the `metrics` facade.

use super::{Counters, Stats};
use crate::status::Reason;

impl Counters {
    /// Publishes how often each reason was given, labelled with the name of the cache and that of the reason.
    pub fn publish(&self, cache: &'static str) {
        for reason in Reason::all() {
            let (label, given) = (reason.label(), self.given(reason));
            metrics::counter!("eaves_cache_reasons_total", "cache" => cache, "reason" => label)
                .absolute(given);
        }
    }
}

impl Stats {
    /// Publishes the counts through the recorder that the process installed, labelled with the name
    /// of the store.
    ///
    /// The counters are set to what was counted so far: call it from time to time, and call it for
    /// one cache per name.
    ///
    /// ```
    /// use eaves_cache::store::tinylfu::{Config, TinyLfu};
    /// use eaves_common::units::ByteSize;
    ///
    /// let cache: TinyLfu<String, ()> = TinyLfu::new(Config::new(ByteSize::from_mib(1)));
    /// cache.stats().publish("pages");
    /// ```
    pub fn publish(&self, store: &'static str) {
        let counters = [
            ("eaves_cache_store_hits_total", self.hits),
            ("eaves_cache_store_misses_total", self.misses),
            ("eaves_cache_store_saved_bytes_total", self.saved_bytes),
            ("eaves_cache_store_admitted_total", self.admitted),
            ("eaves_cache_store_replaced_total", self.replaced),
            ("eaves_cache_store_returned_total", self.returned),
            ("eaves_cache_store_removed_total", self.removed),
            ("eaves_cache_store_dead_total", self.dead),
            ("eaves_cache_store_evicted_total", self.evicted),
            ("eaves_cache_store_evicted_bytes_total", self.evicted_bytes),
        ];
        for (name, value) in counters {
            metrics::counter!(name, "store" => store).absolute(value);
        }
        let refusals = [
            ("crowded", self.refused.crowded),
            ("outvalued", self.refused.outvalued),
            ("reserved", self.refused.reserved),
            ("too_large", self.refused.too_large),
        ];
        for (reason, value) in refusals {
            metrics::counter!("eaves_cache_store_refused_total", "store" => store, "reason" => reason)
                .absolute(value);
        }
        let gauges = [
            ("eaves_cache_store_entries", self.entries as f64),
            ("eaves_cache_store_bytes", self.bytes as f64),
            ("eaves_cache_store_budget_bytes", self.budget as f64),
            ("eaves_cache_store_table_bytes", self.table_bytes as f64),
            ("eaves_cache_store_skew_ratio", self.skew().unwrap_or(1.0)),
        ];
        let ages = [0.5, 0.9]
            .into_iter()
            .filter_map(|share| Some((share, self.ages.quantile(share)?)));
        for (share, age) in ages {
            metrics::gauge!("eaves_cache_store_eviction_age_seconds", "store" => store, "quantile" => share.to_string())
                .set(age.as_secs_f64());
        }
        for (name, value) in gauges {
            metrics::gauge!(name, "store" => store).set(value);
        }
    }
}

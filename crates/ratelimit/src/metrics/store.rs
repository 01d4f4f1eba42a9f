//! What an engine has done, and how its store answers.

use ::metrics::{counter, gauge};

use super::{
    ASKED, BREAKS, FORGOTTEN, NODES, OVERFLOWED, ROUND_TRIP, STORE_UP, STRAY, SYNC_INTERVAL,
    SYNCED, SYNCS, UNANSWERED, WAITING,
};
use crate::redis::{Health, Stats};

impl Stats {
    /// Publishes what an engine has done and how its store answers, under the names that
    /// [`metrics`](crate::metrics) lists; call it from time to time, with a name for each engine.
    ///
    /// ```
    /// use eaves_ratelimit::redis::Engine;
    ///
    /// fn tell(engine: &Engine) {
    ///     engine.stats().publish("edge");
    /// }
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
    pub fn publish(&self, engine: &'static str) {
        self.publish_counts(engine);
        for (path, health) in [("sync", self.sync), ("strict", self.strict)] {
            let up = f64::from(u8::from(health == Health::Up));
            gauge!(STORE_UP, "engine" => engine, "path" => path).set(up);
        }
        for (name, value) in [
            (NODES, f64::from(self.nodes)),
            (ROUND_TRIP, self.round_trip.as_secs_f64()),
            (SYNC_INTERVAL, self.interval.as_secs_f64()),
            (WAITING, self.waiting as f64),
        ] {
            gauge!(name, "engine" => engine).set(value);
        }
    }

    fn publish_counts(&self, engine: &'static str) {
        for (result, value) in [("ok", self.synced), ("failed", self.failed)] {
            counter!(SYNCS, "engine" => engine, "result" => result).absolute(value);
        }
        for (name, value) in [
            (ASKED, self.asked),
            (BREAKS, self.opened),
            (FORGOTTEN, self.forgotten),
            (OVERFLOWED, self.overflowed),
            (STRAY, self.stray),
            (SYNCED, self.synced_keys),
            (UNANSWERED, self.asked_in_vain),
        ] {
            counter!(name, "engine" => engine).absolute(value);
        }
    }
}

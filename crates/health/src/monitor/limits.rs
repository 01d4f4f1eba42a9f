//! Who stays when no more may be put out.

use super::{Monitor, Standing, event::Evidence, track::Track};
use crate::pool::Slot;

/// So much worse one must be to displace another: two of a kind must not take turns.
const WORSE: f64 = 0.1;

impl Monitor {
    /// Says whether this slot may be put out for what traffic met. If as many are as may be, the mildest
    /// of them comes back for one that is worse.
    pub(super) fn make_room(&mut self, slot: Slot) -> bool {
        if self.ejected < self.most_ejected() {
            return true;
        }
        let Some(own) = self.track(slot).map(|track| self.badness(track)) else {
            return false;
        };
        let ejected = (0..).map(Slot::new).zip(&self.tracks);
        let ejected = ejected.filter_map(|(slot, track)| {
            let track = track.as_ref()?;
            (track.standing == Standing::Ejected).then_some((slot, track.severity))
        });
        let mildest = ejected.min_by(|a, b| a.1.total_cmp(&b.1));
        let Some((mildest, severity)) = mildest.filter(|found| found.1 + WORSE < own) else {
            return false;
        };
        debug_assert!(severity <= own);
        self.turn(mildest, Standing::Warming, Evidence::Displaced);
        true
    }

    fn most_ejected(&self) -> usize {
        let share = self.policy.ejection.most * self.members.takers().len() as f64;
        (share as usize).max(1)
    }

    /// How bad it is that it serves: the share of errors, all of them if none is answered.
    fn badness(&self, track: &Track) -> f64 {
        let window = self.window(track);
        let silent = track.waiting_since.is_some() && window.samples() < 1.0;
        if silent || track.errors_in_row >= self.policy.errors.in_row {
            return 1.0;
        }
        window.bad_share()
    }
}

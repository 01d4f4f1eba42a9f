//! Who is in the pool: edits that keep what is known.

use std::{mem, sync::Arc};

use eaves_common::time::Now;
use foldhash::{HashMap, HashMapExt};

use super::{Monitor, Standing, track::Track};
use crate::{
    config::{Problems, check_canaries, check_origins},
    error::ConfigError,
    pool::{Members, Origin, OriginConfig, OriginId, Slot},
};

impl Monitor {
    /// Replaces the members. Origins are recognised by name and keep their id and all that is known of
    /// them, whatever else has changed; those whose address or check changed are probed at once.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] lists what is wrong; the members stay as they were.
    pub fn set_origins(&mut self, origins: Vec<OriginConfig>, now: Now) -> Result<(), ConfigError> {
        let mut problems = Problems::default();
        check_origins(&origins, self.max_origins, &mut problems);
        check_canaries(&self.canary_configs, &origins, &mut problems);
        problems.into_result()?;
        self.replace_members(origins, now);
        Ok(())
    }

    pub(super) fn replace_members(&mut self, mut origins: Vec<OriginConfig>, now: Now) {
        self.now = now;
        let canaries = self.canary_configs.iter().cloned();
        origins.extend(canaries.map(|canary| canary.weight(0)));
        let old = mem::take(&mut self.members);
        let mut known: HashMap<&str, (Slot, &Arc<Origin>)> = HashMap::with_capacity(old.len());
        known.extend(old.iter().map(|known| (known.1.name(), known)));
        let (kept, added): (Vec<_>, Vec<_>) = origins
            .into_iter()
            .map(|config| (known.remove(&*config.name), config))
            .partition(|(known, _)| known.is_some());
        let mut by_slot: Vec<Option<Arc<Origin>>> = vec![None; self.tracks.len()];
        for (known, config) in kept {
            if let Some((slot, before)) = known {
                by_slot[slot.index()] = Some(self.edit(slot, before, config));
            }
        }
        let mut gone: Vec<Slot> = known.into_values().map(|(slot, _)| slot).collect();
        gone.sort_unstable(); // slots are taken again in this order, the same in each run
        for slot in gone {
            self.remove(slot);
        }
        for (_, config) in added {
            let slot = self.claim_slot(&mut by_slot);
            by_slot[slot.index()] = Some(self.add(slot, config));
        }
        self.members = Arc::new(Members::new(by_slot));
        self.rebuilds
            .begin(&self.hub, &old, &self.members, now.mono);
        self.hub.reserve(self.members.slots());
        self.mark_canaries();
        self.note_changes();
        self.publish_news();
    }

    fn mark_canaries(&mut self) {
        if self.canary_configs.is_empty() {
            return;
        }
        let is_canary = |origin: &Origin| {
            let mut canaries = self.canary_configs.iter();
            canaries.any(|canary| canary.name == origin.name())
        };
        let all = self.members.iter();
        let slots = all.filter(|(_, origin)| is_canary(origin));
        self.canaries.slots = slots.map(|(slot, _)| slot).collect();
        for at in 0..self.canaries.slots.len() {
            if let Some(track) = self.track_mut(self.canaries.slots[at]) {
                track.is_canary = true;
            }
        }
        self.count_canaries();
    }

    fn edit(&mut self, slot: Slot, before: &Arc<Origin>, config: OriginConfig) -> Arc<Origin> {
        if before.config == config {
            return Arc::clone(before);
        }
        let check = Arc::clone(config.check.as_ref().unwrap_or(&self.check));
        let id = before.id();
        let mut asks_anew = before.addr() != config.addr;
        if let Some(track) = self.track_mut(slot) {
            asks_anew |= !Arc::ptr_eq(&track.check, &check) && track.check != check;
            track.check = check;
        }
        if !config.admin.is_probed() {
            self.stop_probing(slot);
        } else if asks_anew || !before.admin().is_probed() {
            self.stop_probing(slot);
            self.probe_now(slot);
        }
        Arc::new(Origin { id, config })
    }

    fn add(&mut self, slot: Slot, config: OriginConfig) -> Arc<Origin> {
        let id = OriginId::new(self.next_id);
        self.next_id += 1;
        let check = Arc::clone(config.check.as_ref().unwrap_or(&self.check));
        let origin = Arc::new(Origin { id, config });
        let mut track = Track::new(&origin, check, self.now.mono);
        track.start(self.policy.probes.initial);
        self.tracks[slot.index()] = Some(track);
        if origin.admin().is_probed() {
            self.probe_now(slot);
        }
        origin
    }

    fn remove(&mut self, slot: Slot) {
        self.stop_probing(slot);
        let gone = self.tracks[slot.index()].take();
        let was_ejected = gone.is_some_and(|track| track.standing == Standing::Ejected);
        self.ejected -= usize::from(was_ejected);
        self.vacant.push(slot);
    }

    /// Finds a slot in which nothing is in flight, so that no late result is taken for another's.
    fn claim_slot(&mut self, by_slot: &mut Vec<Option<Arc<Origin>>>) -> Slot {
        let quiet = self
            .vacant
            .iter()
            .position(|&slot| self.hub.in_flight(slot) == 0);
        if let Some(at) = quiet {
            let slot = self.vacant.swap_remove(at);
            self.hub.read(slot);
            return slot;
        }
        by_slot.push(None);
        self.tracks.push(None);
        Slot::new(self.tracks.len() as u32 - 1)
    }
}

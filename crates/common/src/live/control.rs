//! The writers' side: what is staged, what ran before, what happened.

use std::{collections::VecDeque, sync::Arc};

use super::{
    error::LiveError,
    event::{Event, Step},
    snapshot::{Kept, Snapshot, Version},
};
use crate::{Error, units::Ratio};

/// State that only writers touch, under their lock. Methods that change what readers get return
/// the next snapshot.
pub(super) struct Control<T> {
    last: Version,
    staged: Option<Arc<Kept<T>>>,
    past: VecDeque<Arc<Kept<T>>>,
    events: VecDeque<Event>,
    keep: usize,
}

impl<T> Control<T> {
    pub(super) fn new(first: Version, keep: usize) -> Self {
        let mut control = Self {
            last: first,
            staged: None,
            past: VecDeque::new(),
            events: VecDeque::new(),
            keep,
        };
        control.note(first, Step::Started);
        control
    }

    pub(super) fn staged(&self) -> Option<Version> {
        self.staged.as_ref().map(|kept| kept.version())
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.events.iter().cloned().collect()
    }

    /// Stages a checked candidate; one staged before is withdrawn, and its trial ends.
    pub(super) fn stage(
        &mut self,
        candidate: T,
        now: &Snapshot<T>,
    ) -> (Version, Option<Snapshot<T>>) {
        self.drop_staged();
        let version = self.number();
        self.staged = Some(Arc::new(Kept::new(version, candidate)));
        self.note(version, Step::Staged);
        (version, now.without_trial())
    }

    pub(super) fn reject(&mut self, reason: Error) -> LiveError {
        let version = self.number();
        self.note(version, Step::Rejected(reason.chain().to_string().into()));
        LiveError::Rejected { version, reason }
    }

    pub(super) fn trial(
        &mut self,
        version: Version,
        share: Ratio,
        now: &Snapshot<T>,
    ) -> Result<Snapshot<T>, LiveError> {
        let kept = Arc::clone(self.expect_staged(version)?);
        self.note(version, Step::Trial(share));
        Ok(now.with_trial(kept, share))
    }

    pub(super) fn commit(
        &mut self,
        version: Version,
        now: &Snapshot<T>,
    ) -> Result<Snapshot<T>, LiveError> {
        let next = Arc::clone(self.expect_staged(version)?);
        self.staged = None;
        self.past.push_back(now.stable());
        if self.past.len() > self.keep {
            self.past.pop_front();
        }
        self.note(version, Step::Committed);
        Ok(Snapshot::of(next))
    }

    pub(super) fn withdraw(
        &mut self,
        version: Version,
        now: &Snapshot<T>,
    ) -> Result<Option<Snapshot<T>>, LiveError> {
        self.expect_staged(version)?;
        self.drop_staged();
        Ok(now.without_trial())
    }

    pub(super) fn revert(
        &mut self,
        from: Version,
        now: &Snapshot<T>,
    ) -> Result<Snapshot<T>, LiveError> {
        let running = now.version();
        if running != from {
            return Err(LiveError::NotRunning {
                asked: from,
                running,
            });
        }
        let before = self.past.pop_back();
        let before = before.ok_or(LiveError::NothingBefore(from))?;
        self.drop_staged();
        let to = before.version();
        self.note(from, Step::Reverted { to });
        Ok(Snapshot::of(before))
    }

    fn expect_staged(&self, asked: Version) -> Result<&Arc<Kept<T>>, LiveError> {
        match &self.staged {
            Some(kept) if kept.version() == asked => Ok(kept),
            _ => Err(LiveError::NotStaged(asked)),
        }
    }

    fn drop_staged(&mut self) {
        if let Some(kept) = self.staged.take() {
            self.note(kept.version(), Step::Withdrawn);
        }
    }

    fn number(&mut self) -> Version {
        self.last = self.last.next();
        self.last
    }

    fn note(&mut self, version: Version, step: Step) {
        self.events.push_back(Event { version, step });
        if self.events.len() > self.keep.saturating_mul(EVENTS_PER_VALUE) {
            self.events.pop_front();
        }
    }
}

/// A version's usual life: staged, tried, committed, reverted.
const EVENTS_PER_VALUE: usize = 4;

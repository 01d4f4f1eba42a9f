//! [`Bans`]: purges of prefixes and patterns, a bounded list in the order of their epochs.

use std::sync::Arc;

use super::{Mode, Pattern, Prefix, Scope};

/// What a ban matches URLs by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Matcher {
    Prefix(Prefix),
    Pattern(Pattern),
}

impl Matcher {
    fn matches(&self, url: &[u8]) -> bool {
        match self {
            Self::Prefix(prefix) => prefix.matches(url),
            Self::Pattern(pattern) => pattern.matches(url),
        }
    }

    fn widened(&self) -> Option<Prefix> {
        match self {
            Self::Prefix(prefix) => Some(prefix.clone()),
            Self::Pattern(pattern) => pattern.widened(),
        }
    }
}

#[derive(Clone, Debug)]
struct Ban {
    epoch: u64,
    mode: Mode,
    /// Shared, since the list is copied when it changes.
    matcher: Arc<Matcher>,
}

/// The list, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Bans {
    list: Vec<Ban>,
    most: usize,
}

/// A purge of everything that two bans became, because they had nothing in common.
type Everything = (u64, Mode);

impl Bans {
    pub(super) fn new(most: usize) -> Self {
        Self {
            list: Vec::new(),
            most: most.max(1),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Adds a ban where its epoch belongs: what an earlier process wrote down may come after what this one was told. An
    /// older one for the same URLs that does no more is replaced; if the list is full, two neighbours become one.
    pub(super) fn add(
        &mut self,
        epoch: u64,
        mode: Mode,
        matcher: Arc<Matcher>,
    ) -> (Scope, Option<Everything>) {
        self.list.retain(|ban| {
            ban.epoch > epoch
                || ban.matcher != matcher
                || (ban.mode == Mode::Hard && mode == Mode::Soft)
        });
        let ban = Ban {
            epoch,
            mode,
            matcher,
        };
        let at = self.list.partition_point(|known| known.epoch <= epoch);
        self.list.insert(at, ban);
        if self.list.len() <= self.most {
            return (Scope::AsAsked, None);
        }
        (Scope::Wider, self.merge())
    }

    /// Makes one of the two neighbours that have most in common.
    fn merge(&mut self) -> Option<Everything> {
        let common = |at: usize| {
            let (one, two) = (&self.list[at], &self.list[at + 1]);
            one.matcher.widened()?.widened(&two.matcher.widened()?)
        };
        let widest = (0..self.list.len().saturating_sub(1))
            .map(|at| (at, common(at)))
            .max_by_key(|(_, prefix)| prefix.as_ref().map_or(0, |prefix| prefix.as_str().len()));
        let Some((at, prefix)) = widest else {
            return self.list.pop().map(|only| (only.epoch, only.mode));
        };
        let older = self.list.remove(at);
        let newer = &mut self.list[at];
        if older.mode == Mode::Hard {
            newer.mode = Mode::Hard;
        }
        match prefix {
            Some(prefix) => {
                newer.matcher = Arc::new(Matcher::Prefix(prefix));
                None
            }
            None => {
                let newer = self.list.remove(at);
                Some((newer.epoch, newer.mode))
            }
        }
    }

    /// The epochs of the latest hard and the latest soft ban of a URL since `since`; 0 where there is none.
    pub(super) fn latest(&self, url: &[u8], since: u64) -> (u64, u64) {
        let mut latest = (0, 0);
        let recent = self.list.iter().rev().take_while(|ban| ban.epoch > since);
        for ban in recent {
            let known = match ban.mode {
                Mode::Hard => &mut latest.0,
                Mode::Soft => &mut latest.1,
            };
            if *known == 0 && ban.matcher.matches(url) {
                *known = ban.epoch;
            }
        }
        latest
    }
}

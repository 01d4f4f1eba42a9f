//! [`Outbox`]: purges that wait for Redis, and what became of the others.

use std::collections::VecDeque;

use crate::{
    purge::{Mode, Purge},
    store::{Synced, Syncing},
};

/// What a node has sent and heard, and where it stands.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Waiting>,
    most: usize,
    /// The entry that was heard last.
    pub(super) position: Option<String>,
    state: State,
}

/// A purge that Redis does not have yet.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) purge: Purge,
    syncing: Syncing,
}

/// What a node has sent and heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct State {
    /// Whether it has a connection.
    pub connected: bool,
    /// Why it lost the last one.
    pub error: Option<String>,
    /// Purges that Redis took.
    pub sent: u64,
    /// Purges that wait for Redis.
    pub queued: u64,
    /// Times that too many waited, and became a purge of everything.
    pub merged: u64,
    /// Purges of other nodes.
    pub heard: u64,
    /// Times that purges of others may have been missed.
    pub missed: u64,
}

impl Outbox {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            ..Self::default()
        }
    }

    /// Queues a purge. If there is no room, all that wait become one.
    pub(super) fn add(&mut self, purge: Purge) -> Synced {
        let (syncing, synced) = Synced::pending();
        if self.waiting.len() < self.most {
            self.waiting.push_back(Waiting { purge, syncing });
            return synced;
        }
        self.state.merged += 1;
        let soft = |purge: &Purge| purge.mode() == Mode::Soft;
        let all_soft = soft(&purge) && self.waiting.iter().all(|waiting| soft(&waiting.purge));
        let everything = Purge::everything();
        let purge = if all_soft {
            everything.soft()
        } else {
            everything
        };
        // Dropping the others tells those who wait for them.
        self.waiting.clear();
        self.waiting.push_back(Waiting { purge, syncing });
        synced
    }

    /// The purge to send next; it stays until [`sent`](Self::sent).
    pub(super) fn next(&self) -> Option<Purge> {
        self.waiting.front().map(|waiting| waiting.purge.clone())
    }

    /// Redis took this purge. If it was merged with others meanwhile, the wider one still has to be sent.
    pub(super) fn sent(&mut self, purge: &Purge) {
        self.state.sent += 1;
        let same = self
            .waiting
            .front()
            .is_some_and(|front| front.purge == *purge);
        if let Some(front) = same.then(|| self.waiting.pop_front()).flatten() {
            front.syncing.done();
        }
    }

    pub(super) fn heard(&mut self, position: String) {
        self.state.heard += 1;
        self.position = Some(position);
    }

    pub(super) fn missed(&mut self) {
        self.state.missed += 1;
    }

    pub(super) fn connected(&mut self) {
        self.state.connected = true;
    }

    pub(super) fn lost(&mut self, error: String) {
        self.state.connected = false;
        self.state.error = Some(error);
    }

    pub(super) fn state(&self) -> State {
        State {
            queued: self.waiting.len() as u64,
            ..self.state.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use core::task::{Context, Poll, Waker};

    use super::*;
    use crate::{purge::Target, store::NotSynced};

    #[test]
    fn too_many_become_one_that_means_at_least_as_much() {
        let mut outbox = Outbox::new(2);
        let tags = ["a", "b", "c"].map(|tag| outbox.add(Purge::tag(tag).soft()));
        assert_eq!(outbox.next(), Some(Purge::everything().soft()));
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(tags[0].poll_synced(&mut cx), Poll::Ready(Err(NotSynced)));
        assert_eq!(tags[2].poll_synced(&mut cx), Poll::Pending);
        for tag in ["d", "e"] {
            drop(outbox.add(Purge::tag(tag)));
        }
        let purge = outbox.next().unwrap();
        assert_eq!(
            (purge.target(), purge.mode()),
            (&Target::Everything, Mode::Hard)
        );
        outbox.sent(&Purge::everything().soft());
        assert_eq!(
            outbox.state().queued,
            1,
            "the wider one still has to be sent"
        );
        outbox.sent(&Purge::everything());
        assert_eq!((outbox.state().queued, outbox.state().merged), (0, 2));
    }
}

//! [`Engine::check`]: a decision that the store has a word in.

use std::sync::atomic::Ordering::Relaxed;

use super::Engine;
use crate::{
    Decision, Limiter,
    key::Facts,
    redis::{
        entry::Heard,
        script::{self, Question, Told},
        sync::ceiling,
    },
    rule::{Ask, Planned, Ruling},
};

impl Engine {
    /// Decides about a request of this cost by all rules, of which the strict ones are decided by the
    /// store at once.
    ///
    /// It waits for the store if a strict rule applies that does not deny already, and no longer than
    /// the deadline. If the store is slow or gone, each strict rule does what its
    /// [`OnStoreError`](crate::redis::OnStoreError) says; once some requests in a row have found it so,
    /// none waits until a task in the background has found it answering again.
    ///
    /// # Cancel safety
    ///
    /// A request whose future is dropped may have been counted by strict rules, and is not by others.
    pub async fn check<'l>(
        &self,
        limiter: &'l Limiter,
        facts: &Facts<'_>,
        cost: u64,
    ) -> Decision<'l> {
        match limiter.plan(facts, cost, limiter.time_by(&*self.shared.clock)) {
            Planned::Decided(decision) => decision,
            Planned::Ask(ask) => {
                let ruling = self.ask(&ask, cost).await;
                limiter.conclude(ask, ruling.as_ref(), cost, self.shared.clock.mono())
            }
        }
    }

    /// Asks the store about the strict rules of a request; `None` if it does not say in time.
    async fn ask(&self, ask: &Ask<'_>, cost: u64) -> Option<Ruling> {
        let asked = self.shared.clock.mono();
        let tally = &self.shared.board.tally;
        if !self.shared.strict().is_closed() {
            tally.asked_in_vain.fetch_add(1, Relaxed);
            return None;
        }
        let wanted: Vec<u64> = ask
            .strict()
            .map(|(replica, key, _)| replica.take_wanted(key, cost))
            .collect();
        let questions: Vec<Question<'_>> = ask
            .strict()
            .zip(&wanted)
            .map(|((replica, key, denies), wanted)| Question {
                rule: replica.rule(),
                terms: replica.terms(),
                key,
                cost,
                wanted: *wanted,
                ceiling: ceiling(replica.terms().tolerance(), self.shared.board.nodes()),
                denies,
            })
            .collect();
        tally.asked.fetch_add(1, Relaxed);
        let said = self.put(&questions).await;
        let now = self.shared.clock.mono();
        let Some((passes, told)) = said else {
            tally.asked_in_vain.fetch_add(1, Relaxed);
            if self.shared.strict().fail(now) {
                self.shared.lost.notify_one();
            }
            return None;
        };
        self.shared.strict().succeed();
        for (((replica, key, _), (told, _)), wanted) in ask.strict().zip(&told).zip(wanted) {
            let heard = Heard {
                told: *told,
                wanted: wanted as f64,
                asked,
            };
            replica.hear(key, &heard, now);
        }
        Some(Ruling { passes, told })
    }

    async fn put(&self, questions: &[Question<'_>]) -> Option<(bool, Vec<(Told, bool)>)> {
        let shared = &self.shared;
        let prefix = shared.board.prefix(shared.board.strict_lane());
        let call = script::strict(prefix, questions);
        let answer = shared
            .store
            .call(&shared.strict_script, &call, shared.deadline);
        script::read_strict(&answer.await.ok()?, questions.len())
    }
}

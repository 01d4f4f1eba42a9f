//! Which slices of a response are stored: what has to be known before its head is sent.

use core::{
    future::poll_fn,
    ops::Range,
    task::{Context, Poll, Waker},
};

use super::{assembled::Piece, fetch::Exchange, origin::Origin, plan::Plan, shared::Shared};
use crate::{exchange::Selected, store::Ticket};

/// How many slices of a response are looked up for one request. More than that count as not all there.
const MOST: u64 = 4096;

/// Looks a slice up; `inside` is what of it is wanted.
pub(super) async fn stored(
    shared: &Shared,
    selected: &Selected,
    slice: &Range<u64>,
    inside: &Range<u64>,
) -> Option<Piece> {
    let (store, mut ticket) = (&shared.config.store, Ticket::default());
    let entry = poll_fn(|cx| store.poll_lookup(selected.key(), &mut ticket, cx)).await?;
    let whole = entry.content.len() == Some(slice.end - slice.start);
    whole.then(|| Piece::Stored {
        content: entry.content,
        range: inside.clone(),
    })
}

/// The plan, if the origin is not needed for it: parts were looked up already, of slices each has to be there.
pub(super) async fn without_origin<'a>(
    shared: &Shared,
    selected: &Selected,
    plan: &'a Plan,
) -> Option<&'a Plan> {
    let Some(parts) = selected.parts().filter(|parts| parts.is_sliced()) else {
        return Some(plan);
    };
    let size = shared.slice_size()?;
    let slices = |range: &Range<u64>| range.start / size..range.end.div_ceil(size);
    let each = plan.ranges().iter().map(slices);
    if each
        .clone()
        .map(|range| range.end - range.start)
        .sum::<u64>()
        > MOST
    {
        return None;
    }
    for at in each.flatten() {
        let start = at * size;
        let slice = start..start.saturating_add(size).min(parts.complete);
        stored(shared, &selected.piece(start)?, &slice, &(0..0)).await?;
    }
    Some(plan)
}

impl<S: Origin<B>, B: Send + 'static> Exchange<S, B> {
    /// Says whether what a response begins with is stored.
    pub(super) fn has_start(&self, selected: &Selected, plan: &Plan) -> bool {
        let Some(slice) = self.slice_of(selected, plan) else {
            return true;
        };
        plan.ranges().is_empty()
            || selected.piece(slice.start).is_some_and(|piece| {
                let (store, mut ticket) = (&self.shared.config.store, Ticket::default());
                let mut cx = Context::from_waker(Waker::noop());
                let looked = store.poll_lookup(piece.key(), &mut ticket, &mut cx);
                matches!(looked, Poll::Ready(Some(_)))
            })
    }
}

//! What goes on without a client: fills that nobody reads any more.

use core::future::poll_fn;
use std::sync::Arc;

use super::{OnDisconnect, fill::Fill, shared::Shared};

/// Reads a fill to its end in the background, if the configuration says so and somebody runs tasks.
pub(super) fn after_disconnect(shared: &Shared, fill: &Arc<Fill>) {
    let Some(spawner) = &shared.config.spawner else {
        return;
    };
    if shared.config.on_disconnect == OnDisconnect::Abort {
        return;
    }
    let mut reader = fill.reader();
    // A runtime that ends drops its tasks: this must not start the next one.
    reader.detach();
    spawner.spawn(Box::pin(async move {
        poll_fn(|cx| reader.poll_drain(cx)).await;
    }));
}

//! [`Writing`]: an object on its way into one of the stores.

use std::sync::Arc;

use http::HeaderMap;

use super::Shared;
use crate::{
    key::Key,
    store::{
        Content, Refused, Store as _, Write,
        memory::{Filling, Place},
    },
};

/// A write that, when it is complete, takes the place of what either store has under its key.
pub(super) struct Writing {
    shared: Arc<Shared>,
    key: Key,
    to: To,
}

enum To {
    Memory(Filling),
    Below(Box<dyn Write>),
}

impl Writing {
    pub(super) fn memory(shared: &Arc<Shared>, key: &Key, filling: Filling) -> Self {
        Self {
            shared: shared.clone(),
            key: key.clone(),
            to: To::Memory(filling),
        }
    }

    pub(super) fn below(shared: &Arc<Shared>, key: &Key, write: Box<dyn Write>) -> Self {
        Self {
            shared: shared.clone(),
            key: key.clone(),
            to: To::Below(write),
        }
    }
}

impl Write for Writing {
    fn append(&mut self, data: &[u8]) -> Result<(), Refused> {
        match &mut self.to {
            To::Memory(filling) => self.shared.over(|heir| filling.append_over(data, heir)),
            To::Below(write) => write.append(data),
        }
    }

    fn content(&self) -> Arc<dyn Content> {
        match &self.to {
            To::Memory(filling) => filling.content(),
            To::Below(write) => write.content(),
        }
    }

    fn commit(self: Box<Self>, trailers: Option<HeaderMap>) {
        let Self { shared, key, to } = *self;
        let Shared {
            memory,
            below,
            moves,
            ..
        } = &*shared;
        match to {
            To::Memory(filling) => shared.over(|heir| {
                moves.replace(&key, || {
                    if filling.commit_over(trailers, Place::Anyway, heir) {
                        below.remove(&key);
                    }
                });
            }),
            To::Below(write) => moves.replace(&key, || {
                write.commit(trailers);
                memory.remove(&key);
            }),
        }
    }
}

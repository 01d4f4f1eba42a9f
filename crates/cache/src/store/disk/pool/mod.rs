//! The store's own threads, and what their work comes back through.

mod completion;
mod threads;

pub(super) use completion::{Completion, promise};
pub(super) use threads::Pool;

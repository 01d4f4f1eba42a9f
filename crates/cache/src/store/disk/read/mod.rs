//! Reading: from a key to a record, and the body behind it a run of checked chunks at a time.

mod load;
mod lookup;
mod run;
mod stored;

pub(super) use lookup::poll_lookup;
pub(super) use run::{Run, poll_run};
pub(super) use stored::Stored;

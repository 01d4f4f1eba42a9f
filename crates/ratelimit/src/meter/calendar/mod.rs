//! Quotas per hour, day or month of a time zone, which survive a restart.

mod dated;
mod quota;
mod state;
mod zone;

pub(crate) use dated::Dated;
pub use quota::{Calendar, Period};
pub use state::{CalendarState, Snapshot};
pub use zone::Zone;

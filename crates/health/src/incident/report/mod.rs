//! User reports a minute against what is usual at that time of the week.

mod baseline;
mod config;
mod stream;
mod window;

pub use config::ReportConfig;
pub use stream::{Alarm, Reading, ReportStream};

pub(super) use baseline::Cell;
pub(super) use stream::Learned;

//! When which probe is due.

mod wheel;

pub(crate) use wheel::Wheel;

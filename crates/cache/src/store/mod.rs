//! Where entries are kept.

pub mod tinylfu;

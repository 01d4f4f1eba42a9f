//! The tower layer, request by request.

mod collapse;
mod explain;
mod faults;
mod fill;
mod gaps;
mod interim;
mod keyed;
mod ranges;
mod search;
mod serve;
mod slices;
mod stale;
mod suite;
mod tiered;
mod validate;
mod variants;

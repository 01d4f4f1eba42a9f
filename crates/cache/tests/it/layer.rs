//! The tower layer, request by request.

mod collapse;
mod fill;
mod keyed;
mod ranges;
mod search;
mod serve;
mod slices;
mod stale;
mod tiered;
mod validate;
mod variants;

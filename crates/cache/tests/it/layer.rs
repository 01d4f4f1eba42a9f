//! The tower layer, request by request.

mod collapse;
mod fill;
mod ranges;
mod serve;
mod stale;

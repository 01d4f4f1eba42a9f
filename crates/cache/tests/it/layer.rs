//! The tower layer, request by request.

mod collapse;
mod fill;
mod serve;
mod stale;

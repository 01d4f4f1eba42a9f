//! The composed edge: proxy, DNS server and admin listener over all four crates.
//!
//! ```text
//! client ─► http::serve ─► front: limits ─► cache ─► upstream: pick, ask, report ─► origin
//! resolver ─► dns::serve_* ─► names: zones, whose addresses follow pools
//! operator ─► admin                                  config ─► running ─► all of them
//! ```

pub mod admin;
pub mod cli;
pub mod config;
pub mod dns;
pub mod front;
pub mod http;
pub mod keep;
pub mod limits;
pub mod names;
pub mod origin;
pub mod pools;
pub mod program;
pub mod running;
pub mod upstream;

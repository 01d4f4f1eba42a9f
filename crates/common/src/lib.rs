//! What the eaves crates share, and nothing else: errors, time, units, configuration, live values.
//!
//! It leaves to others: protocols, I/O, metrics, and everything that only one of the crates needs.
//!
//! ```
//! use std::time::Duration;
//!
//! use eaves_common::{
//!     Error, ErrorKind, Side,
//!     time::{Clock, ManualClock},
//!     units::{IpPrefix, Rate},
//! };
//!
//! let rate: Rate = "100/1m burst 20".parse()?;
//! let client = IpPrefix::aggregate("::ffff:192.0.2.7".parse().unwrap(), 32, 64);
//! assert_eq!((rate.burst().get(), client.to_string().as_str()), (20, "192.0.2.7/32"));
//!
//! let clock = ManualClock::default(); // a core takes its reading, never the clock
//! clock.advance(Duration::from_secs(60));
//! assert_eq!(clock.now().mono.as_secs(), 60);
//!
//! let error = Error::new(ErrorKind::Timeout, "no answer within 2s").context("asking the origin");
//! assert_eq!((error.http_status(Side::Upstream), error.is_retryable()), (504, true));
//! # Ok::<(), eaves_common::units::UnitError>(())
//! ```
//!
//! # How data flows
//!
//! ```text
//! clock -- Now --> cores of the other crates -- their errors --> Error --> HTTP status, rcode
//!
//! text, environment --> config::Reader --> checked value --> live::Live --> Ref, one per request
//!                              \--> all problems               \--> history, subscriptions
//! ```
//!
//! # Features
//!
//! | feature | brings | default |
//! |---|---|---|
//! | `std` | `time::SystemClock`; without it the crate is `no_std` with `alloc` | yes |
//! | `serde` | serde for units and points in time | no |
//! | `config` | `config`: TOML texts and the environment | no |
//! | `coarse` | `time::CoarseClock`, which the kernel sets at each tick | no |
//! | `governor` | a `Rate` from a quota of the crate governor | no |
//! | `json` | `config` reads JSON, too | no |
//! | `yaml` | `config` reads YAML, too | no |
//! | `live` | `live`: values that are replaced while they are read | no |
//! | `quanta` | `time::CounterClock`, which reads the processor's counter | no |
//! | `tokio` | `time::TokioClock`, which follows a paused runtime | no |
//!
//! # Modules
//!
//! - the root: [`Error`], [`ErrorKind`], [`Side`]
//! - [`time`]: [`Mono`](time::Mono), [`Wall`](time::Wall), [`Now`](time::Now) and the clocks
//! - [`units`]: sizes, durations, ratios, rates, IP prefixes
//! - `config`: layers to a checked value, or all that is wrong
//! - `live`: propose, trial, commit, revert
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "config")]
pub mod config;
mod error;
#[cfg(feature = "live")]
pub mod live;
pub mod time;
pub mod units;

pub use error::{Error, ErrorKind, Side};

#[cfg(all(doctest, feature = "config", feature = "live"))]
#[doc = include_str!("../README.md")]
struct Readme;

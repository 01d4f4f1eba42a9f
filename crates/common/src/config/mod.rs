//! Configuration that reports all of its mistakes at once, and knows where each value came from.
//!
//! ```text
//! bytes --size limit--> text --depth and count limits--> spanned tree <--overrides-- environment
//!     --walk over the schema--> types, ranges, unknown keys, cross checks --> value or all problems
//! ```
//!
//! A configuration is a type that reads itself from a [`Table`] ([`FromConfig`]). The walk goes on
//! after a mistake, so that one run shows them all, each with its key path, line, column, source
//! line, caret, and what to write instead. The layers are, each over the one before: the defaults
//! that the type names, texts (TOML; JSON and YAML by feature), and environment variables.
//!
//! ```
//! use std::net::SocketAddr;
//!
//! use eaves_common::{
//!     config::{Format, FromConfig, Reader, Table},
//!     units::ByteSize,
//! };
//!
//! #[derive(Debug)]
//! struct Edge {
//!     listen: SocketAddr,
//!     memory: ByteSize,
//! }
//!
//! impl FromConfig for Edge {
//!     fn from_config(table: &mut Table<'_>) -> Option<Self> {
//!         let listen = table.value("listen").required();
//!         let memory = table.value("memory").default(ByteSize::from_mib(64));
//!         Some(Self { listen: listen?, memory }) // the `?` comes after all keys were read
//!     }
//! }
//!
//! let problems = Reader::new()
//!     .text("edge.toml", Format::Toml, "listen = 'nowhere'\nmemroy = '1GiB'\n")
//!     .read::<Edge>()
//!     .unwrap_err();
//! assert_eq!(
//!     problems.to_string(),
//!     r#"error: listen: "nowhere" is not a socket address, write for example "127.0.0.1:8080"
//!  --> edge.toml:1:10
//!   |
//! 1 | listen = 'nowhere'
//!   |          ^^^^^^^^^
//! error: memroy: unknown key, did you mean `memory`?
//!  --> edge.toml:2:1
//!   |
//! 2 | memroy = '1GiB'
//!   | ^^^^^^
//! "#
//! );
//!
//! let config = Reader::new()
//!     .text("edge.toml", Format::Toml, "listen = '127.0.0.1:8080'")
//!     .env("EAVES_", [("EAVES_MEMORY", "1GiB")])
//!     .read::<Edge>()
//!     .unwrap();
//! assert_eq!(config.value().memory, ByteSize::from_gib(1));
//! assert_eq!(config.value().listen.port(), 8080);
//! let lines: Vec<String> = config.effective().iter().map(ToString::to_string).collect();
//! assert_eq!(lines[0], "listen = 127.0.0.1:8080 (edge.toml:1)");
//! assert_eq!(lines[1], "memory = 1GiB (env EAVES_MEMORY)");
//! ```

mod env;
mod format;
mod input;
mod limits;
mod origin;
mod reader;
mod report;
mod tree;
mod walk;

pub use format::Format;
pub use limits::Limits;
pub use reader::{Config, Reader};
pub use report::{Problem, Problems, Setting, Source};
pub use walk::{Field, FromConfig, List, Mistake, Scalar, Table, Value};

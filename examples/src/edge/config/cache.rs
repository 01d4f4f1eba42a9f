//! `[cache]`: what is kept.

use eaves_common::{config::Table, units::ByteSize};

/// What `[cache]` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheSettings {
    /// Bodies and heads together.
    pub memory: ByteSize,
    /// The largest body that is stored.
    pub max_object: ByteSize,
}

impl CacheSettings {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "the shape that a table's reader has"
    )]
    pub(super) fn read(table: &mut Table<'_>) -> Option<Self> {
        let memory = table
            .value("memory")
            .range(ByteSize::from_mib(1)..=ByteSize::from_gib(1024))
            .default(ByteSize::from_mib(64));
        let max_object = table.value("max_object").default(ByteSize::from_mib(8));
        if max_object > memory {
            table.problem(
                "max_object",
                &["memory"],
                format!("{max_object} is over `memory`, use at most {memory}"),
            );
        }
        Some(Self { memory, max_object })
    }
}

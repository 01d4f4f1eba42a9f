//! `[proxy]`: where web clients connect.

use std::{net::SocketAddr, time::Duration};

use eaves_common::{config::Table, units::ByteSize};
use eaves_ratelimit::key::{ClientAddress, Trust};

use crate::edge::{
    http::HttpLimits,
    upstream::{Forwarded, Timeouts},
};

/// What `[proxy]` says.
#[derive(Clone, Debug, PartialEq)]
pub struct ProxySettings {
    /// Where clients connect.
    pub listen: SocketAddr,
    /// The pool that answers what the cache cannot.
    pub pool: String,
    /// What clients may take.
    pub http: HttpLimits,
    /// How long origins may take.
    pub timeouts: Timeouts,
    /// How many proxies before this one are believed.
    pub trusted_hops: u8,
}

impl ProxySettings {
    pub(super) fn read(table: &mut Table<'_>) -> Option<Self> {
        let default = HttpLimits::default();
        let listen = table.value("listen").required();
        let pool = table.value("pool").required();
        let http = HttpLimits {
            connections: table
                .value("max_connections")
                .range(1..=1_000_000)
                .default(default.connections),
            head_timeout: span(table, "head_timeout", default.head_timeout),
            head_bytes: head_bytes(table, default.head_bytes),
            drain: span(table, "drain", default.drain),
        };
        let default = Timeouts::default();
        let timeouts = Timeouts {
            connect: span(table, "connect_timeout", default.connect),
            response: span(table, "response_timeout", default.response),
            stall: span(table, "stall_timeout", default.stall),
        };
        let trusted_hops = table.value("trusted_hops").range(0..=16).default(0);
        Some(Self {
            listen: listen?,
            pool: pool?,
            http,
            timeouts,
            trusted_hops,
        })
    }

    /// Says how a client's address is found.
    #[must_use]
    pub fn client(&self) -> ClientAddress {
        ClientAddress::new(Trust::Hops(self.trusted_hops))
    }

    /// Says what origins are told of it.
    #[must_use]
    pub fn forwarded(&self) -> Forwarded {
        match self.trusted_hops {
            0 => Forwarded::Replace,
            _ => Forwarded::Append,
        }
    }
}

/// A duration that is neither nothing nor for ever.
pub(super) fn span(table: &mut Table<'_>, key: &'static str, default: Duration) -> Duration {
    let range = Duration::from_millis(1)..=Duration::from_secs(24 * 60 * 60);
    table.value::<Duration>(key).range(range).default(default)
}

fn head_bytes(table: &mut Table<'_>, default: usize) -> usize {
    let range = ByteSize::from_kib(8)..=ByteSize::from_mib(1);
    let default = ByteSize::from_bytes(default as u64);
    let size: ByteSize = table.value("max_head").range(range).default(default);
    size.as_u64() as usize
}

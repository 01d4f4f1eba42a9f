//! `[[pools]]`: who answers.

use std::{net::SocketAddr, time::Duration};

use eaves_common::config::Table;
use eaves_health::{PoolConfig, pool::OriginConfig, probe::Check};

use super::proxy::span;

/// One of `[[pools]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolSettings {
    /// The pool as the health checker takes it.
    pub pool: PoolConfig,
    /// How many more origins a request may try that may be sent twice.
    pub retries: u32,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Http,
    Tcp,
}

impl PoolSettings {
    pub(super) fn read(table: &mut Table<'_>) -> Option<Self> {
        let name: Option<String> = table.value("name").required();
        let retries = table.value("retries").range(0..=8).default(1);
        let check = table.table("probe", check);
        let origins = table.list("origins", origin).count(1..=10_000).required();
        let pool = PoolConfig::new(name?).origins(origins?).check(check?);
        if let Err(error) = pool.validate() {
            table.problem("origins", &[], error);
            return None;
        }
        Some(Self { pool, retries })
    }

    /// Returns the pool's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.pool.name
    }
}

fn check(table: &mut Table<'_>) -> Option<Check> {
    let kinds = &[("http", Kind::Http), ("tcp", Kind::Tcp)];
    let kind = table.word("kind", kinds).default(Kind::Tcp);
    let path: String = table.value("path").default("/".to_owned());
    let interval = span(table, "interval", Duration::from_secs(1));
    let timeout = span(table, "timeout", Duration::from_secs(1));
    let rise = table.value("rise").range(1..=100).default(2);
    let fall = table.value("fall").range(1..=100).default(2);
    let check = match kind {
        Kind::Http => Check::http(path),
        Kind::Tcp => Check::tcp(),
    };
    Some(
        check
            .interval(interval)
            .timeout(timeout)
            .rise(rise)
            .fall(fall),
    )
}

fn origin(table: &mut Table<'_>) -> Option<OriginConfig> {
    let name: Option<String> = table.value("name").required();
    let address: Option<SocketAddr> = table.value("address").required();
    let weight = table.value("weight").range(0..=1000).default(1);
    Some(OriginConfig::new(name?, address?).weight(weight))
}

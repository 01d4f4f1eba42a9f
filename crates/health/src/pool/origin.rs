//! [`Origin`]: one member with its attributes.

use std::{net::SocketAddr, sync::Arc};

use super::{Admin, OriginId};
use crate::probe::Check;

/// A member of a pool: a stable id, and attributes that edits may change.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    pub(crate) id: OriginId,
    pub(crate) config: OriginConfig,
}

impl Origin {
    /// Returns the id, which edits keep.
    #[must_use]
    pub fn id(&self) -> OriginId {
        self.id
    }

    /// Returns the name, unique in its pool.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Returns the address that requests and probes go to.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.config.addr
    }

    /// Returns its share of the traffic, relative to the others'.
    #[must_use]
    pub fn weight(&self) -> u32 {
        self.config.weight
    }

    /// Returns what the operator wants of it.
    #[must_use]
    pub fn admin(&self) -> Admin {
        self.config.admin
    }

    /// Returns its own check, if it has another than its pool's.
    #[must_use]
    pub fn check(&self) -> Option<&Arc<Check>> {
        self.config.check.as_ref()
    }

    /// Says whether requests go there when it is healthy.
    #[must_use]
    pub fn takes_requests(&self) -> bool {
        self.weight() > 0 && self.admin().takes_requests()
    }
}

/// What a configuration says of one origin.
///
/// ```
/// use eaves_health::pool::OriginConfig;
///
/// let origin = OriginConfig::new("a", "192.0.2.1:80".parse().unwrap()).weight(5);
/// assert_eq!(origin.name, "a");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct OriginConfig {
    /// The name by which edits find it again; unique in its pool.
    pub name: String,
    /// Where requests and probes go.
    pub addr: SocketAddr,
    /// Its share of the traffic, relative to the others'; with 0 it is probed, but gets none.
    pub weight: u32,
    /// What the operator wants of it.
    pub admin: Admin,
    /// A check of its own, in place of the pool's.
    pub check: Option<Arc<Check>>,
}

impl OriginConfig {
    /// Makes a serving origin of weight 1 with the pool's check.
    pub fn new(name: impl Into<String>, addr: SocketAddr) -> Self {
        Self {
            name: name.into(),
            addr,
            weight: 1,
            admin: Admin::Serving,
            check: None,
        }
    }

    /// Sets its share of the traffic.
    #[must_use]
    pub fn weight(mut self, weight: u32) -> Self {
        self.weight = weight;
        self
    }

    /// Sets what the operator wants of it.
    #[must_use]
    pub fn admin(mut self, admin: Admin) -> Self {
        self.admin = admin;
        self
    }

    /// Gives it a check of its own.
    #[must_use]
    pub fn check(mut self, check: Check) -> Self {
        self.check = Some(Arc::new(check));
        self
    }
}

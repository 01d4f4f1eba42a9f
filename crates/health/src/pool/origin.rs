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

    /// Returns its tier: those of a lower number serve first.
    #[must_use]
    pub fn tier(&self) -> u8 {
        self.config.tier
    }

    /// Returns its zone, if it is in one.
    #[must_use]
    pub fn zone(&self) -> Option<&Arc<str>> {
        self.config.zone.as_ref()
    }

    /// Returns its tags.
    #[must_use]
    pub fn tags(&self) -> &[Arc<str>] {
        &self.config.tags
    }

    /// Says whether it has this tag.
    #[must_use]
    pub fn has_tag(&self, tag: &str) -> bool {
        self.config.tags.iter().any(|own| &**own == tag)
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
    /// Its tier: those of a lower number serve first, and the others what is beyond them.
    pub tier: u8,
    /// Where it is; selectors of the [same zone](super::Scope::zone) prefer it.
    pub zone: Option<Arc<str>>,
    /// What selectors may [ask for](super::Scope::tag).
    pub tags: Vec<Arc<str>>,
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
            tier: 0,
            zone: None,
            tags: Vec::new(),
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

    /// Puts it in a tier: those of a lower number serve first, and the others what is beyond them.
    #[must_use]
    pub fn tier(mut self, tier: u8) -> Self {
        self.tier = tier;
        self
    }

    /// Says where it is.
    #[must_use]
    pub fn zone(mut self, zone: impl Into<Arc<str>>) -> Self {
        self.zone = Some(zone.into());
        self
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<Arc<str>>) -> Self {
        self.tags.push(tag.into());
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

//! Several zones side by side.

use std::{collections::HashMap, sync::Arc};

use crate::{
    message::Question,
    name::{Name, NameBuf},
    record::Rtype,
    zone::Zone,
};

/// The zones a server is authoritative for; cloning costs a reference count.
///
/// ```
/// use eaves_dns::{Name, zone::{Zone, Zones}};
///
/// let text = "$TTL 300\n. SOA ns admin 1 7200 3600 1209600 60\n. NS ns\nns A 192.0.2.53\n";
/// let zone = Zone::parse(text, Name::ROOT).into_result().unwrap();
/// let zones: Zones = [zone].into_iter().collect();
/// assert_eq!(zones.zone(Name::ROOT).unwrap().serial(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Zones {
    by_origin: Arc<HashMap<NameBuf, Zone>>,
}

impl Zones {
    /// Makes a set in which `zone` stands in place of the one of the same origin, if there is one.
    #[must_use]
    pub fn with(&self, zone: Zone) -> Self {
        let mut by_origin = (*self.by_origin).clone();
        by_origin.insert(zone.origin().to_owned(), zone);
        Self {
            by_origin: Arc::new(by_origin),
        }
    }

    /// Returns the zone of that origin.
    #[must_use]
    pub fn zone(&self, origin: &Name) -> Option<&Zone> {
        self.by_origin.get(origin)
    }

    /// Returns the zone that answers for a name: the one with the longest origin above it.
    #[must_use]
    pub fn closest(&self, name: &Name) -> Option<&Zone> {
        name.ancestors()
            .find_map(|origin| self.by_origin.get(origin))
    }

    /// The zone for a question; DS at a zone's apex is the parent's (RFC 4035 section 3.1.4.1).
    pub(crate) fn zone_for(&self, question: &Question<'_>) -> Option<&Zone> {
        let name = question.name.to_name_buf();
        if question.rtype == Rtype::DS
            && let Some(parent) = name.parent()
            && let Some(zone) = self.closest(parent)
        {
            return Some(zone);
        }
        self.closest(&name)
    }
}

impl FromIterator<Zone> for Zones {
    fn from_iter<I: IntoIterator<Item = Zone>>(zones: I) -> Self {
        let by_origin = zones
            .into_iter()
            .map(|zone| (zone.origin().to_owned(), zone));
        Self {
            by_origin: Arc::new(by_origin.collect()),
        }
    }
}

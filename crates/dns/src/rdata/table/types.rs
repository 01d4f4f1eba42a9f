//! All types: the entries, turned into views.

use core::net::{Ipv4Addr, Ipv6Addr};

use super::{
    entries::{
        classic_types, dnssec_types, late_types, modern_types, obsolete_types, services_types,
    },
    format::{ChaosA, Format},
    generate::{record_types, view_type},
    spec::{Field, Spec},
};
use crate::{
    error::{BuildError, WireError},
    name::NameRef,
    rdata::{
        AddressPart, GatewayView, GeoPlace, HostIdentity, NameList, PrefixList, Strings, TypeSet,
        ZoneDigest,
        kind::{self, Kind},
    },
    record::{Class, Rtype},
    svcb::SvcParams,
    wire::{self, Reader},
};

classic_types! {
    [obsolete_types services_types dnssec_types modern_types late_types record_types] {}
}

/// Rdata of a type without a view of its own.
///
/// ```
/// use eaves_dns::{rdata::{Rdata, Unknown}, RdataBuf, Rtype};
///
/// let rdata = RdataBuf::parse(Rtype(65400), r"\# 2 abcd")?;
/// assert_eq!(rdata.view()?, Rdata::Unknown(Unknown { rtype: Rtype(65400), octets: b"\xab\xcd" }));
/// # Ok::<(), eaves_common::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unknown<'a> {
    /// The record type.
    pub rtype: Rtype,
    /// The rdata.
    pub octets: &'a [u8],
}

/// The mnemonic of a constant; one has a dash.
const fn mnemonic_of(constant: &'static str) -> &'static str {
    if same(constant.as_bytes(), b"NSAP_PTR") {
        "NSAP-PTR"
    } else {
        constant
    }
}

const fn has(flags: &[&str], wanted: &str) -> bool {
    let mut at = 0;
    while at < flags.len() {
        if same(flags[at].as_bytes(), wanted.as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

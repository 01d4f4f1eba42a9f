//! The entries, by number. `compress`: RFC 1035 types, whose names are compressed when written.
//! `lowercase`: names are lower-cased in canonical form. A `Name` may be compressed when read,
//! a `FlatName` may not (RFC 3597 section 4).

use core::net::{Ipv4Addr, Ipv6Addr};

use super::{
    generate::{record_types, view_type},
    spec::{Field, Spec},
};
use crate::{
    error::{BuildError, WireError},
    name::NameRef,
    rdata::{
        Strings,
        kind::{self, Kind},
    },
    record::Rtype,
    wire::{Reader, Sink},
};

record_types! {
    /// A host address (RFC 1035 section 3.4.1).
    A = 1 A: [] "192.0.2.1" {
        /// The address.
        address: Ipv4,
    }
    /// An authoritative name server (RFC 1035 section 3.3.11).
    NS = 2 Ns<'a>: [compress lowercase] "ns1.example." {
        /// The server's host name.
        server: Name,
    }
    /// The canonical name of an alias (RFC 1035 section 3.3.1).
    CNAME = 5 Cname<'a>: [compress lowercase] "host.example." {
        /// The canonical name.
        target: Name,
    }
    /// The start of a zone of authority (RFC 1035 section 3.3.13).
    SOA = 6 Soa<'a>: [compress lowercase] "ns1.example. admin.example. 1 7200 3600 1209600 300" {
        /// The primary server.
        primary: Name,
        /// The mailbox of who is responsible.
        mailbox: Name,
        /// The zone's version.
        serial: U32,
        /// Seconds between checks by secondaries.
        refresh: Period,
        /// Seconds between checks after one failed.
        retry: Period,
        /// Seconds after which an unchecked copy is given up.
        expire: Period,
        /// Upper bound of the TTL of negative answers (RFC 2308).
        minimum: Period,
    }
    /// A domain name pointer (RFC 1035 section 3.3.12).
    PTR = 12 Ptr<'a>: [compress lowercase] "host.example." {
        /// The name pointed to.
        target: Name,
    }
    /// Hardware and operating system (RFC 1035 section 3.3.2).
    HINFO = 13 Hinfo<'a>: [] "\"VAX-11/780\" \"UNIX\"" {
        /// The hardware.
        cpu: Str,
        /// The operating system.
        os: Str,
    }
    /// A mail exchange (RFC 1035 section 3.3.9).
    MX = 15 Mx<'a>: [compress lowercase] "10 mail.example." {
        /// Lower is preferred.
        preference: U16,
        /// The mail server.
        exchange: Name,
    }
    /// Text strings (RFC 1035 section 3.3.14).
    TXT = 16 Txt<'a>: [] "\"v=spf1 -all\" \"more\"" {
        /// The strings.
        strings: Strs,
    }
    /// An IPv6 host address (RFC 3596).
    AAAA = 28 Aaaa: [] "2001:db8::1" {
        /// The address.
        address: Ipv6,
    }
    /// The location of a service (RFC 2782).
    SRV = 33 Srv<'a>: [lowercase] "10 20 443 host.example." {
        /// Lower is tried first.
        priority: U16,
        /// Share among targets of the same priority.
        weight: U16,
        /// The port.
        port: U16,
        /// The host.
        target: Name,
    }
    /// An alias of all names below this one (RFC 6672).
    DNAME = 39 Dname<'a>: [lowercase] "other.example." {
        /// What stands in place of the owner.
        target: FlatName,
    }
    /// EDNS's pseudo record (RFC 6891).
    OPT = 41 Opt<'a>: [] {
        /// The options, each with code and length before it.
        options: Opaque,
    }
    /// A delegation signer (RFC 4034 section 5).
    DS = 43 Ds<'a>: [] "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118" {
        /// Tag of the key signed for.
        key_tag: U16,
        /// Its algorithm.
        algorithm: Algorithm,
        /// How the digest was made.
        digest_type: U8,
        /// The digest.
        digest: Hex,
    }
    /// A key of a zone (RFC 4034 section 2).
    DNSKEY = 48 Dnskey<'a>: [] "257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==" {
        /// Bit 8: zone key; bit 15: secure entry point.
        flags: U16,
        /// Always 3.
        protocol: U8,
        /// The algorithm.
        algorithm: Algorithm,
        /// The key.
        public_key: Base64,
    }
    /// Who may issue certificates (RFC 8659).
    CAA = 257 Caa<'a>: [] "0 issue \"ca.example\"" {
        /// Bit 7: issuers must understand the property.
        flags: U8,
        /// The property.
        tag: Tag,
        /// Its value.
        value: Value,
    }
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

const fn mnemonic_of(constant: &'static str) -> &'static str {
    constant
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

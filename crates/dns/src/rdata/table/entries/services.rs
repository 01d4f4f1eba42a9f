//! Types that describe hosts and services.

/// Adds its entries and goes on with the next list.
macro_rules! services_types {
    ([$next:ident $($rest:ident)*] {$($entries:tt)*}) => {
        $next! { [$($rest)*] {
$($entries)*

/// An IPv6 host address (RFC 3596).
AAAA = 28 Aaaa: [internet] "2001:db8::1" {
    /// The address.
    address: Ipv6,
}

/// A place on the globe (RFC 1876).
LOC = 29 Loc: [] "42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m" {
    /// The place.
    place: Place,
}

/// The location of a service (RFC 2782).
SRV = 33 Srv<'a>: [lowercase internet] "10 20 443 host.example." {
    /// Lower is tried first.
    priority: U16,
    /// Share among targets of the same priority.
    weight: U16,
    /// The port.
    port: U16,
    /// The host.
    target: Name,
}

/// A rewriting rule (RFC 3403 section 4.1).
NAPTR = 35 Naptr<'a>: [lowercase internet] r#"100 10 "u" "sip+E2U" "!^.*$!sip:info@example.com!" ."# {
    /// Lower comes first.
    order: U16,
    /// Lower comes first within an order.
    preference: U16,
    /// What comes next.
    flags: Str,
    /// What is offered.
    services: Str,
    /// The rule.
    regexp: Str,
    /// The name that takes its place.
    replacement: Name,
}

/// A key exchanger (RFC 2230 section 3).
KX = 36 Kx<'a>: [lowercase internet] "10 kx.example." {
    /// Lower is preferred.
    preference: U16,
    /// The host.
    exchanger: FlatName,
}

/// A certificate (RFC 4398 section 2).
CERT = 37 Cert<'a>: [] "1 60485 13 AAECAw==" {
    /// The kind of certificate.
    kind: CertType,
    /// Tag of its key.
    key_tag: U16,
    /// The algorithm.
    algorithm: Algorithm,
    /// The certificate.
    certificate: Base64,
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

/// Address prefixes (RFC 3123).
APL = 42 Apl<'a>: [internet] "1:192.168.32.0/21 !2:2001:db8::/32" {
    /// The prefixes.
    prefixes: Prefixes,
}

/// A fingerprint of an SSH host key (RFC 4255 section 3.1).
SSHFP = 44 Sshfp<'a>: [] "4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789" {
    /// The key's algorithm.
    algorithm: U8,
    /// How the fingerprint was made.
    hash: U8,
    /// The fingerprint.
    fingerprint: SshDigest,
}

/// A key for `IPsec` (RFC 4025 section 2.1).
IPSECKEY = 45 Ipseckey<'a>: [internet] "10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==" {
    /// Lower is preferred.
    precedence: U8,
    /// What the gateway is.
    gateway_type: U8,
    /// The key's algorithm.
    algorithm: U8,
    /// The gateway.
    gateway: Gateway,
    /// The key.
    public_key: Base64,
}
        } }
    };
}

pub(in crate::rdata::table) use services_types;

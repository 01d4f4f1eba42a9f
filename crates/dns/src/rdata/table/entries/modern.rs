//! Types assigned from 55 to 99.

/// Adds its entries and goes on with the next list.
macro_rules! modern_types {
    ([$next:ident $($rest:ident)*] {$($entries:tt)*}) => {
        $next! { [$($rest)*] {
$($entries)*

/// A host identity (RFC 8005 section 5).
HIP = 55 Hip<'a>: [] "2 200100107b1a74df365639cc39f1d578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cI rvs.example." {
    /// The identity.
    identity: HipKey,
    /// Rendezvous servers.
    servers: Names,
}

/// What a zone says of itself.
NINFO = 56 Ninfo<'a>: [] r#""status" "zone""# {
    /// The strings.
    strings: Strs,
}

/// A key that encrypts records.
RKEY = 57 Rkey<'a>: [] "0 255 1 AAECAw==" {
    /// Flags.
    flags: U16,
    /// The protocol.
    protocol: U8,
    /// The algorithm.
    algorithm: Algorithm,
    /// The key.
    public_key: Base64,
}

/// A link between trust anchors.
TALINK = 58 Talink<'a>: [] "before.example. after.example." {
    /// The one before.
    previous: FlatName,
    /// The one after.
    next: FlatName,
}

/// A child's wish for a DS (RFC 7344, RFC 8078).
CDS = 59 Cds<'a>: [] "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118" {
    /// Tag of the key signed for.
    key_tag: U16,
    /// Its algorithm.
    algorithm: Algorithm,
    /// How the digest was made.
    digest_type: U8,
    /// The digest.
    digest: CdsDigest,
}

/// A child's wish for a DS, as a key (RFC 7344, RFC 8078).
CDNSKEY = 60 Cdnskey<'a>: [] "257 3 13 AAECAw==" {
    /// Flags.
    flags: U16,
    /// The protocol.
    protocol: U8,
    /// The algorithm.
    algorithm: Algorithm,
    /// The key.
    public_key: Base64,
}

/// An `OpenPGP` key (RFC 7929 section 2).
OPENPGPKEY = 61 Openpgpkey<'a>: [] "AAECAw==" {
    /// The key.
    public_key: Base64,
}

/// What a parent copies from its child (RFC 7477 section 2).
CSYNC = 62 Csync<'a>: [] "66 3 A NS AAAA" {
    /// The child's SOA serial.
    serial: U32,
    /// Bit 15: at once; bit 14: not before the serial.
    flags: U16,
    /// The types to copy.
    types: Types,
}

/// A digest of the zone (RFC 8976 section 2).
ZONEMD = 63 Zonemd<'a>: [] "2018031500 1 1 c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9a9713b3c9ae5cc27777f98b8e730044c" {
    /// The serial of the zone digested.
    serial: U32,
    /// The digest.
    digest: ZoneDigest,
}

/// How to reach a service (RFC 9460).
SVCB = 64 Svcb<'a>: [internet] r#"16 foo.example.org. mandatory="alpn,ipv4hint" alpn="h2,h3-19" ipv4hint="192.0.2.1""# {
    /// 0 for an alias, else lower is preferred.
    priority: U16,
    /// The host.
    target: FlatName,
    /// The parameters.
    params: Params,
}

/// How to reach a web site (RFC 9460 section 9).
HTTPS = 65 Https<'a>: [internet] r#"1 . alpn="h2,h3" port="8443" ech="AAIAAQ==" ipv6hint="2001:db8::1""# {
    /// 0 for an alias, else lower is preferred.
    priority: U16,
    /// The host.
    target: FlatName,
    /// The parameters.
    params: Params,
}

/// Where changes of a child are told (RFC 9859).
DSYNC = 66 Dsync<'a>: [] "CDS 1 5359 cds-scanner.example." {
    /// The type of the change.
    rtype: Type,
    /// How it is told.
    scheme: Scheme,
    /// The port.
    port: U16,
    /// The host.
    target: FlatName,
}

/// A hierarchical host identity (RFC 9886).
HHIT = 67 Hhit<'a>: [] "AAECAw==" {
    /// The identity.
    octets: Base64,
}

/// A broadcast remote identity (RFC 9886).
BRID = 68 Brid<'a>: [] "AAECAw==" {
    /// The identity.
    octets: Base64,
}

/// Who may send mail; obsolete (RFC 7208 section 3.1).
SPF = 99 Spf<'a>: [] r#""v=spf1 -all""# {
    /// The strings.
    strings: Strs,
}
        } }
    };
}

pub(in crate::rdata::table) use modern_types;

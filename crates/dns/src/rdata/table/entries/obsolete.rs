//! Types that few use any more.

/// Adds its entries and goes on with the next list.
macro_rules! obsolete_types {
    ([$next:ident $($rest:ident)*] {$($entries:tt)*}) => {
        $next! { [$($rest)*] {
$($entries)*

/// An NSAP address (RFC 1706 section 5).
NSAP = 22 Nsap<'a>: [internet] "0x47000580005a0000000001e133ffffff00016100" {
    /// The address.
    address: Nsap,
}

/// A pointer from an NSAP address (RFC 1706 section 6).
NSAP_PTR = 23 NsapPtr<'a>: [internet] "host.example." {
    /// The name pointed to.
    target: FlatName,
}

/// A signature (RFC 2535 section 4, RFC 2931).
SIG = 24 Sig<'a>: [lowercase] "A 13 3 3600 20300101000000 20291201000000 60485 example. AAECAw==" {
    /// The type that is signed.
    type_covered: Type,
    /// The algorithm.
    algorithm: Algorithm,
    /// How many labels the owner has, a wildcard's left out.
    labels: U8,
    /// The TTL that is signed.
    original_ttl: Period,
    /// When it ends.
    expiration: Time,
    /// When it begins.
    inception: Time,
    /// Tag of the key.
    key_tag: U16,
    /// Whose key it is.
    signer: Name,
    /// The signature.
    signature: Base64,
}

/// A key (RFC 2535 section 3, RFC 3445).
KEY = 25 Key<'a>: [] "512 255 13 AAECAw==" {
    /// Flags.
    flags: U16,
    /// The protocol.
    protocol: U8,
    /// The algorithm.
    algorithm: Algorithm,
    /// The key.
    public_key: KeyBase64,
}

/// An X.400 mapping (RFC 2163 section 4).
PX = 26 Px<'a>: [lowercase internet] "10 net2.example. px.example." {
    /// Lower is preferred.
    preference: U16,
    /// The mail domain.
    map822: Name,
    /// The X.400 domain.
    mapx400: Name,
}

/// A place on the globe (RFC 1712 section 3).
GPOS = 27 Gpos<'a>: [] "-32.6882 116.8652 10.0" {
    /// Degrees north.
    latitude: Latitude,
    /// Degrees east.
    longitude: Longitude,
    /// Metres up.
    altitude: Degrees,
}

/// The name that comes next (RFC 2535 section 5).
NXT = 30 Nxt<'a>: [lowercase] "next.example. A MX SIG NXT" {
    /// The name.
    next: Name,
    /// A bit for each type at the owner.
    types: OldTypes,
}

/// An endpoint identifier of Nimrod.
EID = 31 Eid<'a>: [internet] "e32c6f78163a9348" {
    /// The identifier.
    octets: Hex,
}

/// A locator of Nimrod.
NIMLOC = 32 Nimloc<'a>: [internet] "32251a030067" {
    /// The locator.
    octets: Hex,
}

/// An ATM address.
ATMA = 34 Atma<'a>: [internet] "+61200000000" {
    /// Its format, then the address.
    address: Atma,
}

/// An address in parts (RFC 2874 section 3).
A6 = 38 A6<'a>: [lowercase internet] "64 ::1:2:3:4 prefix.example." {
    /// The part.
    part: A6Prefix,
}

/// The kitchen sink.
SINK = 40 Sink<'a>: [] "1 2 3 AAECAw==" {
    /// What the data is.
    meaning: U8,
    /// How it is coded.
    coding: U8,
    /// And how in detail.
    subcoding: U8,
    /// The data.
    data: Base64,
}
        } }
    };
}

pub(in crate::rdata::table) use obsolete_types;

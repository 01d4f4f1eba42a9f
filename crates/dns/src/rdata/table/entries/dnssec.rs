//! Types of DNSSEC and DANE.

/// Adds its entries and goes on with the next list.
macro_rules! dnssec_types {
    ([$next:ident $($rest:ident)*] {$($entries:tt)*}) => {
        $next! { [$($rest)*] {
$($entries)*

/// A delegation signer (RFC 4034 section 5).
DS = 43 Ds<'a>: [] "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118" {
    /// Tag of the key signed for.
    key_tag: U16,
    /// Its algorithm.
    algorithm: Algorithm,
    /// How the digest was made.
    digest_type: U8,
    /// The digest.
    digest: DsDigest,
}

/// A signature of an `RRset` (RFC 4034 section 3).
RRSIG = 46 Rrsig<'a>: [lowercase] "A 13 3 3600 20300101000000 20291201000000 60485 example. AAECAw==" {
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
    signer: FlatName,
    /// The signature.
    signature: Base64,
}

/// The name that comes next (RFC 4034 section 4).
NSEC = 47 Nsec<'a>: [] "host.example. A MX RRSIG NSEC TYPE1234" {
    /// The name.
    next: FlatName,
    /// The types at the owner.
    types: Types,
}

/// A key of a zone (RFC 4034 section 2).
DNSKEY = 48 Dnskey<'a>: [] "257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==" {
    /// Flags.
    flags: U16,
    /// The protocol.
    protocol: U8,
    /// The algorithm.
    algorithm: Algorithm,
    /// The key.
    public_key: Base64,
}

/// An identity of a DHCP client (RFC 4701 section 3).
DHCID = 49 Dhcid<'a>: [internet] "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=" {
    /// The identity.
    octets: Base64,
}

/// The hashed name that comes next (RFC 5155 section 3).
NSEC3 = 50 Nsec3<'a>: [] "1 1 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG" {
    /// The hash algorithm.
    algorithm: U8,
    /// Bit 7: unsigned delegations may be left out.
    flags: U8,
    /// How often the hash is repeated.
    iterations: U16,
    /// What is appended before hashing.
    salt: Salt,
    /// The hash of the name.
    next: Hash,
    /// The types at the owner.
    types: Types,
}

/// How names are hashed (RFC 5155 section 4).
NSEC3PARAM = 51 Nsec3param<'a>: [] "1 0 0 -" {
    /// The hash algorithm.
    algorithm: U8,
    /// Flags.
    flags: U8,
    /// How often the hash is repeated.
    iterations: U16,
    /// What is appended before hashing.
    salt: Salt,
}

/// A certificate for TLS (RFC 6698 section 2).
TLSA = 52 Tlsa<'a>: [] "3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971" {
    /// How the certificate is used.
    usage: U8,
    /// What of it is compared.
    selector: U8,
    /// How it is compared.
    matching: U8,
    /// The data compared with.
    data: TlsData,
}

/// A certificate for S/MIME (RFC 8162 section 2).
SMIMEA = 53 Smimea<'a>: [] "3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971" {
    /// How the certificate is used.
    usage: U8,
    /// What of it is compared.
    selector: U8,
    /// How it is compared.
    matching: U8,
    /// The data compared with.
    data: TlsData,
}
        } }
    };
}

pub(in crate::rdata::table) use dnssec_types;

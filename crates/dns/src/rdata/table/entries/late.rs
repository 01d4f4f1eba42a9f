//! Types assigned from 100 on.

/// Adds its entries and goes on with the next list.
macro_rules! late_types {
    ([$next:ident $($rest:ident)*] {$($entries:tt)*}) => {
        $next! { [$($rest)*] {
$($entries)*

/// Reserved, without a format.
UINFO = 100 Uinfo<'a>: [] {
    /// The octets.
    octets: Opaque,
}

/// Reserved, without a format.
UID = 101 Uid<'a>: [] {
    /// The octets.
    octets: Opaque,
}

/// Reserved, without a format.
GID = 102 Gid<'a>: [] {
    /// The octets.
    octets: Opaque,
}

/// Reserved, without a format.
UNSPEC = 103 Unspec<'a>: [] {
    /// The octets.
    octets: Opaque,
}

/// A node of ILNP (RFC 6742 section 2.1).
NID = 104 Nid: [] "10 0014:4fff:ff20:ee64" {
    /// Lower is preferred.
    preference: U16,
    /// The node.
    node: Groups,
}

/// A locator of ILNP for IPv4 (RFC 6742 section 2.2).
L32 = 105 L32: [] "10 10.1.2.0" {
    /// Lower is preferred.
    preference: U16,
    /// The locator.
    locator: Ipv4,
}

/// A locator of ILNP for IPv6 (RFC 6742 section 2.3).
L64 = 106 L64: [] "10 2001:0db8:1140:1000" {
    /// Lower is preferred.
    preference: U16,
    /// The locator.
    locator: Groups,
}

/// A pointer to locators of ILNP (RFC 6742 section 2.4).
LP = 107 Lp<'a>: [] "10 l64-subnet.example." {
    /// Lower is preferred.
    preference: U16,
    /// Where the locators stand.
    target: FlatName,
}

/// A hardware address of 48 bits (RFC 7043 section 3).
EUI48 = 108 Eui48: [] "00-00-5e-00-53-2a" {
    /// The address.
    address: Eui48,
}

/// A hardware address of 64 bits (RFC 7043 section 4).
EUI64 = 109 Eui64: [] "00-00-5e-ef-10-00-00-2a" {
    /// The address.
    address: Eui64,
}

/// A mark in bitmaps: there is no such name (RFC 9824).
NXNAME = 128 Nxname<'a>: [] {
    /// The octets; there are none.
    octets: Opaque,
}

/// An agreed key (RFC 2930).
TKEY = 249 Tkey<'a>: [] "gss-tsig. 1594203795 1594206664 3 0 AAECAw==" {
    /// The algorithm.
    algorithm: FlatName,
    /// When it begins.
    inception: U32,
    /// When it ends.
    expiration: U32,
    /// How it is agreed on.
    mode: U16,
    /// What went wrong.
    error: U16,
    /// The key exchange.
    key: Blob,
    /// Other data.
    other: BlobRest,
}

/// A transaction signature (RFC 8945).
TSIG = 250 Tsig<'a>: [] "hmac-sha256. 1594855491 300 4 AAECAw== 16094 0 0" {
    /// The algorithm.
    algorithm: FlatName,
    /// When it was signed.
    time: U48,
    /// How far clocks may differ.
    fudge: U16,
    /// The code.
    mac: Mac,
    /// The identifier that was signed.
    original_id: U16,
    /// What went wrong.
    error: U16,
    /// Other data.
    other: Other,
}

/// A URI (RFC 7553).
URI = 256 Uri<'a>: [] r#"10 1 "ftp://ftp1.example.com/public""# {
    /// Lower is tried first.
    priority: U16,
    /// Share among targets of the same priority.
    weight: U16,
    /// The URI.
    target: Target,
}

/// Who may issue certificates (RFC 8659).
CAA = 257 Caa<'a>: [] r#"0 issue "ca.example""# {
    /// Bit 7: issuers must understand the property.
    flags: U8,
    /// The property.
    tag: Tag,
    /// Its value.
    value: Value,
}

/// Visibility of an application.
AVC = 258 Avc<'a>: [] r#""app-name:WOLFGANG|app-class:OAM""# {
    /// The strings.
    strings: Strs,
}

/// A digital object.
DOA = 259 Doa<'a>: [] r#"1 2 1 "text/plain" AAECAw=="# {
    /// Whose kind it is.
    enterprise: U32,
    /// The kind.
    kind: U32,
    /// Where the data stands.
    location: U8,
    /// Its media type.
    media_type: Str,
    /// The data.
    data: DashBase64,
}

/// A relay for multicast (RFC 8777 section 4.1).
AMTRELAY = 260 Amtrelay<'a>: [] "10 0 3 amtrelay.example." {
    /// Lower is preferred.
    precedence: U8,
    /// Bit 7: discovery is optional; the others: what the relay is.
    relay_type: RelayType,
    /// The relay.
    relay: Relay,
}

/// What a resolver can do (RFC 9606).
RESINFO = 261 Resinfo<'a>: [] r#""qnamemin" "exterr=15-17""# {
    /// The strings.
    strings: Strs,
}

/// An address of a wallet.
WALLET = 262 Wallet<'a>: [] r#""BTC" "address""# {
    /// The strings.
    strings: Strs,
}

/// A convergence layer adapter of the Bundle Protocol.
CLA = 263 Cla<'a>: [] r#""cla""# {
    /// The strings.
    strings: Strs,
}

/// A node number of the Bundle Protocol.
IPN = 264 Ipn: [] "4294967298" {
    /// The node.
    node: Ipn,
}

/// A trust anchor.
TA = 32768 Ta<'a>: [] "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118" {
    /// Tag of the key signed for.
    key_tag: U16,
    /// Its algorithm.
    algorithm: Algorithm,
    /// How the digest was made.
    digest_type: U8,
    /// The digest.
    digest: DsDigest,
}

/// A look-aside signer; obsolete (RFC 4431, RFC 8749).
DLV = 32769 Dlv<'a>: [] "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118" {
    /// Tag of the key signed for.
    key_tag: U16,
    /// Its algorithm.
    algorithm: Algorithm,
    /// How the digest was made.
    digest_type: U8,
    /// The digest.
    digest: DsDigest,
}
        } }
    };
}

pub(in crate::rdata::table) use late_types;

//! Types of RFC 1035 and RFC 1183.

/// Adds its entries and goes on with the next list.
macro_rules! classic_types {
    ([$next:ident $($rest:ident)*] {$($entries:tt)*}) => {
        $next! { [$($rest)*] {
$($entries)*

/// A host address (RFC 1035 section 3.4.1).
A = 1 A: [internet] "192.0.2.1" {
    /// The address.
    address: Ipv4,
}

/// An authoritative name server (RFC 1035 section 3.3.11).
NS = 2 Ns<'a>: [compress lowercase] "ns1.example." {
    /// The server's host name.
    server: Name,
}

/// A mail destination; obsolete (RFC 1035 section 3.3.4).
MD = 3 Md<'a>: [compress lowercase] "mail.example." {
    /// The host.
    host: Name,
}

/// A mail forwarder; obsolete (RFC 1035 section 3.3.5).
MF = 4 Mf<'a>: [compress lowercase] "mail.example." {
    /// The host.
    host: Name,
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

/// A mailbox (RFC 1035 section 3.3.3).
MB = 7 Mb<'a>: [compress lowercase] "host.example." {
    /// The host that has the mailbox.
    host: Name,
}

/// A member of a mail group (RFC 1035 section 3.3.6).
MG = 8 Mg<'a>: [compress lowercase] "member.example." {
    /// The member.
    mailbox: Name,
}

/// A mailbox renamed (RFC 1035 section 3.3.8).
MR = 9 Mr<'a>: [compress lowercase] "renamed.example." {
    /// The mailbox in its place.
    mailbox: Name,
}

/// Anything at all (RFC 1035 section 3.3.10).
NULL = 10 Null<'a>: [] {
    /// The octets.
    octets: Opaque,
}

/// Well known services (RFC 1035 section 3.4.2).
WKS = 11 Wks<'a>: [internet] "192.0.2.1 6 25 80" {
    /// The host.
    address: Ipv4,
    /// The IP protocol.
    protocol: Protocol,
    /// A bit for each port.
    ports: Ports,
}

/// A domain name pointer (RFC 1035 section 3.3.12).
PTR = 12 Ptr<'a>: [compress lowercase] "host.example." {
    /// The name pointed to.
    target: Name,
}

/// Hardware and operating system (RFC 1035 section 3.3.2).
HINFO = 13 Hinfo<'a>: [] r#""VAX-11/780" "UNIX""# {
    /// The hardware.
    cpu: Str,
    /// The operating system.
    os: Str,
}

/// Mailboxes of a mail list (RFC 1035 section 3.3.7).
MINFO = 14 Minfo<'a>: [compress lowercase] "owner.example. errors.example." {
    /// Who is responsible.
    responsible: Name,
    /// Where errors go.
    errors: Name,
}

/// A mail exchange (RFC 1035 section 3.3.9).
MX = 15 Mx<'a>: [compress lowercase] "10 mail.example." {
    /// Lower is preferred.
    preference: U16,
    /// The mail server.
    exchange: Name,
}

/// Text strings (RFC 1035 section 3.3.14).
TXT = 16 Txt<'a>: [] r#""v=spf1 -all" "more""# {
    /// The strings.
    strings: Strs,
}

/// The responsible person (RFC 1183 section 2.2).
RP = 17 Rp<'a>: [lowercase] "admin.example. text.example." {
    /// The mailbox.
    mailbox: Name,
    /// Where TXT records tell more.
    text: Name,
}

/// An AFS cell database (RFC 1183 section 1).
AFSDB = 18 Afsdb<'a>: [lowercase] "1 afs.example." {
    /// What the server is.
    subtype: U16,
    /// The server.
    host: Name,
}

/// An X.25 address (RFC 1183 section 3.1).
X25 = 19 X25<'a>: [] r#""311061700956""# {
    /// The address.
    address: Str,
}

/// An ISDN address (RFC 1183 section 3.2).
ISDN = 20 Isdn<'a>: [] r#""150862028003217" "004""# {
    /// The number.
    address: Str,
    /// The subaddress.
    subaddress: OptStr,
}

/// A route through another host (RFC 1183 section 3.3).
RT = 21 Rt<'a>: [lowercase] "10 relay.example." {
    /// Lower is preferred.
    preference: U16,
    /// The host.
    host: Name,
}
        } }
    };
}

pub(in crate::rdata::table) use classic_types;

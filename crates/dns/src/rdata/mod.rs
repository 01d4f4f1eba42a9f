//! Rdata: one borrowed enum of typed views, [`Rdata`], and one owned form, [`RdataBuf`].
//!
//! Each record type is one entry of the table in `table`: its mnemonic, its fields, what may be
//! compressed and what is lower-cased in canonical form. One interpreter, in `codec`, does
//! validation, presentation format, RFC 3597's `\#` form and canonical form for all of them.

mod codec;
mod kind;
mod owned;
pub(crate) mod table;
mod views;

pub(crate) use codec::{canonical, parse_rdata, write_message};
pub use owned::RdataBuf;
pub(crate) use table::Format;
pub use table::{
    A, A6, Aaaa, Afsdb, Amtrelay, Apl, Atma, Avc, Brid, Caa, Cdnskey, Cds, Cert, ChaosA, Cla,
    Cname, Csync, Dhcid, Dlv, Dname, Dnskey, Doa, Ds, Dsync, Eid, Eui48, Eui64, Gid, Gpos, Hhit,
    Hinfo, Hip, Https, Ipn, Ipseckey, Isdn, Key, Kx, L32, L64, Loc, Lp, Mb, Md, Mf, Mg, Minfo, Mr,
    Mx, Naptr, Nid, Nimloc, Ninfo, Ns, Nsap, NsapPtr, Nsec, Nsec3, Nsec3param, Null, Nxname, Nxt,
    Openpgpkey, Opt, Ptr, Px, Rdata, Resinfo, Rkey, Rp, Rrsig, Rt, Sig, Sink, Smimea, Soa, Spf,
    Srv, Sshfp, Svcb, Ta, Talink, Tkey, Tlsa, Tsig, Txt, Uid, Uinfo, Unknown, Unspec, Uri, Wallet,
    Wks, X25, Zonemd,
};
pub use views::{
    AddressPart, GatewayView, GeoPlace, HostIdentity, NameList, Prefix, PrefixList, Strings,
    TypeSet, ZoneDigest,
};

//! The table of record types: one entry each, from which its [`Spec`], its view and its place in
//! [`Rdata`] come.

mod entries;
mod generate;
mod lookup;
mod spec;
mod types;

pub(crate) use lookup::{by_key, by_mnemonic};
#[cfg(feature = "proptest")]
pub(crate) use spec::Field;
pub(crate) use spec::Spec;
#[cfg(feature = "proptest")]
pub(crate) use types::MNEMONICS;
#[cfg(test)]
pub(crate) use types::SAMPLES;
pub(crate) use types::spec;
pub use types::{
    A, A6, Aaaa, Afsdb, Amtrelay, Apl, Atma, Avc, Brid, Caa, Cdnskey, Cds, Cert, Cla, Cname, Csync,
    Dhcid, Dlv, Dname, Dnskey, Doa, Ds, Dsync, Eid, Eui48, Eui64, Gid, Gpos, Hhit, Hinfo, Hip,
    Https, Ipn, Ipseckey, Isdn, Key, Kx, L32, L64, Loc, Lp, Mb, Md, Mf, Mg, Minfo, Mr, Mx, Naptr,
    Nid, Nimloc, Ninfo, Ns, Nsap, NsapPtr, Nsec, Nsec3, Nsec3param, Null, Nxname, Nxt, Openpgpkey,
    Opt, Ptr, Px, Rdata, Resinfo, Rkey, Rp, Rrsig, Rt, Sig, Sink, Smimea, Soa, Spf, Srv, Sshfp,
    Svcb, Ta, Talink, Tkey, Tlsa, Tsig, Txt, Uid, Uinfo, Unknown, Unspec, Uri, Wallet, Wks, X25,
    Zonemd,
};

//! Rdata: one borrowed enum of typed views, [`Rdata`], and one owned form, [`RdataBuf`].
//!
//! Each record type is one entry of the table in `table`: its mnemonic, its fields, what may be
//! compressed and what is lower-cased in canonical form. One interpreter, in `codec`, does
//! validation, presentation format, RFC 3597's `\#` form and canonical form for all of them.

mod codec;
mod kind;
mod owned;
mod strings;
pub(crate) mod table;

pub(crate) use codec::{parse_rdata, write_expanded, write_message};
pub use owned::RdataBuf;
pub use strings::Strings;
pub use table::{
    A, Aaaa, Caa, Cname, Dname, Dnskey, Ds, Hinfo, Mx, Ns, Opt, Ptr, Rdata, Soa, Srv, Txt, Unknown,
};

//! The table of record types: one entry each, from which its [`Spec`], its view and its place in
//! [`Rdata`] come.

mod generate;
mod lookup;
mod spec;
mod types;

pub(crate) use lookup::by_mnemonic;
#[cfg(test)]
pub(crate) use types::SAMPLES;
pub(crate) use types::spec;
pub use types::{
    A, Aaaa, Caa, Cname, Dname, Dnskey, Ds, Hinfo, Mx, Ns, Opt, Ptr, Rdata, Soa, Srv, Txt, Unknown,
};

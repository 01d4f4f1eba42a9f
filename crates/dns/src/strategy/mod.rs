//! Strategies for property tests: names and rdata of every type, from the table of record types.
//!
//! Values are made from a run of octets, so that they shrink as those do.

mod entropy;
mod field;

use proptest::prelude::*;

pub use entropy::Entropy;

use crate::{
    name::NameBuf,
    rdata::{RdataBuf, table},
    record::Rtype,
};

/// Makes names of any labels.
///
/// ```
/// use proptest::{prelude::*, test_runner::TestRunner};
///
/// let mut runner = TestRunner::deterministic();
/// let outcome = runner.run(&eaves_dns::strategy::name(), |name| {
///     prop_assert!(name.as_wire().len() <= 255);
///     Ok(())
/// });
/// assert!(outcome.is_ok());
/// ```
pub fn name() -> impl Strategy<Value = NameBuf> {
    octets().prop_map(|octets| Entropy::new(&octets).name())
}

/// Makes rdata of every type of the table.
///
/// ```
/// use eaves_dns::RdataBuf;
/// use proptest::{prelude::*, test_runner::TestRunner};
///
/// let mut runner = TestRunner::deterministic();
/// let outcome = runner.run(&eaves_dns::strategy::rdata(), |rdata| {
///     let read = RdataBuf::parse(rdata.rtype(), &rdata.to_generic());
///     prop_assert_eq!(read, Ok(rdata));
///     Ok(())
/// });
/// assert!(outcome.is_ok());
/// ```
pub fn rdata() -> impl Strategy<Value = RdataBuf> {
    let types: Vec<Rtype> = types().collect();
    (proptest::sample::select(types), octets()).prop_filter_map("not valid", |(rtype, octets)| {
        make(rtype, &mut Entropy::new(&octets))
    })
}

/// Makes rdata of one type; `None` if what came out is not valid.
///
/// ```
/// use eaves_dns::{Rtype, strategy::{Entropy, make}};
///
/// let rdata = make(Rtype::A, &mut Entropy::new(&[192, 0, 2, 1])).unwrap();
/// assert_eq!(rdata.to_string(), "192.0.2.1");
/// ```
#[must_use]
pub fn make(rtype: Rtype, entropy: &mut Entropy<'_>) -> Option<RdataBuf> {
    let mut wire = Vec::new();
    match table::spec(rtype) {
        Some(spec) => {
            for (_, field) in spec.fields {
                field::make(*field, entropy, &mut wire);
            }
        }
        None => wire.extend_from_slice(&entropy.some(40)),
    }
    RdataBuf::from_wire(rtype, &wire).ok()
}

/// Walks over all types of the table.
///
/// ```
/// assert!(eaves_dns::strategy::types().any(|rtype| rtype == eaves_dns::Rtype::MX));
/// ```
pub fn types() -> impl Iterator<Item = Rtype> {
    table::MNEMONICS.iter().map(|(_, rtype)| *rtype)
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..200)
}

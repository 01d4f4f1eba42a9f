//! Formats by class: most types mean the same in all, some in class IN only, and A has a second
//! format in class CH.

use super::{
    spec::{Field, Spec},
    types::spec,
};
use crate::{
    error::{BuildError, WireError},
    name::NameRef,
    record::{Class, Rtype},
    wire::{Reader, Sink},
};

/// Which format rdata has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Format {
    /// That of the type's entry.
    Usual,
    /// A of class CH.
    Chaos,
    /// None: the type's format is that of class IN.
    Opaque,
}

impl Format {
    /// Updates write class NONE and ANY for the zone's own (RFC 2136 section 2.5), and multicast
    /// sets the top bit beside the class (RFC 6762 section 10.2).
    #[inline]
    pub(crate) fn of(class: Class, rtype: Rtype) -> Self {
        if matches!(class.0, 1 | 0x8001 | 254 | 255) {
            return Self::Usual;
        }
        match (class, rtype) {
            (Class::CH, Rtype::A) => Self::Chaos,
            // Hesiod kept the address of the Internet.
            (Class::HS, Rtype::A) => Self::Usual,
            _ if spec(rtype).is_some_and(|spec| spec.internet) => Self::Opaque,
            _ => Self::Usual,
        }
    }

    /// The entry that describes rdata of the type, if any does.
    #[inline]
    pub(crate) fn spec(self, rtype: Rtype) -> Option<&'static Spec> {
        match self {
            Self::Usual => spec(rtype),
            Self::Chaos => Some(&CHAOS_A),
            Self::Opaque => None,
        }
    }
}

static CHAOS_A: Spec = Spec {
    mnemonic: "A",
    fields: &[("domain", Field::Name), ("address", Field::Octal)],
    compress: false,
    lowercase: true,
    internet: false,
};

/// An address of class CH: a Chaosnet domain, and the host within it (RFC 1035 section 3.4).
///
/// ```
/// use eaves_dns::{Class, Name, Rdata, RdataBuf, Rtype};
///
/// let rdata = RdataBuf::parse_in(Class::CH, Rtype::A, "ch-addr.net. 1402", Name::ROOT)?;
/// let Rdata::ChaosA(place) = rdata.view()? else { unreachable!() };
/// assert_eq!(place.address, 0o1402);
/// assert_eq!(rdata.to_string(), "ch-addr.net. 1402");
/// # Ok::<(), eaves_common::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChaosA<'a> {
    /// The domain.
    pub domain: NameRef<'a>,
    /// The address, in octal digits when written as text.
    pub address: u16,
}

impl<'a> ChaosA<'a> {
    pub(super) fn read(mut reader: Reader<'a>) -> Result<Self, WireError> {
        let view = Self {
            domain: reader.name()?,
            address: reader.u16("address")?,
        };
        reader.finish()?;
        Ok(view)
    }

    pub(super) fn write(&self, sink: &mut impl Sink) -> Result<(), BuildError> {
        sink.name(self.domain)?;
        sink.put(&self.address.to_be_bytes())
    }
}

impl<'a> From<ChaosA<'a>> for super::Rdata<'a> {
    fn from(view: ChaosA<'a>) -> Self {
        Self::ChaosA(view)
    }
}

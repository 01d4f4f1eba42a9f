//! Parameters as they stand on the wire.

use core::{fmt, iter::FusedIterator};

use crate::{
    error::WireError,
    svcb::{SvcKey, SvcValue},
    wire::Reader,
};

/// The parameters of a record, checked: keys ascend, values fit their keys, mandatory keys are there.
///
/// ```
/// use eaves_dns::svcb::{SvcKey, SvcParams, SvcValue};
///
/// let params = SvcParams::from_wire(b"\0\x03\0\x02\x01\xbb")?;
/// assert_eq!(params.value(SvcKey::PORT), Some(SvcValue::Port(443)));
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct SvcParams<'a>(&'a [u8]);

/// A parameter: key and octets.
///
/// ```
/// use eaves_dns::svcb::{SvcKey, SvcParam, SvcValue};
///
/// let param = SvcParam { key: SvcKey(667), octets: b"hello" };
/// assert_eq!(param.value()?, SvcValue::Unknown(b"hello"));
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SvcParam<'a> {
    /// The key.
    pub key: SvcKey,
    /// The value in wire form.
    pub octets: &'a [u8],
}

impl<'a> SvcParams<'a> {
    /// Takes parameters in wire form.
    ///
    /// # Errors
    /// When keys do not ascend, a value does not fit its key, or a mandatory key is missing.
    pub fn from_wire(wire: &'a [u8]) -> Result<Self, WireError> {
        Self::read(&mut Reader::new(wire))
    }

    /// Takes all that is left.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let start = reader.position();
        let mut all = *reader;
        let mut last = None;
        while !reader.is_empty() {
            let at = reader.position();
            let param = SvcParam::read(reader)?;
            if last >= Some(param.key) {
                return Err(WireError::Invalid {
                    at,
                    what: "keys do not ascend",
                });
            }
            last = Some(param.key);
            if param.value().is_err() {
                return Err(WireError::Invalid {
                    at,
                    what: "value does not fit its key",
                });
            }
        }
        let params = Self(all.rest());
        params.check_whole(start)?;
        Ok(params)
    }

    /// Checks what concerns several parameters (RFC 9460 sections 7.1.1 and 8).
    fn check_whole(&self, at: usize) -> Result<(), WireError> {
        if let Some(SvcValue::Mandatory(mut keys)) = self.value(SvcKey::MANDATORY)
            && !keys.all(|key| self.octets(SvcKey(key)).is_some())
        {
            return Err(WireError::Invalid {
                at,
                what: "mandatory key is missing",
            });
        }
        if self.octets(SvcKey::NO_DEFAULT_ALPN).is_some() && self.octets(SvcKey::ALPN).is_none() {
            return Err(WireError::Invalid {
                at,
                what: "no-default-alpn without alpn",
            });
        }
        Ok(())
    }

    /// Returns the wire form.
    #[must_use]
    pub fn as_wire(&self) -> &'a [u8] {
        self.0
    }

    /// Returns the octets of a key.
    #[must_use]
    pub fn octets(&self, key: SvcKey) -> Option<&'a [u8]> {
        let mut params = *self;
        params
            .find(|param| param.key == key)
            .map(|param| param.octets)
    }

    /// Returns the value of a key.
    #[must_use]
    pub fn value(&self, key: SvcKey) -> Option<SvcValue<'a>> {
        let octets = self.octets(key)?;
        SvcParam { key, octets }.value().ok()
    }
}

impl<'a> SvcParam<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let key = SvcKey(reader.u16("parameter key")?);
        let len = reader.u16("parameter length")?;
        let octets = reader.bytes(usize::from(len), "parameter")?;
        Ok(Self { key, octets })
    }

    /// Reads the value.
    ///
    /// # Errors
    /// When it does not fit its key.
    pub fn value(&self) -> Result<SvcValue<'a>, WireError> {
        SvcValue::read(self.key, self.octets)
    }
}

impl<'a> Iterator for SvcParams<'a> {
    type Item = SvcParam<'a>;

    fn next(&mut self) -> Option<SvcParam<'a>> {
        let mut reader = Reader::new(self.0);
        let param = SvcParam::read(&mut reader).ok()?;
        self.0 = reader.rest();
        Some(param)
    }
}

impl FusedIterator for SvcParams<'_> {}

impl fmt::Debug for SvcParam<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.octets.escape_ascii())
    }
}

impl fmt::Debug for SvcParams<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

//! Where encoded fields go: a growing buffer without compression, or a message with it.

use crate::{error::BuildError, name::NameRef};

/// Takes encoded fields; sealed.
///
/// ```
/// use eaves_dns::{NameBuf, wire::Sink};
///
/// let name: NameBuf = "a.example.".parse()?;
/// let mut out = Vec::new();
/// out.name(name.as_ref().into()).unwrap();
/// assert_eq!(out, b"\x01a\x07example\x00");
/// # Ok::<(), eaves_dns::NameError>(())
/// ```
pub trait Sink: sealed::Sealed {
    /// Appends octets.
    ///
    /// # Errors
    /// When they do not fit.
    fn put(&mut self, bytes: &[u8]) -> Result<(), BuildError>;

    /// Appends a name as it is.
    ///
    /// # Errors
    /// When it does not fit.
    fn name(&mut self, name: NameRef<'_>) -> Result<(), BuildError>;

    /// Appends a name, compressed if the sink compresses.
    ///
    /// # Errors
    /// When it does not fit.
    fn compressed(&mut self, name: NameRef<'_>) -> Result<(), BuildError>;

    /// Appends a length octet and the octets.
    ///
    /// # Errors
    /// When they do not fit or are more than 255.
    fn string(&mut self, bytes: &[u8]) -> Result<(), BuildError> {
        let len = u8::try_from(bytes.len()).map_err(|_| BuildError::TooLong)?;
        self.put(&[len])?;
        self.put(bytes)
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), BuildError> {
        self.extend_from_slice(bytes);
        Ok(())
    }

    fn name(&mut self, name: NameRef<'_>) -> Result<(), BuildError> {
        match name.as_flat() {
            Some(flat) => self.extend_from_slice(flat),
            None => self.extend_from_slice(name.to_name_buf().as_wire()),
        }
        Ok(())
    }

    fn compressed(&mut self, name: NameRef<'_>) -> Result<(), BuildError> {
        self.name(name)
    }
}

mod sealed {
    #[allow(unnameable_types, reason = "that is what seals the trait")]
    pub trait Sealed {}
    impl Sealed for Vec<u8> {}
    impl Sealed for crate::wire::Writer<'_> {}
}

//! Writing presentation format.

use core::fmt::{self, Write};

/// Writes fields with a blank between them.
pub(crate) struct Printer<'w> {
    out: &'w mut dyn Write,
    is_first: bool,
}

impl<'w> Printer<'w> {
    pub(crate) fn new(out: &'w mut dyn Write) -> Self {
        Self {
            out,
            is_first: true,
        }
    }

    /// Starts a field.
    pub(crate) fn field(&mut self) -> Result<&mut dyn Write, fmt::Error> {
        if !self.is_first {
            self.out.write_char(' ')?;
        }
        self.is_first = false;
        Ok(self.out)
    }

    /// Writes a field that prints as it should.
    pub(crate) fn show(&mut self, value: impl fmt::Display) -> fmt::Result {
        write!(self.field()?, "{value}")
    }

    /// Writes a quoted string.
    pub(crate) fn quoted(&mut self, bytes: &[u8]) -> fmt::Result {
        let out = self.field()?;
        out.write_char('"')?;
        write_escaped(bytes, out)?;
        out.write_char('"')
    }

    /// Writes hexadecimal digits.
    pub(crate) fn hex(&mut self, bytes: &[u8]) -> fmt::Result {
        let out = self.field()?;
        bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// Writes octets as they stand within quotes.
pub(crate) fn write_escaped(bytes: &[u8], out: &mut dyn Write) -> fmt::Result {
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => write!(out, "\\{}", char::from(byte))?,
            0x20..=0x7e => out.write_char(char::from(byte))?,
            _ => write!(out, "\\{byte:03}")?,
        }
    }
    Ok(())
}

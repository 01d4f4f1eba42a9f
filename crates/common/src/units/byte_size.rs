//! [`ByteSize`]: `64MiB`.

use core::{fmt, str::FromStr};

use super::{
    UnitError,
    scan::{Scan, Steps, Unit, find_unit},
};

/// A number of bytes.
///
/// Reads `64MiB` (binary: KiB, MiB, GiB, TiB, PiB, EiB), `64MB` (decimal: kB, MB, GB, TB, PB, EB),
/// `1.5GiB` where that is a whole number of bytes, `67108865B`, and `67108865`. Prints the largest
/// binary unit that is exact.
///
/// ```
/// use eaves_common::units::ByteSize;
///
/// let size: ByteSize = "64MiB".parse()?;
/// assert_eq!(size, ByteSize::from_mib(64));
/// assert_eq!(size.as_u64(), 67_108_864);
/// assert_eq!(ByteSize::from_bytes(67_108_865).to_string(), "67108865B");
/// # Ok::<(), eaves_common::units::UnitError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ByteSize(u64);

impl ByteSize {
    /// No bytes.
    pub const ZERO: Self = Self(0);
    /// The largest size, one byte under 16 EiB.
    pub const MAX: Self = Self(u64::MAX);

    /// Makes a size from bytes.
    #[must_use]
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Makes a size from units of 1024 bytes; saturates.
    #[must_use]
    pub const fn from_kib(kib: u64) -> Self {
        Self(kib.saturating_mul(1 << 10))
    }

    /// Makes a size from units of 1024 KiB; saturates.
    #[must_use]
    pub const fn from_mib(mib: u64) -> Self {
        Self(mib.saturating_mul(1 << 20))
    }

    /// Makes a size from units of 1024 MiB; saturates.
    #[must_use]
    pub const fn from_gib(gib: u64) -> Self {
        Self(gib.saturating_mul(1 << 30))
    }

    /// Returns the number of bytes.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// Returns the number of bytes, or the most a `usize` holds where that is less.
    #[must_use]
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl From<u64> for ByteSize {
    fn from(bytes: u64) -> Self {
        Self(bytes)
    }
}

impl From<ByteSize> for u64 {
    fn from(size: ByteSize) -> Self {
        size.0
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = |(_, bytes): &&Unit| self.0 != 0 && u128::from(self.0) % bytes == 0;
        let (name, bytes) = BINARY.iter().rev().find(exact).unwrap_or(&BINARY[0]);
        f.pad(&alloc::format!("{}{name}", u128::from(self.0) / bytes))
    }
}

impl FromStr for ByteSize {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let mut scan = Scan::new(text);
        let start = scan.at();
        let number = scan.decimal().ok_or(UnitError::Expected {
            at: start,
            expected: "a size",
            example: "64MiB",
        })?;
        scan.skip_spaces();
        let unit_at = scan.at();
        let bytes = match scan.rest().trim_end() {
            "" => 1,
            word => unit(word, unit_at)?,
        };
        let found = text.trim();
        match number.times(bytes) {
            Steps::Exactly(bytes) => u64::try_from(bytes).map_err(|_| too_large(start, found)),
            Steps::TooMany => Err(too_large(start, found)),
            Steps::Between => Err(UnitError::Fraction {
                at: start,
                found: found.into(),
                step: "a byte",
            }),
        }
        .map(Self)
    }
}

fn unit(word: &str, at: usize) -> Result<u128, UnitError> {
    match DECIMAL.iter().find(|(name, _)| *name == word) {
        Some((_, bytes)) => Ok(*bytes),
        None => find_unit(
            word,
            at,
            BINARY,
            "size",
            "use B, KiB, MiB, GiB, kB, MB or GB",
        ),
    }
}

fn too_large(at: usize, found: &str) -> UnitError {
    UnitError::Range {
        at,
        found: found.into(),
        range: "less than 16EiB",
    }
}

const BINARY: &[Unit] = &[
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("PiB", 1 << 50),
    ("EiB", 1 << 60),
];

const DECIMAL: &[Unit] = &[
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("PB", 1_000_000_000_000_000),
    ("EB", 1_000_000_000_000_000_000),
];

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn sizes_are_read_exactly() {
        for (text, bytes) in [
            ("0", 0),
            ("0B", 0),
            ("67108865", 67_108_865),
            ("64MiB", 64 << 20),
            (" 64 MiB ", 64 << 20),
            ("64MB", 64_000_000),
            ("1kB", 1_000),
            ("1.5GiB", 3 << 29),
            ("0.001kB", 1),
            ("9007199254740993B", 9_007_199_254_740_993), // not a 64-bit float
            ("18446744073709551615B", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
    }

    #[test]
    fn a_size_prints_its_largest_exact_unit() {
        for (bytes, text) in [
            (0, "0B"),
            (1_000, "1000B"),
            (1_024, "1KiB"),
            (64 << 20, "64MiB"),
            (67_108_865, "67108865B"),
            (1 << 60, "1EiB"),
            (u64::MAX, "18446744073709551615B"),
        ] {
            assert_eq!(ByteSize(bytes).to_string(), text);
        }
    }

    #[test]
    fn a_mistake_says_what_to_write() {
        for (text, at, message) in [
            ("", 0, "expected a size, write for example `64MiB`"),
            ("-1B", 0, "expected a size, write for example `64MiB`"),
            (
                "64 mib",
                3,
                "`mib` is not a unit of size, did you mean `MiB`?",
            ),
            (
                "64M",
                2,
                "`M` is not a unit of size, use B, KiB, MiB, GiB, kB, MB or GB",
            ),
            (
                "64 MiB x",
                3,
                "`MiB x` is not a unit of size, use B, KiB, MiB, GiB, kB, MB or GB",
            ),
            ("16EiB", 0, "16EiB is out of range, use less than 16EiB"),
            (" 16EiB ", 1, "16EiB is out of range, use less than 16EiB"),
            (
                "0.3B",
                0,
                "0.3B is finer than a byte, use whole multiples of it",
            ),
        ] {
            let error = text.parse::<ByteSize>().unwrap_err();
            assert_eq!(
                (error.at(), error.to_string().as_str()),
                (at, message),
                "{text}"
            );
        }
    }
}

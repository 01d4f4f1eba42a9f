//! [`Scalar`]: what one value can be.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    num::{NonZeroU16, NonZeroU32, NonZeroU64, NonZeroUsize},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use super::value::{Mistake, Value, shown};
use crate::units::{ByteSize, IpPrefix, Rate, Ratio, TimeSpan, UnitError};

/// A type that is written as one value.
///
/// Numbers, `bool`, texts, addresses, durations and [units](crate::units) are; others read their
/// text with [`Table::parsed`](super::Table::parsed) or implement this.
///
/// ```
/// use eaves_common::config::{Format, Mistake, Reader, Scalar, Value};
///
/// #[derive(Debug)]
/// struct Even(u32);
///
/// impl Scalar for Even {
///     fn read(value: &Value<'_>) -> Result<Self, Mistake> {
///         match u32::read(value)? {
///             odd if odd % 2 == 1 => Err(Mistake::new(format!("{odd} is odd, use {}", odd - 1))),
///             even => Ok(Self(even)),
///         }
///     }
///
///     fn print(&self) -> String {
///         self.0.to_string()
///     }
/// }
///
/// let problems = Reader::new()
///     .text("a.toml", Format::Toml, "workers = 3")
///     .read_with(|table| table.value::<Even>("workers").required())
///     .unwrap_err();
/// assert_eq!(problems.iter().next().unwrap().message(), "3 is odd, use 2");
/// ```
pub trait Scalar: Sized {
    /// Reads the value.
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead.
    fn read(value: &Value<'_>) -> Result<Self, Mistake>;

    /// Writes the value as it may be read, for messages and for
    /// [`Config::effective`](crate::config::Config::effective).
    fn print(&self) -> String;
}

impl Scalar for bool {
    fn read(value: &Value<'_>) -> Result<Self, Mistake> {
        match value {
            Value::Bool(flag) => Ok(*flag),
            Value::Plain("true") => Ok(true),
            Value::Plain("false") => Ok(false),
            other => Err(Mistake::expected("`true` or `false`", other)),
        }
    }

    fn print(&self) -> String {
        self.to_string()
    }
}

impl Scalar for String {
    fn read(value: &Value<'_>) -> Result<Self, Mistake> {
        match value {
            Value::Plain(text) | Value::Text(text) => Ok((*text).to_owned()),
            Value::Number(digits) => Err(Mistake::new(format!(
                "expected a text, found the number {0}, write \"{0}\"",
                shown(digits)
            ))),
            other => Err(Mistake::expected("a text", other)),
        }
    }

    fn print(&self) -> String {
        self.clone()
    }
}

impl Scalar for PathBuf {
    fn read(value: &Value<'_>) -> Result<Self, Mistake> {
        match value {
            Value::Plain(text) | Value::Text(text) if !text.is_empty() => Ok(text.into()),
            other => Err(Mistake::expected("a path", other)),
        }
    }

    fn print(&self) -> String {
        self.display().to_string()
    }
}

impl Scalar for f64 {
    fn read(value: &Value<'_>) -> Result<Self, Mistake> {
        let (Value::Number(digits) | Value::Plain(digits)) = value else {
            return Err(Mistake::expected("a number", value));
        };
        match digits.parse() {
            Ok(number) if Self::is_finite(number) => Ok(number),
            _ => Err(Mistake::expected("a finite number", value)),
        }
    }

    fn print(&self) -> String {
        self.to_string()
    }
}

macro_rules! integers {
    ($($type:ty: $min:expr),* $(,)?) => {$(
        impl Scalar for $type {
            fn read(value: &Value<'_>) -> Result<Self, Mistake> {
                let max = Self::MAX;
                let digits = integer(value)?;
                digits.parse().map_err(|_| Mistake::out_of_range(digits, $min, max))
            }

            fn print(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

integers! {
    i8: Self::MIN, i16: Self::MIN, i32: Self::MIN, i64: Self::MIN, isize: Self::MIN,
    u8: 0, u16: 0, u32: 0, u64: 0, usize: 0,
    NonZeroU16: 1, NonZeroU32: 1, NonZeroU64: 1, NonZeroUsize: 1,
}

/// The digits of a whole number, of any size.
fn integer<'a>(value: &Value<'a>) -> Result<&'a str, Mistake> {
    let is_integer = |text: &str| {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    match value {
        Value::Number(text) | Value::Plain(text) if is_integer(text) => Ok(text),
        Value::Text(text) if is_integer(text) => {
            let text = shown(text);
            let message =
                format!("expected a whole number, found a text, write {text} without quotes");
            Err(Mistake::new(message))
        }
        other => Err(Mistake::expected("a whole number", other)),
    }
}

macro_rules! addresses {
    ($($type:ty: $name:literal, $example:literal),* $(,)?) => {$(
        impl Scalar for $type {
            fn read(value: &Value<'_>) -> Result<Self, Mistake> {
                let advice = concat!(", write for example \"", $example, "\"");
                match value {
                    Value::Plain(text) | Value::Text(text) => text.parse().map_err(|_| {
                        let text = shown(text);
                        Mistake::new(format!("\"{text}\" is not {}{advice}", $name))
                    }),
                    other => {
                        let found = other.describe();
                        Err(Mistake::new(format!("expected {}, found {found}{advice}", $name)))
                    }
                }
            }

            fn print(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

addresses! {
    IpAddr: "an IP address", "192.0.2.1",
    Ipv4Addr: "an IPv4 address", "192.0.2.1",
    Ipv6Addr: "an IPv6 address", "2001:db8::1",
    SocketAddr: "a socket address", "127.0.0.1:8080",
}

macro_rules! units {
    ($($type:ty: $expected:literal, $numbers:expr),* $(,)?) => {$(
        impl Scalar for $type {
            fn read(value: &Value<'_>) -> Result<Self, Mistake> {
                match value {
                    Value::Number(text) if $numbers => unit(text),
                    Value::Plain(text) | Value::Text(text) => unit(text),
                    other => Err(Mistake::expected($expected, other)),
                }
            }

            fn print(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

units! {
    ByteSize: "a size such as \"64MiB\"", true,
    IpPrefix: "an IP prefix such as \"10.0.0.0/8\"", false,
    Rate: "a rate such as \"100/1m burst 20\"", false,
    Ratio: "a ratio such as \"5%\"", true,
    TimeSpan: "a duration such as \"250ms\"", false,
}

fn unit<T: FromStr<Err = UnitError>>(text: &str) -> Result<T, Mistake> {
    text.parse().map_err(|error: UnitError| {
        let part = error.at()..text.trim_end().len();
        Mistake::new(error.to_string()).within(part)
    })
}

impl Scalar for Duration {
    fn read(value: &Value<'_>) -> Result<Self, Mistake> {
        TimeSpan::read(value).map(Self::from)
    }

    fn print(&self) -> String {
        TimeSpan::new(*self).to_string()
    }
}

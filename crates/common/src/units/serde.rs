//! serde: every unit is the text that it prints; a [`ByteSize`] may also be a number of bytes.

use alloc::string::String;
use core::{fmt, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{ByteSize, IpPrefix, Rate, Ratio, TimeSpan};

macro_rules! as_text {
    ($($type:ty: $expecting:literal),* $(,)?) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Text::<Self>($expecting, PhantomData))
            }
        }
    )*};
}

as_text! {
    IpPrefix: "an IP prefix such as \"10.0.0.0/8\"",
    Rate: "a rate such as \"100/1m burst 20\"",
    Ratio: "a ratio such as \"5%\"",
    TimeSpan: "a duration such as \"250ms\"",
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Formats that describe themselves may hold a number; the others hold what we wrote.
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(Size)
        } else {
            deserializer.deserialize_str(Size)
        }
    }
}

struct Text<T>(&'static str, PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> de::Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

struct Size;

impl de::Visitor<'_> for Size {
    type Value = ByteSize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size such as \"64MiB\" or a number of bytes")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ByteSize, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<ByteSize, E> {
        self.visit_str(&text)
    }

    fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<ByteSize, E> {
        Ok(ByteSize::from_bytes(bytes))
    }

    fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<ByteSize, E> {
        let unexpected = |_| E::invalid_value(de::Unexpected::Signed(bytes), &self);
        u64::try_from(bytes)
            .map(ByteSize::from_bytes)
            .map_err(unexpected)
    }
}

//! Serde forms (feature `serde`): text for names, types, classes and codes, seconds for TTLs, `{type, text}` for rdata.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    message::{Opcode, Rcode},
    name::{Name, NameBuf},
    rdata::RdataBuf,
    record::{Class, Rtype, Ttl},
};

macro_rules! as_text {
    ($($type:ident)*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Text)?.parse().map_err(D::Error::custom)
            }
        }
    )*};
}

as_text! { Class NameBuf Opcode Rcode Rtype }

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Ttl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.as_secs())
    }
}

impl<'de> Deserialize<'de> for Ttl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = u32::deserialize(deserializer)?;
        let ttl = Self::from_secs(seconds);
        if ttl.as_secs() == seconds {
            return Ok(ttl);
        }
        Err(D::Error::custom("TTL is above 2147483647 seconds"))
    }
}

/// A string, owned whatever the format lends.
struct Text;

impl serde::de::Visitor<'_> for Text {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RdataText {
    #[serde(rename = "type")]
    rtype: Rtype,
    text: String,
}

impl Serialize for RdataBuf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = RdataText {
            rtype: self.rtype(),
            text: self.to_string(),
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RdataBuf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = RdataText::deserialize(deserializer)?;
        Self::parse(form.rtype, &form.text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_json() {
        let rdata = RdataBuf::parse(Rtype::MX, "10 mail.example.").unwrap();
        let json = serde_json::to_string(&(&rdata, Class::IN, Ttl::from_secs(5))).unwrap();
        assert_eq!(json, r#"[{"type":"MX","text":"10 mail.example."},"IN",5]"#);
        let back: (RdataBuf, Class, Ttl) = serde_json::from_str(&json).unwrap();
        assert_eq!(back, (rdata, Class::IN, Ttl::from_secs(5)));
        for bad in [
            r#"{"type":"MX","text":"10"}"#,
            r#"{"type":"MX"}"#,
            r#"{"type":"?","text":""}"#,
        ] {
            assert!(serde_json::from_str::<RdataBuf>(bad).is_err(), "{bad}");
        }
        let name: NameBuf = serde_json::from_str(r#""WWW.Example""#).unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), r#""WWW.Example.""#);
        assert!(serde_json::from_str::<Ttl>("4294967295").is_err());
    }
}

//! Times in JSON: RFC 3339 text in UTC with milliseconds.

use std::time::{Duration, UNIX_EPOCH};

use eaves_common::time::Wall;
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

pub(super) fn serialize<S: Serializer>(wall: &Wall, serializer: S) -> Result<S::Ok, S::Error> {
    let time = UNIX_EPOCH + Duration::from_nanos(wall.as_nanos());
    serializer.collect_str(&humantime::format_rfc3339_millis(time))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Wall, D::Error> {
    let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
    let time = humantime::parse_rfc3339(&text).map_err(D::Error::custom)?;
    let since = time.duration_since(UNIX_EPOCH).map_err(D::Error::custom)?;
    Ok(Wall::ZERO + since)
}

/// The same for a time that may be absent.
pub(super) mod optional {
    use super::{Deserialize, Deserializer, Serializer, Wall};

    pub(in crate::incident) fn serialize<S: Serializer>(
        wall: &Option<Wall>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match wall {
            Some(wall) => super::serialize(wall, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::incident) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Wall>, D::Error> {
        #[derive(Deserialize)]
        struct Stamp(#[serde(with = "super")] Wall);
        Ok(Option::<Stamp>::deserialize(deserializer)?.map(|Stamp(wall)| wall))
    }
}

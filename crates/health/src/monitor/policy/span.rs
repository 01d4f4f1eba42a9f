//! Times in configurations are texts such as `250ms`.

use std::time::Duration;

use eaves_common::units::TimeSpan;
use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

pub(super) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    TimeSpan::new(*time).serialize(to)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    TimeSpan::deserialize(from).map(Duration::from)
}

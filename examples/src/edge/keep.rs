//! What the cache keeps: the two ways in which the edge sets it up.

use std::{sync::Arc, time::Duration};

use eaves_cache::{
    policy::Policy,
    store::Memory,
    tower::{Alarm, CacheConfig, OnDisconnect, Task},
};

use super::{config::CacheSettings, running::PSEUDONYM};

/// A cache with the defences beyond the standards on.
#[must_use]
pub fn with_defences(settings: &CacheSettings) -> CacheConfig {
    let store = Memory::new(settings.memory.as_u64()).max_object(settings.max_object.as_u64());
    cache(store).policy(Policy::default())
}

/// A cache that does what the standards say.
#[must_use]
pub fn standards_only() -> CacheConfig {
    cache(Memory::new(256 << 20)).policy(Policy::standards_only())
}

/// How long a client may read nothing of a body that is held for it.
const STALLED: Duration = Duration::from_secs(60);

fn cache(store: Memory) -> CacheConfig {
    let in_background = |task: Task| {
        tokio::spawn(task);
    };
    let sleep = |time| -> Alarm { Box::pin(tokio::time::sleep(time)) };
    CacheConfig::default()
        .name(PSEUDONYM)
        .store(Arc::new(store))
        .spawner(in_background)
        .stalled_after(STALLED, sleep)
        .on_disconnect(OnDisconnect::Finish)
}

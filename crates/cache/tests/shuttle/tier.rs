//! [`Tier`]: copies that are on their way never bring back what was replaced or removed.

use std::sync::Arc;

use eaves_cache::store::{
    Memory, Store,
    tier::{Step, Tier},
};
use eaves_common::{time::Mono, units::ByteSize};
use shuttle::rand::{Rng as _, thread_rng};

use super::{Versions, at_once, check, key, look, put, read};

/// Keys with a writer each; more keys push these out of memory.
const KEYS: u8 = 2;
const CROWD: u8 = 5;

struct World {
    tier: Tier,
    below: Arc<Memory>,
    keys: [Versions; KEYS as usize],
}

impl World {
    /// Memory has room for two or three objects, the store below for all.
    fn new() -> Arc<Self> {
        let below = Arc::new(Memory::new(1 << 20).shards(1).seed(1));
        let memory = Memory::new(4_000).max_object(2_000).shards(1).seed(2);
        Arc::new(Self {
            tier: Tier::new(memory, below.clone()).promote_at(1),
            below,
            keys: Default::default(),
        })
    }

    /// Reads a key to the end, which may copy it up.
    fn get(&self, name: u8) -> Option<u64> {
        self.keys[usize::from(name)].observe(|| {
            let entry = look(&self.tier, name)?;
            let body = read(&entry.content);
            assert_eq!(body.len(), 800);
            assert!(
                body.iter().all(|byte| *byte == entry.head[0]),
                "another's body"
            );
            Some(u64::from(body[0]))
        })
    }

    fn check_budget(&self) {
        for usage in [self.tier.usage(), self.below.usage()] {
            assert!(usage.bytes <= usage.budget, "{usage:?}");
        }
    }

    fn put(&self, name: u8) {
        let versions = &self.keys[usize::from(name)];
        let version = versions.next() as u8;
        if put(&self.tier, name, &[version], &[version; 800]).is_ok() {
            versions.replaced();
        }
    }

    fn remove(&self, name: u8) {
        self.tier.remove(&key(name));
        self.keys[usize::from(name)].removed();
        assert_eq!(self.get(name), None);
    }

    fn write(&self, name: u8) {
        for _ in 0..3 {
            match thread_rng().gen_range(0..4_u8) {
                0 => self.remove(name),
                1 => _ = self.get(name),
                _ => self.put(name),
            }
            self.check_budget();
        }
    }

    /// Asks for others, which take the room in memory.
    fn crowd(&self) {
        for name in KEYS..KEYS + CROWD {
            if look(&self.tier, name).is_none() {
                let _ = put(&self.tier, name, &[0], &[0; 800]);
            }
        }
    }

    /// Writes below what memory holds, as before an end.
    fn drain(&self) {
        let mut drain = self.tier.drain(ByteSize::from_mib(1), Mono::MAX);
        while drain.step(Mono::ZERO) != Step::Done {}
    }

    fn read(&self) {
        for name in (0..KEYS).cycle().take(6) {
            self.get(name);
        }
    }
}

#[test]
fn copies_on_their_way_bring_nothing_back() {
    check(300, || {
        let world = World::new();
        let beside = |work: fn(&World, u8), name| {
            let world = world.clone();
            Box::new(move || work(&world, name)) as Box<dyn FnOnce() + Send>
        };
        at_once([
            beside(World::write, 0),
            beside(World::write, 1),
            beside(|world, _| world.crowd(), 0),
            beside(|world, _| world.read(), 0),
            beside(|world, _| world.drain(), 0),
        ]);
        (0..KEYS).for_each(|name| world.remove(name));
    });
}

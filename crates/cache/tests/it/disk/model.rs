//! Against a model: whatever is done in whatever order, with restarts and crashes in between.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
};

use eaves_cache::store::{Store, disk::Disk};
use proptest::prelude::*;

use super::{body, config, key, look_up, open, read_from, sim::Sim};

const BUDGET: u64 = 128 << 10;

#[derive(Clone, Debug)]
enum Step {
    Put { name: u8, len: u16, announced: bool },
    Abort { name: u8, len: u16 },
    Get { name: u8 },
    Head { name: u8 },
    Remove { name: u8 },
    Restart,
    Crash { seed: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let name = 0..12_u8;
    prop_oneof![
        6 => (name.clone(), 0..12_000_u16, any::<bool>()).prop_map(|(name, len, announced)| Step::Put { name, len, announced }),
        1 => (name.clone(), 0..12_000_u16).prop_map(|(name, len)| Step::Abort { name, len }),
        6 => name.clone().prop_map(|name| Step::Get { name }),
        2 => name.clone().prop_map(|name| Step::Head { name }),
        2 => name.prop_map(|name| Step::Remove { name }),
        1 => Just(Step::Restart),
        1 => any::<u64>().prop_map(|seed| Step::Crash { seed }),
    ]
}

/// What the store may answer for each name.
#[derive(Default)]
struct Model {
    /// What was put last: a head, and the seed and length of a body. Without an entry it must be a miss.
    last: HashMap<u8, (u64, u64, usize)>,
    /// All that was ever put, since a crash may bring back what was overwritten or removed.
    ever: HashMap<u8, HashSet<(u64, u64, usize)>>,
    /// Names that nothing was done to since the last crash.
    unsure: HashSet<u8>,
    next: u64,
}

impl Model {
    fn put(&mut self, name: u8, version: (u64, u64, usize)) {
        self.last.insert(name, version);
        self.ever.entry(name).or_default().insert(version);
        self.unsure.remove(&name);
    }

    fn may_be(&self, name: u8, version: (u64, u64, usize)) -> bool {
        if self.unsure.contains(&name) {
            return self
                .ever
                .get(&name)
                .is_some_and(|ever| ever.contains(&version));
        }
        self.last.get(&name) == Some(&version)
    }
}

fn head(number: u64) -> Vec<u8> {
    format!("head {number}").into_bytes()
}

/// Looks a name up and checks it; returns which version it is.
fn observe(disk: &Disk, name: u8, model: &mut Model) -> Option<(u64, u64, usize)> {
    let entry = look_up(disk, name)?;
    let text = String::from_utf8(entry.head).unwrap();
    let number: u64 = text.strip_prefix("head ").unwrap().parse().unwrap();
    let bytes = read_from(&entry.content, 0).ok()?;
    let ever = model.ever.get(&name).cloned().unwrap_or_default();
    let version = ever
        .into_iter()
        .find(|version| version.0 == number)
        .expect("a head that was put");
    assert_eq!(
        bytes,
        body(version.1, version.2),
        "name {name}, head {number}"
    );
    assert!(
        model.may_be(name, version),
        "{name} has {version:?}, which was overwritten or removed"
    );
    model.put(name, version);
    Some(version)
}

fn run(steps: Vec<Step>) {
    let mut files = Sim::new();
    let mut disk = open(&files, &config(BUDGET));
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Put {
                name,
                len,
                announced,
            } => put(&disk, name, (len, announced), &mut model),
            Step::Abort { name, len } => {
                let mut write = disk.begin(&key(name), b"head", None).unwrap();
                write.append(&body(0, len.into())).unwrap();
            }
            Step::Get { name } => {
                observe(&disk, name, &mut model);
            }
            Step::Head { name } => replace_head(&disk, name, &mut model),
            Step::Remove { name } => {
                disk.remove(&key(name));
                model.last.remove(&name);
                model.unsure.remove(&name);
            }
            Step::Restart => {
                disk.close().unwrap();
                drop(disk);
                disk = open(&files, &config(BUDGET));
            }
            Step::Crash { seed } => {
                files = crash(&files, seed);
                disk = open(&files, &config(BUDGET));
                // A crash may bring back segments that had left; none of them outlives the start.
                let used = files.knobs.used.load(Ordering::Relaxed);
                files.knobs.peak.store(used, Ordering::Relaxed);
                model.unsure = (0..12).collect();
            }
        }
        let peak = files.knobs.peak.load(Ordering::Relaxed);
        assert!(peak <= BUDGET, "{peak}");
        assert!(disk.usage().entries <= 12);
    }
}

fn put(disk: &Disk, name: u8, (len, announced): (u16, bool), model: &mut Model) {
    model.next += 1;
    let version = (model.next, model.next, usize::from(len));
    let announced = announced.then_some(len.into());
    let mut write = disk.begin(&key(name), &head(version.0), announced).unwrap();
    for part in body(version.1, version.2).chunks(3000) {
        write.append(part).unwrap();
    }
    write.commit(None);
    model.put(name, version);
}

fn replace_head(disk: &Disk, name: u8, model: &mut Model) {
    let Some(version) = observe(disk, name, model) else {
        return;
    };
    let Some(entry) = look_up(disk, name) else {
        return;
    };
    model.next += 1;
    if disk.replace_head(&key(name), &entry.content, &head(model.next)) {
        model.put(name, (model.next, version.1, version.2));
    }
}

fn crash(files: &Sim, seed: u64) -> Arc<Sim> {
    let mut state = seed | 1;
    files.crash(|below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]
    #[test]
    fn every_answer_is_the_last_version_or_after_a_crash_one_that_was(steps in prop::collection::vec(step(), 1..120)) {
        run(steps);
    }
}

//! Fills beside purges: what was asked for before a purge is not served after it returned.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use eaves_cache::{
    head::Head,
    policy::{Policy, Storage, Times},
    purge::{Mode, Purge, Purges, Target, Verdict},
    store::{Memory, Store},
};
use eaves_common::time::{Now, Wall};
use http::{Request, Response};

use super::{at_once, check, key, look, put, read};

/// An origin, a store before it, and the purges.
struct World {
    store: Memory,
    purges: Purges,
    /// What the origin sends now.
    version: AtomicU64,
    /// All versions before this one are purged.
    floor: AtomicU64,
    head: Head,
}

/// How often something came out of a store, in all schedules of a test.
type Hits = Arc<AtomicU64>;

const URL: u8 = 7;

fn head() -> Head {
    let request = Request::get("http://a.example/7").body(()).unwrap();
    let response = Response::builder()
        .header("cache-control", "max-age=600")
        .header("surrogate-key", "news")
        .header("cache-groups", "\"g\"")
        .body(())
        .unwrap();
    let times = Times::at(Now::default());
    let storage = Policy::default().storage((&request).into(), (&response).into(), times);
    let Storage::Store(meta) = storage else {
        panic!("it may be stored")
    };
    Head::new(meta, response.headers())
}

impl World {
    fn new(budget: u64) -> Arc<Self> {
        Arc::new(Self {
            store: Memory::new(budget).max_object(1_000).shards(1).seed(5),
            purges: Purges::with_limits(Wall::ZERO, 16, 2),
            version: AtomicU64::new(1),
            floor: AtomicU64::new(0),
            head: head(),
        })
    }

    /// What is served from the store, as far as purges let it.
    fn serve(&self) -> Option<u64> {
        let floor = self.floor.load(Ordering::SeqCst);
        let entry = look(&self.store, URL)?;
        let stored = Head::from_bytes(entry.head).unwrap();
        if self.purges.check(&key(URL), &stored, &*entry.content) != Verdict::Holds {
            return None;
        }
        let body = read(&entry.content);
        assert!(body.windows(2).all(|two| two[0] == two[1]), "a mixed body");
        let version = u64::from(body[0]);
        assert!(
            version >= floor,
            "{version} after the purge of all below {floor}"
        );
        Some(version)
    }

    /// What one does who asks: the epoch is taken before the request is sent.
    fn ask(&self) -> Option<u64> {
        if let Some(version) = self.serve() {
            return Some(version);
        }
        let asked = self.purges.epoch();
        let version = self.version.load(Ordering::SeqCst);
        let mut head = self.head.clone();
        head.set_asked(asked);
        // The origin answers some time later.
        shuttle::thread::yield_now();
        let _ = put(&self.store, URL, head.as_bytes(), &[version as u8; 900]);
        self.check_budget();
        None
    }

    fn check_budget(&self) {
        let usage = self.store.usage();
        assert!(usage.bytes <= usage.budget, "{usage:?}");
    }

    /// Another version comes to the origin, then all before it is purged. Something else was purged before, so that
    /// what is stored has to be checked again meanwhile.
    fn purge(&self, purge: &Purge) {
        let _ = self.purges.issue(&Purge::tag("sport"), Wall::ZERO);
        let version = self.version.fetch_add(1, Ordering::SeqCst) + 1;
        let receipt = self.purges.issue(purge, Wall::ZERO);
        match (purge.mode(), purge.target()) {
            (Mode::Hard, Target::Url(url)) => _ = self.store.remove(url),
            (Mode::Hard, Target::Everything) => self.store.void_before(receipt.epoch()),
            _ => {}
        }
        self.floor.store(version, Ordering::SeqCst);
        self.serve();
    }
}

/// Three ask, again and again, while one purges twice.
fn run(purge: &Purge, budget: u64, hits: &Hits) {
    let world = World::new(budget);
    let ask = |_| {
        let (world, hits) = (world.clone(), hits.clone());
        Box::new(move || {
            let served = (0..4).filter(|_| world.ask().is_some()).count();
            hits.fetch_add(served as u64, Ordering::SeqCst);
        }) as Box<dyn FnOnce() + Send>
    };
    let (purging, purge) = (world.clone(), purge.clone());
    let purger = Box::new(move || (0..2).for_each(|_| purging.purge(&purge)));
    let works: Vec<_> = (0..3).map(ask).chain([purger as _]).collect();
    at_once(works);
    world.ask();
    assert!(world.serve().is_none_or(|version| version == 3));
}

fn check_purges(times: usize, budget: u64) {
    let purges = [
        Purge::everything(),
        Purge::group(&key(URL), "g"),
        Purge::prefix("a.example/").unwrap(),
        Purge::tag("news").soft(),
        Purge::url(key(URL)),
    ];
    for purge in purges {
        let hits = Hits::default();
        let counted = hits.clone();
        check(times, move || run(&purge, budget, &counted));
        assert!(hits.load(Ordering::SeqCst) > 0, "the store never served");
    }
}

#[test]
fn what_was_asked_for_before_a_purge_is_not_served_after_it() {
    check_purges(120, 1 << 20);
}

/// There is room for the object that is there or for the one that comes, not for both.
#[test]
fn nor_is_it_while_fills_push_each_other_out() {
    check_purges(120, 2_600);
}

//! Memory over a disk behind the layer: what was purged is never served again, whichever store had it, over restarts
//! and crashes.

use std::sync::{Arc, Mutex, atomic::Ordering};

use eaves_cache::{
    key::Key,
    purge::Purge,
    store::{
        Memory,
        disk::Disk,
        tier::{self, Drained, Tier},
    },
    tower::CacheBody,
};
use eaves_common::{
    time::{ManualClock, Mono, Wall},
    units::ByteSize,
};
use http::{HeaderMap, Response};
use proptest::prelude::*;

use super::{config, open, sim::Sim};
use crate::origin::{Got, OriginBody, World, get, got, respond};

pub(super) const NAMES: usize = 24;
/// Memory holds a few of the objects, the disk most of them.
const MEMORY: u64 = 40_000;
pub(super) const DISK: u64 = 512 << 10;

/// A cache of both stores before an origin that counts the versions of each name.
pub(super) struct Edge {
    pub(super) world: World,
    pub(super) tier: Arc<Tier>,
    pub(super) disk: Arc<Disk>,
    files: Arc<Sim>,
    wall: u64,
    versions: Versions,
}

type Versions = Arc<Mutex<[u64; NAMES]>>;

impl Edge {
    pub(super) fn new() -> Self {
        Self::start(Sim::new(), 1_790_000_000, Versions::default())
    }

    /// A process on what files there are.
    fn start(files: Arc<Sim>, wall: u64, versions: Versions) -> Self {
        let clock = Arc::new(ManualClock::at(Wall::from_secs(wall)));
        let disk = Arc::new(open(&files, &config(DISK).clock(clock.clone())));
        let memory = Memory::new(MEMORY).shards(1).max_object(10_000).seed(1);
        let tier = Arc::new(Tier::new(memory, disk.clone()));
        let world = World::on(tier.clone(), |config| config.clock(clock));
        let current = versions.clone();
        world.answer_with(move |request| answer(request, &current));
        Self {
            world,
            tier,
            disk,
            files,
            wall,
            versions,
        }
    }

    /// Writes down what memory alone holds.
    pub(super) fn drain(&self) -> Drained {
        let drain = self.tier.drain(ByteSize::from_bytes(DISK), Mono::MAX);
        drain.run(&ManualClock::at(Wall::from_secs(self.wall)), || {})
    }

    /// The next process, after this one has ended cleanly or as cleanly as the disk allows.
    pub(super) fn restart(self) -> Self {
        // Where syncs fail it does not end cleanly; the next one then knows.
        let _ = self.disk.close();
        let Self {
            files,
            wall,
            versions,
            ..
        } = self;
        Self::start(files, wall + 1, versions)
    }

    /// The next process after a crash, on the files that it left.
    pub(super) fn crash(self, draw: impl FnMut(u64) -> u64) -> Self {
        let files = self.files.crash(draw);
        Self::start(files, self.wall + 1, self.versions)
    }

    pub(super) async fn get(&self, name: usize) -> Got {
        got(self.send(name).await).await
    }

    async fn send(&self, name: usize) -> Response<CacheBody<OriginBody>> {
        let request = get(&format!("/{name}"), &[("x-name", &name.to_string())]);
        self.world.send(request).await.unwrap()
    }

    fn current(&self, name: usize) -> u64 {
        self.versions.lock().unwrap()[name]
    }

    fn change(&self, concerns: impl Fn(usize) -> bool) {
        let mut versions = self.versions.lock().unwrap();
        let changed = versions.iter_mut().enumerate();
        changed
            .filter(|(name, _)| concerns(*name))
            .for_each(|(_, version)| *version += 1);
    }
}

fn answer(request: &HeaderMap, versions: &Versions) -> Response<OriginBody> {
    let name: usize = request["x-name"].to_str().unwrap().parse().unwrap();
    let version = versions.lock().unwrap()[name];
    let etag = format!("\"{version}\"");
    let (tag, group) = (tag_of(name), format!("\"{}\"", group_of(name)));
    let fields = [
        ("cache-control", "max-age=1000000"),
        ("surrogate-key", &tag),
        ("cache-groups", &group),
        ("etag", &etag),
    ];
    let known = request.get("if-none-match");
    if known.is_some_and(|known| known == &etag) {
        return respond(304, &fields).body(OriginBody::whole("")).unwrap();
    }
    let body = OriginBody::whole(&text(name, version));
    respond(200, &fields).body(body).unwrap()
}

pub(super) fn tag_of(name: usize) -> String {
    format!("t{}", name % 3)
}

fn group_of(name: usize) -> String {
    format!("g{}", name % 2)
}

/// A body that shows which version of which name it is wherever it is cut; some fit into memory and some do not.
fn text(name: usize, version: u64) -> String {
    let len = [200, 3_000, 9_000, 30_000][name % 4];
    let unit = format!("{name}:{version};");
    unit.repeat(len / unit.len())
}

/// The version that a body is of, all of it.
fn version_of(body: &str, name: usize) -> u64 {
    let unit = body.split_inclusive(';').next().unwrap();
    let version = unit
        .strip_prefix(&format!("{name}:"))
        .unwrap()
        .trim_end_matches(';');
    let version = version.parse().unwrap();
    assert_eq!(body, text(name, version));
    version
}

/// What is purged, and which names that concerns.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    Everything,
    Group(usize),
    Pattern(usize),
    Prefix(usize),
    Tag(usize),
    Url(usize),
}

impl What {
    pub(super) fn purge(self) -> Purge {
        let url = |name| Key::of_uri(&format!("http://a.example/{name}").parse().unwrap()).unwrap();
        match self {
            Self::Everything => Purge::everything(),
            Self::Group(name) => Purge::group(&url(name), &group_of(name)),
            Self::Pattern(digit) => Purge::pattern(&format!("*.example/*{digit}")).unwrap(),
            Self::Prefix(digit) => Purge::prefix(&format!("a.example/{digit}")).unwrap(),
            Self::Tag(name) => Purge::tag(&tag_of(name)),
            Self::Url(name) => Purge::url(url(name)),
        }
    }

    fn concerns(self, name: usize) -> bool {
        let path = name.to_string();
        match self {
            Self::Everything => true,
            Self::Group(of) => group_of(of) == group_of(name),
            Self::Pattern(digit) => path.ends_with(&digit.to_string()),
            Self::Prefix(digit) => path.starts_with(&digit.to_string()),
            Self::Tag(of) => tag_of(of) == tag_of(name),
            Self::Url(of) => of == name,
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Get(usize),
    /// Looks up and reads later.
    Hold(usize),
    Finish(usize),
    Change(usize),
    /// What is purged has another version at the origin then.
    Purge(What, bool),
    SyncsFail(bool),
    /// Begins to write down what memory alone holds.
    Drain,
    /// Goes on with that, for so many steps.
    GoOn(u8),
    Restart,
    Crash(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let name = 0..NAMES;
    let what = prop_oneof![
        1 => Just(What::Everything),
        2 => name.clone().prop_map(What::Group),
        2 => (0..10_usize).prop_map(What::Pattern),
        2 => (0..10_usize).prop_map(What::Prefix),
        2 => name.clone().prop_map(What::Tag),
        4 => name.clone().prop_map(What::Url),
    ];
    prop_oneof![
        24 => name.clone().prop_map(Step::Get),
        3 => name.clone().prop_map(Step::Hold),
        3 => any::<usize>().prop_map(Step::Finish),
        1 => name.prop_map(Step::Change),
        4 => (what, any::<bool>()).prop_map(|(what, soft)| Step::Purge(what, soft)),
        1 => any::<bool>().prop_map(Step::SyncsFail),
        1 => Just(Step::Drain),
        3 => any::<u8>().prop_map(Step::GoOn),
        1 => Just(Step::Restart),
        1 => any::<u64>().prop_map(Step::Crash),
    ]
}

/// The oldest version of each name that may be served.
type Floor = [u64; NAMES];

/// Asks for a name until a whole body comes: one that a crash damaged ends in an error, and after that is gone.
async fn whole(edge: &Edge, name: usize) -> Got {
    for _ in 0..3 {
        let got = edge.get(name).await;
        if got.body.is_ok() {
            return got;
        }
        assert!(edge.disk.disk_stats().damaged_bodies > 0, "{got:?}");
    }
    panic!("{name} stays damaged")
}

async fn observe(edge: &Edge, name: usize, floor: &Floor) {
    let got = whole(edge, name).await;
    let version = version_of(got.text(), name);
    assert!(
        (floor[name]..=edge.current(name)).contains(&version),
        "{name} is served in version {version}, purged before {}: {}",
        floor[name],
        got.cache_status()
    );
}

fn purge(edge: &Edge, (what, soft): (What, bool), floor: &mut Floor) {
    edge.change(|name| what.concerns(name));
    let purge = what.purge();
    let receipt = edge
        .world
        .layer
        .apply(&if soft { purge.soft() } else { purge });
    let safe = super::wait(|cx| receipt.durable().poll_synced(cx));
    let fails = edge.files.knobs.syncs_fail.load(Ordering::Relaxed);
    assert!(safe.is_ok() || fails, "a purge that is not safe");
    for (name, floor) in floor.iter_mut().enumerate() {
        if what.concerns(name) {
            *floor = edge.current(name);
        }
    }
}

async fn play(steps: Vec<Step>) {
    let (mut edge, mut floor, mut held) = (Edge::new(), Floor::default(), Vec::new());
    let mut draining: Option<tier::Drain> = None;
    for step in steps {
        match step {
            Step::Get(name) => observe(&edge, name, &floor).await,
            Step::Hold(name) => held.push((name, floor[name], edge.send(name).await)),
            Step::Finish(at) if !held.is_empty() => {
                let (name, floor, response) = held.swap_remove(at % held.len());
                let got = got(response).await;
                // A reader may be cut off when its segment leaves, and gets nothing wrong until then.
                if got.body.is_ok() {
                    assert!(version_of(got.text(), name) >= floor);
                }
            }
            Step::Finish(_) => {}
            Step::Change(name) => edge.change(|other| other == name),
            Step::Purge(what, soft) => purge(&edge, (what, soft), &mut floor),
            Step::SyncsFail(fail) => edge.files.knobs.syncs_fail.store(fail, Ordering::Relaxed),
            Step::Drain => {
                draining = Some(edge.tier.drain(ByteSize::from_bytes(DISK), Mono::MAX));
            }
            Step::GoOn(steps) => {
                for drain in draining.iter_mut() {
                    (0..steps).for_each(|_| _ = drain.step(Mono::ZERO));
                }
            }
            Step::Restart => {
                draining = None;
                held.clear();
                edge = edge.restart();
            }
            Step::Crash(seed) => {
                draining = None;
                held.clear();
                edge = edge.crash(draws(seed));
            }
        }
        let used = edge.files.knobs.used.load(Ordering::Relaxed);
        let [memory, disk] = edge.tier.tiers();
        assert!(memory.bytes <= memory.budget, "{memory:?}");
        assert!(disk.bytes <= disk.budget, "{disk:?}");
        assert!(used <= DISK, "{used} bytes in files");
    }
}

fn draws(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    }
}

fn run(steps: Vec<Step>) {
    let runtime = tokio::runtime::Builder::new_current_thread();
    { runtime }.build().unwrap().block_on(play(steps));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn what_was_purged_is_never_served_again(steps in prop::collection::vec(step(), 1..250)) {
        run(steps);
    }
}

/// Where an object lies when it is purged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    Below,
    Both,
}

/// Small objects, of which one is purged and others are not.
const PURGED: usize = 13;
const LEFT: usize = 2;

/// A process that has two objects on its disk, and maybe in memory too.
async fn laid(place: Where) -> Edge {
    let edge = Edge::new();
    for name in [PURGED, LEFT] {
        edge.get(name).await;
        edge.get(name).await;
    }
    // Others that are asked for more often push them down.
    for _ in 0..12 {
        for name in (0..NAMES).filter(|name| *name != PURGED && *name != LEFT) {
            edge.get(name).await;
        }
    }
    for _ in 0..if place == Where::Both { 30 } else { 0 } {
        edge.get(PURGED).await;
        edge.get(LEFT).await;
    }
    edge
}

#[tokio::test]
async fn objects_go_down_come_up_and_survive_a_clean_restart_in_either_place() {
    for place in [Where::Below, Where::Both] {
        let edge = laid(place).await;
        let before = edge.tier.moved();
        assert!(before.demoted > 0, "{before:?}");
        if place == Where::Both {
            assert!(before.promoted > 0, "{before:?}");
        }
        let seen = edge.world.seen();
        edge.get(PURGED).await;
        assert_eq!(edge.world.seen(), seen, "{place:?}: it is in one of them");
        let edge = edge.restart();
        let got = edge.get(PURGED).await;
        assert!(got.cache_status().starts_with("eaves; hit"), "{place:?}");
        assert_eq!((edge.tier.moved().demoted, edge.world.seen()), (0, 0));
    }
}

#[tokio::test]
async fn a_purge_whose_receipt_was_durable_is_never_undone() {
    let kinds = [
        What::Everything,
        What::Group(PURGED),
        What::Pattern(3),
        What::Prefix(1),
        What::Tag(PURGED),
        What::Url(PURGED),
    ];
    for (what, place) in kinds
        .map(|what| [(what, Where::Below), (what, Where::Both)])
        .concat()
    {
        for soft in [false, true] {
            for clean in [false, true] {
                durable((what, soft), place, clean).await;
            }
        }
    }
}

async fn durable((what, soft): (What, bool), place: Where, clean: bool) {
    let case = format!("{what:?} {place:?} soft {soft} clean {clean}");
    let edge = laid(place).await;
    let purge = what.purge();
    let purge = if soft { purge.soft() } else { purge };
    edge.world.layer.apply(&purge).durable().await.unwrap();
    // All that was written is still there, so that nothing is missed for want of being there.
    let edge = if clean {
        edge.restart()
    } else {
        edge.crash(|below| below - 1)
    };
    edge.get(PURGED).await;
    assert_eq!(edge.world.seen(), 1, "{case}: the origin is asked");
    let validated = edge.world.last_field("if-none-match").is_some();
    assert_eq!(
        validated, soft,
        "{case}: it is of no use after a hard purge"
    );
    edge.get(LEFT).await;
    let asked = edge.world.seen() - 1;
    let concerned = what.concerns(LEFT);
    assert_eq!(
        asked > 0,
        concerned || !clean,
        "{case}: what was not purged"
    );
    if asked > 0 && !concerned {
        let validated = edge.world.last_field("if-none-match").is_some();
        assert!(validated, "{case}: a crash makes it stale and no more");
    }
    // From then on both are as good as ever.
    edge.get(PURGED).await;
    edge.get(LEFT).await;
    assert_eq!(edge.world.seen(), 1 + asked, "{case}");
}

#[tokio::test]
async fn an_explanation_names_the_tier() {
    let clock = Arc::new(ManualClock::at(Wall::from_secs(1_790_000_000)));
    let disk = Arc::new(open(&Sim::new(), &config(DISK).clock(clock.clone())));
    let memory = Memory::new(MEMORY).max_object(1_000);
    let store = Arc::new(Tier::new(memory, disk));
    let world = World::on(store, |config| config.clock(clock));
    for (path, len, tier) in [("/short", 10, "memory"), ("/long", 5_000, "disk")] {
        world.say(200, &[("cache-control", "max-age=60")], &"x".repeat(len));
        world.get(path, &[]).await;
        let request = get(path, &[]);
        let told = world.layer.explained((&request).into()).await.unwrap();
        let store = told.steps().iter().find(|step| step.about == "store");
        let found = format!("whole, {len} bytes of body, in the tier {tier}");
        assert_eq!(store.map(|step| &step.found), Some(&found));
    }
    assert_eq!(world.seen(), 2);
}

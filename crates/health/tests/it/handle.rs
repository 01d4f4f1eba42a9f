//! What a handle offers beside probing: tables built elsewhere, scopes, words of others.

use std::{sync::Arc, time::Duration};

use eaves_common::time::{ManualClock, Wall};
use eaves_health::{
    Algorithm, OriginId, PoolConfig,
    driver::{Finding, Handle, Options, Prober, Probing},
    monitor::{Change, Evidence, Fitness, Probe, Standing},
    pool::{OriginConfig, Scope},
    probe::Verdict,
    state::Vote,
};
use tokio::time::timeout;

use super::probes::PATIENCE;

/// Is content with everybody.
struct Optimist;

impl Prober for Optimist {
    fn probe(&self, _: Probe) -> Probing {
        let latency = Duration::from_millis(1);
        Box::pin(async move { Finding::from(Verdict::Pass { latency }) })
    }
}

fn origins(count: u16) -> Vec<OriginConfig> {
    let origin = |port| OriginConfig::new(format!("o{port}"), ([192, 0, 2, 1], port).into());
    (0..count).map(origin).collect()
}

fn spawn(config: PoolConfig, clock: ManualClock) -> Handle {
    let options = Options::new().clock(Arc::new(clock)).seed(1);
    options.prober(Arc::new(Optimist)).spawn(config).unwrap()
}

/// Waits until an event says that somebody came to stand so, and returns its evidence.
async fn turned(handle: &Handle, standing: Standing) -> Evidence {
    let mut events = handle.subscribe();
    let turned = async {
        loop {
            let event = events.recv().await.unwrap();
            if matches!(event.change, Change::Origin { to, .. } if to == standing) {
                return event.evidence;
            }
        }
    };
    timeout(PATIENCE, turned).await.expect("it turns")
}

fn id_of(handle: &Handle, name: &str) -> OriginId {
    let status = handle.status();
    status
        .origins
        .iter()
        .find(|origin| origin.name == name)
        .unwrap()
        .id
}

/// The monitor's clock stands still, so that its patience with untaken rebuilds never ends: only
/// the driver can have built the table by which the last origin is found.
#[tokio::test]
async fn the_driver_builds_the_tables_of_a_large_pool() {
    let handle = spawn(PoolConfig::new("large"), ManualClock::at(Wall::ZERO));
    let selector = handle.selector(Algorithm::Maglev);
    handle.set_origins(origins(600)).unwrap();
    let built = async {
        loop {
            let last = handle
                .snapshot()
                .members()
                .iter()
                .map(|(_, origin)| origin.id())
                .max();
            let picked = |key| selector.pick_for(key, &[]).map(|guard| guard.id());
            if (0..100_000).any(|key| picked(key) == last) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    // Before there is a first table, picks go without it: the second edit tells.
    timeout(PATIENCE, built).await.expect("a table is built");
    let mut more = origins(600);
    more.push(OriginConfig::new("fresh", ([192, 0, 2, 2], 1).into()));
    handle.set_origins(more).unwrap();
    let fresh = id_of(&handle, "fresh");
    let built = async {
        while !(0..100_000).any(|key| selector.pick_for(key, &[]).unwrap().id() == fresh) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, built)
        .await
        .expect("a table with the fresh origin is built");
    handle.stop().await;
}

#[tokio::test]
async fn selectors_keep_to_their_scope_through_edits() {
    let mut members = origins(8);
    for origin in members.iter_mut().take(3) {
        *origin = origin.clone().tag("eu");
    }
    let handle = spawn(
        PoolConfig::new("tagged").origins(members),
        ManualClock::at(Wall::ZERO),
    );
    let selector = handle
        .selector_in(Scope::new().tag("eu"), Algorithm::Maglev)
        .unwrap();
    let ports = || -> std::collections::BTreeSet<u16> {
        let picks = (0..1000).map(|key| selector.pick_for(key, &[]).unwrap().addr().port());
        picks.collect()
    };
    assert_eq!(ports(), [0, 1, 2].into());
    let mut members = origins(8);
    members[5] = members[5].clone().tag("eu");
    handle.set_origins(members).unwrap();
    assert_eq!(ports(), [5].into());
    handle.stop().await;
}

#[tokio::test]
async fn others_words_count_and_are_told() {
    let handle = spawn(
        PoolConfig::new("told").origins(origins(3)),
        ManualClock::at(Wall::ZERO),
    );
    turned(&handle, Standing::Healthy).await;
    let all_known = async {
        while handle
            .status()
            .origins
            .iter()
            .any(|origin| origin.standing == Standing::Unknown)
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, all_known).await.expect("all are probed");
    let mut events = handle.subscribe();
    handle.handle_fitness(id_of(&handle, "o1"), Fitness::Degraded);
    for vantage in ["north", "south"] {
        handle.handle_vote(id_of(&handle, "o2"), vantage, Vote::Down);
    }
    let standings = |handle: &Handle| -> Vec<Standing> {
        let origins = handle.status().origins;
        origins.iter().map(|origin| origin.standing).collect()
    };
    let expected = [Standing::Healthy, Standing::Degraded, Standing::Down];
    assert_eq!(standings(&handle), expected);
    let told = timeout(PATIENCE, async {
        loop {
            let event = events.recv().await.unwrap();
            if matches!(event.evidence, Evidence::Votes { down: 2, of: 3 }) {
                return;
            }
        }
    });
    told.await.expect("subscribers are told");
    handle.stop().await;
}

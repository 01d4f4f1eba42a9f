//! A thousand origins, and edits while requests are under way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use eaves_health::{
    Algorithm, Outcome, PoolConfig, driver, monitor::Policy, pool::OriginConfig, probe::Check,
};
use tokio::time::timeout;

use super::{PATIENCE, nobody, origin::origin};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_origins_are_probed() {
    let good = origin(|_| async {}).await;
    let dead = nobody().await;
    let origins = (0..1000_u16).map(|at| {
        let addr = if at % 100 == 7 { dead } else { good };
        OriginConfig::new(format!("o{at}"), addr)
    });
    let check = Check::tcp()
        .interval(Duration::from_millis(500))
        .timeout(PATIENCE);
    // Both ends of each connection are files of this process, which may have a thousand of them.
    let mut policy = Policy::default();
    policy.probes.at_once = 200;
    let config = PoolConfig::new("many")
        .check(check)
        .policy(policy)
        .origins(origins);
    let handle = driver::spawn(config).unwrap();
    let mut findings = handle.findings();
    let all_known = async {
        loop {
            let status = handle.status();
            let known = |origin: &&eaves_health::monitor::OriginStatus| origin.probed_up.is_some();
            if status.origins.iter().filter(known).count() == 1000 && status.healthy == 990 {
                return status;
            }
            let _ = findings.recv().await;
            while findings.try_recv().is_ok() {}
        }
    };
    let status = timeout(PATIENCE, all_known)
        .await
        .expect("all are known in time");
    assert!(status.probes >= 1000);
    handle.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_under_load_lose_nobody() {
    let good = origin(|_| async {}).await;
    let members = move |count: u32, weight: u32| -> Vec<OriginConfig> {
        let origin =
            move |at| OriginConfig::new(format!("o{at}"), good).weight(1 + (at + weight) % 5);
        (0..count).map(origin).collect()
    };
    let check = Check::tcp()
        .interval(Duration::from_millis(20))
        .timeout(PATIENCE);
    let config = PoolConfig::new("web").check(check).origins(members(20, 0));
    let handle = Arc::new(driver::spawn(config).unwrap());
    let ended = Arc::new(AtomicBool::new(false));
    let workers: Vec<_> = [
        Algorithm::PowerOfTwo,
        Algorithm::Maglev,
        Algorithm::RoundRobin,
    ]
    .into_iter()
    .map(|algorithm| {
        let (handle, ended) = (Arc::clone(&handle), Arc::clone(&ended));
        std::thread::spawn(move || {
            let selector = handle.selector(algorithm);
            let mut picks = 0_u64;
            while !ended.load(Ordering::Relaxed) || picks < 1000 {
                let guard = selector
                    .pick_for(picks, &[])
                    .expect("somebody is always there");
                assert_eq!(guard.addr(), good);
                guard.finish(Outcome::Success {
                    latency: Duration::from_millis(1),
                });
                picks += 1;
            }
            picks
        })
    })
    .collect();
    let editors: Vec<_> = (0..2)
        .map(|editor| {
            let handle = Arc::clone(&handle);
            std::thread::spawn(move || {
                for round in 0..12 {
                    let count = 5 + (round * 7 + editor * 3) % 30;
                    handle.set_origins(members(count, round)).unwrap();
                }
            })
        })
        .collect();
    let joined = tokio::task::spawn_blocking(move || {
        editors
            .into_iter()
            .for_each(|editor| editor.join().unwrap());
        ended.store(true, Ordering::Relaxed);
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .min()
    });
    let fewest = timeout(PATIENCE, joined).await.unwrap().unwrap();
    assert!(fewest >= Some(1000));
    handle.set_origins(members(3, 0)).unwrap();
    let status = handle.status();
    assert_eq!(status.origins.len(), 3);
    assert!(status.origins.iter().all(|origin| origin.in_flight == 0));
}

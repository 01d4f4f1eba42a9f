//! What is in flight, counted across threads: by whom a request began, and by whom it ended.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use eaves_common::time::Now;
use eaves_health::{Algorithm, Answered, Guard, Monitor, Outcome, Selector};

use crate::world::pool;

const REQUESTS: usize = 2_000;

/// A request on its way to another thread.
enum Moving {
    Asked(Guard<'static>),
    Answered(Answered<'static>),
}

fn in_flight(monitor: &Monitor) -> u32 {
    let status = monitor.status();
    status.origins.iter().map(|origin| origin.in_flight).sum()
}

fn good() -> Outcome {
    Outcome::of_status(200, Duration::from_millis(1))
}

/// Sends some of its requests to end elsewhere, some half done, and ends the others itself.
fn work(selector: &Selector, elsewhere: &mpsc::Sender<Moving>, here: &mpsc::Receiver<Moving>) {
    for request in 0..REQUESTS {
        let guard = selector.pick_for(request as u64, &[]).unwrap();
        let sent = match request % 4 {
            0 => elsewhere.send(Moving::Asked(guard.into_owned())),
            1 => {
                let answered = guard.into_owned().answered(good());
                elsewhere.send(Moving::Answered(answered))
            }
            2 => {
                guard.finish(good());
                Ok(())
            }
            _ => Ok(()),
        };
        sent.unwrap_or_else(|_| panic!("the other ends what it is sent"));
        here.try_iter().for_each(end);
    }
}

fn end(moving: Moving) {
    match moving {
        Moving::Asked(guard) => guard.finish(good()),
        Moving::Answered(answered) => drop(answered),
    }
}

#[test]
fn once_all_requests_have_ended_wherever_it_was_nothing_is_in_flight() {
    for algorithm in [
        Algorithm::PowerOfTwo,
        Algorithm::BoundedLoad,
        Algorithm::LeastLoaded,
    ] {
        let mut monitor = Monitor::new(pool(&[1; 5]), 1, Now::default()).unwrap();
        // Two threads share a board; the third has one of its own.
        let shared = monitor.selector(algorithm);
        let selectors = [shared.clone(), shared, monitor.selector(algorithm)];
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..3).map(|_| mpsc::channel()).unzip();
        thread::scope(|scope| {
            for (at, (selector, here)) in selectors.iter().zip(receivers).enumerate() {
                let elsewhere = senders[(at + 1) % 3].clone();
                scope.spawn(move || {
                    work(selector, &elsewhere, &here);
                    drop(elsewhere);
                    here.into_iter().for_each(end);
                });
            }
            drop(senders);
        });
        assert_eq!(in_flight(&monitor), 0, "{algorithm:?}");
        monitor.handle_traffic(Now::default());
        let status = monitor.status();
        assert!(
            status
                .origins
                .iter()
                .all(|origin| origin.error_share == 0.0)
        );
    }
}

#[test]
fn a_load_is_the_same_whichever_thread_reads_it() {
    let monitor = Monitor::new(pool(&[1; 2]), 1, Now::default()).unwrap();
    let selector = Arc::new(monitor.selector(Algorithm::LeastLoaded));
    let mut held: Vec<_> = (0..6).map(|_| selector.pick(&[]).unwrap()).collect();
    let others = Arc::clone(&selector);
    let elsewhere = thread::spawn(move || {
        let held: Vec<_> = (0..6)
            .map(|_| others.pick(&[]).unwrap().into_owned())
            .collect();
        (
            held.iter().filter(|guard| guard.id().number() == 0).count(),
            held,
        )
    });
    let (first, moved) = elsewhere.join().unwrap();
    assert_eq!(first, 3, "it sees what is in flight and evens it out");
    assert_eq!(in_flight(&monitor), 12);
    drop(moved);
    assert_eq!(in_flight(&monitor), 6);
    held.truncate(1);
    assert_eq!(in_flight(&monitor), 1);
}

//! Heads that outlived the process which stored them.

use eaves_common::time::Now;

use super::{
    codec::{META_LEN, Reader, read_meta, write_meta},
    compact::RESPONSE,
};

/// Makes a head tell its age by the clocks of this process: by dates from when it was received until now.
///
/// The monotonic time of another process means nothing here. If the wall clock went back meanwhile, nobody knows
/// how much time passed, and the response counts as stale. Records that are no response have no age.
pub(crate) fn rebase(bytes: &mut [u8], now: Now) {
    if bytes.first() != Some(&RESPONSE) {
        return;
    }
    let Ok(mut meta) = read_meta(&mut Reader { bytes, at: 1 }) else {
        return;
    };
    let passed = if now.wall >= meta.received.wall {
        now.wall - meta.received.wall
    } else {
        meta.lifetime
    };
    meta.initial_age = meta.initial_age.saturating_add(passed);
    meta.received = now;
    let mut numbers = Vec::with_capacity(META_LEN);
    write_meta(&meta, &mut numbers);
    if let Some(place) = bytes.get_mut(1..1 + META_LEN) {
        place.copy_from_slice(&numbers);
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use eaves_common::time::{Mono, Wall};
    use http::{Request, Response, header::CACHE_CONTROL};

    use super::*;
    use crate::{
        head::Head,
        policy::{Policy, Storage, Times},
    };

    fn at(mono: u64, wall: u64) -> Now {
        Now {
            mono: Mono::from_secs(mono),
            wall: Wall::from_nanos(wall * 1_000_000_000),
        }
    }

    fn head_received(now: Now) -> Head {
        let request = Request::get("http://a.example/").body(()).unwrap();
        let response = Response::builder()
            .header(CACHE_CONTROL, "max-age=60")
            .body(())
            .unwrap();
        let storage =
            Policy::default().storage((&request).into(), (&response).into(), Times::at(now));
        let Storage::Store(meta) = storage else {
            panic!("it may be stored")
        };
        Head::new(meta, response.headers())
    }

    fn age_after(stored: Now, restart: Now, later: Now) -> Duration {
        let mut bytes = head_received(stored).as_bytes().to_vec();
        rebase(&mut bytes, restart);
        Head::from_bytes(bytes).unwrap().meta().age(later)
    }

    #[test]
    fn the_time_between_two_processes_counts() {
        let age = age_after(at(5_000, 1_000), at(1, 1_040), at(3, 1_042));
        assert_eq!(age, Duration::from_secs(42));
    }

    #[test]
    fn a_wall_clock_that_went_back_makes_it_stale() {
        let age = age_after(at(5_000, 1_000), at(1, 900), at(1, 900));
        assert_eq!(age, Duration::from_secs(60));
    }
}

//! Types cross threads.

use eaves_common::{Error, ErrorKind, Side, time, units};

fn crosses_threads<T: Send + Sync + 'static>() {}

#[test]
fn types_are_send_and_sync() {
    crosses_threads::<Error>();
    crosses_threads::<ErrorKind>();
    crosses_threads::<Side>();
    crosses_threads::<time::ManualClock>();
    crosses_threads::<time::Now>();
    crosses_threads::<units::ByteSize>();
    crosses_threads::<units::IpPrefix>();
    crosses_threads::<units::Rate>();
    crosses_threads::<units::Ratio>();
    crosses_threads::<units::TimeSpan>();
    crosses_threads::<units::UnitError>();
}

#[cfg(feature = "live")]
#[test]
fn live_values_are_send_and_sync() {
    use eaves_common::live;

    crosses_threads::<live::Live<Vec<u8>>>();
    crosses_threads::<live::Ref<Vec<u8>>>();
    crosses_threads::<live::Subscription<Vec<u8>>>();
    crosses_threads::<live::LiveError>();
    crosses_threads::<live::Event>();
}

#[cfg(feature = "config")]
#[test]
fn configurations_are_send_and_sync() {
    use eaves_common::config;

    crosses_threads::<config::Config<Vec<u8>>>();
    crosses_threads::<config::Format>();
    crosses_threads::<config::Limits>();
    crosses_threads::<config::Mistake>();
    crosses_threads::<config::Problems>();
    crosses_threads::<config::Reader>();
    crosses_threads::<config::Setting>();
}

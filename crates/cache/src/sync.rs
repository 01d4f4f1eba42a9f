//! Locks and atomics of what lies in memory: the machine's, or in a build with `--cfg shuttle` some that let a test
//! choose how threads interleave.

#[cfg(not(shuttle))]
pub(crate) use std::sync::{Mutex, MutexGuard, RwLock, atomic};

#[cfg(shuttle)]
pub(crate) use shuttle::sync::{Mutex, MutexGuard, RwLock, atomic};

//! [`is_ours`]: errors that say nothing of an origin, since this machine lacks something.

use std::{error::Error as StdError, io};

/// Says whether an error, or one among its sources, came of something that is missing here: ports, memory, leave to send,
/// files (`ENFILE` and `EMFILE` on every Unix). No origin is to blame for it, and the request has reached none.
///
/// ```
/// use std::io;
///
/// assert!(eaves_health::is_ours(&io::Error::from(io::ErrorKind::AddrNotAvailable)));
/// assert!(!eaves_health::is_ours(&io::Error::from(io::ErrorKind::ConnectionRefused)));
/// ```
#[must_use]
pub fn is_ours(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref::<io::Error>().is_some_and(is_a_lack) {
            return true;
        }
        next = error.source();
    }
    false
}

fn is_a_lack(error: &io::Error) -> bool {
    use io::ErrorKind::{AddrNotAvailable, OutOfMemory, PermissionDenied};
    let files = cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24));
    files
        || matches!(
            error.kind(),
            AddrNotAvailable | OutOfMemory | PermissionDenied
        )
}

//! Field values as they arrive: bytes in, numbers, dates, tags and ranges out.
//!
//! Nothing here allocates or fails loudly: a value that breaks its grammar is `None`, and what that means
//! (ignored, stale, refused) is the [`policy`](crate::policy)'s to say.

mod cache_control;
mod date;
mod directive;
mod etag;
mod list;
mod range;
mod search;
mod seconds;
mod structured;

pub use cache_control::{RequestDirectives, ResponseDirectives};
pub use date::HttpDate;
pub use etag::EntityTag;
pub(crate) use list::{members, members_of, trim};
pub use range::{ByteRange, ContentRange, RangeSet};
pub use search::SearchVariance;
pub(crate) use seconds::age_of;
pub use seconds::{age, seconds};

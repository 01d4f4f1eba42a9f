//! Messages: [`View`] reads lazily over borrowed bytes, [`Message`] keeps received bytes, [`Builder`]
//! writes into a caller's buffer.

mod builder;
mod header;
mod owned;
mod question;
mod rcode;
mod record;
mod section;
mod view;

pub use builder::{Builder, Head, Mark};
pub use header::{Flags, Header, Opcode};
pub use owned::{Message, OwnedRecords};
pub use question::Question;
pub use rcode::Rcode;
pub use record::Record;
pub use section::{Questions, Records, Section};
pub use view::View;

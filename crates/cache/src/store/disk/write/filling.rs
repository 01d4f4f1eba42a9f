//! [`Filling`]: the right to write one object.

use std::sync::Arc;

use http::HeaderMap;

use super::growing::{Growing, Text};
use crate::{
    key::Key,
    store::{
        Content, Refused, Write,
        disk::{gauge::Charge, health::Trouble, index::Tag, shared::Shared, stats::Count},
    },
};

/// An object on its way in. It holds what it reserved until it is committed or dropped.
pub(in crate::store::disk) struct Filling {
    shared: Arc<Shared>,
    key: Key,
    tag: Tag,
    head: Box<[u8]>,
    body: Arc<Growing>,
    announced: Option<u64>,
    written: u64,
    reserved: Charge,
    end: Ended,
}

#[derive(PartialEq, Eq)]
enum Ended {
    No,
    Committed,
}

impl Filling {
    pub(in crate::store::disk) fn begin(
        shared: &Arc<Shared>,
        key: &Key,
        head: &[u8],
        len: Option<u64>,
    ) -> Result<Self, Refused> {
        let key_len = key.as_bytes().len();
        let text = (key_len + head.len()) as u64;
        admit(shared)?;
        let sizes = &shared.sizes;
        let most_text = if key_len > usize::from(u16::MAX) {
            0
        } else {
            sizes.max_text
        };
        within(text, most_text)?;
        within(len.unwrap_or(0), sizes.max_object)?;
        let mut reserved = shared.reserved.charge();
        let needed = text + len.unwrap_or(0);
        if !reserved.grow(needed) {
            return Err(Refused::NoRoom { needed });
        }
        let hash = shared.sums.key(key.as_bytes());
        Ok(Self {
            shared: shared.clone(),
            key: key.clone(),
            tag: Tag::of(hash),
            head: head.into(),
            body: Arc::new(Growing::new(shared.clone(), hash)),
            announced: len,
            written: 0,
            reserved,
            end: Ended::No,
        })
    }

    fn reserve(&mut self, more: u64) -> Result<(), Refused> {
        let len = self.written + more;
        if let Some(announced) = self.announced {
            let fits = len <= announced;
            return if fits {
                Ok(())
            } else {
                Err(Refused::Length { announced })
            };
        }
        within(len, self.shared.sizes.max_object)?;
        if self.reserved.grow(more) {
            Ok(())
        } else {
            Err(Refused::NoRoom { needed: more })
        }
    }

    fn try_append(&mut self, data: &[u8]) -> Result<(), Refused> {
        let more = data.len() as u64;
        self.reserve(more)?;
        if self.body.is_lost() {
            return Err(unavailable(
                self.shared.health.trouble().unwrap_or(Trouble::Failing),
            ));
        }
        let left = self.announced.map(|announced| announced - self.written);
        if !self.body.append(data, left) {
            return Err(busy(&self.shared));
        }
        self.written += more;
        Ok(())
    }
}

impl Write for Filling {
    fn append(&mut self, data: &[u8]) -> Result<(), Refused> {
        let appended = self.try_append(data);
        self.flush();
        appended.inspect_err(|refused| refuse(&self.shared, refused))
    }

    fn content(&self) -> Arc<dyn Content> {
        self.body.clone()
    }

    fn commit(mut self: Box<Self>, trailers: Option<HeaderMap>) {
        let whole = self
            .announced
            .is_none_or(|announced| announced == self.written);
        if !whole || self.shared.is_closed() {
            return;
        }
        let text = Text {
            tag: self.tag,
            key: self.key.as_bytes(),
            head: &self.head,
        };
        self.end = Ended::Committed;
        let Some(bytes) = self.body.commit(&text, trailers) else {
            return self.shared.counters.one(Count::Lost);
        };
        self.shared.counters.one(Count::Committed);
        self.shared.counters.add(Count::AdmittedByte, bytes);
        self.shared.earn_allowance(bytes);
        self.flush();
    }
}

impl Filling {
    fn flush(&self) {
        if self.shared.log().has_queued() {
            self.shared.schedule_flush();
        }
    }
}

impl Drop for Filling {
    fn drop(&mut self) {
        if self.end == Ended::No {
            self.shared.counters.one(Count::Aborted);
        }
    }
}

fn admit(shared: &Shared) -> Result<(), Refused> {
    if shared.is_closed() {
        return Err(Refused::Unavailable {
            why: "it is closed",
        });
    }
    shared
        .health
        .admit(shared.clock.mono())
        .map_err(unavailable)?;
    if shared.buffer.used() >= shared.buffer.limit() {
        return Err(busy(shared));
    }
    Ok(())
}

fn within(len: u64, limit: u64) -> Result<(), Refused> {
    if len <= limit {
        Ok(())
    } else {
        Err(Refused::TooLarge { len, limit })
    }
}

fn busy(shared: &Shared) -> Refused {
    Refused::Busy {
        waiting: shared.buffer.used(),
        limit: shared.buffer.limit(),
    }
}

fn unavailable(trouble: Trouble) -> Refused {
    Refused::Unavailable {
        why: match trouble {
            Trouble::Failing => "disk fails",
            Trouble::Full => "disk is full",
            Trouble::ReadOnly => "disk is read-only",
        },
    }
}

/// Counts a refusal.
pub(in crate::store::disk) fn refuse(shared: &Shared, refused: &Refused) {
    shared.counters.one(match refused {
        Refused::Busy { .. } => Count::RefusedBusy,
        Refused::NoRoom { .. } => Count::RefusedNoRoom,
        Refused::TooLarge { .. } => Count::RefusedTooLarge,
        _ => Count::RefusedUnavailable,
    });
}

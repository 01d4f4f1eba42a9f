//! [`Filling`]: an object on its way in.

use std::sync::Arc;

use eaves_common::time::Mono;
use http::HeaderMap;

use super::{
    Engine, STEP, now_of,
    object::{Heir, Nobody, Object, Shared},
    refused,
};
use crate::{
    head::read_meta,
    key::Key,
    store::{
        Content, Refused, Write,
        blocks::{BLOCK, Blocks},
        body::{Body, chunk},
        tinylfu::{Reservation, TinyLfu},
    },
};

/// An object that is being written; it holds its reservation until it is committed or dropped.
pub(in crate::store) struct Filling {
    shared: Arc<Shared>,
    room: Reservation<Box<[u8]>, Object>,
    key: Box<[u8]>,
    head: Box<[u8]>,
    blocks: Arc<Blocks>,
    announced: Option<u64>,
    written: u64,
    /// What is reserved for the body.
    body_room: u64,
    now: Mono,
}

impl Filling {
    pub(super) fn begin(
        shared: &Arc<Shared>,
        key: &Key,
        head: &[u8],
        len: Option<u64>,
        heir: &dyn Heir,
    ) -> Result<Self, Refused> {
        let now = now_of(head);
        let body_room = len.unwrap_or(STEP);
        let fixed = chunk(key.as_bytes().len()) + chunk(head.len());
        let weight = fixed.saturating_add(resident(body_room));
        let room = TinyLfu::reserve(
            &shared.engine,
            key.as_bytes(),
            weight,
            &shared.fate(now, heir),
        )
        .map_err(refused)?;
        Ok(Self {
            shared: shared.clone(),
            room,
            key: Box::from(key.as_bytes()),
            head: Box::from(head),
            blocks: Arc::default(),
            announced: len,
            written: 0,
            body_room,
            now,
        })
    }

    /// Makes room for a body of this length so far.
    fn admit(&mut self, len: u64, heir: &dyn Heir) -> Result<(), Refused> {
        if let Some(announced) = self.announced {
            return match len > announced {
                true => Err(Refused::Length { announced }),
                false => Ok(()),
            };
        }
        let limit = self.shared.terms.max_object;
        if len > limit {
            self.shared.refuse_large();
            return Err(Refused::TooLarge { len, limit });
        }
        if len > self.body_room {
            let body_room = len.next_multiple_of(STEP);
            let more = resident(body_room) - resident(self.body_room);
            self.room
                .grow(more, &self.shared.fate(self.now, heir))
                .map_err(refused)?;
            self.body_room = body_room;
        }
        Ok(())
    }

    /// Appends; what has to leave for it goes to the heir.
    pub(in crate::store) fn append_over(
        &mut self,
        data: &[u8],
        heir: &dyn Heir,
    ) -> Result<(), Refused> {
        let len = self.written + data.len() as u64;
        self.admit(len, heir)?;
        let left = self.announced.map(|announced| announced - self.written);
        self.blocks.append(data, left);
        self.written = len;
        Ok(())
    }

    /// Makes the object visible; says whether it is. What has to leave for its trailers goes to the heir.
    pub(in crate::store) fn commit_over(
        mut self,
        trailers: Option<HeaderMap>,
        place: Place,
        heir: &dyn Heir,
    ) -> bool {
        if self
            .announced
            .is_some_and(|announced| announced != self.written)
        {
            return false;
        }
        let body = self.blocks.seal(trailers);
        // Nothing before it was asked for concerns it.
        body.check(read_meta(&self.head).map_or(u64::MAX, |meta| meta.asked));
        let object = Object {
            until: self.shared.terms.until(&self.head),
            head: core::mem::take(&mut self.head),
            body,
            since: self.now,
        };
        let weight = object.weight(self.key.len());
        let Self {
            shared,
            mut room,
            key,
            now,
            ..
        } = self;
        let reserved = room.weight();
        let needed = weight + Engine::ENTRY_COST;
        // Trailers alone can make it more than was reserved.
        if needed > reserved
            && room
                .grow(needed - reserved, &shared.fate(now, heir))
                .is_err()
        {
            return false;
        }
        match place {
            Place::Anyway => room.commit(key, object, weight).is_ok(),
            Place::Below => {
                object.body.set_below();
                room.commit_if_absent(key, object, weight)
            }
        }
    }
}

/// Where an object comes from that is put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Place {
    /// From an origin: it takes the place of whatever is there.
    Anyway,
    /// From a store below this one, which keeps it: what is there is later.
    Below,
}

/// The most that a body of a length takes at rest, without its trailers.
fn resident(len: u64) -> u64 {
    let list = len.div_ceil(BLOCK as u64);
    let each = chunk(BLOCK) - BLOCK as u64 + chunk(3 * size_of::<usize>());
    let slots = list.saturating_mul(each + size_of::<bytes::Bytes>() as u64);
    let own = chunk(size_of::<Body>() + 2 * size_of::<usize>()) + chunk(1);
    len.saturating_add(slots).saturating_add(own)
}

impl Write for Filling {
    fn append(&mut self, data: &[u8]) -> Result<(), Refused> {
        self.append_over(data, &Nobody)
    }

    fn content(&self) -> Arc<dyn Content> {
        self.blocks.clone()
    }

    fn commit(self: Box<Self>, trailers: Option<HeaderMap>) {
        self.commit_over(trailers, Place::Anyway, &Nobody);
    }
}

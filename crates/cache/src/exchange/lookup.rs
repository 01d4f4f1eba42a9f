//! [`Lookup`]: from a request to the stored response it selects.

use eaves_common::time::{Now, Wall};

use crate::{
    head::{Head, Parts, Record, Variants},
    key::{Key, KeyError, KeyRules},
    policy::{Bypass, Decision, Policy, RequestHead, VaryOn},
    purge::{Purges, Verdict},
    store::Content,
};

/// How an exchange begins.
#[derive(Debug)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "it is looked up or not")]
pub enum Opening {
    /// The request is not for a cache.
    Bypass {
        /// Why it is not.
        reason: Bypass,
        /// The key of its target, which an unsafe method may invalidate.
        key: Key,
    },
    /// Look it up.
    Lookup(Lookup),
}

impl Opening {
    /// Starts an exchange.
    ///
    /// # Errors
    /// If the request names no target; answer 400.
    pub fn of(
        policy: &Policy,
        keys: &KeyRules,
        request: RequestHead<'_>,
    ) -> Result<Self, KeyError> {
        let key = keys.key(request)?;
        Ok(match policy.bypass(request) {
            Some(reason) => Self::Bypass { reason, key },
            None => Self::Lookup(Lookup::new(key)),
        })
    }
}

/// A request whose stored response is being looked for. Dropping it has no effect.
#[derive(Debug)]
#[must_use]
pub struct Lookup {
    primary: Key,
    key: Key,
    variants: Option<Variants>,
    tried: usize,
}

impl Lookup {
    /// Starts at the key of a URI.
    pub fn new(primary: Key) -> Self {
        Self {
            key: primary.clone(),
            primary,
            variants: None,
            tried: 0,
        }
    }

    /// Returns the key to look up.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Takes what the store holds under [`key`](Self::key). Bytes that cannot be read count as absent.
    pub fn found(mut self, request: RequestHead<'_>, record: Option<Vec<u8>>) -> Found {
        let record = record.and_then(|bytes| Record::read(bytes).ok());
        match (record, self.variants.is_some()) {
            (Some(Record::Response(head)), _) => return self.select(Some(head)),
            (Some(Record::Parts(parts)), _) => return self.select_parts(parts),
            (Some(Record::Variants(variants)), false) => self.variants = Some(variants),
            (Some(Record::Variants(_)), true) => {}
            (None, true) => self.tried += 1,
            (None, false) => return self.select(None),
        }
        self.next_variant(request)
    }

    /// Goes on to the next set of fields, or gives up under the key of the newest.
    fn next_variant(mut self, request: RequestHead<'_>) -> Found {
        let Some(variants) = &self.variants else {
            return self.select(None);
        };
        match (variants.on.get(self.tried), variants.on.first()) {
            (Some(on), _) => {
                self.key = self.primary.variant(variants.set, on, request.headers);
                Found::Again(self)
            }
            (None, Some(newest)) => {
                self.key = self.primary.variant(variants.set, newest, request.headers);
                self.select(None)
            }
            (None, None) => self.select(None),
        }
    }

    /// Of the response only parts are there: nothing is selected, but they may be completed.
    fn select_parts(self, parts: Parts) -> Found {
        let Found::Selected(mut selected) = self.select(None) else {
            unreachable!("a selection ends the lookup")
        };
        selected.parts = Some(Box::new(parts));
        Found::Selected(selected)
    }

    fn select(self, head: Option<Head>) -> Found {
        Found::Selected(Selected {
            primary: self.primary,
            key: self.key,
            variants: self.variants,
            head,
            parts: None,
        })
    }
}

/// What a lookup led to.
#[derive(Debug)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "a lookup goes on or ends")]
pub enum Found {
    /// Look up the next key.
    Again(Lookup),
    /// The lookup is over.
    Selected(Selected),
}

/// The end of a lookup: the stored response that a request selects, if there is one, and the keys it goes by.
#[derive(Clone, Debug)]
#[must_use]
pub struct Selected {
    primary: Key,
    key: Key,
    variants: Option<Variants>,
    head: Option<Head>,
    parts: Option<Box<Parts>>,
}

impl Selected {
    /// Returns the key of the URI.
    #[must_use]
    pub fn primary(&self) -> &Key {
        &self.primary
    }

    /// Returns the key of the response itself: the URI's, or a variant's.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Returns the stored head.
    #[must_use]
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// Takes the stored head out, to serve it.
    pub fn take_head(&mut self) -> Option<Head> {
        self.head.take()
    }

    /// Treats the request as if nothing were stored for it.
    pub fn forget_head(&mut self) {
        self.head = None;
    }

    /// Asks whether the stored response was purged: what is void is forgotten, what was purged softly is stale. `content`
    /// is the body that was found with the head; `now` is asked for only if it matters.
    pub fn check(
        &mut self,
        purges: &Purges,
        content: &dyn Content,
        now: impl FnOnce() -> Wall,
    ) -> Verdict {
        let (verdict, head) = match (&mut self.head, &mut self.parts) {
            (Some(head), _) => (purges.check(&self.primary, head, content), head),
            (None, Some(parts)) => {
                let head = &mut parts.head;
                (purges.verdict(&self.primary, head), head)
            }
            (None, None) => return Verdict::Holds,
        };
        match verdict {
            Verdict::Holds => {}
            // Epochs may run ahead of a clock that stands still.
            Verdict::Stale { since } => head.expire_at(since.min(now())),
            Verdict::Void => (self.head, self.parts) = (None, None),
        }
        verdict
    }

    /// Says whether the URL is known, but not the variant that the request selects.
    #[must_use]
    pub fn is_vary_miss(&self) -> bool {
        self.head.is_none() && self.parts.is_none() && self.variants.is_some()
    }

    /// The parts that are stored of the response, where it is not stored whole.
    pub(crate) fn parts(&self) -> Option<&Parts> {
        self.parts.as_deref()
    }

    /// Where a part is stored that begins at an offset, as something to look up and wait for by itself.
    #[must_use]
    pub fn piece(&self, start: u64) -> Option<Self> {
        let parts = self.parts()?;
        Some(Self {
            primary: self.primary.clone(),
            key: self.key.piece(parts.set, start),
            variants: None,
            head: None,
            parts: None,
        })
    }

    /// The same request, if these parts were stored under this key.
    pub(super) fn with_parts(&self, key: Key, parts: Parts) -> Self {
        Self {
            primary: self.primary.clone(),
            key,
            variants: None,
            head: None,
            parts: Some(Box::new(parts)),
        }
    }

    /// Counts stored parts as absent from now on.
    #[cfg(feature = "tower")]
    pub fn forget_parts(&mut self) {
        self.parts = None;
    }

    /// Decides about the request; `len` is the length of the stored body.
    pub fn decide(
        &self,
        policy: &Policy,
        request: RequestHead<'_>,
        len: Option<u64>,
        now: Now,
    ) -> Decision {
        policy.decide(request, self.head(), len, now)
    }

    /// Where a response that varies on `on` is stored, and the record of variants that leads there.
    pub(super) fn place(
        &self,
        on: VaryOn,
        request: RequestHead<'_>,
        fresh_set: u64,
    ) -> (Key, Option<Vec<u8>>) {
        if on.is_empty() {
            return (self.primary.clone(), None);
        }
        let known = self
            .variants
            .as_ref()
            .and_then(|variants| variants.on.first());
        let variants = match &self.variants {
            Some(variants) if known == Some(&on) => variants.clone(),
            Some(variants) => {
                let mut variants = variants.clone();
                variants.promote(on.clone());
                variants
            }
            None => Variants::new(fresh_set, on.clone()),
        };
        let key = self.primary.variant(variants.set, &on, request.headers);
        (key, Some(variants.to_bytes()))
    }
}

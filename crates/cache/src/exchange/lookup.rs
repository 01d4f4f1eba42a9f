//! [`Lookup`]: from a request to the stored response it selects.

use std::sync::Arc;

use eaves_common::time::{Now, Wall};

use http::{HeaderMap, header::ETAG};

use crate::{
    head::{Head, Parts, Record, Selector, Variants},
    key::{Aside, Key, KeyError, KeyRules},
    policy::{Bypass, Decision, Policy, RequestHead, varies_on},
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
            None => Self::Lookup(Lookup::under(keys, key, request)),
        })
    }
}

/// A request whose stored response is being looked for. Dropping it has no effect.
#[derive(Debug)]
#[must_use]
pub struct Lookup {
    primary: Key,
    key: Key,
    aside: Option<Arc<Aside>>,
    variants: Option<Variants>,
    tried: usize,
}

impl Lookup {
    /// Starts at the key of a URI, for a request that nothing but the fields named by Vary selects by.
    pub fn new(primary: Key) -> Self {
        Self {
            key: primary.clone(),
            primary,
            aside: None,
            variants: None,
            tried: 0,
        }
    }

    /// Starts at the key of a request's URI, under the rules that it was made by.
    pub fn under(rules: &KeyRules, primary: Key, request: RequestHead<'_>) -> Self {
        Self {
            aside: rules.aside(request),
            ..Self::new(primary)
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
        // Under the URI itself rests what was stored by rules that did not look aside.
        let record = record.filter(|record| self.may_lead_to(record));
        match (record, self.variants.is_some()) {
            (Some(Record::Response(head)), _) => return self.select(Some(head)),
            (Some(Record::Parts(parts)), _) => return self.select_parts(parts),
            (Some(Record::Variants(variants)), false) => self.variants = Some(variants),
            (Some(Record::Variants(_)), true) => {}
            (None, true) => self.tried += 1,
            (None, false) => return self.select_nothing(request),
        }
        self.next_variant(request)
    }

    fn may_lead_to(&self, record: &Record) -> bool {
        let aside = self.aside.is_none() || self.variants.is_some();
        aside || matches!(record, Record::Variants(_))
    }

    /// Nothing is known of the URI; requests for different things must not wait for one another all the same.
    fn select_nothing(mut self, request: RequestHead<'_>) -> Found {
        if self.aside.is_some() {
            self.key = self.variant(0, &Selector::default(), request.headers);
        }
        self.select(None)
    }

    fn variant(&self, set: u64, on: &Selector, request: &HeaderMap) -> Key {
        variant((&self.primary, self.aside.as_deref()), set, on, request)
    }

    /// Goes on to the next set of fields, or gives up under the key of the newest.
    fn next_variant(mut self, request: RequestHead<'_>) -> Found {
        let Some(variants) = &self.variants else {
            return self.select(None);
        };
        match (variants.on.get(self.tried), variants.on.first()) {
            (Some(on), _) => {
                self.key = self.variant(variants.set, on, request.headers);
                Found::Again(self)
            }
            (None, Some(newest)) => {
                self.key = self.variant(variants.set, newest, request.headers);
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
            aside: self.aside,
            variants: self.variants,
            head,
            parts: None,
        })
    }
}

/// The key under which a URI's response rests for requests that select alike.
fn variant(
    (primary, aside): (&Key, Option<&Aside>),
    set: u64,
    on: &Selector,
    request: &HeaderMap,
) -> Key {
    primary.variant(set, &on.vary, request, |out| {
        if let Some(aside) = aside {
            aside.write(&on.search, out);
        }
    })
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
    aside: Option<Arc<Aside>>,
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

    /// The record of these parts under another head; `known` is what is stored now. `None` if that is something else.
    #[cfg(feature = "tower")]
    pub(crate) fn parts_under(&self, head: &Head, known: Option<Vec<u8>>) -> Option<Vec<u8>> {
        let found = self.parts()?;
        let known = known.and_then(|bytes| Record::read(bytes).ok());
        let parts = match known {
            Some(Record::Parts(known)) if known.set == found.set => known,
            None => found.clone(),
            Some(_) => return None,
        };
        let head = head.clone();
        Some(Parts { head, ..parts }.to_bytes())
    }

    /// Where a part is stored that begins at an offset, as something to look up and wait for by itself.
    #[must_use]
    pub fn piece(&self, start: u64) -> Option<Self> {
        let parts = self.parts()?;
        Some(Self {
            primary: self.primary.clone(),
            key: self.key.piece(parts.set, start),
            aside: None,
            variants: None,
            head: None,
            parts: None,
        })
    }

    /// The same request, if these parts were stored under this key, and this record of variants led there.
    pub(super) fn with_parts(&self, key: Key, variants: Option<&[u8]>, parts: Parts) -> Self {
        let variants = match variants.map(|bytes| Record::read(bytes.to_vec())) {
            Some(Ok(Record::Variants(variants))) => Some(variants),
            _ => None,
        };
        Self {
            primary: self.primary.clone(),
            key,
            aside: self.aside.clone(),
            variants,
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

    /// What of the request selects a response beside what Vary names, to compare that of others with.
    #[cfg(feature = "tower")]
    pub(crate) fn aside(&self) -> Option<&Arc<Aside>> {
        self.aside.as_ref()
    }

    /// Tells by what the response was selected, beside its URI; `None` if nothing else selects it.
    #[must_use]
    pub fn variant(&self) -> Option<String> {
        let on = self.variants.as_ref()?.on.first()?;
        let mut by: Vec<&str> = on.vary.names().collect();
        if !on.search.is_default() {
            by.push("what No-Vary-Search leaves of the query");
        }
        if self.aside.is_some() {
            by.push("the operator's rules for keys");
        }
        let none = if self.is_vary_miss() {
            ", and none stored is"
        } else {
            ""
        };
        Some(format!("selected by {}{none}", by.join(", ")))
    }

    /// Tells what the store holds of it; `len` is the length of the stored body.
    #[cfg(feature = "tower")]
    pub(crate) fn stored_as(&self, len: Option<u64>) -> Option<String> {
        if let Some(parts) = self.parts() {
            let held: u64 = parts
                .pieces
                .iter()
                .map(|piece| piece.end - piece.start)
                .sum();
            return Some(match parts.slice {
                0 => format!(
                    "{held} of {} bytes, in {} parts",
                    parts.complete,
                    parts.pieces.len()
                ),
                size => format!("slices of {size} bytes, of {} in all", parts.complete),
            });
        }
        let bytes = |len: u64| format!("whole, {len} bytes of body");
        self.head()?;
        Some(len.map_or_else(|| "whole".to_owned(), bytes))
    }

    /// Says whether requests select a response under its updated head as they select the stored one.
    #[must_use]
    pub fn is_selected_alike(&self, updated: &Head) -> bool {
        let obeys = self
            .aside
            .as_ref()
            .is_some_and(|aside| aside.obeys_search());
        let parts = self.parts().map(|parts| &parts.head);
        self.head().or(parts).is_some_and(|stored| {
            let search = !obeys || stored.search_variance() == updated.search_variance();
            search && stored.varies_on() == updated.varies_on()
        })
    }

    /// The stored variants that have an entity tag, where the request selects none of them: each is to be looked up under
    /// its key and given what is found.
    #[cfg(feature = "tower")]
    pub(crate) fn others(&self) -> impl Iterator<Item = Self> {
        let variants = self.variants.iter().filter(|_| self.is_vary_miss());
        let tagged = variants.flat_map(|variants| &variants.tagged);
        tagged.map(|known| Self {
            primary: self.primary.clone(),
            key: self.primary.with(&known.key),
            aside: self.aside.clone(),
            variants: self.variants.clone(),
            head: None,
            parts: None,
        })
    }

    /// Takes what is stored under the key; says whether it is a whole response.
    #[cfg(feature = "tower")]
    pub(crate) fn hold(&mut self, record: Vec<u8>) -> bool {
        if let Ok(Record::Response(head)) = Record::read(record) {
            self.head = Some(head);
        }
        self.head.is_some()
    }

    /// Where a response with these fields is stored, and the record of variants that leads there.
    pub(super) fn place(
        &self,
        answer: &HeaderMap,
        request: RequestHead<'_>,
        fresh_set: u64,
    ) -> (Key, Option<Vec<u8>>) {
        let search = self.aside.as_ref().map(|aside| aside.variance(answer));
        let on = Selector {
            vary: varies_on(answer),
            search: search.unwrap_or_default(),
        };
        if on.vary.is_empty() && self.aside.is_none() {
            return (self.primary.clone(), None);
        }
        let mut variants = match &self.variants {
            Some(variants) => variants.clone(),
            None => Variants::new(fresh_set, on.clone()),
        };
        if variants.on.first() != Some(&on) {
            variants.promote(on.clone());
        }
        let from = (&self.primary, self.aside.as_deref());
        let key = variant(from, variants.set, &on, request.headers);
        if let Some(tag) = answer.get(ETAG) {
            variants.remember(tag.as_bytes(), key.behind(&self.primary));
        }
        (key, Some(variants.to_bytes()))
    }
}

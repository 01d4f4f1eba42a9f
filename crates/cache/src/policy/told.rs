//! [`Told`]: what the fields of a response say about caching, gathered in one pass.

use core::time::Duration;

use eaves_common::time::Wall;
use http::HeaderName;

use super::rules::Control;
use crate::{
    field::{HttpDate, ResponseDirectives, age_of, members_of},
    head::{Line, Name, table as codes},
};

/// The fields that decisions about a response rest on.
///
/// One pass over the fields costs less than a search for each: a response has ten of them, and ten are looked for.
#[derive(Debug, Default)]
pub(super) struct Told<'a> {
    pub(super) directives: ResponseDirectives,
    pub(super) control: Control,
    pub(super) expires: Once<'a>,
    date: Once<'a>,
    last_modified: Once<'a>,
    age: Option<&'a [u8]>,
    flags: Flags,
    targets: &'a [HeaderName],
    target_codes: u64,
}

/// The codes of the fields that say anything, a bit for each; most fields of a response do not.
const HEARD: u64 = codes::bit(codes::AGE)
    | codes::bit(codes::CACHE_CONTROL)
    | codes::bit(codes::DATE)
    | codes::bit(codes::ETAG)
    | codes::bit(codes::EXPIRES)
    | codes::bit(codes::LAST_MODIFIED)
    | codes::bit(codes::SET_COOKIE)
    | codes::bit(codes::VARY);

#[derive(Debug, Default)]
struct Flags {
    etag: bool,
    sets_cookie: bool,
    targeted: bool,
    varies_on_all: bool,
}

/// A field that has to stand there once: several lines contradict each other, so that none of them counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Once<'a> {
    #[default]
    Absent,
    One(&'a [u8]),
    Several,
}

impl<'a> Told<'a> {
    /// Gathers for a cache that obeys these targeted fields. Those are only noted: see
    /// [`is_targeted`](Self::is_targeted).
    pub(super) fn by(targets: &'a [HeaderName]) -> Self {
        let code = |target: &HeaderName| match Name::of(target) {
            Name::Known(code) => codes::bit(code),
            Name::Other(_) => 0,
        };
        Self {
            targets,
            target_codes: targets.iter().map(code).fold(0, |all, bit| all | bit),
            ..Self::default()
        }
    }

    #[inline]
    pub(super) fn add(&mut self, line: Line<'a>) {
        let Name::Known(code) = line.name else {
            self.flags.targeted |= self.targets.iter().any(|target| line.name.is(target));
            return;
        };
        let bit = codes::bit(code);
        self.flags.targeted |= self.target_codes & bit != 0;
        if bit & HEARD != 0 {
            self.hear(code, line.value);
        }
    }

    fn hear(&mut self, code: u8, value: &'a [u8]) {
        match code {
            codes::AGE if self.age.is_none() => self.age = Some(value),
            codes::CACHE_CONTROL => self.directives.add_line(value),
            codes::DATE => self.date.add(value),
            codes::ETAG => self.flags.etag = true,
            codes::EXPIRES => self.expires.add(value),
            codes::LAST_MODIFIED => self.last_modified.add(value),
            codes::SET_COOKIE => self.flags.sets_cookie = true,
            codes::VARY => {
                let names_all = value.contains(&b'*');
                self.flags.varies_on_all |=
                    names_all && members_of(value).any(|member| member == b"*");
            }
            _ => {}
        }
    }

    /// Says whether a targeted field (RFC 9213) is there, whose directives may replace those that were gathered.
    pub(super) fn is_targeted(&self) -> bool {
        self.flags.targeted
    }

    pub(super) fn age(&self) -> Duration {
        self.age.and_then(age_of).unwrap_or_default()
    }

    pub(super) fn date(&self, now: Wall) -> Option<Wall> {
        self.date.read(now)
    }

    pub(super) fn expires(&self, now: Wall) -> Option<Wall> {
        self.expires.read(now)
    }

    pub(super) fn last_modified(&self, now: Wall) -> Option<Wall> {
        self.last_modified.read(now)
    }

    pub(super) fn has_validator(&self) -> bool {
        self.flags.etag || self.last_modified != Once::Absent
    }

    pub(super) fn sets_cookie(&self) -> bool {
        self.flags.sets_cookie
    }

    /// `Vary: *`, on any line.
    pub(super) fn varies_on_all(&self) -> bool {
        self.flags.varies_on_all
    }
}

impl<'a> Once<'a> {
    fn add(&mut self, value: &'a [u8]) {
        *self = match self {
            Self::Absent => Self::One(value),
            _ => Self::Several,
        };
    }

    fn read(self, now: Wall) -> Option<Wall> {
        match self {
            Self::One(value) => HttpDate::parse(value, now).map(HttpDate::wall),
            _ => None,
        }
    }
}

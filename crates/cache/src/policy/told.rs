//! [`Told`]: what the fields of a response say about caching, gathered in one pass.

use core::time::Duration;

use eaves_common::time::Wall;
use http::HeaderName;

use super::rules::Control;
use crate::{
    field::{HttpDate, ResponseDirectives, age_of, members_of},
    head::{Line, Name, lists_fields, table as codes},
};

/// The fields that decisions about a response rest on.
///
/// One pass over the fields costs less than a search for each: a response has ten of them, and ten are looked for.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub(super) directives: ResponseDirectives,
    pub(super) control: Control,
    pub(super) expires: Once<'a>,
    date: Once<'a>,
    last_modified: Once<'a>,
    age: Option<&'a [u8]>,
    /// What Last-Modified says, where it was read before.
    modified: Option<Wall>,
    /// The codes of all names, a bit for each.
    seen: u64,
    flags: Flags,
    targets: &'a Targets,
}

/// The targeted fields (RFC 9213) that a cache obeys, the most specific first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Targets {
    names: Vec<HeaderName>,
    /// The codes of those that have one, a bit for each.
    codes: u64,
}

impl Targets {
    pub(super) const NONE: &Self = &Self {
        names: Vec::new(),
        codes: 0,
    };

    pub(super) fn of(names: impl IntoIterator<Item = HeaderName>) -> Self {
        let names: Vec<_> = names.into_iter().collect();
        let code = |name| match Name::of(name) {
            Name::Known(code) => codes::bit(code),
            Name::Other(_) => 0,
        };
        let codes = names.iter().map(code).fold(0, |all, bit| all | bit);
        Self { names, codes }
    }

    pub(super) fn iter(&self) -> core::slice::Iter<'_, HeaderName> {
        self.names.iter()
    }
}

/// The codes of the fields whose values are looked at, a bit for each; most fields of a response are none of them.
const HEARD: u64 = codes::bit(codes::AGE)
    | codes::bit(codes::CACHE_CONTROL)
    | codes::bit(codes::DATE)
    | codes::bit(codes::EXPIRES)
    | codes::bit(codes::LAST_MODIFIED)
    | codes::bit(codes::VARY);

/// What names say that are no bit of `seen`.
#[derive(Debug, Default)]
struct Flags {
    lists_fields: bool,
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
    pub(super) fn by(targets: &'a Targets) -> Self {
        Self {
            directives: ResponseDirectives::default(),
            control: Control::default(),
            expires: Once::Absent,
            date: Once::Absent,
            last_modified: Once::Absent,
            age: None,
            modified: None,
            seen: 0,
            flags: Flags::default(),
            targets,
        }
    }

    /// Takes what a Last-Modified says from where it was read before.
    pub(super) fn take_last_modified(&mut self, read: Option<Wall>) {
        self.modified = read;
    }

    #[inline(always)]
    pub(super) fn add(&mut self, line: Line<'a>) {
        let Name::Known(code) = line.name else {
            return self.add_other(line);
        };
        let bit = codes::bit(code);
        self.seen |= bit;
        if bit & HEARD != 0 {
            self.hear(code, line.value);
        }
    }

    #[inline(never)]
    fn add_other(&mut self, line: Line<'a>) {
        self.flags.lists_fields |= lists_fields(line);
        self.flags.targeted |= self.targets.iter().any(|target| line.name.is(target));
    }

    #[inline(never)]
    fn hear(&mut self, code: codes::Code, value: &'a [u8]) {
        match code {
            codes::AGE if self.age.is_none() => self.age = Some(value),
            codes::CACHE_CONTROL => self.directives.add_line(value),
            codes::DATE => self.date.add(value),
            codes::EXPIRES => self.expires.add(value),
            codes::LAST_MODIFIED => self.last_modified.add(value),
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
        self.flags.targeted || self.seen & self.targets.codes != 0
    }

    /// Says whether fields have to be looked up by name to know which of them may be stored, and what they tell: those
    /// that Connection or a qualified directive lists, and targeted ones.
    pub(super) fn names_fields(&self) -> bool {
        self.is_targeted() || self.flags.lists_fields || self.directives.qualified
    }

    /// Says whether there is a Date, even one that cannot be read.
    pub(super) fn has_date(&self) -> bool {
        self.date != Once::Absent
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
        self.modified.or_else(|| self.last_modified.read(now))
    }

    pub(super) fn has_validator(&self) -> bool {
        self.seen & (codes::bit(codes::ETAG) | codes::bit(codes::LAST_MODIFIED)) != 0
    }

    pub(super) fn sets_cookie(&self) -> bool {
        self.seen & codes::bit(codes::SET_COOKIE) != 0
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

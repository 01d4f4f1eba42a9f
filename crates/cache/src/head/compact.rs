//! [`Head`]: a response head as it rests in a store.

use core::{fmt, time::Duration};
use std::io::Write;

use bytes::Bytes;
use eaves_common::time::Wall;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{AGE, CACHE_STATUS, VARY},
};

use super::{
    codec::{self, ASKED, HeadError, META_LEN, Reader, write_len, write_meta},
    table,
};
use crate::policy::{Meta, VaryOn, varies_on};

/// A response head as compact bytes, with its [`Meta`] read out.
///
/// ```
/// use eaves_cache::head::Head;
/// use eaves_cache::policy::{Policy, Storage, Times};
/// use eaves_common::time::Now;
/// use http::{Request, Response, header::{CACHE_CONTROL, ETAG}};
///
/// let (request, response) = (
///     Request::get("http://a.example/").body(()).unwrap(),
///     Response::builder().header(CACHE_CONTROL, "max-age=60").header(ETAG, "\"1\"").body(()).unwrap(),
/// );
/// let times = Times::at(Now::default());
/// if let Storage::Store(meta) = Policy::default().storage((&request).into(), (&response).into(), times) {
///     let head = Head::new(meta, response.headers());
///     assert_eq!(head.field(&ETAG), Some(&b"\"1\""[..]));
///     assert_eq!(Head::from_bytes(head.as_bytes().to_vec()).unwrap(), head);
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Head {
    meta: Meta,
    bytes: Vec<u8>,
    count: usize,
    fields: usize,
}

impl Head {
    /// Packs the fields of a response, in order.
    #[must_use]
    pub fn new(meta: Meta, headers: &HeaderMap) -> Self {
        let mut bytes = Vec::with_capacity(packed_len(headers));
        bytes.push(RESPONSE);
        write_meta(&meta, &mut bytes);
        write_len(headers.len(), &mut bytes);
        let fields = bytes.len();
        for (name, value) in headers {
            write_name(name, &mut bytes);
            write_len(value.len(), &mut bytes);
            bytes.extend_from_slice(value.as_bytes());
        }
        Self {
            meta,
            bytes,
            count: headers.len(),
            fields,
        }
    }

    /// Reads stored bytes back.
    ///
    /// # Errors
    /// If the bytes are not what [`as_bytes`](Self::as_bytes) gave: cut short, or changed.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, HeadError> {
        let head = Self::trusted(bytes)?;
        let mut fields = head.fields();
        while fields.next_field()?.is_some() {}
        Ok(head)
    }

    /// Reads the numbers alone; fields that turn out broken later count as absent.
    pub(crate) fn trusted(bytes: Vec<u8>) -> Result<Self, HeadError> {
        let mut reader = Reader::new(&bytes);
        if reader.byte()? != RESPONSE {
            return Err(HeadError::Invalid {
                at: 0,
                part: "version",
            });
        }
        let meta = codec::read_meta(&mut reader)?;
        let count = reader.len()?;
        let fields = reader.at;
        Ok(Self {
            meta,
            bytes,
            count,
            fields,
        })
    }

    /// Returns the numbers that decisions need.
    #[must_use]
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Notes the epoch of purges at which the response was asked for, or validated.
    pub fn set_asked(&mut self, epoch: u64) {
        self.meta.asked = epoch;
        self.bytes[ASKED].copy_from_slice(&epoch.to_le_bytes());
    }

    /// Makes it stale from a time on, without a change to its bytes.
    pub(crate) fn expire_at(&mut self, time: Wall) {
        let age = self
            .meta
            .initial_age
            .saturating_add(time - self.meta.received.wall);
        self.meta.lifetime = self.meta.lifetime.min(age);
    }

    /// Calls `each` with every value of a field.
    pub(crate) fn for_each(&self, name: &HeaderName, mut each: impl FnMut(&[u8])) {
        let mut fields = self.fields();
        while let Ok(Some(field)) = fields.next_field() {
            if field.is(name) {
                each(&self.bytes[field.value]);
            }
        }
    }

    /// Returns the bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the first value of a field.
    #[must_use]
    pub fn field(&self, name: &HeaderName) -> Option<&[u8]> {
        let mut fields = self.fields();
        while let Ok(Some(field)) = fields.next_field() {
            if field.is(name) {
                return Some(&self.bytes[field.value]);
            }
        }
        None
    }

    /// Returns the request fields that the response varies on.
    #[must_use]
    pub fn varies_on(&self) -> VaryOn {
        let mut vary = HeaderMap::new();
        let mut fields = self.fields();
        while let Ok(Some(field)) = fields.next_field() {
            if field.is(&VARY) {
                vary.extend(
                    HeaderValue::from_bytes(&self.bytes[field.value]).map(|line| (VARY, line)),
                );
            }
        }
        varies_on(&vary)
    }

    /// Builds the fields again; their values share one buffer.
    #[must_use]
    pub fn to_headers(&self) -> HeaderMap {
        self.clone().into_headers()
    }

    /// Builds the fields of this head, without a copy of its bytes.
    #[must_use]
    pub fn into_headers(self) -> HeaderMap {
        let (bytes, count, at) = (Bytes::from(self.bytes), self.count, self.fields);
        headers_of(&bytes, count, at, None)
    }

    /// Builds the fields of a response served from here: with this Age in place of any, and a member of
    /// Cache-Status behind those that are there.
    #[must_use]
    pub fn into_response(mut self, age: Duration, status: impl fmt::Display) -> HeaderMap {
        let end = self.bytes.len();
        // Writing into a vector does not fail.
        let _ = write!(self.bytes, "{}", age.as_secs());
        let between = self.bytes.len();
        let _ = write!(self.bytes, "{status}");
        let bytes = Bytes::from(self.bytes);
        let mut headers = headers_of(&bytes, self.count, self.fields, Some(&AGE));
        for (name, range) in [(AGE, end..between), (CACHE_STATUS, between..bytes.len())] {
            if let Ok(value) = HeaderValue::from_maybe_shared(bytes.slice(range)) {
                headers.append(name, value);
            }
        }
        headers
    }

    fn fields(&self) -> Fields<'_> {
        Fields::new(&self.bytes, self.count, self.fields)
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("meta", &self.meta)
            .field("fields", &self.count)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// The first byte of a stored response's head; it changes when the format does.
pub(super) const RESPONSE: u8 = 2;

/// The numbers of a stored response's head; `None` for other records.
pub(crate) fn read_meta(bytes: &[u8]) -> Option<Meta> {
    let mut reader = Reader::new(bytes);
    let kind = reader.byte().ok()?;
    (kind == RESPONSE)
        .then(|| codec::read_meta(&mut reader).ok())
        .flatten()
}

struct Fields<'a> {
    reader: Reader<'a>,
    left: usize,
}

struct Field<'a> {
    name: Name<'a>,
    value: core::ops::Range<usize>,
}

enum Name<'a> {
    Known(HeaderName),
    Other(&'a [u8]),
}

fn headers_of(bytes: &Bytes, count: usize, at: usize, without: Option<&HeaderName>) -> HeaderMap {
    // The count was written here, but bytes from a disk might claim any. Two more: Age and Cache-Status.
    let mut headers = HeaderMap::with_capacity(count.min(256) + 2);
    let mut fields = Fields::new(bytes, count, at);
    while let Ok(Some(field)) = fields.next_field() {
        if without.is_some_and(|name| field.is(name)) {
            continue;
        }
        let value = HeaderValue::from_maybe_shared(bytes.slice(field.value.clone()));
        if let (Some(name), Ok(value)) = (field.to_name(), value) {
            headers.append(name, value);
        }
    }
    headers
}

impl<'a> Fields<'a> {
    fn new(bytes: &'a [u8], count: usize, at: usize) -> Self {
        Self {
            reader: Reader { bytes, at },
            left: count,
        }
    }

    fn next_field(&mut self) -> Result<Option<Field<'a>>, HeadError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let name = match self.reader.byte()? {
            0 => {
                let len = self.reader.len()?;
                Name::Other(self.reader.take(len)?)
            }
            code => {
                Name::Known(table::name(code).ok_or_else(|| self.reader.invalid("field name"))?)
            }
        };
        let len = self.reader.len()?;
        let start = self.reader.at;
        self.reader.take(len)?;
        Ok(Some(Field {
            name,
            value: start..start + len,
        }))
    }
}

impl Field<'_> {
    fn is(&self, name: &HeaderName) -> bool {
        match &self.name {
            Name::Known(known) => known == name,
            Name::Other(other) => *other == name.as_str().as_bytes(),
        }
    }

    fn to_name(&self) -> Option<HeaderName> {
        match &self.name {
            Name::Known(known) => Some(known.clone()),
            Name::Other(other) => HeaderName::from_bytes(other).ok(),
        }
    }
}

fn write_name(name: &HeaderName, out: &mut Vec<u8>) {
    match table::code(name) {
        Some(code) => out.push(code),
        None => {
            out.push(0);
            write_len(name.as_str().len(), out);
            out.extend_from_slice(name.as_str().as_bytes());
        }
    }
}

/// A bound on the packed length, as if no name had a code: stores keep an exact copy, and looking each name up twice
/// costs more than the spare bytes.
fn packed_len(headers: &HeaderMap) -> usize {
    let field = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + 5;
    1 + META_LEN + 2 + headers.iter().map(field).sum::<usize>()
}

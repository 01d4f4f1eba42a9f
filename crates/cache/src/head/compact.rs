//! [`Head`]: a response head as it rests in a store.

use core::{fmt, ops::Range, time::Duration};

use bytes::{Buf, Bytes};
use eaves_common::time::Wall;
use http::{HeaderMap, HeaderName, HeaderValue, header::VARY};

use super::{
    codec::{self, ASKED, HeadError, META_LEN, Reader, write_len, write_meta},
    line::{Line, Name, lines},
    table::{self, Code},
    usual,
};
use crate::{
    field::SearchVariance,
    policy::{Meta, VaryOn, varies_on},
    status::{CacheStatus, write_number},
};

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
        let mut draft = Draft::new(headers.len() * Draft::FIELD);
        lines(headers).for_each(|line| draft.add(line));
        draft.seal(meta)
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
        let name = Name::of(name);
        let lines = self.lines().filter(|line| line.name == name);
        lines.for_each(|line| each(line.value));
    }

    /// Returns the bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the first value of a field.
    #[must_use]
    pub fn field(&self, name: &HeaderName) -> Option<&[u8]> {
        let name = Name::of(name);
        let mut lines = self.lines().filter(|line| line.name == name);
        lines.next().map(|line| line.value)
    }

    /// Iterates over the fields.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let mut fields = self.fields();
        core::iter::from_fn(move || {
            let field = fields.next_field().ok()??;
            Some(field.line(&self.bytes))
        })
    }

    /// Returns the request fields that the response varies on.
    #[must_use]
    pub fn varies_on(&self) -> VaryOn {
        let mut vary = HeaderMap::new();
        let mut fields = self.fields();
        while let Ok(Some(field)) = fields.next_field() {
            if field.name.is(&VARY) {
                let line = field.line(&self.bytes).value;
                vary.extend(HeaderValue::from_bytes(line).map(|line| (VARY, line)));
            }
        }
        varies_on(&vary)
    }

    /// Returns how much of a query selects the response, as No-Vary-Search says.
    #[must_use]
    pub fn search_variance(&self) -> SearchVariance {
        let name = Name::Known(table::NO_VARY_SEARCH);
        let lines = self.lines().filter(|line| line.name == name);
        SearchVariance::of_lines(lines.map(|line| line.value))
    }

    /// Attaches bytes that are no field, in place of any that are attached.
    #[must_use]
    pub fn noted(&self, note: &[u8]) -> Self {
        let mut draft = Draft::new(self.bytes.len() + note.len());
        let fields = self.lines().filter(|line| line.name != NOTE);
        fields.for_each(|line| draft.add(line));
        draft.add(Line {
            name: NOTE,
            value: note,
        });
        draft.seal(self.meta)
    }

    /// Returns the attached bytes.
    #[must_use]
    pub fn note(&self) -> Option<&[u8]> {
        let mut lines = self.lines().filter(|line| line.name == NOTE);
        lines.next().map(|line| line.value)
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
        headers_of(&bytes, count, at, 0)
    }

    /// Builds the fields of a response served from here: with this Age in place of any, and what `cache` says of
    /// itself in Cache-Status behind those that are there.
    #[must_use]
    pub fn into_response(mut self, age: Duration, status: CacheStatus, cache: &str) -> HeaderMap {
        let usual = usual::age(age.as_secs());
        let end = self.bytes.len();
        if usual.is_none() {
            write_number(age.as_secs(), &mut self.bytes);
        }
        let between = self.bytes.len();
        status.write(cache, &mut self.bytes);
        let mut bytes = Bytes::from(self.bytes);
        let mut headers = headers_of(&bytes, self.count, self.fields, table::AGE);
        let age = usual.map_or(Value::Here(end..between), Value::Usual);
        if let Some(age) = age.share(&bytes) {
            Name::Known(table::AGE).append(age, &mut headers);
        }
        // The last share needs no further count: each costs as much as all else about its field.
        bytes.advance(between);
        if let Ok(status) = HeaderValue::from_maybe_shared(bytes) {
            Name::Known(table::CACHE_STATUS).append(status, &mut headers);
        }
        headers
    }

    pub(super) fn fields(&self) -> Fields<'_> {
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

/// What attached bytes stand under: no field's name, so that no response gets them.
const NOTE: Name<'_> = Name::Other(b":note");

/// The first byte of a stored response's head; it changes when the format does.
pub(super) const RESPONSE: u8 = 3;

/// The numbers of a stored response's head; `None` for other records.
pub(crate) fn read_meta(bytes: &[u8]) -> Option<Meta> {
    let mut reader = Reader::new(bytes);
    let kind = reader.byte().ok()?;
    (kind == RESPONSE)
        .then(|| codec::read_meta(&mut reader).ok())
        .flatten()
}

/// A cursor over the fields of a head.
pub(super) struct Fields<'a> {
    reader: Reader<'a>,
    left: usize,
}

pub(super) struct Field<'a> {
    pub(super) name: Name<'a>,
    value: Value,
}

/// Where the value of a field is.
#[derive(Clone)]
enum Value {
    /// At this place of the head.
    Here(Range<usize>),
    /// In the table of usual lines.
    Usual(&'static HeaderValue),
}

impl<'a> Field<'a> {
    /// The line as it stands in the head of these bytes.
    pub(super) fn line(self, bytes: &'a [u8]) -> Line<'a> {
        let value = match self.value {
            Value::Here(range) => &bytes[range],
            Value::Usual(value) => value.as_bytes(),
        };
        Line {
            name: self.name,
            value,
        }
    }
}

impl Value {
    /// The value as a share of these bytes.
    #[inline(always)]
    fn share(self, bytes: &Bytes) -> Option<HeaderValue> {
        match self {
            Self::Here(range) => HeaderValue::from_maybe_shared(bytes.slice(range)).ok(),
            Self::Usual(value) => Some(value.clone()),
        }
    }
}

/// Builds fields whose values share one buffer, but for those of one code.
fn headers_of(bytes: &Bytes, count: usize, at: usize, without: Code) -> HeaderMap {
    // The count was written here, but bytes from a disk might claim any. Two more: Age and Cache-Status.
    let mut headers = HeaderMap::with_capacity(count.min(256) + 2);
    let mut fields = Fields::new(bytes, count, at);
    while let Ok(Some(field)) = fields.next_field() {
        if without != 0 && field.name == Name::Known(without) {
            continue;
        }
        if let Some(value) = field.value.share(bytes) {
            field.name.append(value, &mut headers);
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

    /// Where the next field begins.
    pub(super) fn at(&self) -> usize {
        self.reader.at
    }

    #[inline]
    pub(super) fn next_field(&mut self) -> Result<Option<Field<'a>>, HeadError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        // Nearly all fields are usual lines, or have a known name and a value shorter than 128 bytes.
        let at = self.reader.at;
        match self.reader.bytes.get(at..at + 2) {
            Some(&[mark @ usual::MARK..=0xff, _]) => return self.next_usual(mark).map(Some),
            Some(&[code, len @ ..0x80]) => {
                let value = at + 2..at + 2 + usize::from(len);
                if table::is_code(code) && value.end <= self.reader.bytes.len() {
                    self.reader.at = value.end;
                    let (name, value) = (Name::Known(Code::from(code)), Value::Here(value));
                    return Ok(Some(Field { name, value }));
                }
            }
            _ => {}
        }
        self.next_long()
    }

    fn next_usual(&mut self, mark: u8) -> Result<Field<'a>, HeadError> {
        let line = usual::line(mark & !usual::MARK);
        let (code, value) = line.ok_or_else(|| self.reader.invalid("field"))?;
        self.reader.at += 1;
        let (name, value) = (Name::Known(code), Value::Usual(value));
        Ok(Field { name, value })
    }

    #[cold]
    fn next_long(&mut self) -> Result<Option<Field<'a>>, HeadError> {
        let name = match self.reader.byte()? {
            0 => {
                let len = self.reader.len()?;
                Name::Other(self.reader.take(len)?)
            }
            code if table::is_code(code) => Name::Known(Code::from(code)),
            mark @ usual::MARK.. => {
                self.reader.at -= 1;
                return self.next_usual(mark).map(Some);
            }
            _ => return Err(self.reader.invalid("field name")),
        };
        let len = self.reader.len()?;
        let start = self.reader.at;
        self.reader.take(len)?;
        Ok(Some(Field {
            name,
            value: Value::Here(start..start + len),
        }))
    }
}

/// A head whose numbers follow when its fields have been read.
pub(super) struct Draft {
    bytes: Vec<u8>,
    count: usize,
}

/// Where the count of fields stands: behind the version and the numbers.
const COUNT: usize = 1 + META_LEN;

impl Draft {
    /// What a field of usual length takes; a head that needs more than that grows once.
    pub(super) const FIELD: usize = 48;

    pub(super) fn new(room: usize) -> Self {
        let mut bytes = Vec::with_capacity(COUNT + 1 + room);
        bytes.resize(COUNT + 1, 0);
        bytes[0] = RESPONSE;
        Self { bytes, count: 0 }
    }

    pub(super) fn add(&mut self, line: Line<'_>) {
        self.count += 1;
        let Line { name, value } = line;
        let (Name::Known(code), Ok(len @ ..0x80)) = (name, u8::try_from(value.len())) else {
            return self.add_long(line);
        };
        if let Some(number) = usual::number(code, value) {
            return self.bytes.push(usual::MARK | number);
        }
        self.bytes.extend_from_slice(&[code as u8, len]);
        self.bytes.extend_from_slice(value);
    }

    #[cold]
    fn add_long(&mut self, Line { name, value }: Line<'_>) {
        name.write(&mut self.bytes);
        write_len(value.len(), &mut self.bytes);
        self.bytes.extend_from_slice(value);
    }

    /// Adds fields as they stand in another head.
    pub(super) fn add_packed(&mut self, fields: &[u8], count: usize) {
        self.count += count;
        self.bytes.extend_from_slice(fields);
    }

    pub(super) fn seal(mut self, meta: Meta) -> Head {
        write_meta(&meta, &mut self.bytes[1..COUNT]);
        let mut fields = COUNT + 1;
        if self.count < 0x80 {
            self.bytes[COUNT] = self.count as u8;
        } else {
            let mut count = Vec::new();
            write_len(self.count, &mut count);
            fields = COUNT + count.len();
            self.bytes.splice(COUNT..=COUNT, count);
        }
        Head {
            meta,
            bytes: self.bytes,
            count: self.count,
            fields,
        }
    }
}

//! Reading entries one after another.

use crate::{
    error::TextError,
    name::{Name, NameBuf},
    record::{Class, Rtype, Ttl},
    text::Lexer,
    zonefile::{
        ZonefileError,
        current::Current,
        generate::{self, Generate},
    },
};

/// Reads the entries of a zone file. Its buffers are reused, so that no entry costs an
/// allocation; after an error it goes on with the next line.
///
/// ```
/// use eaves_dns::{NameBuf, zonefile::{Entry, Scanner}};
///
/// let origin: NameBuf = "example.".parse()?;
/// let mut scanner = Scanner::new(b"$TTL 1h\nwww IN A 192.0.2.1\n", &origin);
/// let Some(Ok(Entry::Record(record))) = scanner.next_entry() else { unreachable!() };
/// assert_eq!(record.owner.to_string(), "www.example.");
/// assert_eq!(record.ttl.as_secs(), 3600);
/// assert!(scanner.next_entry().is_none());
/// # Ok::<(), eaves_dns::NameError>(())
/// ```
#[derive(Debug)]
pub struct Scanner<'t> {
    text: &'t [u8],
    file: &'t str,
    pos: usize,
    origin: NameBuf,
    record: Current,
    /// The line of `pos`, from 1.
    line: usize,
    /// The `$GENERATE` being worked off, and the line it makes.
    generate: Option<Generate<'t>>,
    made: Vec<u8>,
    /// How many records `$GENERATE` may still make.
    left_to_make: u64,
}

/// What a zone file holds.
///
/// ```
/// use eaves_dns::{Name, zonefile::{Entry, Scanner}};
///
/// let mut scanner = Scanner::new(b"$INCLUDE hosts.zone lan.example.\n", Name::ROOT);
/// let Some(Ok(Entry::Include { file, origin, .. })) = scanner.next_entry() else { unreachable!() };
/// assert_eq!((file.as_str(), origin.to_string().as_str()), ("hosts.zone", "lan.example."));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entry<'s> {
    /// A record.
    Record(Scanned<'s>),
    /// Another file to be read here, as if its records stood in this one.
    Include {
        /// The file's name as it stands.
        file: String,
        /// The origin to read it with.
        origin: NameBuf,
        /// Line, from 1.
        line: usize,
    },
}

/// A record of a zone file; it lives until the next entry is read.
///
/// ```
/// use eaves_dns::{Name, Rtype, zonefile::{Entry, Scanner}};
///
/// let mut scanner = Scanner::new(b"a. 5 MX 10 b.", Name::ROOT);
/// let Some(Ok(Entry::Record(record))) = scanner.next_entry() else { unreachable!() };
/// assert_eq!((record.rtype, record.rdata), (Rtype::MX, b"\0\x0a\x01b\0".as_slice()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scanned<'s> {
    /// The owner.
    pub owner: &'s Name,
    /// The class.
    pub class: Class,
    /// The time to live.
    pub ttl: Ttl,
    /// The type.
    pub rtype: Rtype,
    /// The rdata in uncompressed wire form.
    pub rdata: &'s [u8],
    /// Line of the entry in the text, from 1.
    pub line: usize,
}

enum Line {
    Blank,
    Record,
    Include(String, NameBuf),
}

impl<'t> Scanner<'t> {
    /// Reads `text`, relative to `origin`.
    #[must_use]
    pub fn new(text: &'t [u8], origin: &Name) -> Self {
        Self {
            text,
            file: "",
            pos: 0,
            origin: origin.to_owned(),
            record: Current::default(),
            line: 1,
            generate: None,
            made: Vec::new(),
            left_to_make: generate::MAX_IN_FILE,
        }
    }

    /// Sets the file's name, for errors.
    #[must_use]
    pub fn file(mut self, file: &'t str) -> Self {
        self.file = file;
        self
    }

    /// Sets the TTL of records without one, as `$TTL` does.
    #[must_use]
    pub fn default_ttl(mut self, ttl: Ttl) -> Self {
        self.record.default_ttl = Some(ttl);
        self
    }

    /// Sets how many records all `$GENERATE` lines of a file, and of those it includes, may make together; a
    /// line that would make more is an error and makes none. Usually there may be 1 048 576, and 65 536 a line
    /// at most.
    #[must_use]
    pub fn generate_limit(mut self, records: u64) -> Self {
        self.left_to_make = records;
        self
    }

    /// Returns the next record or include, or what is wrong with the entry.
    ///
    /// # Errors
    /// With position, owner and type, as far as they were read.
    pub fn next_entry(&mut self) -> Option<Result<Entry<'_>, ZonefileError>> {
        loop {
            if self.generate.is_some() {
                match self.generated() {
                    None => continue,
                    Some(Ok(line)) => return Some(Ok(self.scanned(line))),
                    Some(Err(error)) => return Some(Err(error)),
                }
            }
            if self.pos >= self.text.len() {
                return None;
            }
            let (start, line) = (self.pos, self.line);
            match self.line() {
                Ok(Line::Blank) => {}
                Ok(Line::Record) => return Some(Ok(self.scanned(line))),
                Ok(Line::Include(file, origin)) => {
                    return Some(Ok(Entry::Include { file, origin, line }));
                }
                Err(reason) => return Some(Err(self.error_at(reason, None, (start, line)))),
            }
        }
    }

    /// Returns the file's name, for errors.
    #[must_use]
    pub fn file_name(&self) -> &'t str {
        self.file
    }

    /// Starts reading an included file with the TTL reached here; give it to [`Scanner::resume`] when it is read.
    #[must_use]
    pub fn included<'i>(&self, text: &'i [u8], file: &'i str, origin: &Name) -> Scanner<'i> {
        let mut scanner = Scanner::new(text, origin)
            .file(file)
            .generate_limit(self.left_to_make);
        scanner.record = self.record.inherited();
        scanner
    }

    /// Goes on behind an included file: what its `$GENERATE` lines made counts here too.
    pub fn resume(&mut self, included: &Scanner<'_>) {
        self.left_to_make = included.left_to_make;
    }

    #[inline]
    fn scanned(&self, line: usize) -> Entry<'_> {
        Entry::Record(self.record.scanned(line))
    }

    /// Makes the next record of a run and returns its line, or `None` at the run's end; an error ends
    /// it too.
    fn generated(&mut self) -> Option<Result<usize, ZonefileError>> {
        let mut generate = self.generate.take()?;
        let (at, line) = generate.place;
        let mut made = core::mem::take(&mut self.made);
        let next = generate.next_line(&mut made);
        let read = next.map(|next| {
            next.and_then(|()| {
                let mut tokens = Lexer::new(&made, Some(&self.origin));
                self.record.read(&mut tokens)
            })
        });
        self.made = made;
        let made = match read {
            Some(Ok(true)) => {
                self.generate = Some(generate);
                return Some(Ok(line));
            }
            Some(Err(reason)) => Some(Err(self.error_at(reason, Some(at), (at, line)))),
            Some(Ok(false)) | None => None,
        };
        // An entry without an owner repeats that of the record before the directive, as in BIND.
        self.record.swap_owner(&mut generate.before);
        made
    }

    /// Finds line and column of an error in an entry that starts at `start`; a made line's stands where
    /// its directive does.
    #[cold]
    fn error_at(
        &self,
        reason: TextError,
        made_at: Option<usize>,
        (start, line): (usize, usize),
    ) -> ZonefileError {
        let at = made_at.unwrap_or_else(|| reason.at());
        let at = at.clamp(start, self.text.len());
        let line = line + memchr::memchr_iter(b'\n', &self.text[start..at]).count();
        // A directive has no owner; what it makes has.
        let is_directive = made_at.is_none() && self.text.get(start) == Some(&b'$');
        let owner = self.record.owner().filter(|_| !is_directive);
        let line_start = memchr::memrchr(b'\n', &self.text[..at]).map_or(0, |newline| newline + 1);
        let column = at - line_start + 1;
        ZonefileError {
            file: self.file.to_owned(),
            line,
            column,
            at,
            owner: owner.map(ToOwned::to_owned),
            rtype: self.record.rtype(),
            reason,
        }
    }

    /// Reads one entry and moves behind it, whatever it was.
    #[inline]
    fn line(&mut self) -> Result<Line, TextError> {
        if self.text.get(self.pos) == Some(&b'$') {
            return self.directive_line();
        }
        let mut tokens = Lexer::at(self.text, self.pos, Some(&self.origin));
        let read = self.record.read(&mut tokens);
        tokens.skip_line();
        self.pos = tokens.position();
        self.line += tokens.lines();
        Ok(if read? { Line::Record } else { Line::Blank })
    }

    #[cold]
    fn directive_line(&mut self) -> Result<Line, TextError> {
        let origin = self.origin.clone();
        let mut tokens = Lexer::at(self.text, self.pos, Some(&origin));
        self.record.forget_type();
        let read = self.directive(&mut tokens);
        let read = read.and_then(|line| tokens.finish().map(|()| line));
        tokens.skip_line();
        self.pos = tokens.position();
        self.line += tokens.lines();
        read
    }

    fn directive(&mut self, tokens: &mut Lexer<'_>) -> Result<Line, TextError> {
        let first = tokens.require("directive")?;
        let mut wire = [0; 255];
        match first.text.to_ascii_uppercase().as_slice() {
            b"$ORIGIN" => {
                let len = tokens.require("origin")?.name(tokens.origin(), &mut wire)?;
                tokens.finish()?;
                self.origin = NameBuf::from_checked(&wire[..len]);
            }
            b"$TTL" => {
                let token = tokens.require("TTL")?;
                let ttl = Ttl::from_token(token.text);
                let ttl = ttl.ok_or_else(|| token.invalid("not a TTL"))?;
                tokens.finish()?;
                self.record.default_ttl = Some(ttl);
            }
            b"$INCLUDE" => return self.include(tokens),
            b"$GENERATE" => {
                // Its own lexer, since the template outlives this line.
                let mut template = Lexer::at(self.text, tokens.position(), None);
                let place = (first.at, self.line);
                let left = &mut self.left_to_make;
                let mut generate = Generate::parse(&mut template, self.text, place, left)?;
                self.record.swap_owner(&mut generate.before);
                self.generate = Some(generate);
                tokens.skip_entry();
            }
            _ => return Err(first.invalid("unknown directive")),
        }
        Ok(Line::Blank)
    }

    fn include(&self, tokens: &mut Lexer<'_>) -> Result<Line, TextError> {
        let token = tokens.require("file name")?;
        let mut file = Vec::new();
        token.unescape(&mut file)?;
        let file = String::from_utf8(file).map_err(|_| token.invalid("not a file name"))?;
        let mut wire = [0; 255];
        let origin = match tokens.next()? {
            Some(token) => {
                let len = token.name(tokens.origin(), &mut wire)?;
                NameBuf::from_checked(&wire[..len])
            }
            None => self.origin.clone(),
        };
        Ok(Line::Include(file, origin))
    }
}

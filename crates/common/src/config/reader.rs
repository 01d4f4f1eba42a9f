//! [`Reader`]: gathers the layers and reads a checked value from them.

use std::{ffi::OsString, fmt, io, path::Path};

use super::{
    env::{self, Misplaced, Override},
    format::Format,
    input::{self, InputError},
    limits::Limits,
    origin::{Origin, Span, Text},
    report::{Problems, Report, Setting},
    tree::{Entries, Kind, Node},
    walk::{FromConfig, Table},
};

/// Reads a configuration from texts and the environment, each layer over the one before.
///
/// Nothing fails before [`read`](Self::read): a file that cannot be read is one of the problems.
///
/// ```
/// use eaves_common::config::{Format, Reader};
///
/// let config = Reader::new()
///     .text("edge.toml", Format::Toml, "[proxy]\nworkers = 2")
///     .env("EAVES_", [("EAVES_PROXY__WORKERS", "8"), ("HOME", "/")])
///     .read_with(|table| table.table("proxy", |proxy| proxy.value::<u16>("workers").required()))
///     .unwrap();
/// assert_eq!(*config.value(), 8);
/// ```
pub struct Reader {
    limits: Limits,
    root: Node,
    overrides: Vec<Override>,
    report: Report,
}

impl Default for Reader {
    fn default() -> Self {
        Self::with_limits(Limits::default())
    }
}

impl fmt::Debug for Reader {
    /// Prints no values: there may be secrets among them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Reader {
    /// Makes a reader with the default limits and no layers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a reader with other limits.
    #[must_use]
    pub fn with_limits(limits: Limits) -> Self {
        Self {
            limits,
            root: Node {
                origin: Origin::Nowhere,
                kind: Kind::Table(Entries::new()),
            },
            overrides: Vec::new(),
            report: Report::new(&limits),
        }
    }

    /// Adds a file, whose ending says its format.
    #[must_use]
    pub fn file(self, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let name = path.display().to_string();
        match Format::of(path) {
            Some(format) => {
                let text = input::read_file(path, &self.limits);
                self.layer(&name, format, text)
            }
            None => {
                let message = format!(
                    "the format is not known, use a file that ends in {}",
                    Format::ENDINGS
                );
                self.refuse(&name, message)
            }
        }
    }

    /// Adds a text that is already in memory, under the name that problems show.
    #[must_use]
    pub fn text(self, name: &str, format: Format, text: &str) -> Self {
        self.input(name, format, text.as_bytes())
    }

    /// Adds what `input` holds, under the name that problems show; no more than the limit is read.
    #[must_use]
    pub fn input(self, name: &str, format: Format, input: impl io::Read) -> Self {
        let text = input::read(input, &self.limits);
        self.layer(name, format, text)
    }

    /// Adds the environment variables that begin with `prefix`, usually from `std::env::vars_os()`.
    ///
    /// What follows the prefix is a path in any case, `__` between its parts: with the prefix
    /// `EAVES_`, `EAVES_PROXY__MAX_STALE` is `proxy.max_stale` and `EAVES_POOLS__0__NAME` is
    /// `pools[0].name`. Lists of values have commas between them. An unknown path is a problem.
    /// They override the texts, whatever is called first.
    #[must_use]
    pub fn env<N, V>(mut self, prefix: &str, variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        let (overrides, misplaced) = env::select(prefix, self.limits.depth, variables);
        self.overrides.extend(overrides);
        self.misplaced(misplaced);
        self
    }

    /// Reads the value.
    ///
    /// # Errors
    /// All problems: of the texts' form, of types and ranges, missing and unknown keys, and what
    /// the type's own checks found.
    pub fn read<T: FromConfig>(self) -> Result<Config<T>, Problems> {
        self.read_with(T::from_config)
    }

    /// Reads the value by a function instead of a type's own.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_with<T>(
        mut self,
        read: impl FnOnce(&mut Table<'_>) -> Option<T>,
    ) -> Result<Config<T>, Problems> {
        let overrides = std::mem::take(&mut self.overrides);
        let placed = overrides.iter().map(|new| env::apply(&mut self.root, new));
        let misplaced: Vec<_> = placed.filter_map(Result::err).collect();
        self.misplaced(misplaced);
        let value = Table::root(&self.root, &mut self.report, read);
        let (value, settings) = self.report.finish(value)?;
        Ok(Config { value, settings })
    }

    fn misplaced(&mut self, misplaced: Vec<Misplaced>) {
        for wrong in misplaced {
            let origin = Origin::Variable(wrong.variable);
            self.report.wrong("", || wrong.message, &origin);
        }
    }

    fn layer(mut self, name: &str, format: Format, text: Result<String, InputError>) -> Self {
        let text = match text {
            Ok(text) => text,
            Err(InputError::NotUtf8(valid, byte)) => return self.not_utf8(name, valid, byte),
            Err(InputError::Io(error)) => {
                return self.refuse(name, format!("cannot be read: {error}"));
            }
            Err(InputError::TooLarge(most)) => {
                return self.refuse(name, format!("is too large, use at most {most}"));
            }
        };
        let index = self.report.texts.len();
        let parsed = format.parse(&text, index, &self.limits);
        self.report.texts.push(Text::new(name, text));
        for mistake in parsed.mistakes {
            let span = Span {
                text: index,
                start: mistake.span.start,
                end: mistake.span.end,
            };
            self.report.syntax(mistake.message, &Origin::Text(span));
        }
        self.report.uncounted(parsed.more);
        merge(&mut self.root.kind, parsed.root);
        self
    }

    fn not_utf8(mut self, name: &str, mut valid: String, byte: u8) -> Self {
        let start = valid.len();
        valid.push(char::REPLACEMENT_CHARACTER);
        let span = Span {
            text: self.report.texts.len(),
            start,
            end: valid.len(),
        };
        self.report.texts.push(Text::new(name, valid));
        let message = format!("byte 0x{byte:02x} is not UTF-8, save the file as UTF-8");
        self.report.syntax(message, &Origin::Text(span));
        self
    }

    fn refuse(mut self, name: &str, message: String) -> Self {
        let index = self.report.texts.len();
        self.report.texts.push(Text::new(name, String::new()));
        self.report.unreadable(message, index);
        self
    }
}

/// Puts a layer over another: tables join, everything else is replaced.
fn merge(below: &mut Kind, above: Entries) {
    let Kind::Table(entries) = below else {
        *below = Kind::Table(above);
        return;
    };
    for (key, mut entry) in above {
        match (entries.get_mut(&key), &mut entry.node.kind) {
            (Some(old), Kind::Table(new)) => {
                merge(&mut old.node.kind, std::mem::take(new));
                old.node.origin = entry.node.origin;
                old.key = entry.key;
            }
            _ => {
                entries.insert(key, entry);
            }
        }
    }
}

/// A value without mistakes, and where each part of it came from.
///
/// ```
/// use eaves_common::config::{Format, Reader, Source};
///
/// let config = Reader::new()
///     .text("a.toml", Format::Toml, "ttl = '1m'")
///     .read_with(|table| table.value::<std::time::Duration>("ttl").required())
///     .unwrap();
/// let setting = &config.effective()[0];
/// assert_eq!((setting.path(), setting.value()), ("ttl", Some("1m")));
/// assert_eq!(*setting.source(), Source::File { name: "a.toml".into(), line: 1 });
/// assert_eq!(config.into_value().as_secs(), 60);
/// ```
#[derive(Clone, Debug)]
pub struct Config<T> {
    value: T,
    settings: Vec<Setting>,
}

impl<T> Config<T> {
    /// Returns the value.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Returns the value alone.
    pub fn into_value(self) -> T {
        self.value
    }

    /// Returns each value in effect and where it came from, in the order they were read.
    pub fn effective(&self) -> &[Setting] {
        &self.settings
    }
}

//! Writing zones as text that reads back to the same zone.

use core::fmt;

use crate::{
    name::Name,
    rdata::RdataBuf,
    record::Rtype,
    zone::{RrsetView, Zone},
};

/// Writes zones.
///
/// ```
/// use eaves_dns::{NameBuf, zone::Zone, zonefile::Writer};
///
/// let origin: NameBuf = "example.".parse().unwrap();
/// let text = "$TTL 300\n@ SOA ns admin 1 7200 3600 1209600 60\n@ NS ns\nNS A 192.0.2.53\n";
/// let zone = Zone::parse(text, &origin).into_result().unwrap();
/// let mut out = String::new();
/// Writer::canonical(&mut out).zone(&zone)?;
/// assert!(out.ends_with("ns.example. 300 IN A 192.0.2.53\n"));
/// # Ok::<(), std::fmt::Error>(())
/// ```
pub struct Writer<'w> {
    out: &'w mut dyn fmt::Write,
    style: Style,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Canonical,
    Pretty,
}

impl<'w> Writer<'w> {
    /// Writes names in canonical order and form, types and rdata in ascending order, one record a
    /// line with all its parts (RFC 4034 section 6).
    pub fn canonical(out: &'w mut dyn fmt::Write) -> Self {
        let style = Style::Canonical;
        Self { out, style }
    }

    /// Writes for people: SOA first, repeated owners left out, columns aligned.
    pub fn pretty(out: &'w mut dyn fmt::Write) -> Self {
        let style = Style::Pretty;
        Self { out, style }
    }

    /// Writes a zone.
    ///
    /// # Errors
    /// When the output takes no more.
    pub fn zone(&mut self, zone: &Zone) -> fmt::Result {
        let width = match self.style {
            Style::Canonical => 0,
            Style::Pretty => zone
                .names()
                .map(|(name, _)| text_len(name))
                .max()
                .unwrap_or(0),
        };
        for (name, sets) in zone.names() {
            let mut sets: Vec<RrsetView<'_>> = sets.collect();
            let is_pretty = self.style == Style::Pretty;
            sets.sort_by_key(|set| (is_pretty && set.rtype() != Rtype::SOA, set.rtype()));
            let mut is_first = true;
            for set in sets {
                self.rrset(name, &set, (width, &mut is_first))?;
            }
        }
        Ok(())
    }

    fn rrset(
        &mut self,
        name: &Name,
        set: &RrsetView<'_>,
        (width, is_first): (usize, &mut bool),
    ) -> fmt::Result {
        let (rtype, ttl) = (set.rtype(), set.ttl());
        let read = |wire| RdataBuf::from_wire(rtype, wire).ok();
        let mut rdatas: Vec<RdataBuf> = set.rdatas().filter_map(read).collect();
        if self.style == Style::Canonical {
            rdatas = rdatas.iter().map(RdataBuf::canonical).collect();
            rdatas.sort();
        }
        for rdata in rdatas {
            match self.style {
                Style::Canonical => {
                    let name = name.to_lowercase();
                    writeln!(self.out, "{name} {ttl} IN {rtype} {rdata}")?;
                }
                Style::Pretty => {
                    let owner = if *is_first {
                        name.to_string()
                    } else {
                        String::new()
                    };
                    let rtype = rtype.to_string();
                    writeln!(self.out, "{owner:width$} {ttl:<7} IN {rtype:<10} {rdata}")?;
                }
            }
            *is_first = false;
        }
        Ok(())
    }
}

fn text_len(name: &Name) -> usize {
    name.to_string().len()
}

impl fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("style", &self.style)
            .finish_non_exhaustive()
    }
}

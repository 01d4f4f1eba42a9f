//! Notifications of what changed: a zone (RFC 1996), or its CDS or CSYNC records (RFC 9859).

use crate::{
    error::{BuildError, WireError},
    message::{Builder, Flags, Header, Opcode, Question, View},
    name::{Name, NameRef},
    rdata::Rdata,
    record::Rtype,
};

/// A received notification, or the answer to one.
///
/// ```
/// use eaves_dns::{NameBuf, View, notify::Notify};
///
/// let zone: NameBuf = "example.".parse()?;
/// let mut buf = [0; 512];
/// let message = Notify::query(&zone, 7, &mut buf)?;
/// let notify = Notify::read(&View::parse(message)?)?;
/// assert_eq!((notify.zone, notify.serial), ((&zone).into(), None));
/// # Ok::<(), eaves_common::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notify<'a> {
    /// The zone that changed.
    pub zone: NameRef<'a>,
    /// The type that changed there: SOA when the zone did; CDS or CSYNC tell the parent's side to look
    /// at the delegation.
    pub rtype: Rtype,
    /// Its serial, as a hint, if the sender told it.
    pub serial: Option<u32>,
    /// This is the answer.
    pub is_response: bool,
}

impl<'a> Notify<'a> {
    /// Takes a notification: opcode NOTIFY and one question, of a type that records have.
    ///
    /// # Errors
    /// When the message is anything else, or what it answers is malformed.
    pub fn read(view: &View<'a>) -> Result<Self, WireError> {
        let bad = WireError::Invalid {
            at: 4,
            what: "a notification has one question, of a type that records have",
        };
        if view.header().opcode != Opcode::NOTIFY || view.counts()[0] != 1 {
            return Err(bad);
        }
        let question = view
            .question()?
            .filter(|question| !question.rtype.is_meta())
            .ok_or(bad)?;
        let mut serial = None;
        for record in view.answers()? {
            if let Rdata::Soa(soa) = record?.rdata()? {
                serial = Some(soa.serial);
            }
        }
        Ok(Self {
            zone: question.name,
            rtype: question.rtype,
            serial,
            is_response: view.header().is_response(),
        })
    }

    /// Writes the notification that a zone changed.
    ///
    /// # Errors
    /// When the buffer is too small.
    pub fn query<'b>(zone: &Name, id: u16, buf: &'b mut [u8]) -> Result<&'b [u8], BuildError> {
        Self::query_of(zone, Rtype::SOA, id, buf)
    }

    /// Writes the notification that the records of a type changed, such as CDS.
    ///
    /// # Errors
    /// When the buffer is too small.
    pub fn query_of<'b>(
        zone: &Name,
        rtype: Rtype,
        id: u16,
        buf: &'b mut [u8],
    ) -> Result<&'b [u8], BuildError> {
        let header = Header {
            id,
            opcode: Opcode::NOTIFY,
            flags: Flags::AA,
            ..Header::default()
        };
        let mut builder = Builder::new(buf, header)?;
        builder.question(&Question::new(zone, rtype))?;
        Ok(builder.finish())
    }
}

//! The file that makes a folder a store: its format, and the secret of its checksums.

use std::{
    hash::{BuildHasher, RandomState},
    io,
};

use super::{
    error::OpenError,
    files::{Files, read_whole, write_full},
    format::Sums,
};

const NAME: &str = "store";
const MAGIC: [u8; 8] = *b"eavstore";
const VERSION: u32 = 1;
pub(super) const LEN: u64 = 32;

/// What a folder was found to be.
pub(super) enum Found {
    /// A store.
    Known(Sums),
    /// Nothing yet, or what cannot be read: what else is there is of no use.
    Nothing,
}

pub(super) fn read(files: &dyn Files) -> Result<Found, OpenError> {
    let file = match files.open(NAME) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(OpenError::io("open the file `store`")(error)),
    };
    let bytes = match read_whole(&*file, LEN) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => return Ok(Found::Nothing),
        Err(error) => return Err(OpenError::io("read the file `store`")(error)),
    };
    decode(&bytes)
}

fn decode(bytes: &[u8]) -> Result<Found, OpenError> {
    let Some((checked, sum)) = bytes.split_last_chunk::<8>() else {
        return Ok(Found::Nothing);
    };
    let holds = Sums::new(0).other(checked, 0).to_le_bytes() == *sum;
    let Some((version, secret)) = parts(checked).filter(|_| holds) else {
        return Ok(Found::Nothing);
    };
    if version != VERSION {
        return Err(OpenError::Version {
            found: version,
            known: VERSION,
        });
    }
    Ok(Found::Known(Sums::new(secret)))
}

fn parts(checked: &[u8]) -> Option<(u32, u64)> {
    let rest = checked.strip_prefix(&MAGIC)?;
    let (version, rest) = rest.split_first_chunk()?;
    let secret = rest.get(4..)?.first_chunk()?;
    Some((u32::from_le_bytes(*version), u64::from_le_bytes(*secret)))
}

/// Makes the folder a store with a secret of its own.
pub(super) fn create(files: &dyn Files) -> io::Result<Sums> {
    // The standard library seeds its hashers from the system.
    let secret = RandomState::new().hash_one(0_u8);
    let mut bytes = Vec::with_capacity(LEN as usize);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&secret.to_le_bytes());
    let sum = Sums::new(0).other(&bytes, 0);
    bytes.extend_from_slice(&sum.to_le_bytes());
    replace(files, NAME, &bytes)?;
    Ok(Sums::new(secret))
}

/// Puts a file in place of another, so that after a crash one of both is there whole.
pub(super) fn replace(files: &dyn Files, name: &str, bytes: &[u8]) -> io::Result<()> {
    let draft = format!("{name}.new");
    let file = files.create(&draft)?;
    write_full(&*file, 0, bytes)?;
    file.sync()?;
    files.rename(&draft, name)?;
    files.sync()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_versions_are_told_from_damage() {
        let mut bytes = Vec::from(MAGIC);
        bytes.extend_from_slice(&2_u32.to_le_bytes());
        bytes.extend_from_slice(&[0; 12]);
        let sum = Sums::new(0).other(&bytes, 0);
        bytes.extend_from_slice(&sum.to_le_bytes());
        let found = decode(&bytes);
        assert!(matches!(
            found,
            Err(OpenError::Version { found: 2, known: 1 })
        ));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 4;
            assert!(matches!(decode(&damaged), Ok(Found::Nothing)));
            assert!(matches!(decode(&bytes[..at]), Ok(Found::Nothing)));
        }
    }
}

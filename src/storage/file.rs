//! One file of saved state: a line that says what it is, a checksum, and the packed state.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What every file begins with; the number is the version of what follows, which is first of all the file's own name.
const HEADER: &[u8] = b"wolkvox-exporter state 1 ";

/// No state unpacks to more: a few million series.
const LARGEST: u64 = 1 << 30;

/// No file of state is larger, packed as it is.
const LARGEST_FILE: u64 = 1 << 28;

/// Why a file is no saved state of this version.
#[derive(Debug, thiserror::Error)]
pub(super) enum Damage {
    #[error("it is no file")]
    NoFile,
    #[error("it cannot be read")]
    Unread(#[source] io::Error),
    #[error("it is not a state of this version")]
    Foreign,
    #[error("it is the state of something else")]
    Misplaced,
    #[error("it is of another address or time zone than the configuration's")]
    Elsewhere,
    #[error("its checksum is wrong")]
    Checksum,
    #[error("it does not unpack")]
    Unreadable(#[source] io::Error),
    #[error("it does not say what a state says")]
    Strange(#[source] serde_json::Error),
}

/// A state as the bytes of the file of this name.
pub(super) fn pack(name: &str, saved: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    serde_json::to_writer(io::BufWriter::new(&mut encoder), saved)?;
    let packed = encoder.finish()?;
    let mut bytes = [HEADER, name.as_bytes(), b"\n"].concat();
    bytes.extend_from_slice(&crc32fast::hash(&packed).to_le_bytes());
    bytes.extend_from_slice(&packed);
    Ok(bytes)
}

/// The state in a file; nothing where there is none.
pub(super) fn load<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Damage> {
    // Reading a pipe could wait for ever, and a device could have no end.
    if is_no_file(path) {
        return Err(Damage::NoFile);
    }
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(LARGEST_FILE).read_to_end(&mut bytes)) {
        Ok(_) => unpack(path.file_name(), &bytes).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Damage::Unread(error)),
    }
}

/// Whether something is there that is no file: a folder, a pipe, a device.
pub(super) fn is_no_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file())
}

/// Takes what is there out of the way, and says where it went; nothing where that cannot be done.
pub(super) fn set_aside(path: &Path) -> Option<PathBuf> {
    // A folder of such a name may be there already, which nothing replaces.
    let names = ["damaged", "damaged-2", "damaged-3", "damaged-4"];
    names.into_iter().map(|name| path.with_added_extension(name)).find(|aside| fs::rename(path, aside).is_ok())
}

/// The state in the bytes of a file, which must be of this name if one is given.
pub(super) fn unpack<T: DeserializeOwned>(name: Option<&OsStr>, bytes: &[u8]) -> Result<T, Damage> {
    let rest = bytes.strip_prefix(HEADER).ok_or(Damage::Foreign)?;
    let end = memchr::memchr(b'\n', rest).ok_or(Damage::Foreign)?;
    let (own, rest) = rest.split_at(end);
    if name.is_some_and(|name| name.as_encoded_bytes() != own) {
        return Err(Damage::Misplaced);
    }
    let rest = rest.get(1..).unwrap_or_default();
    let (checksum, packed) = rest.split_first_chunk::<4>().ok_or(Damage::Checksum)?;
    if crc32fast::hash(packed).to_le_bytes() != *checksum {
        return Err(Damage::Checksum);
    }
    let mut json = Vec::new();
    DeflateDecoder::new(packed).take(LARGEST).read_to_end(&mut json).map_err(Damage::Unreadable)?;
    serde_json::from_slice(&json).map_err(Damage::Strange)
}

/// Puts bytes into a file in one step: whoever reads it finds the old ones or the new ones, never a part.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_added_extension("new");
    if is_no_file(&new) {
        set_aside(&new);
    }
    let mut file = File::create(&new)?;
    let written = file.write_all(bytes).and_then(|()| {
        // Without this a power cut could leave the new name with none of the bytes.
        file.sync_data()?;
        fs::rename(&new, path)
    });
    if written.is_err() {
        // On a full disk the part that was written would be in the way.
        drop(fs::remove_file(&new));
    } else if let Some(folder) = path.parent() {
        // And without this, with the old bytes: totals that were served would fall. Not every file system can; then it
        // does so by itself.
        drop(File::open(folder).and_then(|folder| folder.sync_all()));
    }
    written
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_state_comes_back_and_no_damage_goes_unseen(words in proptest::collection::vec("\\PC{0,12}", 0..20), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let bytes = pack("acme.skills.state", &words).unwrap();
            let name = Some(OsStr::new("acme.skills.state"));
            prop_assert_eq!(unpack::<Vec<String>>(name, &bytes).unwrap(), words);
            prop_assert!(unpack::<Vec<String>>(Some(OsStr::new("acme.agents.state")), &bytes).is_err());
            let mut damaged = bytes.clone();
            *at.get_mut(&mut damaged) ^= 1 << bit;
            prop_assert!(unpack::<Vec<String>>(name, &damaged).is_err());
            let cut = at.index(bytes.len());
            prop_assert!(unpack::<Vec<String>>(name, &bytes[..cut]).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(unpack::<Vec<String>>(None, &bytes).is_err());
            prop_assert!(unpack::<Vec<String>>(None, &[HEADER, b"a\n", &bytes].concat()).is_err());
        }
    }
}

//! What makes restarts exact and free: the state of each operation and report on disk.
//!
//! A report's state is written before its answer is put up, so that nothing that was ever scraped is forgotten; an
//! operation's spendings are written before each request. Files are replaced as a whole, versioned and checksummed. One
//! that is damaged or strange is set aside and never stops the start. Tokens and personal data are not in them; names
//! of agents only as `/metrics` shows them.

#[cfg(test)]
mod death;
mod file;
mod saved;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::{debug, info, warn};

use self::file::Damage;

#[cfg(test)]
pub(crate) use self::death::{Death, Moment};
pub use self::saved::{SavedMark, SavedReport, SavedSample, Spendings};

/// The folder with the states. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Storage(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    /// Held until the end, so that no second exporter writes here; none where the folder has no locks.
    _lock: Option<File>,
    /// Whether the last write failed: that is said once, and not at every answer.
    fails: AtomicBool,
    /// Where tests end the process in the middle of its writing.
    #[cfg(test)]
    death: Death,
}

/// What was there is no state, and was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged;

impl Storage {
    /// Opens a folder, made if it is not there. One that cannot be written to is read all the same, because what is there
    /// already should never keep an exporter from starting.
    ///
    /// # Errors
    ///
    /// Fails where the folder is none and cannot be made, or where another exporter uses it.
    pub fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        let lock = match lock(&path.join("lock")) {
            Ok(lock) => Some(lock),
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => return Err(error),
            Err(error) => {
                let advice = "let this user write to it; until then a restart is not exact, and a second exporter with \
                     this folder would not be noticed";
                warn!(folder = %path.display(), %error, advice, "the folder of saved states cannot be locked");
                None
            }
        };
        Ok(Self(Arc::new(Folder {
            path: path.to_owned(),
            _lock: lock,
            fails: AtomicBool::new(false),
            #[cfg(test)]
            death: Death::default(),
        })))
    }

    /// What ends the process in the middle of its writing.
    #[cfg(test)]
    pub(crate) fn death(&self) -> &Death {
        &self.0.death
    }

    /// Everything that its files say.
    #[cfg(test)]
    pub(crate) fn unpacked(&self) -> String {
        let files = fs::read_dir(&self.0.path).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
        let texts = files.filter_map(|bytes| file::unpack::<serde_json::Value>(None, &bytes).ok());
        texts.map(|text| text.to_string()).collect()
    }

    /// What is known of a report of an operation that is asked at this address and has its days in this zone, if anything
    /// is.
    ///
    /// # Errors
    ///
    /// Something was there that is no state, or not of this address and zone.
    pub fn report(
        &self,
        operation: &str,
        report: &str,
        base_url: &str,
        timezone: &str,
    ) -> Result<Option<SavedReport>, Damaged> {
        let name = format!("{operation}.{report}.state");
        let saved: Option<SavedReport> = self.read(&name)?;
        if saved.as_ref().is_some_and(|saved| saved.base_url != base_url || saved.timezone != timezone) {
            put_aside(&self.0.path.join(name), &Damage::Elsewhere);
            return Err(Damaged);
        }
        Ok(saved)
    }

    /// What an operation has spent, if that is known.
    ///
    /// # Errors
    ///
    /// Something was there that is no state.
    pub fn spendings(&self, operation: &str) -> Result<Option<Spendings>, Damaged> {
        self.read(&format!("{operation}.spendings"))
    }

    /// Keeps a report's state. This blocks for as long as the file system takes.
    pub fn keep_report(&self, operation: &str, report: &str, saved: &SavedReport) {
        self.write(&format!("{operation}.{report}.state"), saved);
    }

    /// Forgets what was known of a report.
    pub fn forget_report(&self, operation: &str, report: &str) {
        let path = self.0.path.join(format!("{operation}.{report}.state"));
        if let Err(error) = fs::remove_file(&path) {
            warn!(file = %path.display(), %error, "a saved state that is not to be kept cannot be removed");
        }
    }

    /// Keeps what an operation has spent.
    pub fn keep_spendings(&self, operation: &str, spendings: &Spendings) {
        self.write(&format!("{operation}.spendings"), spendings);
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Damaged> {
        let path = self.0.path.join(name);
        file::load(&path).map_err(|damage| {
            put_aside(&path, &damage);
            Damaged
        })
    }

    fn write(&self, name: &str, saved: &impl Serialize) {
        let path = self.0.path.join(name);
        #[cfg(test)]
        if self.0.death.strikes(name, &path, || file::pack(name, saved)) {
            return;
        }
        let written = file::pack(name, saved).and_then(|bytes| file::replace(&path, &bytes));
        let failed_before = self.0.fails.swap(written.is_err(), Ordering::Relaxed);
        match written {
            Err(error) if !failed_before => {
                let advice = "look for room on the disk and for the rights of this user";
                let file = path.display();
                warn!(%file, %error, advice, "the state cannot be saved: a restart now would not be exact");
            }
            Err(error) => debug!(file = %path.display(), %error, "the state still cannot be saved"),
            Ok(()) if failed_before => info!(file = %path.display(), "the state is saved again"),
            Ok(()) => {}
        }
    }
}

/// Takes something that is no state out of the way, and says so.
fn put_aside(path: &Path, damage: &Damage) {
    let aside = file::set_aside(path);
    let aside = aside.as_ref().map_or_else(|| "nowhere, it cannot be moved".into(), |aside| aside.to_string_lossy());
    let advice = match damage {
        Damage::Elsewhere => "nothing need be done if the configuration was changed; remove what was set aside",
        _ => {
            "nothing need be done; remove what was set aside once it was looked at, and look after the disk if this \
             happens again"
        }
    };
    let (file, cause) = (path.display(), std::error::Error::source(damage).map(ToString::to_string));
    warn!(%file, %damage, cause, %aside, advice, "a saved state is set aside: starting without it");
}

/// The lock of a folder, held.
fn lock(path: &Path) -> io::Result<File> {
    if file::is_no_file(path) {
        put_aside(path, &Damage::NoFile);
    }
    let lock = File::create(path)?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => {
            io::Error::new(io::ErrorKind::ResourceBusy, "another exporter uses this folder; give each one of its own")
        }
        TryLockError::Error(error) => error,
    })?;
    Ok(lock)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::date;
    use tempfile::TempDir;

    use super::*;

    fn spendings() -> Spendings {
        Spendings { day: date(2026, 3, 2), used: 7, quota_is_spent: false, due: BTreeMap::new() }
    }

    /// Whatever is in the place of a state is set aside, and the next state is kept in its place.
    #[test]
    fn what_is_no_state_is_set_aside() {
        type Put<'p> = &'p dyn Fn(&Path);
        let whole = file::pack("acme.spendings", &spendings()).unwrap();
        let places: [(&str, Put<'_>); 9] = [
            ("nothing in it", &|path| fs::write(path, "").unwrap()),
            ("half of it", &|path| fs::write(path, &whole[..whole.len() / 2]).unwrap()),
            ("something else", &|path| fs::write(path, "{}").unwrap()),
            ("of another version", &|path| {
                fs::write(path, [b"wolkvox-exporter state 9\n", &whole[25..]].concat()).unwrap();
            }),
            ("that of something else", &|path| {
                fs::write(path, file::pack("other.spendings", &spendings()).unwrap()).unwrap();
            }),
            ("a folder", &|path| fs::create_dir_all(path.join("with something")).unwrap()),
            ("a socket", &|path| drop(std::os::unix::net::UnixListener::bind(path).unwrap())),
            ("a device", &|path| std::os::unix::fs::symlink("/dev/zero", path).unwrap()),
            ("a link to itself", &|path| std::os::unix::fs::symlink(path, path).unwrap()),
        ];
        for (what, put) in places {
            let folder = TempDir::new().unwrap();
            let storage = Storage::open(folder.path()).unwrap();
            let path = folder.path().join("acme.spendings");
            put(&path);
            assert_eq!(storage.spendings("acme"), Err(Damaged), "{what}");
            assert!(fs::symlink_metadata(path.with_added_extension("damaged")).is_ok(), "{what}");
            assert_eq!(storage.spendings("acme"), Ok(None), "{what}");
            storage.keep_spendings("acme", &spendings());
            assert_eq!(storage.spendings("acme"), Ok(Some(spendings())), "{what}");
        }
    }

    #[test]
    fn a_folder_in_every_place_stops_nothing() {
        let folder = TempDir::new().unwrap();
        for name in ["lock", "acme.spendings", "acme.spendings.new", "acme.spendings.damaged"] {
            fs::create_dir_all(folder.path().join(name).join("with something")).unwrap();
        }
        let storage = Storage::open(folder.path()).unwrap();
        assert_eq!(storage.spendings("acme"), Err(Damaged));
        storage.keep_spendings("acme", &spendings());
        assert_eq!(storage.spendings("acme"), Ok(Some(spendings())));
    }

    #[test]
    fn two_exporters_do_not_share_a_folder() {
        let folder = TempDir::new().unwrap();
        let first = Storage::open(folder.path()).unwrap();
        assert_eq!(Storage::open(folder.path()).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        drop(first);
        Storage::open(folder.path()).unwrap();
    }
}

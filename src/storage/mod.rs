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

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::warn;

#[cfg(test)]
pub(crate) use self::death::{Death, Moment};
pub use self::saved::{SavedMark, SavedReport, SavedSample, Spendings};

/// The folder with the states. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Storage(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    /// Held until the end, so that no second exporter writes here.
    _lock: File,
    /// Where tests end the process in the middle of its writing.
    #[cfg(test)]
    death: Death,
}

impl Storage {
    /// Opens a folder, made if it is not there.
    ///
    /// # Errors
    ///
    /// Fails where the folder cannot be made or written to, or where another exporter uses it.
    pub fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        let lock = File::create(path.join("lock"))?;
        lock.try_lock()
            .map_err(|_| io::Error::new(io::ErrorKind::ResourceBusy, "another exporter uses this folder"))?;
        Ok(Self(Arc::new(Folder {
            path: path.to_owned(),
            _lock: lock,
            #[cfg(test)]
            death: Death::default(),
        })))
    }

    /// What ends the process in the middle of its writing.
    #[cfg(test)]
    pub(crate) fn death(&self) -> &Death {
        &self.0.death
    }

    /// What is known of a report of an operation, if anything is.
    #[must_use]
    pub fn report(&self, operation: &str, report: &str) -> Option<SavedReport> {
        self.read(&format!("{operation}.{report}.state"))
    }

    /// What an operation has spent, if that is known.
    #[must_use]
    pub fn spendings(&self, operation: &str) -> Option<Spendings> {
        self.read(&format!("{operation}.spendings"))
    }

    /// Keeps a report's state. This blocks for as long as the file system takes.
    pub fn keep_report(&self, operation: &str, report: &str, saved: &SavedReport) {
        self.write(&format!("{operation}.{report}.state"), saved);
    }

    /// Keeps what an operation has spent.
    pub fn keep_spendings(&self, operation: &str, spendings: &Spendings) {
        self.write(&format!("{operation}.spendings"), spendings);
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let path = self.0.path.join(name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                warn!(file = %path.display(), %error, "a saved state cannot be read: starting without it");
                return None;
            }
        };
        match file::unpack(&bytes) {
            Ok(saved) => Some(saved),
            Err(damage) => {
                let aside = path.with_added_extension("damaged");
                warn!(file = %path.display(), %damage, aside = %aside.display(), "a saved state is set aside: starting without it");
                // Should even that fail, the next write replaces it.
                drop(fs::rename(&path, &aside));
                None
            }
        }
    }

    fn write(&self, name: &str, saved: &impl Serialize) {
        let path = self.0.path.join(name);
        #[cfg(test)]
        if self.0.death.strikes(name, &path, || file::pack(saved)) {
            return;
        }
        if let Err(error) = file::pack(saved).and_then(|bytes| file::replace(&path, &bytes)) {
            warn!(file = %path.display(), %error, "the state cannot be saved: a restart now would not be exact");
        }
    }
}

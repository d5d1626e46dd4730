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

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::{debug, info, warn};

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
    /// The files that could not be written when that was last tried.
    failing: Mutex<BTreeSet<String>>,
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
            failing: Mutex::default(),
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
        let texts = files.filter_map(|bytes| file::unpack::<serde_json::Value>(&bytes).ok());
        texts.map(|text| text.to_string()).collect()
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

    fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let path = self.0.path.join(name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                set_aside(&path, &error);
                return None;
            }
        };
        file::unpack(&bytes).map_err(|damage| set_aside(&path, &damage)).ok()
    }

    fn write(&self, name: &str, saved: &impl Serialize) {
        let path = self.0.path.join(name);
        #[cfg(test)]
        if self.0.death.strikes(name, &path, || file::pack(saved)) {
            return;
        }
        let written = file::pack(saved).and_then(|bytes| file::replace(&path, &bytes));
        // A full disk is news once, not with every answer.
        let mut failing = self.0.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let file = path.display();
        match written {
            Err(error) if failing.insert(name.to_owned()) => {
                warn!(%file, %error, "the state cannot be saved: a restart now would not be exact");
            }
            Err(error) => debug!(%file, %error, "the state can still not be saved"),
            Ok(()) if failing.remove(name) => info!(%file, "the state is saved again"),
            Ok(()) => {}
        }
    }
}

/// Puts a file that is of no use out of the way of the next one.
fn set_aside(path: &Path, why: &impl std::fmt::Display) {
    let aside = path.with_added_extension("damaged");
    warn!(file = %path.display(), %why, aside = %aside.display(), "a saved state is set aside: starting without it");
    // Should even that fail, the next write replaces it.
    drop(fs::rename(path, &aside));
}

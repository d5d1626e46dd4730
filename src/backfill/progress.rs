//! What is done of a backfill: beside the file that is written, so that an interruption costs at most the day in work.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Failure;

/// What a backfill was asked for: one that goes on must be asked for the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Question {
    /// Of the files of progress, not of the exporter.
    pub(super) version: u32,
    pub(super) from: Date,
    pub(super) to: Date,
    pub(super) every_hours: i8,
    pub(super) series_per_report: usize,
    pub(super) operations: Vec<Subject>,
}

/// One operation of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) base_url: String,
    pub(super) timezone: String,
    pub(super) reports: Vec<String>,
    /// A digest of what decides over labels and buckets.
    pub(super) terms: String,
}

/// What was done and spent for one operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Done {
    /// How many reports of days are written.
    pub(super) units: u64,
    /// The day whose budget was used last.
    pub(super) day: Option<Date>,
    /// How many requests that day has paid for.
    pub(super) spent: u64,
    /// What wolkvox told that a day allows, where the configuration does not.
    pub(super) allowed: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Progress {
    question: Question,
    operations: BTreeMap<String, Done>,
    /// How much of the file is whole.
    bytes: u64,
}

/// Where the text goes, and what is known of how far it has come.
#[derive(Debug)]
pub(super) struct Record {
    sink: Sink,
    progress: Progress,
}

#[derive(Debug)]
enum Sink {
    Stdout,
    File { file: File, beside: PathBuf },
}

impl Record {
    /// A record of this question in this file, perhaps one that goes on; on standard output without a file.
    pub(super) fn open(question: Question, output: Option<&Path>) -> Result<Self, Failure> {
        let fresh = Progress { question, operations: BTreeMap::new(), bytes: 0 };
        let Some(path) = output else { return Ok(Self { sink: Sink::Stdout, progress: fresh }) };
        let mut name = path.as_os_str().to_owned();
        name.push(".progress");
        let beside = PathBuf::from(name);
        let known = match fs::read(&beside) {
            Ok(known) => Some(known),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Failure::file("read", &beside, error)),
        };
        let Some(known) = known else {
            let is_other = fs::metadata(path).is_ok_and(|found| !found.is_file());
            if is_other {
                return Err(Failure::Exists(path.to_owned()));
            }
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
            let file = file.map_err(|error| Failure::file("create", path, error))?;
            lock(&file, path)?;
            // An empty file is what a run leaves that was killed before it had written anything.
            if file.metadata().map_err(|error| Failure::file("read", path, error))?.len() > 0 {
                return Err(Failure::Exists(path.to_owned()));
            }
            let mut record = Self { sink: Sink::File { file, beside }, progress: fresh };
            record.save()?;
            return Ok(record);
        };
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let mut file = file.map_err(|error| Failure::file("open", path, error))?;
        lock(&file, path)?;
        let progress: Progress =
            serde_json::from_slice(&known).map_err(|_| Failure::Unreadable { beside: beside.clone() })?;
        if progress.question != fresh.question {
            return Err(Failure::Another { path: path.to_owned(), beside });
        }
        let length = file.metadata().map_err(|error| Failure::file("read", path, error))?.len();
        if length < progress.bytes {
            return Err(Failure::Shorter { path: path.to_owned(), beside });
        }
        // What is beyond belongs to a day that was not finished.
        file.set_len(progress.bytes).map_err(|error| Failure::file("cut", path, error))?;
        file.seek(SeekFrom::End(0)).map_err(|error| Failure::file("read", path, error))?;
        Ok(Self { sink: Sink::File { file, beside }, progress })
    }

    /// Whether nothing was written yet.
    pub(super) fn is_empty(&self) -> bool {
        self.progress.bytes == 0
    }

    /// What was done for an operation.
    pub(super) fn done(&self, operation: &str) -> Done {
        self.progress.operations.get(operation).cloned().unwrap_or_default()
    }

    /// Remembers what was spent for an operation: before it is, so that no end of the process forgets it.
    pub(super) fn spend(&mut self, operation: &str, day: Date, spent: u64) -> Result<(), Failure> {
        let done = self.progress.operations.entry(operation.to_owned()).or_default();
        (done.day, done.spent) = (Some(day), spent);
        self.save()
    }

    /// Remembers what wolkvox told that a day allows, so that it is asked once.
    pub(super) fn learn(&mut self, operation: &str, allowed: u64) -> Result<(), Failure> {
        self.progress.operations.entry(operation.to_owned()).or_default().allowed = Some(allowed);
        self.save()
    }

    /// Writes what stands in front of all days.
    pub(super) fn begin(&mut self, text: &str) -> Result<(), Failure> {
        self.append(text)?;
        self.save()
    }

    /// Writes one report of one day of an operation.
    pub(super) fn write(&mut self, operation: &str, text: &str) -> Result<(), Failure> {
        self.append(text)?;
        self.progress.operations.entry(operation.to_owned()).or_default().units += 1;
        self.save()
    }

    /// Writes the end of it all; there is nothing to go on with any more.
    pub(super) fn end(&mut self, text: &str) -> Result<(), Failure> {
        self.append(text)?;
        if let Sink::File { beside, .. } = &self.sink {
            fs::remove_file(beside).map_err(|error| Failure::file("remove", beside, error))?;
        }
        Ok(())
    }

    fn append(&mut self, text: &str) -> Result<(), Failure> {
        let written = match &mut self.sink {
            Sink::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(text.as_bytes()).and_then(|()| out.flush())
            }
            Sink::File { file, .. } => file.write_all(text.as_bytes()).and_then(|()| file.sync_data()),
        };
        written.map_err(Failure::Write)?;
        self.progress.bytes += text.len() as u64;
        Ok(())
    }

    /// Writes the progress beside, whole or not at all.
    fn save(&mut self) -> Result<(), Failure> {
        let Sink::File { beside, .. } = &self.sink else { return Ok(()) };
        let mut name = beside.as_os_str().to_owned();
        name.push(".new");
        let new = PathBuf::from(name);
        let text = serde_json::to_vec_pretty(&self.progress).map_err(|error| Failure::Write(error.into()))?;
        fs::write(&new, text)
            .and_then(|()| fs::rename(&new, beside))
            .map_err(|error| Failure::file("write", beside, error))
    }
}

/// Two runs into one file would write over each other.
fn lock(file: &File, path: &Path) -> Result<(), Failure> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(Failure::InUse(path.to_owned())),
        // A file system without locks is no reason not to write.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

//! Lets tests end the process at an exact moment of saving a state, as `kill -9` may.
//!
//! After that nothing more is written and nobody who wrote goes on, until the next process is allowed to live.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fs, future, io};

use tokio::sync::Notify;

/// Where in the writing of a state the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// What is to be saved is known, and nothing of it is written.
    Before,
    /// Half of the bytes are in the file that is to replace the one before.
    Halfway,
    /// The file was replaced, and nothing else was done.
    After,
}

/// What ends a process. It is asked at every writing.
#[derive(Debug, Default)]
pub(crate) struct Death {
    state: Mutex<State>,
    bell: Notify,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Alive,
    /// The next writing of a file whose name ends so is the last.
    Armed(&'static str, Moment),
    /// The file that was being written, and how far that had come.
    Struck(String, Moment),
}

impl Death {
    /// Lets the next writing of a file whose name ends so be the last thing that this process does.
    pub(crate) fn arm(&self, file: &'static str, moment: Moment) {
        *self.state() = State::Armed(file, moment);
    }

    /// Waits until it has struck.
    pub(crate) async fn has_struck(&self) {
        self.bell.notified().await;
    }

    /// The file that was being written when it struck, and how far that came.
    pub(crate) fn struck(&self) -> Option<(String, Moment)> {
        match &*self.state() {
            State::Struck(name, moment) => Some((name.clone(), *moment)),
            State::Alive | State::Armed(..) => None,
        }
    }

    /// Lets the next process live.
    pub(crate) fn revive(&self) {
        *self.state() = State::Alive;
    }

    /// Whether the process ends at this writing, or has ended; then it is done here, as far as it comes.
    pub(super) fn strikes(&self, name: &str, path: &Path, bytes: impl FnOnce() -> io::Result<Vec<u8>>) -> bool {
        let mut state = self.state();
        let moment = match &*state {
            State::Struck(..) => return true,
            State::Armed(file, moment) if name.ends_with(file) => *moment,
            State::Alive | State::Armed(..) => return false,
        };
        let bytes = bytes().unwrap();
        match moment {
            Moment::Before => {}
            Moment::Halfway => fs::write(path.with_added_extension("new"), &bytes[..bytes.len() / 2]).unwrap(),
            Moment::After => super::file::replace(path, &bytes).unwrap(),
        }
        *state = State::Struck(name.to_owned(), moment);
        self.bell.notify_one();
        true
    }

    /// Returns to the living only.
    pub(crate) async fn spare(&self) {
        let is_dead = matches!(*self.state(), State::Struck(..));
        if is_dead {
            future::pending::<()>().await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Why a backfill does not go on.

use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::upstream::Trouble;

/// Why a backfill does not go on.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is nothing to ask for.
    #[error("{0}")]
    Question(String),
    /// A day of this report needs more requests than a day allows.
    #[error(
        "operation {operation}: a day of {report} takes {needed} requests and {allowed} a day are left beside serving; \
         take samples further apart (--every), or raise quota_share"
    )]
    TooDear {
        /// The operation.
        operation: String,
        /// The report.
        report: &'static str,
        /// The requests of one day of it.
        needed: u64,
        /// The requests that a day allows.
        allowed: u64,
    },
    /// The run would not end within a day's budget, and standard output cannot be taken up again.
    #[error(
        "the requests of a day or of this run are not enough, and what goes to standard output cannot be taken up again; \
         write --output FILE and run the same command each day, or --wait for the days to come"
    )]
    NotInOneGo,
    /// wolkvox did not answer.
    #[error("operation {operation}, {report} of {day}: wolkvox {trouble}. {}", trouble.cause().advice())]
    Unanswered {
        /// The operation.
        operation: String,
        /// The report.
        report: &'static str,
        /// The day that was asked for.
        day: Date,
        /// What came instead of an answer.
        trouble: Trouble,
    },
    /// The token cannot be read.
    #[error("operation {0}")]
    Token(String, #[source] crate::token::TokenError),
    /// The output cannot be written.
    #[error("the output cannot be written")]
    Write(#[source] io::Error),
    /// A file cannot be used.
    #[error("cannot {verb} {}", path.display())]
    File {
        /// What could not be done.
        verb: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The output is there, and no unfinished backfill.
    #[error("{} is there already and is no unfinished backfill; remove it or choose another --output", .0.display())]
    Exists(PathBuf),
    /// Another run writes it.
    #[error("another backfill is writing {}", .0.display())]
    InUse(PathBuf),
    /// The output is an unfinished backfill of something else.
    #[error(
        "{} is an unfinished backfill of other days, operations, reports or settings; repeat that command to finish it, \
         remove it together with {}, or choose another --output",
        path.display(),
        beside.display()
    )]
    Another {
        /// The output.
        path: PathBuf,
        /// The file of its progress.
        beside: PathBuf,
    },
    /// The output has lost what was written.
    #[error(
        "{} is shorter than {} says; remove both to begin anew",
        path.display(),
        beside.display()
    )]
    Shorter {
        /// The output.
        path: PathBuf,
        /// The file of its progress.
        beside: PathBuf,
    },
    /// The file of progress is damaged.
    #[error("{} cannot be understood; remove it together with the output to begin anew", beside.display())]
    Unreadable {
        /// The file of progress.
        beside: PathBuf,
    },
    /// A day that the calendar does not have.
    #[error("a day cannot be cut into hours")]
    Calendar(#[from] jiff::Error),
}

impl Failure {
    pub(super) fn file(verb: &'static str, path: &Path, source: io::Error) -> Self {
        Self::File { verb, path: path.to_owned(), source }
    }
}
